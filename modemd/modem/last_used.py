"""The TP-MR that the SIM says was last used (EF_SMSS, 3GPP TS 31.102, 4.2.9; TP-MR: 23.040, 9.2.3.6)."""

from __future__ import annotations

import re
from typing import Final

from modemd.modem.session import Session

_ASK: Final = "AT+CRSM=176,28483,0,0,2"
"""READ BINARY of two octets (27.007, 8.18): the last TP-MR, and whether the memory was full."""
_SAID: Final = re.compile(r'\+CRSM: ?144,\d+,"?([0-9A-Fa-f]{2})[0-9A-Fa-f]{2}"?')


async def last_used_tp_mr(session: Session) -> int | None:
    """What the file says; ``None`` where the modem or the SIM does not tell.

    Raises:
        NoReply, PortLost: as :meth:`Session.try_asking`.
    """
    if _ASK in session.capabilities.refused:
        return None
    reply = await session.try_asking(_ASK)
    for line in reply.lines if reply else ():
        found = _SAID.match(line)
        if found:
            return int(found[1], 16)
    return None
