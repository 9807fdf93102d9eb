"""What is wrong with the gateway itself, as alarms: a full disk, an unset clock, a broker that is away."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.service.alarms import clear_alarm, raise_alarm
from modemd.service.clock_set import EARLIEST
from modemd.store import brokers
from modemd.store.times import from_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.service.alarms import Severity
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

LITTLE: Final = 100_000_000
"""So few octets left are told; some thousand messages with their events fit into them."""
NOTHING: Final = 20_000_000
"""So few are critical: the store stops taking messages when there are none."""
AWAY: Final = timedelta(minutes=10)
"""So long without its broker the gateway tells of it; a restart of the broker is shorter."""

_MEGA: Final = 1_000_000


def check(tx: Tx, rules: Rules, free: Mapping[str, int], now: datetime) -> bool:
    """Raise and clear the alarms of the gateway itself; return whether there is anything to tell.

    Args:
        tx: a transaction.
        rules: the rules in force.
        free: by folder, how many octets are left on its disk.
        now: when, aware.
    """
    told = _disk(tx, rules, free, now)
    told |= _clock(tx, rules, now)
    return _broker(tx, rules, now) or told


def _disk(tx: Tx, rules: Rules, free: Mapping[str, int], now: datetime) -> bool:
    least = min(free, key=lambda folder: free[folder], default=None)
    if least is None or free[least] >= LITTLE:
        return clear_alarm(tx, rules, modem=None, code="disk", now=now)
    severity: Severity = "critical" if free[least] < NOTHING else "warning"
    text = (
        f"The disk with {least} has {free[least] // _MEGA} MB left; without room no message is accepted or"
        " recorded. Make room on it, or give retention shorter times."
    )
    return raise_alarm(tx, rules, modem=None, code="disk", text=text, severity=severity, now=now)


def _clock(tx: Tx, rules: Rules, now: datetime) -> bool:
    if now >= EARLIEST:
        return clear_alarm(tx, rules, modem=None, code="clock", now=now)
    text = (
        f"The machine's clock says that it is {now:%Y-%m-%d %H:%M} UTC, which cannot be. Set it, and let the"
        " network or a battery keep it (timedatectl): messages, quiet hours and credits go by it."
    )
    return raise_alarm(tx, rules, modem=None, code="clock", text=text, severity="warning", now=now)


def _broker(tx: Tx, rules: Rules, now: datetime) -> bool:
    known = brokers.brokers(tx).get(rules.gateway)
    since = None if known is None or known.broker_error is None else from_us(known.broker_at)
    if known is None or since is None or now - since < AWAY:
        return clear_alarm(tx, rules, modem=None, code="broker", now=now) if since is None else False
    text = (
        f"The gateway has been without its broker {known.broker} since {since:%Y-%m-%d %H:%M} UTC:"
        f" {known.broker_error}. See that the broker runs and can be reached; modemd check says more."
    )
    return raise_alarm(tx, rules, modem=None, code="broker", text=text, severity="warning", now=now)
