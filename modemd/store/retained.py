"""Which retained topics a gateway has published, so that it can clear those that it no longer fills."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema import retained
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Tx

_KEEP: Final = Statement(insert(retained).on_conflict_do_nothing(), ("gateway", "topic"))
_FORGET: Final = Statement(
    delete(retained).where(retained.c.gateway == bindparam("of"), retained.c.topic == bindparam("gone")),
)
_TOPICS: Final = Statement(
    select(retained.c.topic).where(retained.c.gateway == bindparam("of")).order_by(retained.c.topic)
)


def topics(tx: Tx, gateway: str) -> list[str]:
    """Return every topic, whole, that a gateway has filled and not cleared."""
    return [str(row[0]) for row in tx.all(_TOPICS, of=gateway)]


def keep(tx: Tx, gateway: str, filled: Iterable[str]) -> None:
    """Note topics before they are filled for the first time; those that are noted already stay so."""
    tx.many(_KEEP, [{"gateway": gateway, "topic": topic} for topic in filled])


def forget(tx: Tx, gateway: str, cleared: Iterable[str]) -> None:
    """Strike topics that the broker has cleared."""
    tx.many(_FORGET, [{"of": gateway, "gone": topic} for topic in cleared])
