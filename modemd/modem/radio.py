"""Helping a modem that has lost its network: choosing one anew, and the radio off and on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import NoReply, Refused

if TYPE_CHECKING:
    from modemd.modem.session import Session

_OFF: Final = ("AT+CFUN=4", "AT+CFUN=0")
"""27.007, 8.2: the radio off; where a modem does not know that, all but the SIM's and the port's supply."""


async def choose_network(session: Session) -> None:
    """Leave the choice of the network to the modem, and begin it anew (27.007, 7.3).

    A search of all bands may take minutes: what is not answered in time goes on by itself.

    Raises:
        Refused: it does not know that, or may not now.
        NoReply: it answers nothing.
        PortLost: the port is gone.
    """
    await _begun(session, "AT+COPS=0")


async def switch_radio(session: Session) -> None:
    """Radio off and on again.

    Raises:
        Refused: it cannot be switched; it is on.
        NoReply: it answers nothing.
        PortLost: the port is gone.
    """
    refused: Refused | None = None
    for off in _OFF:
        try:
            await _begun(session, off)
        except Refused as said:
            refused = said
            continue
        refused = None
        break
    await _begun(session, "AT+CFUN=1")
    if refused is not None:
        raise refused


async def _begun(session: Session, command: str) -> None:
    link = session.link
    try:
        await link.command(command, timeout_s=link.timing.slow_s)
    except NoReply:
        await link.resync()
