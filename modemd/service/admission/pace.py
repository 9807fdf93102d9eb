"""How fast an account may send, and how many times the same text: ceilings that no span ever exceeds.

Spans slide by a sixtieth of their length: a slot counts until no moment of it is within the span any more.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.store import pace as store

if TYPE_CHECKING:
    from modemd.config.accounts import AccountConfig
    from modemd.service.checks import Prepared
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

SLOTS: Final = 60
MINUTE_S: Final = 60
HOUR_S: Final = 3600
DAY_S: Final = 86400
_WORDS: Final = {MINUTE_S: "a minute", HOUR_S: "an hour", DAY_S: "24 hours"}
_FIRST_DAY: Final = date(1970, 1, 1)


class Span:
    """What was accepted of an account within one span, and what this batch adds."""

    def __init__(self, tx: Tx, account_id: int, span_s: int, limit: int, now: datetime) -> None:
        self._tx = tx
        self._account_id = account_id
        self._span_s = span_s
        self._limit = limit
        self._width_s = span_s // SLOTS
        self._slot = int(now.timestamp()) // self._width_s
        # Of what lies ahead, since the clock was put back, no more than one span counts.
        self._slots = store.slots(tx, account_id, span_s, self._slot - SLOTS, self._slot + SLOTS)
        self._count = sum(self._slots.values())
        self._added = 0

    def refusal(self, rules: Rules) -> Rejected | None:
        """Return why one more would be too many, with when it will not be."""
        if self._count + self._added < self._limit:
            return None
        again_at = self._again_at().astimezone(rules.zone)
        return Rejected(
            "rate_limited",
            f"more than {self._limit} messages in {_WORDS[self._span_s]} are not allowed;"
            f" again at {again_at:%Y-%m-%d %H:%M:%S%z}",
        )

    def admit(self) -> None:
        """Count one more."""
        self._added += 1

    def flush(self) -> None:
        """Write down what was counted."""
        if self._added:
            store.add(
                self._tx, self._account_id, self._span_s, self._slot, self._added, first=self._slot - SLOTS
            )
            self._added = 0

    def _again_at(self) -> datetime:
        """When enough slots will have left the span."""
        left = self._count + self._added
        slots = dict(self._slots)
        slots[self._slot] = slots.get(self._slot, 0) + self._added
        for slot, messages in sorted(slots.items()):
            left -= messages
            if left < self._limit:
                return datetime.fromtimestamp((slot + SLOTS + 1) * self._width_s, UTC)
        return datetime.fromtimestamp((self._slot + SLOTS + 1) * self._width_s, UTC)


class SameText:
    """How often each text was accepted of an account today, and what this batch adds (S §5.1, 6.2)."""

    def __init__(self, tx: Tx, account_id: int, limit: int, rules: Rules, now: datetime) -> None:
        self._tx = tx
        self._account_id = account_id
        self._limit = limit
        self._day = day_number(rules, now)
        self._known: dict[bytes, int] = {}
        self._added: dict[bytes, int] = {}

    def refusal(self, each: Prepared) -> Rejected | None:
        """Return why this text may not go to one more recipient today."""
        digest = _digest(each)
        if digest not in self._known:
            self._known[digest] = store.of_text(self._tx, self._account_id, self._day, digest)
        if self._known[digest] + self._added.get(digest, 0) < self._limit:
            return None
        return Rejected(
            "rate_limited", f"the same text may go to {self._limit} recipients a day; again tomorrow"
        )

    def admit(self, each: Prepared) -> None:
        """Count one more."""
        digest = _digest(each)
        self._added[digest] = self._added.get(digest, 0) + 1

    def flush(self) -> None:
        """Write down what was counted."""
        if self._added:
            store.add_texts(self._tx, self._account_id, self._day, self._added)
            self._added = {}


def spans_of(tx: Tx, account_id: int, config: AccountConfig, now: datetime) -> list[Span]:
    """Return the spans that an account has a limit for."""
    limits = ((MINUTE_S, config.per_minute), (HOUR_S, config.per_hour), (DAY_S, config.per_day))
    return [Span(tx, account_id, span_s, limit, now) for span_s, limit in limits if limit is not None]


def day_number(rules: Rules, now: datetime) -> int:
    """Return the day in the gateway's zone, counted from 1970-01-01."""
    return (now.astimezone(rules.zone).date() - _FIRST_DAY).days


def _digest(each: Prepared) -> bytes:
    contents = repr((each.outgoing.text, each.outgoing.octets))
    return hashlib.blake2b(contents.encode("utf-8", "surrogatepass"), digest_size=16).digest()
