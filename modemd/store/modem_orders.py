"""What a modem's own task is asked to do: an order is begun at most once, and struck when it is answered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, literal_column, select, update

from modemd.store.schema import modem_order
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class OrderRow(NamedTuple):
    """An order; ``arguments`` and ``reply`` (where to answer) are JSON, times microseconds since 1970."""

    id: int
    modem_id: int
    gateway: str
    verb: str
    arguments: str
    asked_at: int
    expires_at: int
    begun_at: int | None
    reply: str | None


_COLUMNS: Final = tuple(modem_order.c[name] for name in OrderRow._fields)
_ADD: Final = Statement(
    insert(modem_order).returning(modem_order.c.id),
    ("modem_id", "gateway", "verb", "arguments", "asked_at", "expires_at", "reply"),
)
_NOT_BEGUN = modem_order.c.begun_at.is_(literal_column("NULL"))
_NEXT: Final = Statement(
    select(*_COLUMNS)
    .where(
        modem_order.c.modem_id == bindparam("modem"), _NOT_BEGUN, modem_order.c.expires_at > bindparam("at")
    )
    .order_by(modem_order.c.id)
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_BEGIN: Final = Statement(
    update(modem_order)
    .where(modem_order.c.id == bindparam("order"), _NOT_BEGUN)
    .values(begun_at=bindparam("at")),
)
_ONE: Final = Statement(select(*_COLUMNS).where(modem_order.c.id == bindparam("order")))
_STRIKE: Final = Statement(delete(modem_order).where(modem_order.c.id == bindparam("order")))
_OVERDUE: Final = Statement(
    select(*_COLUMNS)
    .where(modem_order.c.gateway == bindparam("of"), modem_order.c.expires_at <= bindparam("at"))
    .order_by(modem_order.c.id),
)
_NEXT_EXPIRY: Final = Statement(select(func.min(modem_order.c.expires_at)))
_BEGUN: Final = Statement(
    select(*_COLUMNS)
    .where(modem_order.c.gateway == bindparam("of"), modem_order.c.begun_at.is_not(literal_column("NULL")))
    .order_by(modem_order.c.id),
)


def add(
    tx: Tx,
    modem_id: int,
    gateway: str,
    verb: str,
    arguments: str,
    *,
    reply: str | None,
    asked_us: int,
    expires_us: int,
) -> int:
    """Write an order for a modem, on whichever gateway it is; return its id."""
    return int(
        tx.scalar(
            _ADD, modem_id=modem_id, gateway=gateway, verb=verb, arguments=arguments, asked_at=asked_us,
            expires_at=expires_us, reply=reply,
        )
    )  # fmt: skip


def waiting(tx: Tx, modem_id: int, at_us: int) -> OrderRow | None:
    """Return the oldest order for a modem that was not begun and may still be."""
    row = tx.one(_NEXT, modem=modem_id, at=at_us)
    return None if row is None else OrderRow._make(row)


def begin(tx: Tx, order_id: int, at_us: int) -> bool:
    """Note, before it is done, that an order is begun; tell whether it was not before."""
    return bool(tx.run(_BEGIN, order=order_id, at=at_us))


def find(tx: Tx, order_id: int) -> OrderRow | None:
    """Return an order that is not answered yet."""
    row = tx.one(_ONE, order=order_id)
    return None if row is None else OrderRow._make(row)


def strike(tx: Tx, order_id: int) -> bool:
    """Strike an order with the transaction that answers it; tell whether it was there."""
    return bool(tx.run(_STRIKE, order=order_id))


def overdue(tx: Tx, gateway: str, at_us: int) -> list[OrderRow]:
    """Return a gateway's orders whose time is over, begun or not."""
    return [OrderRow._make(row) for row in tx.all(_OVERDUE, of=gateway, at=at_us)]


def next_expiry(tx: Tx) -> int | None:
    """Return when the first order's time is over, in microseconds since 1970; there are never many."""
    due = tx.scalar(_NEXT_EXPIRY)
    return None if due is None else int(due)


def begun(tx: Tx, gateway: str) -> list[OrderRow]:
    """Return a gateway's orders that were begun and not answered: at a start nobody knows their outcome."""
    return [OrderRow._make(row) for row in tx.all(_BEGUN, of=gateway)]
