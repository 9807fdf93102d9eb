"""Credits as somebody would keep them who knows only the rules: lots, holds, and what became of them.

The model is plain dictionaries, and never looks into the ledger. It is told what people did (granted, taken
away), and reads from the parts' states what the network took and what was given up. ``Auditor`` reads the
ledger instead, row by row, and holds the store's sums against it and against the model.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from modemd.model import PartState
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.database import Database

P = PartState
OPEN: Final = frozenset({P.QUEUED, P.SCHEDULED, P.SUBMITTING, P.UNCERTAIN})
TAKEN: Final = frozenset({P.SENT, P.DELIVERED, P.UNDELIVERED})
GIVEN_UP: Final = frozenset({P.FAILED, P.CANCELLED, P.EXPIRED})
COUNTS: Final = ("granted", "captured", "held", "forfeited", "revoked")
_FAR: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class Lot:
    """Credits that came together."""

    account: int
    expires_at: datetime | None
    granted: int
    captured: int = 0
    held: int = 0
    forfeited: int = 0
    revoked: int = 0
    closed_as: str | None = None
    heir: int | None = None

    @property
    def unspent(self) -> int:
        return self.granted - self.captured - self.held - self.forfeited - self.revoked


@dataclass(slots=True)
class Message:
    """What the model knows of a message: whose it is, where it goes, and how its parts are."""

    account: int
    to: str
    parts: dict[int, PartState] = field(default_factory=dict)


@dataclass(slots=True)
class Order:
    """An order as its account sees it; money in cents."""

    account: int
    name: str
    credits: int
    total: int
    paid: int = 0
    state: str = "open"
    lot: int | None = None


class Model:
    """The books of all accounts."""

    def __init__(self) -> None:
        self.lots: dict[int, Lot] = {}
        self.holds: dict[int, list[tuple[int, int]]] = {}
        """By part: what is set aside for it, by lot."""
        self.spent: dict[int, int] = {}
        """By part: what it cost."""
        self.waiting: dict[int, int] = {}
        """Messages that wait for credits, and how many each part of them needs."""
        self.messages: dict[int, Message] = {}

    # -- what people do ------------------------------------------------------------------------------------

    def open(self, lot_id: int, account: int, credits_: int, expires_at: datetime | None) -> None:
        assert lot_id not in self.lots
        self.lots[lot_id] = Lot(account, expires_at, credits_)

    def spend(self, account: int, credits_: int) -> None:
        """An adjustment downwards."""
        for lot_id, part in self._draw(account, credits_):
            self.lots[lot_id].granted -= part

    def end(self, lot_id: int, how: str, heir: int | None = None) -> int:
        """Close a lot; return how many credits were left in it."""
        lot = self.lots[lot_id]
        if lot.closed_as is not None:
            return 0
        lot.closed_as, lot.heir = how, heir
        return self._pass_on(lot_id, lot.unspent, inherit=False)

    def _pass_on(self, lot_id: int, credits_: int, *, inherit: bool = True) -> int:
        lot = self.lots[lot_id]
        if lot.closed_as == "forfeit":
            lot.forfeited += credits_
        elif lot.closed_as is not None:
            lot.revoked += credits_
            if inherit and lot.heir is not None:
                self.lots[lot.heir].granted += credits_
                self._pass_on(lot.heir, credits_)
        return credits_

    # -- what becomes of parts -----------------------------------------------------------------------------

    def available(self, account: int) -> int:
        return sum(lot.unspent for lot in self._open_lots(account))

    def hold(self, part: int, account: int, credits_: int) -> None:
        assert part not in self.holds
        assert part not in self.spent, "it was paid for"
        if credits_:
            self.holds[part] = self._draw(account, credits_)
            for lot_id, share in self.holds[part]:
                self.lots[lot_id].held += share

    def take(self, part: int) -> None:
        """The network has it."""
        for lot_id, share in self.holds.pop(part, ()):
            self.lots[lot_id].held -= share
            self.lots[lot_id].captured += share
            self.spent[part] = self.spent.get(part, 0) + share

    def release(self, part: int) -> None:
        """It was given up."""
        for lot_id, share in self.holds.pop(part, ()):
            self.lots[lot_id].held -= share
            self._pass_on(lot_id, share)

    def follow(self, message_id: int, states: dict[int, PartState], each: int) -> None:
        """Its parts are so now; parts that are to be sent again cost ``each``."""
        message = self.messages[message_id]
        for part, state in states.items():
            was = message.parts.get(part)
            if (was is None and message_id not in self.waiting) or (
                was in GIVEN_UP and state not in GIVEN_UP
            ):
                self.hold(part, message.account, each)
            if state in TAKEN and was not in TAKEN:
                self.take(part)
            elif state in GIVEN_UP and was not in GIVEN_UP:
                self.release(part)
        message.parts = states
        if GIVEN_UP & set(states.values()):
            self.waiting.pop(message_id, None)

    def cover(self, accounts: Iterable[int]) -> None:
        """Credits go to those that wait, each account's in the order of their acceptance."""
        may = set(accounts)
        blocked: set[int] = set()
        for message_id, each in sorted(self.waiting.items()):
            message = self.messages[message_id]
            if message.account in blocked or message.account not in may:
                continue
            if self.available(message.account) < each * len(message.parts):
                blocked.add(message.account)
                continue
            del self.waiting[message_id]
            for part in sorted(message.parts):
                self.hold(part, message.account, each)

    def waits(self, account: int) -> bool:
        return any(self.messages[each].account == account for each in self.waiting)

    # -- how it stands -------------------------------------------------------------------------------------

    def sums(self, account: int) -> dict[str, int]:
        """An account's columns of ``balance``."""
        lots = [lot for lot in self.lots.values() if lot.account == account]
        found = {name: sum(getattr(lot, name) for lot in lots) for name in COUNTS}
        return {"balance": sum(lot.unspent for lot in lots)} | found

    def _open_lots(self, account: int) -> list[Lot]:
        return [lot for lot in self.lots.values() if lot.account == account and lot.closed_as is None]

    def _draw(self, account: int, credits_: int) -> list[tuple[int, int]]:
        """From the lots that expire first; those that never do come last, then the older one."""
        drawn = []
        for lot_id in self.in_order(account):
            share = min(credits_, self.lots[lot_id].unspent)
            if share:
                drawn.append((lot_id, share))
                credits_ -= share
        assert not credits_, "more was spent than there is"
        return drawn

    def in_order(self, account: int) -> list[int]:
        """The lots that can be spent, in the order of spending."""
        found = [
            (lot.expires_at or _FAR, lot_id)
            for lot_id, lot in self.lots.items()
            if lot.account == account and lot.closed_as is None and lot.unspent
        ]
        return [lot_id for _, lot_id in sorted(found)]


