"""Refusals that need a person: an alarm that says which modem and SIM, what they said, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.gsm.cause_texts import trouble_words
from modemd.service.alarms import Severity, clear_alarm, open_alarms, raise_alarm
from modemd.store import radio

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.service.trouble import Decision
    from modemd.store.transaction import Tx

_PREFIX: Final = "refused_"
_SHOWN: Final = 4
"""So much of a SIM's key is told: enough to know it by, and no more."""


def warn(tx: Tx, rules: Rules, seat: Seat, decision: Decision, now: datetime) -> bool:
    """Raise the alarm of a decision that has ``advice``; return whether it is new. ``now`` is aware.

    One is open for each cause and modem. Where the modem does not say what is wrong, the text says on which
    network it was (3GPP TS 27.007, 7.2 and 7.3): most of these are of networks that it cannot send on.
    """
    said = trouble_words(decision.code, decision.reason)
    where = f" It is {_network(tx, seat)}." if decision.ladder else ""
    sim = seat.sim[-_SHOWN:]
    text = f"Modem {seat.name}: what its SIM …{sim} sends is refused: {said}.{where} {decision.advice}"
    code = _PREFIX + decision.code.lower().replace(" ", "_")
    severity: Severity = "critical" if decision.pause_s is not None else "warning"
    return raise_alarm(
        tx, rules, modem=seat.name, code=code, text=text, severity=severity, now=now
    )  # fmt: skip


def _network(tx: Tx, seat: Seat) -> str:
    technology, registration = radio.seen(tx, seat.modem_id)
    stat = "not known" if registration is None else registration
    return f"on {technology or 'an unknown technology'}, with registration {stat}"


def settled(tx: Tx, rules: Rules, seat: Seat, now: datetime) -> bool:
    """Clear all of a modem's alarms of this kind, since the network took a part from it; ``now`` is aware.

    Return whether there were any.
    """
    mine = [
        each.code
        for each in open_alarms(tx, rules.gateway)
        if each.modem == seat.name and each.code.startswith(_PREFIX)
    ]
    for code in mine:
        clear_alarm(tx, rules, modem=seat.name, code=code, now=now)
    return bool(mine)
