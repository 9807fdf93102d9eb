"""An event of an account as a letter: plain text in English, with the facts and the clause."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any, Final

from modemd.formats.mail_texts import EVENTS, FACTS, LAST_DAYS, MONEY, Words

_WIDTH: Final = 72
_LABEL: Final = 22
_FOOT: Final = "This letter was written by a machine, and answers to it are read by nobody."
_INSTANT: Final = timedelta(microseconds=1)
_SHOWN: Final = 5
"""Of a phone number, from its beginning; of its end, two."""


def letter(
    told: Mapping[str, Any], *, sender: str, address: str, event_id: str, zone: tzinfo
) -> EmailMessage:
    """Return the letter that tells an account of an event.

    Its ``Message-ID`` follows from the event, so that one which goes out twice can be known; its ``Date`` is
    when the event happened.

    Args:
        told: the event as it is published, with ``event``, ``account`` and ``at``.
        sender: whom it is from, an address.
        address: whom it goes to.
        event_id: the event's own name.
        zone: the one that times are told in.
    """
    words, account = _words(told), str(told["account"])
    at = datetime.fromisoformat(told["at"])
    made = EmailMessage(policy=SMTP)
    made["From"], made["To"] = sender, address
    made["Subject"] = f"SMS account {account}: {words.subject}"
    made["Date"] = format_datetime(at)
    made["Message-ID"] = f"<modemd.{event_id}@{sender.rpartition('@')[2]}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834, 5
    paragraphs = [
        textwrap.fill(words.sentence.format(account=account), _WIDTH),
        "\n".join(_facts(told, zone)),
        f"{_when(at, zone)}, event {event_id}.\n{_FOOT}",
    ]
    made.set_content("\n\n".join(filter(None, paragraphs)) + "\n", cte="quoted-printable")
    return made


def _words(told: Mapping[str, Any]) -> Words:
    """What is said of this case of the event, or of the event."""
    cases = [name for name, value in told.items() if value is True] + [str(told.get("state"))]
    special = [EVENTS[key] for case in cases if (key := f"{told['event']}.{case}") in EVENTS]
    return special[0] if special else EVENTS[str(told["event"])]


def _facts(told: Mapping[str, Any], zone: tzinfo) -> list[str]:
    return [
        f"  {_label(name, told) + ':':<{_LABEL}} {_fact(name, told, zone)}" for name in FACTS if name in told
    ]


def _label(name: str, told: Mapping[str, Any]) -> str:
    return "Amount" if name == "amount" and "total" not in told else FACTS[name]


def _fact(name: str, told: Mapping[str, Any], zone: tzinfo) -> str:
    value = told[name]
    if name in MONEY:
        return f"{value} {told.get('currency', 'EUR')}"
    if name in LAST_DAYS:
        return f"{(datetime.fromisoformat(value) - _INSTANT).astimezone(zone):%Y-%m-%d}"
    if name.endswith(("_at", "_until")):
        return _when(datetime.fromisoformat(value), zone)
    if name == "to" and told["event"] == "opted_out":
        return _shortened(str(value))
    return " ".join(str(value).split())


def _when(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.isoformat(timespec='minutes')[16:]}"


def _shortened(recipient: str) -> str:
    """As the log has it: the letter's reader knows whom it is about, and nobody else on its way needs to."""
    return f"{recipient[:_SHOWN]}…{recipient[-2:]}" if len(recipient) > _SHOWN + 2 else "…"
