"""Credits that are set aside for parts: held when a message is accepted, closed when its parts have ended.

A part that the network took is paid for (S §7.2, L §5.3), whatever becomes of it then (S §5.2, L §10.2).
What it did not take is released to the lots that it came from. Everything here runs in the transaction
that changes the part's state.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.store import balances, ledger, lots, parts
from modemd.store.ledger import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from modemd.store.transaction import Tx

Wanted = tuple[int, int, int, int]
"""A part to hold credits for: ``(part_id, part_no, hold_no, credits)``."""


class Purse:
    """What one account can spend within a transaction: its balance, and its lots in the order of spending."""

    def __init__(self, tx: Tx, account_id: int) -> None:
        self.account_id = account_id
        self.available = balances.find_balance(tx, account_id).balance
        self._lots = [[lot_id, unspent] for lot_id, unspent in reversed(lots.spendable(tx, account_id))]

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


class Holds:
    """The holds of a batch: counted while its messages are accepted, written once their parts have keys."""

    def __init__(self, tx: Tx, at_us: int) -> None:
        self._tx = tx
        self._at_us = at_us
        self._purses: dict[int, Purse] = {}
        self._reserved: list[tuple[Purse, int, int]] = []

    def available(self, account_id: int) -> int:
        """Return the credits that an account can spend yet."""
        return self._purse(account_id).available

    def reserve(self, account_id: int, message_id: int, credits_: int) -> None:
        """Count a new message's credits off; they are divided evenly over its parts."""
        purse = self._purse(account_id)
        purse.available -= credits_
        self._reserved.append((purse, message_id, credits_))

    def flush(self) -> None:
        """Write the holds down: the messages' parts are in the store now."""
        if not self._reserved:
            return
        ids = parts.ids_of(self._tx, self._reserved[0][1], self._reserved[-1][1])
        entries: list[Entry] = []
        for purse, message_id, credits_ in self._reserved:
            part_ids = ids[message_id]
            each = credits_ // len(part_ids)
            wanted = [(part_id, part_no, 1, each) for part_no, part_id in enumerate(part_ids, 1)]
            entries.extend(purse.draw(message_id, wanted, self._at_us))
        ledger.post(self._tx, entries)
        self._reserved = []

    def _purse(self, account_id: int) -> Purse:
        purse = self._purses.get(account_id)
        if purse is None:
            purse = self._purses[account_id] = Purse(self._tx, account_id)
        return purse


def capture(tx: Tx, part_id: int, now_us: int) -> int:
    """Take what is held for a part: the network accepted it (L §5.3). Return how many credits.

    Doing it again takes nothing.
    """
    return ledger.capture(tx, part_id, now_us)


def follow(tx: Tx, message_id: int, now_us: int) -> int:
    """Capture or release what is held for those of a message's parts that ended; return what was released."""
    return sum(int(row[3]) for row in ledger.follow(tx, message_id, now_us))
