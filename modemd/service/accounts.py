"""Accounts as the configuration and the store have them, brought together.

The configuration's accounts get a row of the store each at every start and reload, since the books, consents
and states name accounts by their row. Accounts that a command added have their settings in their row.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from modemd.config.accounts import AccountConfig
from modemd.service import versions
from modemd.store import accounts as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

DEFAULT: Final = "default"
"""The account of who names none: it always exists, and can be suspended but neither closed nor erased."""


@lru_cache(maxsize=8192)
def settings_of(written: str) -> AccountConfig:
    """Return an account's section from its row's JSON."""
    return AccountConfig.model_validate_json(written)


def written(config: AccountConfig) -> str:
    """Return an account's section as a row keeps it."""
    return config.model_dump_json(exclude_defaults=True)


def merged(tx: Tx, rules: Rules) -> Rules:
    """Return the rules with every account that senders may name: the configuration's and the store's.

    Closed accounts stay known, so that their senders are told so. What other gateways of this store declare
    is known here too; where both declare a name, each keeps to its own configuration.
    """
    declared = rules.declared or rules.accounts
    known: dict[str, AccountConfig] = {}
    rows = store.all_accounts(tx)
    for row in rows:
        if row.name in declared:
            known[row.name] = declared[row.name]
        elif row.origin != "gone" and row.state != "erased":
            known[row.name] = settings_of(row.settings)
        if row.name in known and known[row.name].terms != row.terms:
            known[row.name] = known[row.name].model_copy(update={"terms": row.terms})
    return replace(rules, accounts={**declared, **known}, in_force=versions.in_force(tx, rows))


def known(tx: Tx, rules: Rules, now: datetime) -> Rules:
    """Do as :func:`sync` does, and return what :func:`merged` does: at a start and at a reload."""
    sync(tx, rules, now)
    return merged(tx, rules)


def sync(tx: Tx, rules: Rules, now: datetime) -> None:
    """Bring the rows of the configuration's accounts up to date; note those that it has no more.

    Changed terms are accepted by it (S §7.7, L §17.3): the account lives under them from now on.
    """
    newest = versions.sync(tx, rules, now)
    rows = {row.name: row for row in store.all_accounts(tx)}
    for name, config in (rules.declared or rules.accounts).items():
        row = rows.pop(name, None)
        if row is None:
            _open(tx, rules, name, config, newest, now)
        else:
            _update(tx, rules, row, config, newest, now)
    for row in rows.values():
        if row.origin == "config" and row.gateway == rules.gateway:
            _declare(tx, row, "gone", row.gateway, settings_of(row.settings))
            log.info("account %s is in the configuration no more", row.name)


def _open(
    tx: Tx, rules: Rules, name: str, config: AccountConfig, newest: Mapping[str, int], now: datetime
) -> None:
    store.add(
        tx, name, origin="config", gateway=rules.gateway, settings=written(config), holder=config.holder,
        email=config.email, terms=config.terms, terms_version=newest.get(config.terms, 1),
        at_us=to_us(now),
    )  # fmt: skip


def _update(
    tx: Tx, rules: Rules, row: AccountRow, config: AccountConfig, newest: Mapping[str, int], now: datetime
) -> None:
    changed = settings_of(row.settings).terms != config.terms  # what was announced and applied stays
    said = (row.origin, row.gateway, row.settings, row.holder, row.email)
    if said != ("config", rules.gateway, written(config), config.holder, config.email):
        _declare(tx, row, "config", rules.gateway, config)
    if changed and row.terms != config.terms and row.state in {"active", "suspended"}:
        store.set_terms(tx, row.id, config.terms, newest.get(config.terms, 1), to_us(now))
        log.info(
            "account %s lives under the terms %s now, not %s any more", row.name, config.terms, row.terms
        )


def _declare(tx: Tx, row: AccountRow, origin: str, gateway: str | None, config: AccountConfig) -> None:
    store.declare(
        tx, row.id, origin=origin, gateway=gateway, settings=written(config), holder=config.holder,
        email=config.email,
    )  # fmt: skip
