"""Calls that say something: made by a modem's own task, in the place of a part that is submitted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.errors import NoReply, PortLost, Refused
from modemd.formats.spoken import script_value
from modemd.modem.voice import CallEnd, Speaking
from modemd.service.modems import voice as service
from modemd.service.outcomes import Heard, Outcome, Unanswered, Unreached

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.modem.modem import Modem
    from modemd.store.queue import ClaimedPart
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_WHY: Final = {
    CallEnd.BUSY: "who was called is busy, or refused the call",
    CallEnd.NO_ANSWER: "nobody answered the call",
    CallEnd.NO_CARRIER: "the call did not come about",
    CallEnd.CUT: "who answered hung up before it was said",
    CallEnd.UNSPOKEN: "the modem would not say it",
    CallEnd.STOPPED: "the gateway stopped before the call was answered",
}


async def make_call(modem: Modem, claimed: ClaimedPart, stopping: Callable[[], bool]) -> Outcome:
    """Make the call that a part stands for; whatever comes of it is an outcome.

    ``stopping`` tells that an unanswered call is to be given up.
    """
    to, script = script_value(claimed.pdu)
    speaking = Speaking(text=script.text, tones=script.tones, times=script.times, wait_s=script.wait_s)
    try:
        end = await modem.call(to, speaking, stopping)
    except Refused as refused:
        # Nothing that says anything of messages: a SIM without calls may well send.
        return Unreached("undialed", f"the modem does not dial: {refused.text}")
    except (NoReply, PortLost) as silent:
        return Unanswered(str(silent), silent.after_body)
    return Heard() if end is CallEnd.HEARD else Unreached(end.value, _WHY[end])


async def learn_voice(station: Station, modem: Modem) -> None:
    """Ask a modem that was just opened what it can say in a call, and write it down where that is new.

    Raises:
        StoreError: it is not written down.
    """
    try:
        told = await modem.voice()
    except (NoReply, PortLost) as silent:  # its next turn finds that out, too
        log.info("modem %s: what it can say is not known: %s", station.name, silent)
        return
    rules = station.floor.rules
    await station.floor.store.run(lambda tx: service.learned(tx, rules, station.modem_id, told))
