"""Credits that are set aside for parts: held when a message is accepted, closed when its parts have ended.

A part that the network took is paid for (S §7.2, L §5.3), whatever becomes of it then (S §5.2, L §10.2).
What it did not take is released to the lots that it came from. Everything here runs in the transaction
that changes the part's state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.credits.credit_alerts import watch_low
from modemd.store import accounts, holds, ledger, lots, parts
from modemd.store.ledger import Entry
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

Wanted = tuple[int, int, int, int]
"""A part to hold credits for: ``(part_id, part_no, hold_no, credits)``."""


class Purse:
    """What one account can spend within a transaction: its lots in the order of spending, and their sum."""

    def __init__(self, tx: Tx, account_id: int) -> None:
        self.account_id = account_id
        self._lots = [[lot_id, unspent] for lot_id, unspent in reversed(lots.spendable(tx, account_id))]
        self.available = sum(unspent for _, unspent in self._lots)

    def whole(self, credits_: int) -> int | None:
        """Draw so many credits from the first lot; return it, or ``None`` where it has not as many."""
        lot = self._lots[-1]
        if lot[1] < credits_:
            return None
        lot[1] -= credits_
        if not lot[1]:
            self._lots.pop()
        return lot[0]

    def draw(self, message_id: int, wanted: Iterable[Wanted], at_us: int) -> Iterator[Entry]:
        """Give the rows that set credits aside for parts; one part may take from several lots."""
        for part_id, part_no, hold_no, needed in wanted:
            missing, share = needed, 0
            while missing:
                lot = self._lots[-1]
                taken = min(missing, lot[1])
                yield Entry(
                    self.account_id, at_us, "hold", -taken, taken, lot[0], message_id, part_id, part_no,
                    hold_no, share, 0,
                )  # fmt: skip
                missing, share = missing - taken, share + 1
                lot[1] -= taken
                if not lot[1]:
                    self._lots.pop()


class _Reserved:
    """What is counted off for new messages of one account: ``(message_id, credits)``."""

    __slots__ = ("messages", "name", "purse", "total")

    def __init__(self, purse: Purse, name: str) -> None:
        self.purse = purse
        self.name = name
        self.messages: list[tuple[int, int]] = []
        self.total = 0


class Holds:
    """The holds of a batch: counted while its messages are accepted, written once their parts have keys."""

    def __init__(self, tx: Tx, at_us: int) -> None:
        self._tx = tx
        self._at_us = at_us
        self._purses: dict[int, Purse] = {}
        self._reserved: dict[int, _Reserved] = {}

    def available(self, account_id: int) -> int:
        """Return the credits that an account can spend yet."""
        return self._purse(account_id).available

    def reserve(self, account_id: int, account_name: str, message_id: int, credits_: int) -> None:
        """Count a new message's credits off; they are divided evenly over its parts."""
        found = self._reserved.get(account_id)
        if found is None:
            found = self._reserved[account_id] = _Reserved(self._purse(account_id), account_name)
        found.purse.available -= credits_
        found.total += credits_
        found.messages.append((message_id, credits_))

    def drawn(self) -> dict[int, int]:
        """Return what is left to each account that something was counted off from, by its key."""
        return {account_id: found.purse.available for account_id, found in self._reserved.items()}

    def flush(self) -> None:
        """Write the holds down: the messages and their parts are in the store now."""
        for found in self._reserved.values():
            keys = found.messages[0][0], found.messages[-1][0]
            lot_id = found.purse.whole(found.total)
            if lot_id is None:
                self._divide(found, keys)
            else:
                holds.hold_new(
                    self._tx, found.purse.account_id, found.name, lot_id, keys, found.total, self._at_us
                )
        self._reserved = {}

    def _divide(self, found: _Reserved, keys: tuple[int, int]) -> None:
        """Several lots are needed, so each part is looked at."""
        ids = parts.ids_of(self._tx, *keys)
        entries: list[Entry] = []
        for message_id, credits_ in found.messages:
            each = credits_ // len(ids[message_id])
            wanted = [(part_id, part_no, 1, each) for part_no, part_id in enumerate(ids[message_id], 1)]
            entries.extend(found.purse.draw(message_id, wanted, self._at_us))
        ledger.post(self._tx, entries)

    def _purse(self, account_id: int) -> Purse:
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse(self._tx, account_id)
        return purse


def capture(tx: Tx, part_id: int, now_us: int) -> int:
    """Take what is held for a part: the network accepted it (L §5.3). Return how many credits.

    Doing it again takes nothing.
    """
    return holds.capture(tx, part_id, now_us)


def follow(tx: Tx, message_id: int, now_us: int) -> int:
    """Capture or release what is held for those of a message's parts that ended; return what was released."""
    released = 0
    by_lot: dict[int, int] = {}
    for _account_id, lot_id, _kind, credits_, _held, _at in holds.follow(tx, message_id, now_us):
        if credits_:
            released += credits_
            by_lot[lot_id] = by_lot.get(lot_id, 0) + credits_
    for lot_id, credits_ in by_lot.items():
        _pass_on(tx, lot_id, credits_, now_us)
    return released


_LATE: Final = {"forfeit": "forfeit", "revoke": "revoke", "transfer": "transfer_out"}
_WHY_LATE: Final = "released after its lot had been closed"


def _pass_on(tx: Tx, lot_id: int, credits_: int, now_us: int) -> None:
    """What is released to a lot that was closed meanwhile goes where the rest of it went."""
    lot = lots.find_lot(tx, lot_id)
    assert lot is not None, "the ledger names it"
    if lot.closed_as is None:
        return
    entry = Entry(lot.account_id, now_us, _LATE[lot.closed_as], -credits_, 0, lot_id, order_id=lot.order_id)
    ledger.post_noted(tx, [entry], by="modemd", reason=_WHY_LATE)


def hold_again(tx: Tx, rules: Rules, message: MessageRow, now: datetime) -> None:
    """Hold credits anew for every part of a message that ended without being sent, at today's tariff.

    Raises:
        Rejected: ``insufficient_credit``: the balance does not cover all of them; ``account_closed``.
    """
    each = rules.credits_per_part(message.account, message.destination or "", now)
    row = accounts.find(tx, message.account)
    if row is not None and row.state in {"closed", "erased"}:
        raise Rejected("account_closed", f"account {message.account!r} is {row.state}")
    if not each:
        return
    again = holds.to_hold_again(tx, message.id)
    needed = each * len(again)
    purse = None if row is None else Purse(tx, row.id)
    available = 0 if purse is None else purse.available
    if purse is None or available < needed:
        raise short(message.account, needed, available)
    wanted = [(part_id, part_no, hold_no, each) for part_id, part_no, hold_no in again]
    ledger.post(tx, list(purse.draw(message.id, wanted, to_us(now))))
    parts.charge(tx, message.id, needed)
    if row is not None:
        watch_low(tx, rules, row, available - needed, now)


def short(account: str, needed: int, available: int) -> Rejected:
    """Return the refusal of what an account's credits do not cover."""
    wanted = "1 credit" if needed == 1 else f"{needed} credits"
    return Rejected(
        "insufficient_credit",
        f"the message needs {wanted}, and account {account!r} has {available}",
        fail_reason=f"Insufficient credit: {needed} needed, {available} available",
    )
