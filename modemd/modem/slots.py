"""Modems with two places for SIMs: which one is in use, and taking the other (see the dialects)."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from modemd.gsm.at_values import integer, parameters
from modemd.modem.inventory import told

if TYPE_CHECKING:
    from modemd.modem.dialects import Slots
    from modemd.modem.session import Session

log = logging.getLogger(__name__)


async def choose_slot(session: Session, wanted: int | None) -> None:
    """Learns which slot is in use, counted from 1, and takes ``wanted`` where it is another.

    A SIM that was taken into use starts: it may ask for patience.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    can = session.capabilities
    known = await _known(session)
    if known is None:
        if wanted is not None and wanted != 1:
            log.warning("%s: the modem does not tell of SIM slots: sim_slot is not taken", session.name)
        return
    slots, can.slot = known
    if wanted is None or wanted == can.slot:
        return
    command = slots.select.format(wanted, zero=wanted - 1)
    if await session.try_asking(command, timeout_s=session.link.timing.slow_s) is None:
        log.warning("%s: the modem does not take SIM slot %d (%s)", session.name, wanted, command)
        return
    can.slot = wanted
    log.info("%s: SIM slot %d was taken into use", session.name, wanted)


async def _known(session: Session) -> tuple[Slots, int] | None:
    for slots in session.dialect.slots:
        line = await told(session, slots.ask, slots.prefix)
        values = parameters(line) if line else []
        place = integer(values[slots.at]) if len(values) > slots.at else None
        if place is not None:
            return slots, place - slots.first + 1
    return None
