"""How each gateway stands with its MQTT broker, for people who look."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, literal_column, select, update

from modemd.store.schema import gateway
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Tx


class BrokerRow(NamedTuple):
    """``broker`` is where it is, ``broker_error`` what keeps the gateway from it; since ``broker_at``."""

    broker: str
    broker_error: str | None
    broker_at: int


_WRITE: Final = Statement(
    update(gateway)
    .where(gateway.c.name == bindparam("of"))
    .values(
        broker=bindparam("where_to"),
        broker_error=bindparam("why"),
        broker_at=bindparam("at"),
    ),
)
_ALL: Final = Statement(
    select(gateway.c.name, *(gateway.c[name] for name in BrokerRow._fields)).where(
        gateway.c.broker.is_not(literal_column("NULL"))
    ),
)

_FILTERS: Final = Statement(select(gateway.c.broker_filters).where(gateway.c.name == bindparam("of")))
_KEEP_FILTERS: Final = Statement(
    update(gateway).where(gateway.c.name == bindparam("of")).values(broker_filters=bindparam("filters")),
)


def filters(tx: Tx, gateway_name: str) -> frozenset[str]:
    """Return the subscriptions that a gateway's session at its broker may have."""
    return frozenset(json.loads(tx.scalar(_FILTERS, of=gateway_name) or "[]"))


def keep_filters(tx: Tx, gateway_name: str, kept: Iterable[str]) -> None:
    """Note the subscriptions that a session may have: they outlive the configuration that made them."""
    tx.run(_KEEP_FILTERS, of=gateway_name, filters=json.dumps(sorted(kept)))


def note(tx: Tx, gateway_name: str, broker: str | None, error: str | None, at_us: int) -> None:
    """Write down how a gateway stands with its broker; ``None`` for a gateway that has none."""
    tx.run(_WRITE, of=gateway_name, where_to=broker, why=error, at=at_us)


def brokers(tx: Tx) -> dict[str, BrokerRow]:
    """Return how each gateway that has a broker stands with it, by the gateway's name."""
    return {str(row[0]): BrokerRow._make(row[1:]) for row in tx.all(_ALL)}
