"""What a file says of terms and tariffs that no single key can tell: ``(path, message, hint)`` each."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from modemd.config.faults import did_you_mean
from modemd.config.presets import PRESETS
from modemd.config.strict_yaml import Path

Found = tuple[Path, str, str]


def terms_findings(value: object) -> Iterator[Found]:
    """Every broken rule of terms and tariffs in what a file says."""
    yield from _names(value)
    yield from _revisions(value)


def _section(value: object, name: str) -> dict[str, object]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _key(value: object, name: str) -> str | None:
    found = value.get(name) if isinstance(value, dict) else None
    return str(found) if isinstance(found, str) else None


def _names(value: object) -> Iterator[Found]:
    """Accounts name terms that there are, accounts and terms tariffs that there are."""
    own, tariffs = _section(value, "terms"), _section(value, "tariffs")
    known = {*PRESETS, *own}
    for account, section in _section(value, "accounts").items():
        named = _key(section, "terms")
        if named is not None and named not in known:
            hint = did_you_mean(named, known) or f"there are {', '.join(sorted(known))}"
            yield ("accounts", account, "terms"), f"there are no terms {named!r}", hint
    for place, sections in (("accounts", _section(value, "accounts")), ("terms", own)):
        for name, section in sections.items():
            tariff = _key(section, "tariff")
            if tariff is not None and tariff not in tariffs:
                hint = did_you_mean(tariff, tariffs) or "write it under tariffs:"
                yield (place, name, "tariff"), f"there is no tariff {tariff!r}", hint


def _revisions(value: object) -> Iterator[Found]:
    """Prices are revised once a year, in the first quarter, where terms promise that (L §5.5)."""
    for name, who in _promised(value).items():
        versions = _section(value, "tariffs").get(name)
        days = [_day(each) for each in versions] if isinstance(versions, list) else []
        for index, (earlier, later) in enumerate(pairwise(days), 1):
            if later is None or earlier is None:
                continue
            path: Path = ("tariffs", name, index, "valid_from")
            promise = f"the terms {who} promise that prices change once a year, in the first quarter (L §5.5)"
            if later.month > 3:
                yield path, f"{later} is not in the first quarter", promise
            elif index > 1 and earlier.year == later.year:
                yield path, f"{later.year} has a revision on {earlier} already", promise


def _promised(value: object) -> dict[str, str]:
    """The tariffs whose revisions are promised, each with terms that promise it."""
    own = _section(value, "terms")
    bound = {name: _bound(own.get(name), name) for name in {*PRESETS, *own}}
    promised: dict[str, str] = {}
    for section in _section(value, "accounts").values():
        name = _key(section, "terms") or "unlimited"
        if bound.get(name):
            tariff = _key(section, "tariff") or _key(own.get(name), "tariff") or "standard"
            promised.setdefault(tariff, name)
    for name, section in own.items():
        if bound[name]:
            promised.setdefault(_key(section, "tariff") or "standard", name)
    return promised


def _bound(section: object, name: str) -> bool:
    said = _key(section, "revision")
    if said is not None:
        return said == "first_quarter"
    rules = PRESETS.get(_key(section, "like") or name, ())
    return any(rule.field == "revision" and rule.value == "first_quarter" for rule in rules)


def _day(version: object) -> date | None:
    try:
        return date.fromisoformat(_key(version, "valid_from") or "")
    except ValueError:
        return None
