"""How much each account sent on each day, whether it pays or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, literal_column, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema_accounts import account, usage
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_PARTS = insert(usage).from_select(
    ("account_id", "day", "parts", "credits"),
    select(account.c.id, bindparam("on_day"), literal_column("1"), bindparam("took")).where(
        account.c.name == bindparam("named")
    ),
)
_COUNT: Final = Statement(
    _PARTS.on_conflict_do_update(
        index_elements=[usage.c.account_id, usage.c.day],
        set_={
            "parts": usage.c.parts + literal_column("1"),
            "credits": usage.c.credits + _PARTS.excluded.credits,
        },
    )
)
_SUMS: Final = Statement(
    select(
        func.coalesce(func.sum(usage.c.parts), literal_column("0")),
        func.coalesce(func.sum(usage.c.credits), literal_column("0")),
    ).where(
        usage.c.account_id == bindparam("owner"), usage.c.day.between(bindparam("first"), bindparam("last"))
    )
)


class Usage(NamedTuple):
    """Parts that the network took, and the credits that they cost."""

    parts: int
    credits: int


def count(tx: Tx, account_name: str, day: int, credits_: int) -> None:
    """Count one more part that the network took, on a day since 1970; one of no account is not counted."""
    tx.run(_COUNT, named=account_name, on_day=day, took=credits_)


def used(tx: Tx, account_id: int, first: int, last: int) -> Usage:
    """Return what an account sent from one day since 1970 to another, both included."""
    row = tx.one(_SUMS, owner=account_id, first=first, last=last)
    assert row is not None, "sums are always there"
    return Usage(int(row[0]), int(row[1]))
