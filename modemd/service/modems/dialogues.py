"""What the network says by USSD without being asked: told to the broker, to the spool, and to programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from modemd.service.modems.modem_events import tell
from modemd.service.outbox import SPOOL
from modemd.store import outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.gsm.ussd import UssdCode
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

EVENT: Final = "USSD"
AWAITED: Final = 1
"""``<m>`` of ``+CUSD``: the network waits for an answer (3GPP TS 27.007, 7.15)."""


def take(tx: Tx, rules: Rules, modem: str, said: UssdCode, now: datetime) -> None:
    """Tell what the network said to a modem; a code without a text says nothing."""
    if said.text is None:
        return
    more = said.mode == AWAITED
    tell(tx, rules, modem, "ussd", {"text": said.text, "mode": said.mode, "more": more}, now)
    if SPOOL in rules.consumers:
        body = {"modem": modem, "at": now.isoformat(), "text": said.text, "more": more}
        outbox.add(tx, SPOOL, EVENT, to_us(now), body=json.dumps(body))
