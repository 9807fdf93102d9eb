"""How many messages an account had accepted lately: sixty slots for each span; and of one text in a day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema_accounts import pace, same_text
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.store.transaction import Tx

_OWN = pace.c.account_id == bindparam("owner")
_SPAN = pace.c.span_s == bindparam("span")
_SLOTS: Final = Statement(
    select(pace.c.slot, pace.c.messages)
    .where(_OWN, _SPAN, pace.c.slot >= bindparam("first"), pace.c.slot <= bindparam("last"))
    .order_by(pace.c.slot)
)
_INSERT = insert(pace)
_ADD: Final = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["account_id", "span_s", "slot"],
        set_={"messages": pace.c.messages + _INSERT.excluded.messages},
    ),
    ("account_id", "span_s", "slot", "messages"),
)
_FORGET: Final = Statement(delete(pace).where(_OWN, _SPAN, pace.c.slot < bindparam("first")))
_ERASE: Final = Statement(delete(pace).where(_OWN))

_OF_TEXT: Final = Statement(
    select(same_text.c.recipients).where(
        same_text.c.account_id == bindparam("owner"),
        same_text.c.day == bindparam("on_day"),
        same_text.c.digest == bindparam("of_text"),
    )
)
_INSERT_TEXT = insert(same_text)
_ADD_TEXT: Final = Statement(
    _INSERT_TEXT.on_conflict_do_update(
        index_elements=["account_id", "day", "digest"],
        set_={"recipients": same_text.c.recipients + _INSERT_TEXT.excluded.recipients},
    ),
    ("account_id", "day", "digest", "recipients"),
)
_FORGET_TEXTS: Final = Statement(
    delete(same_text).where(
        same_text.c.account_id == bindparam("owner"), same_text.c.day < bindparam("before")
    )
)
_ERASE_TEXTS: Final = Statement(delete(same_text).where(same_text.c.account_id == bindparam("owner")))


def slots(tx: Tx, account_id: int, span_s: int, first: int, last: int) -> dict[int, int]:
    """Return how many messages were accepted in each slot of a span, from the first to the last."""
    rows = tx.all(_SLOTS, owner=account_id, span=span_s, first=first, last=last)
    return {int(slot): int(messages) for slot, messages in rows}


def add(tx: Tx, account_id: int, span_s: int, slot: int, messages: int, *, first: int) -> None:
    """Count messages in a slot; slots before ``first`` are forgotten."""
    tx.run(_ADD, account_id=account_id, span_s=span_s, slot=slot, messages=messages)
    tx.run(_FORGET, owner=account_id, span=span_s, first=first)


def of_text(tx: Tx, account_id: int, day: int, digest: bytes) -> int:
    """Return how many messages of one text were accepted on a day (days since 1970)."""
    found = tx.scalar(_OF_TEXT, owner=account_id, on_day=day, of_text=digest)
    return 0 if found is None else int(found)


def add_texts(tx: Tx, account_id: int, day: int, counts: Mapping[bytes, int]) -> None:
    """Count messages by their text; other days than this one and the day before are forgotten."""
    rows = [
        {"account_id": account_id, "day": day, "digest": digest, "recipients": count}
        for digest, count in counts.items()
    ]
    tx.many(_ADD_TEXT, rows)
    tx.run(_FORGET_TEXTS, owner=account_id, before=day - 1)


def erase(tx: Tx, account_id: int) -> None:
    """Forget what an account had accepted."""
    tx.run(_ERASE, owner=account_id)
    tx.run(_ERASE_TEXTS, owner=account_id)
