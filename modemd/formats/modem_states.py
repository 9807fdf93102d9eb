"""The states of a modem that people see: whether it sends, how bad that is, and what is to be done about it.

The one list of them: the store asks it who sends, the modem's record whether an alarm is due, and whatever
shows a modem takes its sentences from here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

Concern = Literal["none", "info", "warning", "critical"]
"""How much a state concerns a person; for all but ``none`` there is an alarm of that severity."""


@dataclass(frozen=True, slots=True)
class StateMeaning:
    """One state.

    ``sends``: what waits for this modem stays with it, since it sends, or will in a moment. ``concern`` is
    the severity of its alarm, which is raised when the state has lasted ``after_s`` seconds. ``passing``: on
    the way from one state to another, so that alarms stay as they are. ``wrong`` is a sentence on what is so,
    ``advice`` one on what to do.
    """

    sends: bool
    concern: Concern
    wrong: str
    advice: str
    after_s: float = 0.0
    passing: bool = False

    @property
    def alarms(self) -> bool:
        """Whether a person is told by an alarm, sooner or later."""
        return self.concern != "none"


STATES: Final[dict[str, StateMeaning]] = {
    "new": StateMeaning(
        True, "none",
        "The gateway has not opened this modem yet.",
        "Wait some seconds; if it stays so, see that the daemon runs.",
        passing=True,
    ),
    "ready": StateMeaning(
        True, "none",
        "It sends and receives.",
        "There is nothing to do.",
    ),
    "starting": StateMeaning(
        True, "none",
        "The modem or its SIM has just been switched on and asks for patience.",
        "Wait a minute; if it stays so, take the SIM out, clean it and put it back.",
        passing=True,
    ),
    "restarting": StateMeaning(
        True, "none",
        "The modem starts anew.",
        "Wait a minute; if it restarts again and again, give it a stronger power supply or a powered hub.",
        passing=True,
    ),
    "searching": StateMeaning(
        False, "warning",
        "The modem finds no network.",
        "Check the antenna and the signal at its place, and that the SIM's operator still runs a network "
        "that this modem knows.",
        after_s=300.0,
    ),
    "denied": StateMeaning(
        False, "warning",
        "The network denies the registration.",
        "Ask the operator whether the SIM is active and allowed to roam here; try it in a telephone.",
        after_s=30.0,
    ),
    "emergency_only": StateMeaning(
        False, "critical",
        "The network allows emergency calls only.",
        "Ask the operator whether the SIM is active, or put another SIM in; try it in a telephone.",
        after_s=600.0,
    ),
    "sim_absent": StateMeaning(
        False, "critical",
        "There is no SIM in the modem.",
        "Put one in, or push it in until it holds; where the modem has two slots, set sim_slot.",
        after_s=10.0,
    ),
    "sim_failure": StateMeaning(
        False, "critical",
        "The SIM cannot be read.",
        "Take the SIM out, clean it and put it back, or change it.",
        after_s=10.0,
    ),
    "pin_required": StateMeaning(
        False, "critical",
        "The SIM wants its PIN, and none is configured.",
        "Write it into a file and name that by pin_file, or take the PIN off the SIM in a telephone.",
    ),
    "pin_wrong": StateMeaning(
        False, "critical",
        "The SIM refused the configured PIN; it is not tried again.",
        "Correct the PIN in the configuration; if it was right, let the gateway forget the refusal by: "
        "modemd modems --forget-pin NAME.",
    ),
    "pin_last_try": StateMeaning(
        False, "critical",
        "The SIM allows one more try of its PIN, and the gateway leaves that to a person.",
        "Put the SIM into a telephone and enter the right PIN there, which gives back all tries.",
    ),
    "puk_required": StateMeaning(
        False, "critical",
        "The SIM is locked and wants its PUK.",
        "Put it into a telephone and enter the PUK and a new PIN there; the gateway never enters a PUK.",
    ),
    "locked": StateMeaning(
        False, "critical",
        "The modem is locked to another network or SIM.",
        "Use a SIM of the operator that sold it, or have the modem unlocked.",
    ),
    "no_smsc": StateMeaning(
        False, "critical",
        "The SIM holds no service centre, and none is configured.",
        "Ask the operator for its SMS service centre, and write it to smsc of this modem.",
        after_s=10.0,
    ),
    "absent": StateMeaning(
        False, "warning",
        "The modem's port is not there or cannot be opened.",
        "Plug the modem in, and see by modemd doctor whether its port may be opened and who holds it.",
        after_s=30.0,
    ),
    "silent": StateMeaning(
        False, "warning",
        "The modem does not answer.",
        "Wait for the gateway to help it along; if it stays so, unplug the modem and plug it in again.",
        after_s=60.0,
    ),
    "lost": StateMeaning(
        False, "warning",
        "The modem was unplugged, or its port failed.",
        "Plug it in again; if nobody unplugged it, change the cable or give it a powered hub.",
        after_s=30.0,
    ),
    "paused": StateMeaning(
        False, "none",
        "It does not send for now.",
        "Read the reason; modemd resume NAME ends the pause before its time.",
    ),
    "stopped": StateMeaning(
        False, "none",
        "The gateway has given the modem back.",
        "Start the daemon, if it is to be used.",
        passing=True,
    ),
    "limited": StateMeaning(
        False, "info",
        "As many messages went by its SIM as its limits allow.",
        "Wait for the next day or month, or raise per_day or per_month of this modem.",
    ),
    "unsuited": StateMeaning(
        False, "critical",
        "This modem does not know what sending messages needs.",
        "Use another port of the same stick, newer firmware, or another model.",
    ),
    "helped": StateMeaning(
        False, "none",
        "The modem did not work, and the gateway is helping it along.",
        "Wait for the step in hand to end; what was done stands in the log.",
        passing=True,
    ),
    "dead": StateMeaning(
        False, "critical",
        "Nothing that the gateway may do brought the modem back.",
        "Unplug the modem, wait ten seconds and plug it in again, or change it.",
    ),
}  # fmt: skip
"""By the word that stands in the store, on the broker and in tables."""

_STRANGE: Final = StateMeaning(
    False, "none",
    "This state is not known to this version.",
    "See the log of the gateway that runs the modem.",
)  # fmt: skip


_WELL: Final = frozenset({"ready", "paused", "limited"})
_NAME: Final = re.compile(r"\bNAME\b")


def meaning_of(state: str) -> StateMeaning:
    """What a state means; a word of another version is a state that does not send."""
    return STATES.get(state, _STRANGE)


def sentence(state: str, why: str | None = None) -> str:
    """What is so and what to do, in one or two sentences; ``why`` says it better than the table does."""
    meaning = meaning_of(state)
    if not why:
        return f"{meaning.wrong} {meaning.advice}"
    if meaning.advice in why:
        return why
    return f"{why.strip().rstrip('.')}. {meaning.advice}"


def step_in_hand(state: str, rung: str | None) -> str | None:
    """The step by which a modem is helped; ``None`` where it works again, and the step is only remembered."""
    return None if state in _WELL else rung


def named(text: str, modem: str) -> str:
    """Advice with the modem's name in the commands that it tells, for ``NAME``."""
    return _NAME.sub(lambda _found: modem, text)


def why_alone(state: str, text: str) -> str:
    """What is so without what to do about it, as where that is told beside it."""
    return text.removesuffix(meaning_of(state).advice).rstrip()
