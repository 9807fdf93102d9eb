"""The accounts of the configuration and those of the store, brought together.

The configuration's accounts get a row of the store each at every start and reload, since the books, consents
and states name accounts by their row. Accounts that a command added have their settings in their row.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from modemd.config.accounts import AccountConfig
from modemd.service.terms import versions
from modemd.store import accounts as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)


@lru_cache(maxsize=8192)
def settings_of(written: str) -> AccountConfig:
    """Return an account's section from its row's JSON."""
    return AccountConfig.model_validate_json(written)


def written(config: AccountConfig) -> str:
    """Return an account's section as a row keeps it."""
    return config.model_dump_json(exclude_defaults=True)


def known(tx: Tx, rules: Rules, now: datetime) -> Rules:
    """Do as :func:`sync` does, and return what :func:`merged` does: at a start and at a reload."""
    sync(tx, rules, now)
    return merged(tx, rules)


def merged(tx: Tx, rules: Rules) -> Rules:
    """Return the rules with every account that senders may name: the configuration's and the store's.

    Closed accounts stay known, so that their senders are told so. What other gateways of this store declare
    is known here too; where both declare a name, each keeps to its own configuration. Each account lives
    under the terms that its row says: those that it accepted (S §7.7, L §17.3).
    """
    every = store.all_accounts(tx)
    declared = _not_erased(rules.declared or rules.accounts, every)
    rows = [row for row in every if row.name in declared or _is_known(row)]
    sections = {row.name: declared.get(row.name) or settings_of(row.settings) for row in rows}
    under_terms = {
        row.name: section if section.terms == row.terms else section.model_copy(update={"terms": row.terms})
        for row, section in zip(rows, sections.values(), strict=True)
    }
    return replace(rules, accounts={**declared, **under_terms}, in_force=versions.in_force(tx, rows))


def _not_erased(declared: Mapping[str, AccountConfig], rows: list[AccountRow]) -> dict[str, AccountConfig]:
    """The configuration's accounts but for those that were erased, and not opened again by a command."""
    erased = {row.erased_as for row in rows if row.erased_as is not None}
    if not erased:
        return dict(declared)
    there = {row.name for row in rows}
    return {
        name: config for name, config in declared.items() if name in there or name_digest(name) not in erased
    }


def name_digest(name: str) -> bytes:
    """Return what an erased account's name is known by, so that its section opens no new one."""
    return hashlib.blake2b(name.encode(), digest_size=16).digest()


def _is_known(row: AccountRow) -> bool:
    return row.origin != "gone" and row.state != "erased"


def sync(tx: Tx, rules: Rules, now: datetime) -> None:
    """Bring the rows of the configuration's accounts up to date; note those that it has no more.

    Changed terms are accepted by it: the account lives under them from now on, and its row says since when.
    """
    rows = {row.name: row for row in store.all_accounts(tx)}
    newest = versions.sync(tx, rules, now)
    for name, config in _not_erased(rules.declared or rules.accounts, list(rows.values())).items():
        row = rows.pop(name, None)
        version = newest.get(config.terms, 1)
        if row is None:
            _open(tx, rules, name, config, version, now)
        else:
            _update(tx, rules, row, config, version, now)
    for row in rows.values():
        if row.origin == "config" and row.gateway == rules.gateway and row.state != "erased":
            _declare(tx, row, "gone", row.gateway, settings_of(row.settings))
            log.info("account %s is in the configuration no more", row.name)


def _open(tx: Tx, rules: Rules, name: str, config: AccountConfig, version: int, now: datetime) -> None:
    account_id = store.add(
        tx, name, origin="config", gateway=rules.gateway, settings=written(config), holder=config.holder,
        email=config.email, terms=config.terms, terms_version=version, at_us=to_us(now),
    )  # fmt: skip
    _stop_twin(tx, account_id, name, other_accounts(tx, rules, name, config), now)


def _stop_twin(tx: Tx, account_id: int, name: str, twins: list[str], now: datetime) -> None:
    """Of a holder's accounts the one that came later is stopped, where terms allow only one (S §7.7)."""
    if twins:
        reason = f"its holder has the account {twins[0]} already (S §7.7)"
        store.set_state(tx, account_id, "suspended", to_us(now), code="terms", reason=reason, by="modemd")
        log.error("account %s is suspended: %s", name, reason)


def stop_changed_twin(tx: Tx, rules: Rules, account_id: int, now: datetime) -> None:
    """Stop an account that came under other terms, if its holder has one already that allow only one."""
    row = store.find_by_id(tx, account_id)
    if row is None or row.state != "active" or row.holder is None:
        return
    if not versions.of_account(tx, rules, row).one_account_per_holder:
        return
    others = [store.find(tx, name) for name in store.open_of_holder(tx, row.holder) if name != row.name]
    alone = [
        each.name
        for each in others
        if each is not None
        and each.state == "active"
        and versions.of_account(tx, rules, each).one_account_per_holder
    ]
    _stop_twin(tx, row.id, row.name, alone, now)


def other_accounts(tx: Tx, rules: Rules, name: str, config: AccountConfig) -> list[str]:
    """Return a holder's other open accounts where terms allow only one of each holder (S §7.7)."""
    terms = rules.terms.get(config.terms)
    if config.holder is None or terms is None or not terms.one_account_per_holder:
        return []
    return [other for other in store.open_of_holder(tx, config.holder) if other != name]


def _update(
    tx: Tx, rules: Rules, row: AccountRow, config: AccountConfig, version: int, now: datetime
) -> None:
    said = (row.origin, row.gateway, row.settings, row.holder, row.email)
    if said != ("config", rules.gateway, written(config), config.holder, config.email):
        _declare(tx, row, "config", rules.gateway, config)
    # What the section says is taken when it changes: else it would undo what was announced, or transferred.
    if settings_of(row.settings).terms != config.terms != row.terms and row.state in {"active", "suspended"}:
        store.set_terms(tx, row.id, config.terms, version, to_us(now))
        log.info(
            "account %s lives under the terms %s now, not %s any more", row.name, config.terms, row.terms
        )
    if row.origin == "gone" or (row.holder, settings_of(row.settings).terms) != (config.holder, config.terms):
        stop_changed_twin(tx, rules, row.id, now)


def _declare(tx: Tx, row: AccountRow, origin: str, gateway: str | None, config: AccountConfig) -> None:
    store.declare(
        tx, row.id, origin=origin, gateway=gateway, settings=written(config), holder=config.holder,
        email=config.email,
    )  # fmt: skip
