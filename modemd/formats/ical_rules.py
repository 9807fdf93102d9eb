"""Rules of recurrence that a gateway can go by: as often as people meet, and such as come true one day.

They are counted out day by day by dateutil, which goes on to the year 9999 for a day that never comes.
"""

from __future__ import annotations

from datetime import date
from typing import Any, Final

_MOST_A_DAY: Final = 24
_EARLIEST, _LATEST = 1970, 2199
_FREQUENCIES: Final = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_LONGEST: Final = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_OFTEN: Final = ("DAILY", "WEEKLY")
_NOT_THERE: Final = ("BYYEARDAY", "BYWEEKNO", "BYSETPOS", "BYEASTER")
"""Parts that mean nothing where something happens every day or week (RFC 5545, 3.3.10)."""


def check_rules(event: Any) -> None:
    """Look whether an event's rule and dates can be gone by.

    Raises:
        ValueError: with a sentence.
    """
    if "DTSTART" in event:
        begins: date = event["DTSTART"].dt
        if not _EARLIEST <= begins.year <= _LATEST:
            raise ValueError(f"DTSTART: is before {_EARLIEST} or after {_LATEST}")
    if "EXRULE" in event:
        raise ValueError("EXRULE: is no longer used; name the dates with EXDATE")
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        _check(rule)


def _check(rule: Any) -> None:
    frequency = str((_values(rule, "FREQ") or [""])[0]).upper()
    if frequency not in _FREQUENCIES:
        raise ValueError(f"RRULE: FREQ is {frequency or 'missing'}; appointments recur daily at most")
    if any(int(every) < 1 for every in _values(rule, "INTERVAL")):
        raise ValueError("RRULE: INTERVAL is 1 or more")
    a_day = 1
    for name in ("BYHOUR", "BYMINUTE", "BYSECOND"):
        a_day *= max(1, len(_values(rule, name)))
    if a_day > _MOST_A_DAY:
        raise ValueError(f"RRULE: means {a_day} appointments a day, and {_MOST_A_DAY} are allowed")
    if frequency in _OFTEN and (part := next((name for name in _NOT_THERE if _values(rule, name)), None)):
        raise ValueError(f"RRULE: {part} does not go with {frequency}")
    months, days = _values(rule, "BYMONTH"), _values(rule, "BYMONTHDAY")
    longest = max((_LONGEST.get(int(month), 31) for month in months), default=31)
    if days and not any(1 <= abs(int(day)) <= longest for day in days):
        raise ValueError("RRULE: the days of BYMONTHDAY never come")


def _values(rule: Any, name: str) -> list[Any]:
    values = rule.get(name, [])
    return values if isinstance(values, list) else [values]
