"""What the machine over the ledger chooses from: moments, texts, batches, and what becomes of parts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from tests.service.bank_customers import BELGIUM, FRANCE, MODEMS, NAMES, PAYING, START

MOMENTS = {
    "a Sunday in November": START,
    "before the clocks go forward": datetime(2027, 3, 28, 0, 58, tzinfo=UTC),
    "before the clocks go back": datetime(2027, 10, 31, 0, 58, tzinfo=UTC),
    "before a leap day": datetime(2028, 2, 28, 22, 58, tzinfo=UTC),
    "on a leap day": datetime(2028, 2, 29, 12, 0, tzinfo=UTC),
    "at the end of January": datetime(2027, 1, 31, 22, 58, tzinfo=UTC),
    "before the new year": datetime(2026, 12, 31, 22, 59, tzinfo=UTC),
}
LEAPS = [
    timedelta(hours=1), timedelta(hours=25), timedelta(days=8), timedelta(days=31), timedelta(days=92),
    timedelta(days=200), timedelta(days=366), timedelta(days=731),
]  # fmt: skip
TEXTS = ["Hello", "Hello", "Hello", "x" * 161, "x" * 400, "€" * 230, "x" * (153 * 11 + 1)]
"""One part, two, three, four and twelve."""

few = st.integers(0, 7)
accounts = st.sampled_from(NAMES)
paying = st.sampled_from(PAYING)
modems = st.sampled_from(MODEMS)
_REFUSED = [f"is refused: {code}" for code in (1, 1, 8, 28, 38, 69, 197, 331, 500)]
_ENDS = [
    *["is taken"] * 4, "is taken, unsaid", *["is on the air"] * 5, "is silent", "is silent",
    "is never asked for", "is given back", *_REFUSED,
]  # fmt: skip
outcomes = st.lists(st.sampled_from(_ENDS), max_size=8)
"""What becomes of one part after the other; an error by its CMS code."""


@dataclass(frozen=True)
class Batch:
    """Messages that come together, and what a modem does with what waits then."""

    name: str
    texts: list[str]
    to: str
    wait_s: int | None
    client_id: str | None
    modem: str
    ends: list[str]


batches = st.builds(
    Batch,
    accounts,
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=3),
    st.sampled_from([BELGIUM, BELGIUM, FRANCE]),
    st.sampled_from([None, None, None, 300]),
    st.sampled_from([None, None, None, "a"]),
    modems,
    outcomes,
)
