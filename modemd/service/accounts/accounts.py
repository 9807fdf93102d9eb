"""Opening, suspending, resuming and closing accounts; changing what they may do."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from modemd.config.account_reading import read_account
from modemd.errors import ConfigError, Rejected
from modemd.model import PartState
from modemd.service.accounts import account_events
from modemd.service.accounts.account_reasons import reason_code
from modemd.service.accounts.account_sync import known, merged, other_accounts, settings_of, sync, written
from modemd.service.credits import credit
from modemd.service.rollup import settle_by_id
from modemd.service.terms import versions
from modemd.store import account_queue, lots, parts
from modemd.store import accounts as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.config.accounts import AccountConfig
    from modemd.service.rules import Rules
    from modemd.service.terms.terms import Terms
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

__all__ = [
    "AT_ONCE", "DEFAULT", "ERASED", "add", "cancel_closed", "change", "close", "find", "known", "merged",
    "resume", "settings_of", "suspend", "sync",
]  # fmt: skip

log = logging.getLogger(__name__)

DEFAULT: Final = "default"
"""The account of who names none: it always exists, and can be suspended but neither closed nor erased."""

ERASED: Final = "erased"
"""The code of an account that was closed to be erased."""
AT_ONCE: Final = 1000
"""So many messages are cancelled in one transaction: the modems wait for it."""

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ERASED: Final = re.compile(r"erased-\d+")


def find(tx: Tx, name: str) -> AccountRow:
    """Return an account, whatever its state.

    Raises:
        Rejected: ``account_unknown``.
    """
    row = store.find(tx, name)
    if row is None:
        raise Rejected("account_unknown", f"there is no account {name!r}")
    return row


def _open_account(tx: Tx, name: str) -> AccountRow:
    row = find(tx, name)
    if row.state in {"closed", "erased"}:
        raise Rejected("account_closed", f"account {name!r} is {row.state}")
    return row


def add(
    tx: Tx, rules: Rules, name: str, settings: Mapping[str, object], *, by: str, now: datetime
) -> AccountRow:
    """Open an account with the keys of a configuration's section, such as ``terms``, ``holder``, ``email``.

    Raises:
        Rejected: ``bad_request``: its name is none, or taken; a key is wrong; its holder has another account
            (S §7.7).
    """
    if not _NAME.fullmatch(name) or _ERASED.fullmatch(name):
        raise Rejected("bad_request", f"{name!r} is no name: letters, digits, - and _ only, at most 64")
    taken = store.find(tx, name)
    if taken is not None:
        was = f", {taken.state}" if taken.state != "active" else ""
        raise Rejected("bad_request", f"there is an account {name!r} already{was}")
    config = _section(rules, settings)
    _check_holder(tx, rules, name, config)
    account_id = store.add(
        tx, name, origin="command", gateway=None, settings=written(config), holder=config.holder,
        email=config.email, terms=config.terms, terms_version=versions.newest(tx, rules, config.terms, now),
        at_us=to_us(now),
    )  # fmt: skip
    log.info("account %s under the terms %s was opened by %s", name, config.terms, by)
    return _by_id(tx, account_id)


def change(
    tx: Tx, rules: Rules, name: str, settings: Mapping[str, object], *, by: str, now: datetime
) -> AccountRow:
    """Change keys of an account that was added by a command; those that are not named stay.

    One that the configuration has no more is the store's own from then on, and known to senders again.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``; ``bad_request``: a key is wrong, or the
            configuration declares the account.
    """
    row = _open_account(tx, name)
    if row.origin == "config":
        raise Rejected("bad_request", f"account {name!r} is declared in the configuration: change it there")
    before = settings_of(row.settings)
    config = _section(rules, before.model_dump(exclude_defaults=True) | {"terms": row.terms} | dict(settings))
    _check_holder(tx, rules, name, config)
    store.declare(
        tx, row.id, origin="command", gateway=None, settings=written(config), holder=config.holder,
        email=config.email,
    )  # fmt: skip
    if config.terms != row.terms:
        version = versions.newest(tx, rules, config.terms, now)
        store.set_terms(tx, row.id, config.terms, version, to_us(now))
    log.info("account %s was changed by %s", name, by)
    return _by_id(tx, row.id)


def _section(rules: Rules, settings: Mapping[str, object]) -> AccountConfig:
    try:
        config = read_account(settings)
    except ConfigError as error:
        raise Rejected("bad_request", str(error)) from error
    if config.terms not in rules.terms:
        known_terms = ", ".join(sorted(rules.terms))
        raise Rejected("bad_request", f"there are no terms {config.terms!r}; there are {known_terms}")
    if config.tariff is not None and config.tariff not in rules.tariffs:
        raise Rejected("bad_request", f"the configuration has no tariff {config.tariff!r}")
    return config


def _check_holder(tx: Tx, rules: Rules, name: str, config: AccountConfig) -> None:
    others = other_accounts(tx, rules, name, config)
    if others:
        raise Rejected(
            "bad_request",
            f"the terms {config.terms} allow a holder one account (S §7.7): this one has {others[0]!r}",
        )


def suspend(
    tx: Tx, rules: Rules, name: str, *, reason: str, by: str, now: datetime, code: str | None = None
) -> AccountRow:
    """Stop an account before its next part (S §6.3, L §19.1); what is queued stays queued.

    ``code`` is given where a rule suspends (``unpaid``, ``chargeback``, ...): that never takes the place of a
    suspension that is there already. Without it ``reason`` is a person's, and overrules what was before.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``; ``bad_request``: the terms want one of the written
            reasons (L §19.1).
    """
    row = _open_account(tx, name)
    if code is not None and row.state == "suspended":
        return row
    why = code or reason_code(_terms(tx, rules, row), reason)
    store.set_state(tx, row.id, "suspended", to_us(now), code=why, reason=reason, by=by)
    if row.state == "active":
        account_events.tell(tx, rules, row, "suspended", {"code": why, "reason": reason}, now)
    log.warning("account %s was suspended by %s: %s", name, by, why)
    return _by_id(tx, row.id)


def resume(tx: Tx, rules: Rules, name: str, *, by: str, now: datetime) -> AccountRow:
    """Let a suspended account go on: what waited goes out.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``; ``bad_request``: it is not suspended.
    """
    row = _open_account(tx, name)
    if row.state != "suspended":
        raise Rejected("bad_request", f"account {name!r} is not suspended")
    store.set_state(tx, row.id, "active", to_us(now), code=None, reason=None, by=by)
    account_events.tell(tx, rules, row, "resumed", {}, now)
    log.info("account %s was resumed by %s", name, by)
    return _by_id(tx, row.id)


def close(
    tx: Tx, rules: Rules, name: str, *, reason: str, by: str, now: datetime, code: str | None = None
) -> AccountRow:
    """End an account (S §7.7, L §19.1, 19.3): what waits is cancelled, its credits are lost without refund.

    ``code`` is given where a rule closes; else ``reason`` is a person's (``customer``: he ended it himself),
    which may be empty where the terms want none.

    Raises:
        Rejected: ``account_unknown``, ``account_closed``; ``bad_request``: it is ``default``, or the terms
            want one of the written reasons (L §19.1).
    """
    row = _open_account(tx, name)
    if name == DEFAULT:
        raise Rejected("bad_request", "the account 'default' always exists: it can be suspended, not closed")
    terms = _terms(tx, rules, row)
    why = code or reason_code(terms, reason, ending=True)
    cancelled = _cancel_waiting(tx, rules, row, now)
    lost = _forfeit(tx, row, terms, by, now)
    store.set_state(
        tx, row.id, "closed", to_us(now), code=why, reason=reason.strip() or None, by=by, closed_at=to_us(now)
    )  # fmt: skip
    facts = {"code": why, "reason": reason.strip() or None, "credits": lost, "cancelled": cancelled}
    account_events.tell(tx, rules, row, "closed", facts, now)
    log.warning("account %s was closed by %s: %s; %d credits are lost", name, by, why, lost)
    return _by_id(tx, row.id)


def _cancel_waiting(tx: Tx, rules: Rules, row: AccountRow, now: datetime) -> int:
    """Cancel what waits of an account, a thousand messages at most; return how many."""
    found = account_queue.waiting(tx, row.name, AT_ONCE)
    for message_id in found:
        parts.close_waiting(tx, message_id, PartState.CANCELLED)
        settle_by_id(
            tx, rules, message_id, to_us(now), code="account_closed", reason="its account was closed"
        )
    store.set_closing(tx, row.id, unfinished=len(found) == AT_ONCE)
    return len(found)


def cancel_closed(tx: Tx, rules: Rules, now: datetime) -> int:
    """Go on with what closing began: a thousand messages of each account; return of how many messages."""
    return sum(_cancel_waiting(tx, rules, row, now) for row in store.closing(tx))


def _forfeit(tx: Tx, row: AccountRow, terms: Terms, by: str, now: datetime) -> int:
    clause = "S §7.4" if terms.like == "smstools" else "L §4.5"
    return sum(
        credit.take_away(
            tx, row.id, lot_id, "forfeit", by=by, reason=f"the account was closed ({clause})", now=now
        )
        for lot_id in lots.unclosed(tx, row.id)
    )


def _terms(tx: Tx, rules: Rules, row: AccountRow) -> Terms:
    return versions.of_account(tx, rules, row)


def _by_id(tx: Tx, account_id: int) -> AccountRow:
    row = store.find_by_id(tx, account_id)
    assert row is not None, "it is there"
    return row
