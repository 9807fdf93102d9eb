"""Who the modem and its SIM are (3GPP TS 27.007, clause 5 and 8.18; makers' words for the ICCID)."""

from __future__ import annotations

import re
from typing import Final

from modemd.gsm.at import Reply
from modemd.gsm.at_values import parameters
from modemd.modem.dialects import dialect_for
from modemd.modem.session import Session

_DIGITS: Final = re.compile(r"(?<!\d)(\d{14,17})(?!\d)")
_ICCID: Final = re.compile(r"(?<![0-9A-F])(89\d{16,18}F?)(?![0-9A-F])", re.IGNORECASE)
_SIM_FILE: Final = re.compile(r'\+CRSM: ?144,\d+,"?([0-9A-Fa-f]{20})"?')
_NUMBER: Final = re.compile(r"\+?\d{3,20}$")

_ICCID_COMMANDS: Final = (
    "AT+CCID",
    "AT^ICCID?",
    "AT+ICCID",
    "AT+QCCID",
    "AT#CCID",
    "AT+CICCID",
    "AT+ZGETICCID",
)


async def plain_line(session: Session, *commands: str) -> str | None:
    """The first line that the first of the commands gives; several lines are not joined."""
    for command in commands:
        reply = await session.try_asking(command)
        if reply is not None and reply.lines:
            return _own_words(reply.lines[0])
    return None


async def read_make(session: Session) -> tuple[str | None, str | None]:
    """Maker and model (27.007, 5.1 and 5.2); from then on the session is in its maker's dialect."""
    manufacturer = await plain_line(session, "AT+CGMI", "AT+GMI")
    model = await plain_line(session, "AT+CGMM", "AT+GMM")
    session.dialect = dialect_for(manufacturer, model)
    return manufacturer, model


async def read_imei(session: Session) -> str | None:
    """The IMEI: 14 to 17 digits of the answer to ``AT+CGSN``."""
    return await _digits(session, "AT+CGSN", "AT+GSN", "AT+CGSN=1")


async def read_imsi(session: Session) -> str | None:
    """The IMSI; ``None`` before the PIN was given."""
    return await _digits(session, "AT+CIMI")


async def read_iccid(session: Session) -> str | None:
    """The ICCID: by the standard's SIM access, else by makers' commands. It can be read before the PIN."""
    reply = await session.try_asking("AT+CRSM=176,12258,0,0,10")
    if reply is not None and (found := _SIM_FILE.match(reply.lines[0] if reply.lines else "")):
        # 31.102, 4.2.67 and 11.11, 10.1.1: digits with swapped nibbles, filled with F.
        swapped = "".join(found[1][at + 1] + found[1][at] for at in range(0, 20, 2)).upper().rstrip("F")
        if swapped.isdigit():
            return swapped
    for command in session.dialect.iccid or _ICCID_COMMANDS:
        reply = await session.try_asking(command)
        for line in reply.lines if reply else ():
            if found := _ICCID.search(line):
                return found[1].upper().rstrip("F")
    return None


async def read_msisdn(session: Session) -> str | None:
    """The SIM's own subscriber number, where somebody wrote it there."""
    reply = await session.try_asking("AT+CNUM")
    for line in reply.lines if reply else ():
        values = parameters(line)
        if line.startswith("+CNUM:") and len(values) > 1 and _NUMBER.match(values[1]):
            international = len(values) > 2 and values[2] == "145" and not values[1].startswith("+")
            return ("+" if international else "") + values[1]
    return None


async def _digits(session: Session, *commands: str) -> str | None:
    for command in commands:
        reply: Reply | None = await session.try_asking(command)
        for line in reply.lines if reply else ():
            if found := _DIGITS.search(line):
                return found[1]
    return None


def _own_words(line: str) -> str:
    bare = re.sub(r"^\+\w+: ?", "", line).strip().strip('"')
    return " ".join(bare.split())
