"""What happens to an account, told to who listens on its topic, and by e-mail where the account chose that.

The rows are written in the transaction of what they tell of. A mail's row holds the address that the account
had then: an account that was erased is told so, and its address goes with the row.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, get_args

from modemd.formats.events import compact_json, iso
from modemd.formats.payloads_account import AccountEventName
from modemd.service.outbox import MQTT, notice
from modemd.store import outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow
    from modemd.store.transaction import Tx

MAIL: Final = "mail"
"""The consumer that sends e-mail."""

EVENTS: Final[tuple[str, ...]] = get_args(AccountEventName)
ALL: Final = "all"
"""Stands for every event in the list of those that are mailed."""


def tell(
    tx: Tx, rules: Rules, row: AccountRow, event: str, facts: Mapping[str, object], now: datetime
) -> None:
    """Tell of what has happened to an account.

    Args:
        tx: the transaction that it happens in.
        rules: the rules in force; they say who is told, and which events an account wants by e-mail.
        row: the account; its name ends the topic, its address is written to.
        event: one of ``EVENTS``.
        facts: what is to be known of it; moments may be aware datetimes, amounts ``Decimal`` (EUR). What is
            ``None`` is left out.
        now: when, aware.

    Raises:
        ValueError: there is no such event.
    """
    if event not in EVENTS:
        raise ValueError(f"accounts have no event {event!r}")
    body = {"event": event, "account": row.name, "at": iso(now)}
    body |= {name: _plain(value) for name, value in facts.items() if value is not None}
    at_us, topic, notices = to_us(now), f"account/{row.name}/event", []
    if MQTT in rules.consumers:
        notices.append(notice(event, topic, compact_json(body).decode(), at_us))
    if MAIL in rules.consumers and row.email and _wanted(rules, row.name, event):
        letter = compact_json({"address": row.email, "told": body}).decode()
        notices.append(notice(event, topic, letter, at_us, consumer=MAIL))
    outbox.broadcast(tx, notices)


def _wanted(rules: Rules, account: str, event: str) -> bool:
    config = rules.accounts.get(account)
    chosen: tuple[str, ...] = getattr(config, "mail", ())
    return event in chosen or ALL in chosen


def _plain(value: object) -> Any:
    """As JSON has it: a moment in ISO 8601, an amount as text, so that no cent is lost on the way."""
    if isinstance(value, datetime):
        return iso(value)
    return str(value) if isinstance(value, Decimal) else value
