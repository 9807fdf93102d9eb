"""An account's books as people are shown them: statements, and what a message's parts hold and have cost.

Credits are whole numbers, times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.store import credit_views as store
from modemd.store.times import from_us

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from modemd.store.transaction import Tx

_BEYOND_ALL: Final = 2**62
_AT_ONCE: Final = 5000
"""Above every id."""
_ALL: Final = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """A line of the ledger; ``credits`` and ``held`` is what it did, ``balance`` what could be spent then."""

    id: int
    at: datetime
    kind: str
    credits: int
    held: int
    balance: int
    message: int | None
    part: int | None
    lot: int
    order: int | None
    payment: int | None
    by: str | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotView:
    """Credits that came together; ``unspent`` of them can be spent while it is not closed."""

    id: int
    source: str
    order: int | None
    granted: int
    unspent: int
    held: int
    captured: int
    forfeited: int
    revoked: int
    opened_at: datetime
    expires_at: datetime | None
    closed_at: datetime | None
    closed_as: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """An account's credits: ``balance = granted - captured - held - forfeited - revoked``."""

    balance: int
    held: int
    granted: int
    captured: int
    forfeited: int
    revoked: int

    @property
    def available(self) -> int:
        """What can still be spent: the balance, of which nothing is held."""
        return self.balance


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """An account's books at one moment; ``entries`` are the newest ones, the oldest of them first.

    ``more`` tells that there are older entries.
    """

    account: str
    sums: Sums
    lots: tuple[LotView, ...]
    entries: tuple[EntryView, ...]
    more: bool


def statement(tx: Tx, account_id: int, name: str, *, most: int | None) -> Statement:
    """Return an account's books with its ``most`` newest entries (``None``: all of them)."""
    rows = store.newest_entries(tx, account_id, before=_BEYOND_ALL, most=_ALL if most is None else most + 1)
    sums = Sums(**store.sums(tx, account_id)._asdict())
    more = most is not None and len(rows) > most
    return Statement(
        account=name,
        sums=sums,
        lots=tuple(map(_lot, store.lots(tx, account_id))),
        entries=_entries(rows[:most], sums.balance),
        more=more,
    )


def every_entry(tx: Tx, account_id: int) -> Iterator[EntryView]:
    """Give an account's entries, the oldest first; a few thousand are in memory at a time."""
    balance = after = 0
    while rows := store.next_entries(tx, account_id, after=after, most=_AT_ONCE):
        for row in rows:
            balance += row.credits
            yield _entry(row, balance)
        after = rows[-1].id


def _entries(rows: list[store.EntryRow], balance: int) -> tuple[EntryView, ...]:
    """Count the balance back from what it is now, so that a few lines need no look at the others."""
    views = []
    for row in rows:
        views.append(_entry(row, balance))
        balance -= row.credits
    return tuple(reversed(views))


def _entry(row: store.EntryRow, balance: int) -> EntryView:
    return EntryView(
        id=row.id,
        at=from_us(row.at),
        kind=row.kind,
        credits=row.credits,
        held=row.held,
        balance=balance,
        message=row.message_id,
        part=row.part_no,
        lot=row.lot_id,
        order=row.order_id,
        payment=row.payment_id,
        by=row.by,
        reason=row.reason,
    )


def _lot(row: store.LotRow) -> LotView:
    return LotView(
        id=row.id,
        source=row.source,
        order=row.order_id,
        granted=row.granted,
        unspent=row.unspent,
        held=row.held,
        captured=row.captured,
        forfeited=row.forfeited,
        revoked=row.revoked,
        opened_at=from_us(row.opened_at),
        expires_at=from_us(row.expires_at),
        closed_at=from_us(row.closed_at),
        closed_as=row.closed_as,
    )


def of_message(tx: Tx, message_id: int) -> dict[int, tuple[int, int]]:
    """Return ``(held, captured)`` credits of each part of a message, by the part's place from 1."""
    return {row.part_no: (row.held, row.captured) for row in store.of_message(tx, message_id)}
