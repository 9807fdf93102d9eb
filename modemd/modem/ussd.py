"""USSD with a modem: a code goes out, and the network's answer comes as ``+CUSD`` (3GPP TS 27.007, 7.15)."""

from __future__ import annotations

from typing import Final

from modemd.errors import Refused
from modemd.gsm.ussd import is_plain, packed_hex, ucs2_hex
from modemd.modem.session import Session, is_unknown

_NOT_SO: Final = {("CME", 3), ("CME", 50), ("CME", 100)}
"""How makers refuse a text that they want in another form."""
_DCS: Final = 15


async def begin(session: Session, code: str) -> None:
    """Hands a code, or the answer to what the network asked, to the network.

    As plain text first; a modem that refuses that gets packed septets in hexadecimal, then and ever after.

    Raises:
        Refused: neither is taken, or there is no network.
        NoReply: nobody knows whether it was taken.
        PortLost: likewise.
    """
    can = session.capabilities
    if session.dialect.ussd_setup and not can.ussd_asked:
        can.ussd_asked = True
        await session.try_asking(session.dialect.ussd_setup)
    if can.ussd_packed:
        await _ask(session, packed_hex(code))
        return
    try:
        await (_ask(session, code) if is_plain(code) else _ask_in_ucs2(session, code))
    except Refused as refused:
        if not (is_unknown(refused) or (refused.kind, refused.code) in _NOT_SO):
            raise
        try:
            await _ask(session, packed_hex(code))
        except Refused:
            raise refused from None
        can.ussd_packed = True


async def end(session: Session) -> None:
    """Ends the dialogue from this side; a modem that has none open is left in peace."""
    try:
        await session.link.command("AT+CUSD=2", timeout_s=session.link.timing.slow_s)
    except Refused:
        return


async def _ask(session: Session, text: str) -> None:
    await session.link.command(f'AT+CUSD=1,"{text}",{_DCS}', timeout_s=session.link.timing.slow_s)


async def _ask_in_ucs2(session: Session, code: str) -> None:
    """For what the two alphabets write differently; preparing the modem sets the character set back, too."""
    no: Refused | None = None
    await session.link.command('AT+CSCS="UCS2"')
    try:
        await _ask(session, ucs2_hex(code))
    except Refused as refused:
        no = refused
    await session.link.command('AT+CSCS="GSM"')
    if no is not None:
        raise no
