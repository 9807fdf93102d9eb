"""The book of credits: the one place that adds rows, each with what it does to its lot and its account.

A row and the sums that it changes are written together, so that the constraints on the sums refuse what would
overspend. Holds, and what closes them, have a way of their own (:mod:`modemd.store.holds`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, case, func, insert, null, or_, update

from modemd.store.schema_credit import balance, ledger, ledger_note, lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class Entry(NamedTuple):
    """One row of the ledger: ``credits`` is what it does to the balance, ``held`` to what is set aside."""

    account_id: int
    at: int
    kind: str
    credits: int
    held: int
    lot_id: int
    message_id: int | None = None
    part_id: int | None = None
    part_no: int | None = None
    hold_no: int | None = None
    share: int | None = None
    closing: int | None = None
    order_id: int | None = None
    payment_id: int | None = None


_ADD: Final = Statement(insert(ledger), Entry._fields)
_ADD_ONE: Final = Statement(insert(ledger).returning(ledger.c.id), Entry._fields)
_ADD_NOTE: Final = Statement(insert(ledger_note), ("entry_id", "by", "reason"))

# --- the sums ----------------------------------------------------------------------------------------------
_GRANTS: Final = frozenset({"grant", "order", "transfer_in", "adjust"})
_FUNDS: Final = frozenset({"grant", "order", "transfer_in"})
_REVOKES: Final = frozenset({"revoke", "transfer_out"})
_COUNTED: Final = ("held", "granted", "captured", "forfeited", "revoked")
_LOT: Final = Statement(
    update(lot)
    .where(lot.c.id == bindparam("row"))
    .values(
        unspent=lot.c.unspent + bindparam("credits_by"),
        **{name: lot.c[name] + bindparam(f"{name}_by") for name in _COUNTED},
    )
)


def _latest(name: str, given: str) -> ColumnElement[int]:
    """The later of a column and a time, where a time is given."""
    later = and_(
        bindparam(given).is_not(null()),
        or_(balance.c[name].is_(null()), balance.c[name] < bindparam(given)),
    )
    return case((later, bindparam(given)), else_=balance.c[name])


_BALANCE: Final = Statement(
    update(balance)
    .where(balance.c.account_id == bindparam("row"))
    .values(
        balance=balance.c.balance + bindparam("credits_by"),
        **{name: balance.c[name] + bindparam(f"{name}_by") for name in _COUNTED},
        posted_at=_latest("posted_at", "at"),
        first_funded_at=func.coalesce(balance.c.first_funded_at, bindparam("funded")),
        funded_at=_latest("funded_at", "funded"),
        sent_at=_latest("sent_at", "captured_last"),
    )
)
_FIRST_BALANCE: Final = Statement(insert(balance), ("account_id",))


Change = tuple[int, int, str, int, int, int]
"""What a row does: ``(account, lot, kind, credits, held, at)``."""


class _Sum:
    """What rows do to one lot, or to one account."""

    __slots__ = ("at", "captured", "captured_last", "credits", "forfeited", "funded", "granted", "held",
                 "revoked")  # fmt: skip

    def __init__(self) -> None:
        self.credits = self.held = self.granted = self.captured = self.forfeited = self.revoked = 0
        self.at = 0
        self.funded: int | None = None
        self.captured_last: int | None = None

    def add(self, kind: str, credits_: int, held: int, at: int) -> None:
        self.credits += credits_
        self.held += held
        self.at = max(self.at, at)
        if kind == "capture":
            self.captured -= held
            self.captured_last = max(self.captured_last or at, at)
        elif kind in _GRANTS:
            self.granted += credits_
            if kind in _FUNDS:
                self.funded = max(self.funded or at, at)
        elif kind == "forfeit":
            self.forfeited -= credits_
        elif kind in _REVOKES:
            self.revoked -= credits_

    def of_lot(self, row: int) -> dict[str, object]:
        return {
            "row": row,
            "credits_by": self.credits,
            "held_by": self.held,
            "granted_by": self.granted,
            "captured_by": self.captured,
            "forfeited_by": self.forfeited,
            "revoked_by": self.revoked,
        }

    def of_account(self, row: int) -> dict[str, object]:
        return self.of_lot(row) | {
            "at": self.at, "funded": self.funded, "captured_last": self.captured_last,
        }  # fmt: skip


def apply(tx: Tx, rows: Iterable[Change]) -> None:
    """Bring lots and accounts in line with rows that were just added."""
    lots: dict[int, _Sum] = {}
    accounts: dict[int, _Sum] = {}
    for account_id, lot_id, kind, credits_, held, at in rows:
        for sums, key in ((lots, lot_id), (accounts, account_id)):
            found = sums.get(key)
            if found is None:
                found = sums[key] = _Sum()
            found.add(kind, credits_, held, at)
    for lot_id, each in lots.items():
        tx.run(_LOT, **each.of_lot(lot_id))
    for account_id, each in accounts.items():
        values = each.of_account(account_id)
        if not tx.run(_BALANCE, **values):
            tx.run(_FIRST_BALANCE, account_id=account_id)
            tx.run(_BALANCE, **values)


def post(tx: Tx, entries: Sequence[Entry]) -> None:
    """Add rows, and what they do to lots and balances; the database refuses what would overspend."""
    if entries:
        tx.many(_ADD, [each._asdict() for each in entries])
        apply(tx, ((e.account_id, e.lot_id, e.kind, e.credits, e.held, e.at) for e in entries))


def post_noted(tx: Tx, entries: Sequence[Entry], *, by: str, reason: str) -> list[int]:
    """Add rows that a person made, with who and why; return their ids."""
    ids = [int(tx.scalar(_ADD_ONE, **each._asdict())) for each in entries]
    tx.many(_ADD_NOTE, [{"entry_id": each, "by": by, "reason": reason} for each in ids])
    apply(tx, ((e.account_id, e.lot_id, e.kind, e.credits, e.held, e.at) for e in entries))
    return ids
