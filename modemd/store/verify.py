"""The sums that the ledger makes, and those that are kept. It reads all of it: for when somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select

from modemd.store.schema import message, part
from modemd.store.schema_accounts import account
from modemd.store.schema_credit import balance, ledger, lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Row, Tx

_ZERO: Final[ColumnElement[int]] = literal_column("0")

# --- one walk through the ledger: few rows come out, and all sums are made of them -------------------------
_SUMS: Final = Statement(
    select(
        ledger.c.account_id, ledger.c.lot_id, ledger.c.kind,
        func.sum(ledger.c.credits), func.sum(ledger.c.held),
    ).group_by(ledger.c.lot_id, ledger.c.account_id, ledger.c.kind)
)  # fmt: skip
_KEPT: Final = ("held", "granted", "captured", "forfeited", "revoked")
_LOTS: Final = Statement(
    select(lot.c.id, lot.c.account_id, lot.c.unspent, *(lot.c[name] for name in _KEPT)).order_by(lot.c.id)
)
_BALANCES: Final = Statement(
    select(balance.c.account_id, balance.c.balance, *(balance.c[name] for name in _KEPT))
)
_NAMES: Final = Statement(select(account.c.id, account.c.name))


def ledger_sums(tx: Tx) -> list[Row]:
    """Return ``(account, lot, kind, credits, held)``, summed over the whole ledger."""
    return tx.all(_SUMS)


def lot_sums(tx: Tx) -> list[Row]:
    """Return ``(lot, account, unspent, held, granted, captured, forfeited, revoked)`` as they are kept."""
    return tx.all(_LOTS)


def balance_sums(tx: Tx) -> list[Row]:
    """Return ``(account, balance, held, granted, captured, forfeited, revoked)`` as they are kept."""
    return tx.all(_BALANCES)


def account_names(tx: Tx) -> dict[int, str]:
    """Return every account's name by its key."""
    return {int(account_id): str(name) for account_id, name in tx.all(_NAMES)}


# --- holds, in the order of the unique index, so that nothing has to be sorted -----------------------------
_OF_PART = ledger.c.part_id.is_not(literal_column("NULL"))
_HOLDS = (
    select(
        ledger.c.part_id,
        func.min(ledger.c.message_id).label("message_id"),
        func.sum(ledger.c.held).label("held"),
        func.min(ledger.c.closing).label("first"),
    )
    .where(_OF_PART)
    .group_by(ledger.c.part_id, ledger.c.hold_no, ledger.c.share)
    .having(or_(func.sum(ledger.c.held) != _ZERO, func.min(ledger.c.closing) != _ZERO))
    .subquery("holds")
)
_ENDED: Final = part.c.state.in_([literal_column(each) for each in ("3", "4", "5", "6", "9", "10")])
_ODD_HOLDS: Final = Statement(
    select(_HOLDS.c.part_id, _HOLDS.c.message_id, _HOLDS.c.held, part.c.state)
    .select_from(_HOLDS.outerjoin(part, part.c.id == _HOLDS.c.part_id))
    .where(
        or_(_HOLDS.c.held <= _ZERO, _HOLDS.c.first != _ZERO, part.c.id.is_(literal_column("NULL")), _ENDED)
    )
    .order_by(_HOLDS.c.part_id)
    .limit(bindparam("most"))
    .offset(_ZERO)
)
_CAPTURED_TWICE: Final = Statement(
    select(ledger.c.part_id)
    .where(_OF_PART, ledger.c.kind == literal_column("'capture'"))
    .group_by(ledger.c.part_id)
    .having(func.min(ledger.c.hold_no) != func.max(ledger.c.hold_no))
    .order_by(ledger.c.part_id)
    .limit(bindparam("most"))
    .offset(_ZERO)
)
_COSTS = (
    select(ledger.c.message_id, (-func.sum(ledger.c.credits)).label("credits"))
    .where(ledger.c.message_id.is_not(literal_column("NULL")), _OF_PART)
    .group_by(ledger.c.message_id)
    .subquery("costs")
)
_COST = func.coalesce(_COSTS.c.credits, _ZERO)
_ODD_MESSAGES: Final = Statement(
    select(message.c.id, message.c.credits, _COST)
    .select_from(message.outerjoin(_COSTS, _COSTS.c.message_id == message.c.id))
    .where(message.c.credits != _COST)
    .order_by(message.c.id)
    .limit(bindparam("most"))
    .offset(_ZERO)
)


def odd_holds(tx: Tx, most: int) -> list[Row]:
    """Return ``(part, message, held, state)`` of holds that are open though their part has ended or is gone.

    Also of those that were closed without having been, or by more than was held: ``held`` is negative then.
    """
    return tx.all(_ODD_HOLDS, most=most)


def captured_twice(tx: Tx, most: int) -> list[int]:
    """Return the parts that were paid for more than once."""
    return [int(row[0]) for row in tx.all(_CAPTURED_TWICE, most=most)]


def odd_messages(tx: Tx, most: int) -> list[Row]:
    """Return ``(message, credits, held and captured)`` where what a message says it costs is not so."""
    return tx.all(_ODD_MESSAGES, most=most)
