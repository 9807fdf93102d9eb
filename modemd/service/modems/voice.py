"""Phone calls that say something: ``channel: voice``. A call is one part, which a modem makes that can speak.

Which modems can is known by what they told when they were opened: ``speech`` (those can key tones as well),
``tones``, ``none``; of one that was never opened nothing is known. A route of calls is ``speech:`` or
``tones:`` with the key of another route behind it, and has those of its modems that can.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import Rejected
from modemd.formats.spoken import Script, read_script, script_json
from modemd.gsm.outgoing import Encoded, SubmitPart
from modemd.model import PartState
from modemd.service import routing
from modemd.service.trouble import Decision
from modemd.store import modems

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.model import SendRequest
    from modemd.service.outcomes import Unreached
    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

CHANNEL: Final = "voice"
Voice = Literal["speech", "tones", "none"]
_DELAYS_S: Final = (60, 300, 900, 1800)
"""Between one call and the next: who was busy a minute ago may still be."""
_SOON_S: Final = 10
_MODEMS_TROUBLE: Final = frozenset({"unspoken", "undialed"})
"""Another modem may do better."""
_NOBODY: Final = {
    routing.SPEECH: (
        "no modem of this gateway can say a text in a call: modules of SIMCom and Quectel with a voice can"
    ),
    routing.TONES: "no modem of this gateway can key tones in a call",
}


def is_call(request: SendRequest, rules: Rules) -> bool:
    """Tell whether a request is for a phone call; a connector of the same name at the broker comes first."""
    return request.channel == CHANNEL and CHANNEL not in rules.channels


def script_of(request: SendRequest) -> Script:
    """Return what is to be said.

    Raises:
        Rejected: it is nothing that can be said in a call.
    """
    if request.octets is not None or request.udh or request.ports:
        raise Rejected("bad_request", "a call says a text, or keys tones, and carries no data")
    return read_script(request.text or "")


def as_one_part(destination: str, script: Script) -> Encoded:
    """A call is one part, however long it takes; it has no TPDU, which tells it from a message."""
    return Encoded((SubmitPart(script_json(destination, script), 0),), "ucs2")


def route_key(script: Script, base: str) -> str:
    """Return the key of the route of calls that goes by the modems of another."""
    return f"{routing.SPEECH if script.text is not None else routing.TONES}:{base}"


def refusal(tx: Tx, rules: Rules, key: str) -> Rejected | None:
    """Return why a call cannot be made on a route: none of its modems can, of those that are known."""
    need = key.partition(":")[0]
    if routing.may_speak(tx, rules, key):
        return None
    return Rejected("no_route", _NOBODY[need])


def learned(tx: Tx, rules: Rules, modem_id: int, voice: Voice) -> None:
    """Write down what a modem can say in a call, and put it into the routes of calls, or out of them."""
    if modems.voice_of(tx, modem_id) != voice:
        modems.write_voice(tx, modem_id, voice)
        routing.place_calls(tx, rules)


def decide(claimed: ClaimedPart, message: MessageRow, outcome: Unreached, now: datetime) -> Decision:
    """Decide on a call that reached nobody: again later, as often as the message's retries say."""
    if outcome.code == "stopped":
        until_at = now + timedelta(seconds=_SOON_S)
        return Decision(
            PartState.SCHEDULED, outcome.code, outcome.reason, until_at=until_at, counts=False
        )  # fmt: skip
    if claimed.attempts > message.retries:
        calls = "a call" if claimed.attempts == 1 else f"{claimed.attempts} calls"
        return Decision(PartState.FAILED, outcome.code, f"{outcome.reason}, after {calls}")
    delay_s = _DELAYS_S[min(claimed.attempts, len(_DELAYS_S)) - 1]
    return Decision(
        PartState.SCHEDULED, outcome.code, outcome.reason, until_at=now + timedelta(seconds=delay_s),
        move=outcome.code in _MODEMS_TROUBLE,
    )  # fmt: skip
