"""Phone calls that rang: counted for their SIM, and told of once each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.service.modems import traffic
from modemd.service.numbering import normalise
from modemd.service.outbox import announce_call

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.model import Call
    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_INTERNATIONAL: Final = 1
"""The type of number, in bits 5 to 7 of the type of address (3GPP TS 24.008, 10.5.4.7)."""
_INTERNATIONAL_TOA: Final = 0x91


def take(tx: Tx, rules: Rules, seat: Seat, calls: Sequence[Call]) -> None:
    """Count calls that a modem saw ring, and tell of them in their order."""
    for call in calls:
        traffic.count(tx, rules, seat, "calls", call.at)
        announce_call(tx, rules, with_caller(call, rules.country))


def with_caller(call: Call, country: str | None) -> Call:
    """Return a call with its caller as an international number, where it can be read as one.

    Networks tell a caller of their own country without its code; in ``country`` that is known.
    """
    told = (call.originator or "").strip()
    if not told:
        return replace(call, originator=None)
    if call.originator_toa >> 4 & 7 == _INTERNATIONAL:
        return replace(call, originator=f"+{told.removeprefix('+')}")
    try:
        read = normalise(told, country)
    except Rejected:  # a name, or a number of nobody's plan: as it came
        return call
    toa = _INTERNATIONAL_TOA if read.startswith("+") else call.originator_toa
    return replace(call, originator=read, originator_toa=toa)