class Auditor:
    """Reads each row of the ledger once, and remembers what the rows say together."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last = 0
        self.accounts: dict[int, Counter[str]] = {}
        self.lots: dict[int, Counter[str]] = {}
        self.open: dict[tuple[int, int, int], int] = {}
        """``(part, hold, share)`` of holds without an end: how many credits."""
        self.captured: dict[tuple[int, int], int] = {}
        """``(part, share)`` that was taken: under which hold."""

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self._database.connection.execute(sql).fetchall()]

    def read(self) -> None:
        """Take in the new rows."""
        found = self._database.connection.execute(
            "SELECT id, account_id, lot_id, kind, credits, held, part_id, hold_no, share, closing"
            f" FROM ledger WHERE id > {self._last} ORDER BY id"
        ).fetchall()
        for entry_id, account, lot, kind, credits_, held, part, hold_no, share, closing in found:
            self._last = entry_id
            for sums in (self.accounts.setdefault(account, Counter()), self.lots.setdefault(lot, Counter())):
                sums["balance"] += credits_
                sums["held"] += held
                sums["rows"] += 1
                self._count(sums, kind, credits_, held)
            if part is not None:
                self._close_or_open((part, hold_no, share), kind, held, closing)

    @staticmethod
    def _count(sums: Counter[str], kind: str, credits_: int, held: int) -> None:
        if kind == "capture":
            sums["captured"] -= held
        elif kind in {"grant", "order", "transfer_in", "adjust"}:
            sums["granted"] += credits_
        elif kind == "forfeit":
            sums["forfeited"] -= credits_
        elif kind in {"revoke", "transfer_out"}:
            sums["revoked"] -= credits_
        else:
            assert kind in {"hold", "release"}, kind

    def _close_or_open(self, key: tuple[int, int, int], kind: str, held: int, closing: int) -> None:
        part, hold_no, share = key
        if not closing:
            assert kind == "hold"
            assert key not in self.open
            assert (part, share) not in self.captured, f"part {part} is held though it was paid for"
            self.open[key] = held
            return
        assert self.open.pop(key, None) == -held, f"{kind} of {key} closes no hold of its size"
        if kind == "capture":
            assert (part, share) not in self.captured, f"part {part} was captured twice"
            self.captured[part, share] = hold_no

    def check(self, model: Model) -> None:
        """``sum(ledger) = balance = granted - captured - held - forfeited - revoked``, never negative."""
        self.read()
        columns = ", ".join(COUNTS)
        kept = {row[0]: row[1:] for row in self.rows(f"SELECT account_id, balance, {columns} FROM balance")}
        for account, sums in self.accounts.items():
            self._check(f"account {account}", sums, kept[account])
            expected = model.sums(account)
            assert self._values(sums) == tuple(expected.values()), f"account {account}: {sums}, {expected}"
        assert {account for account, row in kept.items() if any(row)} <= set(self.accounts)
        lots = {row[0]: row[1:] for row in self.rows(f"SELECT id, unspent, {columns} FROM lot")}
        assert set(lots) == set(self.lots) == set(model.lots)
        for lot_id, sums in self.lots.items():
            self._check(f"lot {lot_id}", sums, lots[lot_id])
            lot = model.lots[lot_id]
            expected_row = (lot.unspent, *(getattr(lot, name) for name in COUNTS))
            assert lots[lot_id] == expected_row, f"lot {lot_id} is {lots[lot_id]}, and should be {lot}"
        self._check_lots(model)
        self._check_parts(model)

    def _check(self, what: str, sums: Counter[str], row: tuple[int, ...]) -> None:
        balance, granted, captured, held, forfeited, revoked = row
        assert self._values(sums) == row, f"{what}: the ledger says {sums}, its sums are {row}"
        assert balance == granted - captured - held - forfeited - revoked, f"{what}: {row}"
        assert min(row) >= 0, f"{what} is negative: {row}"

    @staticmethod
    def _values(sums: Counter[str]) -> tuple[int, ...]:
        return (sums["balance"], *(sums[name] for name in COUNTS))

    def _check_lots(self, model: Model) -> None:
        found = {
            lot_id: (account, expires, how)
            for lot_id, account, expires, how in self.rows(
                "SELECT id, account_id, expires_at, closed_as FROM lot"
            )
        }
        for lot_id, lot in model.lots.items():
            expires = None if lot.expires_at is None else to_us(lot.expires_at)
            assert found[lot_id] == (lot.account, expires, lot.closed_as), f"lot {lot_id}: {found[lot_id]}"
            assert lot.closed_as is None or not lot.unspent, f"lot {lot_id} is closed with {lot.unspent} left"

    def _check_parts(self, model: Model) -> None:
        """Every open hold is of a part that is still open, and what was paid is what the network has."""
        held: Counter[int] = Counter()
        for (part, _, _), credits_ in self.open.items():
            held[part] += credits_
        assert held == {part: sum(share for _, share in drawn) for part, drawn in model.holds.items()}
        states = {part: state for each in model.messages.values() for part, state in each.parts.items()}
        assert all(states[part] in OPEN for part in held), "a part that has ended is still held"
        taken = {part for part, _ in self.captured}
        assert taken == set(model.spent), "what was paid is not what the network took"
        assert all(states[part] in TAKEN for part in taken)
