"""Phone calls as a modem tells of them, and ending them (3GPP TS 27.007, 6.5, 7.6, 7.18; V.250, 6.3.6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.errors import NoReply, Refused
from modemd.gsm.at_values import integer, parameters

if TYPE_CHECKING:
    from modemd.modem.session import Session

_ENDINGS: Final = ("AT+CHUP", "ATH")
"""The first ends voice calls whatever ``+CVHU`` says; some modems know the second alone."""
_LIST: Final = "AT+CLCC"
ACTIVE: Final = 0
_RELEASED: Final = 6
"""No ``<stat>`` of the standard: SIMCom lists a call that has just ended so."""


class CallSeen(NamedTuple):
    """One line of ``+CLCC`` (27.007, 7.18): ``stat`` 0 is active, 2 dialing, 3 alerting, 4 incoming."""

    incoming: bool
    stat: int
    voice: bool


async def list_calls(session: Session) -> list[CallSeen] | None:
    """The calls that there are now; ``None`` where the modem does not tell.

    Raises:
        NoReply: it does not answer.
        PortLost: the port is gone.
    """
    if _LIST in session.capabilities.refused:
        return None
    try:
        reply = await session.link.command(_LIST)
    except Refused:
        session.capabilities.refused.add(_LIST)
        return None
    seen = [read_call(line) for line in reply.lines]
    return [call for call in seen if call is not None and call.stat != _RELEASED]


def read_call(line: str) -> CallSeen | None:
    """Read one line of ``+CLCC: <id>,<dir>,<stat>,<mode>,...``; ``None`` where it is none."""
    values = parameters(line)
    if not line.startswith("+CLCC:") or len(values) < 4:
        return None
    direction, stat, mode = integer(values[1]), integer(values[2]), integer(values[3])
    if direction is None or stat is None:
        return None
    return CallSeen(direction == 1, stat, mode in {None, 0})


async def hang_up(session: Session) -> bool:
    """Ends whatever call there is; tells whether it is gone, as far as the modem tells.

    Raises:
        NoReply: the modem does not answer.
        PortLost: the port is gone.
    """
    taken = False
    for command in _ENDINGS:
        try:
            await session.link.command(command, timeout_s=session.link.timing.slow_s)
        except Refused:
            continue
        except NoReply:
            # Some leave one of the two unanswered while it rings; the other may still do.
            await session.link.resync()
            continue
        taken = True
        calls = await list_calls(session)
        if not calls:
            return True
    return taken and not await list_calls(session)
