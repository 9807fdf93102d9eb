"""Holds: written for a whole batch by one statement, and closed by one that finds the open ones itself.

A hold that has its closing row is not found again, so that closing twice does nothing. The rows are made in
the database: none is fetched first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, bindparam, case, exists, func, insert, literal_column, or_, select, update

from modemd.store.ledger import apply
from modemd.store.schema import message, part
from modemd.store.schema_credit import balance, ledger, lot
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Row, Tx

# --- for new messages --------------------------------------------------------------------------------------
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
    apply(tx, [(account_id, lot_id, "hold", -credits_, credits_, at_us)])


# --- closing them ------------------------------------------------------------------------------------------
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


# Captures are the most frequent of all changes, and the simplest: they have sums of their own.
_LOT_SPENT: Final = Statement(
    update(lot)
    .where(lot.c.id == bindparam("row"))
    .values(held=lot.c.held - bindparam("spent"), captured=lot.c.captured + bindparam("spent"))
)
_LATER: Final = func.coalesce(balance.c.posted_at, literal_column("0")) < bindparam("at_us")
_BALANCE_SPENT: Final = Statement(
    update(balance)
    .where(balance.c.account_id == bindparam("row"))
    .values(
        held=balance.c.held - bindparam("spent"),
        captured=balance.c.captured + bindparam("spent"),
        posted_at=case((_LATER, bindparam("at_us")), else_=balance.c.posted_at),
        sent_at=case((balance.c.sent_at > bindparam("at_us"), balance.c.sent_at), else_=bindparam("at_us")),
    )
)


def capture(tx: Tx, part_id: int, at_us: int) -> int:
    """Close the open hold of a part as spent; return how many credits that took."""
    spent = 0
    for account_id, lot_id, _kind, _credits, held, _at in tx.all(_CAPTURE_PART, part=part_id, at_us=at_us):
        tx.run(_LOT_SPENT, row=lot_id, spent=-held)
        tx.run(_BALANCE_SPENT, row=account_id, spent=-held, at_us=at_us)
        spent -= held
    return spent


def follow(tx: Tx, message_id: int, at_us: int) -> list[Row]:
    """Close the open holds of a message's parts that ended: spent where the network took them, else released.

    Return ``(account, lot, kind, credits, held, at)`` of the rows.
    """
    rows = tx.all(_FOLLOW, message=message_id, at_us=at_us)
    if rows:
        apply(tx, rows)
    return rows
