"""All that is held on an account, for who asks what that is (GDPR art. 15 and 20, L §16)."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from modemd.formats.events import iso
from modemd.model import PartState
from modemd.service.accounts import accounts
from modemd.store import export as store
from modemd.store.times import from_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_FIRST_DAY: Final = date(1970, 1, 1)
_JSON: Final = frozenset({"holder_lines", "seller"})


def export(tx: Tx, rules: Rules, name: str, now: datetime) -> dict[str, Any]:
    """Return everything that the store holds on an account, as JSON can have it.

    Times are ISO 8601 in UTC, credits whole numbers, amounts whole cents.

    Raises:
        Rejected: ``account_unknown``.
    """
    row = accounts.find(tx, name)
    held = store.everything(tx, row.id, name)
    [account] = held.pop("account")
    account["settings"] = json.loads(account["settings"])
    found: dict[str, Any] = {"exported_at": iso(now), "account": _plain(account)}
    found["terms"] = _terms(rules, name)
    for what, rows in held.items():
        found[what] = [_plain(each) for each in rows]
    return found


def _terms(rules: Rules, name: str) -> dict[str, Any]:
    terms = rules.terms_of(name)
    return {field: getattr(terms, field) for field in terms.__dataclass_fields__}


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _value(name, value) for name, value in row.items()}


def _value(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "at" or name.endswith(("_at", "_to")):
        return iso(from_us(int(value)))
    if name == "day":
        return (_FIRST_DAY + timedelta(days=int(value))).isoformat()
    if name in _JSON:
        return json.loads(value)
    if name == "state" and isinstance(value, int):
        return PartState(value).name.lower()
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value
