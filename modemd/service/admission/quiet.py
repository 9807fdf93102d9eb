"""Quiet hours: an account's messages are not sent then, whatever their priority, but at their end."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from modemd.service.reminders.reminders import Hours
from modemd.store import outbound

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from modemd.service.rules import Rules
    from modemd.store.queue import ClaimedPart, IsQuiet
    from modemd.store.transaction import Tx


def until(rules: Rules, account: str, moment: datetime) -> datetime | None:
    """Return when the quiet hours end that a moment is in; ``None`` where it is in none of the account's.

    They are hours of the clock on the wall in the gateway's zone, also where that is put forward or back.
    """
    config = rules.accounts.get(account)
    if config is None or config.quiet_hours is None:
        return None
    hours = _hours(config.quiet_hours, rules.zone)
    span = None if hours is None else hours.around(moment)
    return None if span is None else span[1]


def hush(rules: Rules, now: datetime) -> IsQuiet:
    """Return what tells of a claimed part whether it may not go out now: its account has quiet hours.

    Of a message that was begun before, the other parts follow: a half of one is of no use to anybody.
    """

    def is_quiet(tx: Tx, claimed: ClaimedPart) -> bool:
        if until(rules, claimed.account, now) is None:
            return False
        if claimed.part_count == 1:
            return True
        message = outbound.find_message(tx, claimed.message_id)
        return message is None or message.parts_done == 0

    return is_quiet


@lru_cache(maxsize=1024)
def _hours(written: str, zone: tzinfo) -> Hours | None:
    return Hours.of(written, zone)
