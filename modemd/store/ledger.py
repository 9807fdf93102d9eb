"""The book of credits: the one place that adds rows, each with what it does to its lot and its account.

A row and the sums that it changes are written together, so that the constraints on the sums refuse what would
overspend. Holds are closed by one statement that finds the open ones itself: a hold that has its closing row
is not found again, so that closing twice does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import and_, bindparam, case, exists, func, insert, literal_column, null, or_, select, update

from modemd.store.schema import message, part
from modemd.store.schema_credit import balance, ledger, ledger_note, lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Select
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Row, Tx


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


def _apply(tx: Tx, rows: Iterable[tuple[int, int, str, int, int, int]]) -> None:
    """Bring lots and accounts in line with new ``(account, lot, kind, credits, held, at)``."""
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
        _apply(tx, ((e.account_id, e.lot_id, e.kind, e.credits, e.held, e.at) for e in entries))


def post_noted(tx: Tx, entries: Sequence[Entry], *, by: str, reason: str) -> list[int]:
    """Add rows that a person made, with who and why; return their ids."""
    ids = [int(tx.scalar(_ADD_ONE, **each._asdict())) for each in entries]
    tx.many(_ADD_NOTE, [{"entry_id": each, "by": by, "reason": reason} for each in ids])
    _apply(tx, ((e.account_id, e.lot_id, e.kind, e.credits, e.held, e.at) for e in entries))
    return ids


# --- holds for new messages --------------------------------------------------------------------------------
_NEW = part.alias("n")
_PRICE = message.c.credits // message.c.part_count
_HOLD_NEW: Final = Statement(
    insert(ledger).from_select(
        (
            "account_id", "at", "kind", "credits", "held", "lot_id", "message_id", "part_id", "part_no",
            "hold_no", "share", "closing",
        ),
        select(
            bindparam("owner"), bindparam("at_us"), literal_column("'hold'"), -_PRICE, _PRICE,
            bindparam("lot"), _NEW.c.message_id, _NEW.c.id, _NEW.c.part_no, literal_column("1"),
            literal_column("0"), literal_column("0"),
        )
        .join_from(_NEW, message, message.c.id == _NEW.c.message_id)
        .where(
            _NEW.c.message_id.between(bindparam("first"), bindparam("last")),
            message.c.account == bindparam("of"),
            message.c.credits > literal_column("0"),
        )
        .order_by(_NEW.c.message_id, _NEW.c.part_no),
    )
)  # fmt: skip


def hold_new(
    tx: Tx, account_id: int, account_name: str, lot_id: int, keys: tuple[int, int], credits_: int, at_us: int
) -> None:
    """Hold from one lot what an account's messages from one key to another cost, ``credits_`` in all.

    They were written in this transaction, with their parts, and nothing is held for them yet. The database
    makes the rows itself: that costs a fifth of what it does to make them here.
    """
    tx.run(_HOLD_NEW, owner=account_id, of=account_name, lot=lot_id, first=keys[0], last=keys[1], at_us=at_us)
    _apply(tx, [(account_id, lot_id, "hold", -credits_, credits_, at_us)])


# --- closing holds -----------------------------------------------------------------------------------------
_HOLD = ledger.alias("h")
_CLOSED = ledger.alias("c")
_P = part.alias("p")
_ONE: Final[ColumnElement[int]] = literal_column("1")
_ZERO: Final[ColumnElement[int]] = literal_column("0")
_CAPTURE: Final[ColumnElement[str]] = literal_column("'capture'")
_RELEASE: Final[ColumnElement[str]] = literal_column("'release'")
_OPEN = and_(
    _HOLD.c.closing == _ZERO,
    ~exists().where(
        _CLOSED.c.part_id == _HOLD.c.part_id,
        _CLOSED.c.hold_no == _HOLD.c.hold_no,
        _CLOSED.c.share == _HOLD.c.share,
        _CLOSED.c.closing == _ONE,
    ),
)
_TAKEN = _P.c.state.in_([literal_column("3"), literal_column("4"), literal_column("6")])
_GIVEN_UP = _P.c.state.in_([literal_column("5"), literal_column("9"), literal_column("10")])
_SAME: Final = ("message_id", "part_id", "part_no", "hold_no", "share")


def _closing(kind: ColumnElement[str], credits_: ColumnElement[int]) -> Select[tuple[object, ...]]:
    return select(
        _HOLD.c.account_id, bindparam("at_us"), kind, credits_, -_HOLD.c.held, _HOLD.c.lot_id,
        *(_HOLD.c[name] for name in _SAME), _ONE,
    ).where(_OPEN)  # fmt: skip


def _closes(found: Select[tuple[object, ...]]) -> Statement:
    into = ("account_id", "at", "kind", "credits", "held", "lot_id", *_SAME, "closing")
    return Statement(
        insert(ledger)
        .from_select(into, found)
        .returning(
            ledger.c.account_id, ledger.c.lot_id, ledger.c.kind, ledger.c.credits, ledger.c.held, ledger.c.at
        )
    )


_CAPTURE_PART: Final = _closes(
    _closing(_CAPTURE, _ZERO).where(_HOLD.c.part_id == bindparam("part")),
)
_FOLLOW: Final = _closes(
    _closing(case((_TAKEN, _CAPTURE), else_=_RELEASE), case((_TAKEN, _ZERO), else_=_HOLD.c.held))
    .select_from(_P.join(_HOLD, _HOLD.c.part_id == _P.c.id))
    .where(_P.c.message_id == bindparam("message"), or_(_TAKEN, _GIVEN_UP))
)


_AGAIN: Final = Statement(
    select(
        _P.c.id,
        _P.c.part_no,
        select(func.coalesce(func.max(_HOLD.c.hold_no), _ZERO) + _ONE)
        .where(_HOLD.c.part_id == _P.c.id)
        .scalar_subquery(),
    )
    .where(_P.c.message_id == bindparam("message"), _GIVEN_UP)
    .order_by(_P.c.part_no)
)


def to_hold_again(tx: Tx, message_id: int) -> list[tuple[int, int, int]]:
    """Return ``(part, part_no, hold_no)`` of the parts that ended unsent; it is their next hold's."""
    return [(int(a), int(b), int(c)) for a, b, c in tx.all(_AGAIN, message=message_id)]


def capture(tx: Tx, part_id: int, at_us: int) -> int:
    """Close the open hold of a part as spent; return how many credits that took."""
    rows = tx.all(_CAPTURE_PART, part=part_id, at_us=at_us)
    if rows:
        _apply(tx, rows)
    return -sum(int(row[4]) for row in rows)


def follow(tx: Tx, message_id: int, at_us: int) -> list[Row]:
    """Close the open holds of a message's parts that ended: spent where the network took them, else released.

    Return ``(account, lot, kind, credits, held, at)`` of the rows.
    """
    rows = tx.all(_FOLLOW, message=message_id, at_us=at_us)
    if rows:
        _apply(tx, rows)
    return rows
