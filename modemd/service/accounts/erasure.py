"""Erasing an account (L §15.4, GDPR art. 17): nothing personal stays, and the books still add up."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.accounts import account_events, accounts
from modemd.service.accounts.account_sync import name_digest
from modemd.service.credits import credit
from modemd.store import accounts as rows
from modemd.store import consents, erasure, pace
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

_TOPICS: Final = ("status", "received", "account/{}/event")


@dataclass(frozen=True, slots=True)
class Erased:
    """What was removed from the store, and what there is to know its files by.

    ``removed`` counts rows by what they were; ``told`` are ``(directory, name)`` of files that the spool was
    given, ``texts`` destination and text of what was sent, ``uids`` the calendars that only this account had:
    files that were dropped hold them.
    """

    account: str
    renamed: str
    removed: dict[str, int]
    told: tuple[tuple[str, str], ...]
    texts: frozenset[tuple[str, str]]
    uids: frozenset[str] = frozenset()


def erase(tx: Tx, rules: Rules, name: str, *, by: str, now: datetime) -> Erased:
    """Remove all personal data of an account, which gets the name ``erased-<key>``.

    One that is not closed is closed first, if nothing of it is open: no message, no credits.

    Raises:
        Rejected: ``account_unknown``; ``bad_request``: it is ``default``, erased already, or something of it
            is open.
    """
    row = accounts.find(tx, name)
    if row.state == "erased":
        raise Rejected("bad_request", f"account {name!r} is erased already")
    if name == accounts.DEFAULT:
        raise Rejected("bad_request", "the account 'default' always exists: it cannot be erased")
    _check_nothing_open(tx, row)
    if row.state != "closed":
        row = accounts.close(
            tx, rules, name, reason="it is erased", by=by, now=now, code=accounts.ERASED
        )  # fmt: skip
    return _erase(tx, rules, row, now)


def _check_nothing_open(tx: Tx, row: AccountRow) -> None:
    waiting = erasure.unsettled(tx, row.name)
    if waiting and row.state != "closed":
        raise Rejected("bad_request", f"account {row.name!r} has messages that are not sent: close it first")
    if waiting:
        raise Rejected(
            "bad_request",
            f"of account {row.name!r} {waiting} parts are with a modem, or in doubt: try again when they are"
            " settled (modemd messages resolve)",
        )
    balance = credit.balances(tx, row.id)
    if balance.balance and row.state != "closed":
        raise Rejected(
            "bad_request", f"account {row.name!r} has {balance.balance} credits left: close it first"
        )


def _erase(tx: Tx, rules: Rules, row: AccountRow, now: datetime) -> Erased:
    renamed = f"erased-{row.id}"
    told = tuple(
        (directory, f"{modem}.{row_id:0>6}") for directory, modem, row_id in erasure.told_files(tx, row.name)
    )
    texts = erasure.sent_texts(tx, row.name)
    uids = erasure.calendar_uids(tx, row.id)
    topics = [topic.format(row.name) if "{}" in topic else f"{topic}/{row.name}" for topic in _TOPICS]
    removed = erasure.erase_rows(tx, row.id, row.name, renamed, topics, to_us(now))
    removed["consents"] = consents.erase(tx, row.id)
    pace.erase(tx, row.id)
    account_events.tell(tx, rules, row, "erased", {}, now)
    rows.anonymise(tx, row.id, renamed, name_digest(row.name), to_us(now))
    log.warning("account %d was erased: it is %s now", row.id, renamed)
    return Erased(row.name, renamed, removed, told, texts, uids)
