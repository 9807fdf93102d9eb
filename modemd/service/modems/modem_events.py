"""What happens to a modem, told to who listens on its topic: the row is written with what it tells of."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from modemd.formats.events import compact_json, iso
from modemd.formats.payloads_modem import ModemEventName
from modemd.service.outbox import MQTT, notice
from modemd.store import outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


def tell(
    tx: Tx, rules: Rules, modem: str, event: ModemEventName, facts: Mapping[str, object], now: datetime
) -> None:
    """Tell of what has happened to a modem; who calls it rings ``floor.mqtt`` after the commit.

    Args:
        tx: the transaction that it happens in.
        rules: the rules in force; they say whether there is a broker to tell.
        modem: its name, which ends the topic.
        event: what happened.
        facts: what is to be known of it (the fields of ``ModemEventBody``); moments may be aware datetimes.
            What is ``None`` is left out.
        now: when, aware.
    """
    if MQTT not in rules.consumers:
        return
    body: dict[str, object] = {"event": event, "modem": modem, "at": iso(now)}
    body |= {name: _plain(value) for name, value in facts.items() if value is not None}
    told = notice(event, f"modem/{modem}/event", compact_json(body).decode(), to_us(now))
    outbox.broadcast(tx, [told])


def _plain(value: object) -> object:
    return iso(value) if isinstance(value, datetime) else value
