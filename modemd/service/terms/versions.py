"""The versions of terms: an account keeps the one that it accepted (L §17.3, 21.2; S §7.7).

Whenever terms read otherwise than every version in the store, that becomes a version of its own. New
accounts take it; the others keep theirs until a change is announced to them and takes effect.
"""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from modemd.service.terms.terms import Terms
from modemd.store import terms as store
from modemd.store.terms import VersionRow
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)


def sync(tx: Tx, rules: Rules, now: datetime) -> dict[str, int]:
    """Write down terms that read as never before; return, for each name, the version that reads as today."""
    kept: dict[str, list[VersionRow]] = {}
    for row in store.versions(tx):
        kept.setdefault(row.terms, []).append(row)
    return {name: _version(tx, terms, kept.get(name, []), now) for name, terms in rules.terms.items()}


def _version(tx: Tx, terms: Terms, kept: list[VersionRow], now: datetime) -> int:
    said = _plain(terms)
    same = [row.version for row in kept if _read(row.rules) == said]
    if same:
        return same[-1]
    version = kept[-1].version + 1 if kept else 1
    store.add_version(tx, VersionRow(terms.name, version, json.dumps(said, sort_keys=True), to_us(now)))
    if kept:
        log.info(
            "terms %s read otherwise than before: version %d; accounts keep theirs until the change is"
            " announced to them (modemd terms announce)",
            terms.name,
            version,
        )
    return version


def newest(tx: Tx, rules: Rules, name: str, now: datetime) -> int:
    """Return the version of terms that an account accepts today; 1 for terms that nobody knows."""
    return sync(tx, rules, now).get(name, 1)


def in_force(tx: Tx, rows: Iterable[AccountRow]) -> dict[str, Terms]:
    """Return the terms that each account accepted, by its name; unknown versions are left out."""
    known = {(row.terms, row.version): of_row(row) for row in store.versions(tx)}
    found = {row.name: known.get((row.terms, row.terms_version)) for row in rows}
    return {name: terms for name, terms in found.items() if terms is not None}


def of_account(tx: Tx, rules: Rules, row: AccountRow) -> Terms:
    """Return the terms that one account accepted; as they read now, where the store has no such version."""
    accepted = in_force(tx, [row]).get(row.name)
    return accepted or rules.terms.get(row.terms) or Terms(name=row.terms, charged=True)


def of_row(row: VersionRow) -> Terms:
    """Return a version as it is kept. What it does not say, since it is older, is as no rule at all."""
    known = Terms.__dataclass_fields__
    kept = {key: value for key, value in _read(row.rules).items() if key in known}
    return replace(Terms(name=row.terms), **kept, version=row.version)


def _plain(terms: Terms) -> dict[str, Any]:
    """What terms say: everything but their name and version."""
    said = asdict(terms)
    return {key: value for key, value in said.items() if key not in {"name", "version"}}


def _read(rules: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(rules)
    return read
