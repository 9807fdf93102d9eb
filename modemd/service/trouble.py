"""What to do with a part that was not taken: the class of its error, its tries so far, its policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.gsm.cause_advice import cause_advice
from modemd.gsm.causes import Reaction, Verb, reaction
from modemd.gsm.makers import Family
from modemd.model import PartState
from modemd.service.outcomes import Heard, Taken, Unanswered, Unreached
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.config.sections import SendingConfig
    from modemd.service.outcomes import Outcome
    from modemd.store.outbound import MessageRow
    from modemd.store.queue import ClaimedPart

_BACK_OFF_S: Final = (5, 30, 120, 300, 900)
_ANSWER_S: Final = 90
_LONGEST_WAIT_S: Final = 900
_LEAST_TRIES: Final = 3
_FEW: Final = frozenset({Verb.RETRY_ONCE, Verb.RETRY_LONG})
"""No more tries than the cause itself has delays for."""
_SIMS_TROUBLE: Final = frozenset({Verb.PAUSE, Verb.HUMAN, Verb.WAIT_READY})


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the part goes, and what its modem has to do before it submits again.

    ``move`` asks for another modem if there is one; ``until_at`` is when a part that waits is due again;
    ``pause_s`` is for how long the SIM had better send nothing, at once or after ``pause_after`` messages
    that met the same in a row (``distinct``: for so many different recipients, of whom ``recipient`` is one);
    ``counts`` is whether this was one of the part's tries; ``leave_out`` names options that the next try goes
    without.

    With the pause, or at once where there is none: ``advice`` is what a person is told, if one is needed,
    once it has lasted for ``human_after_s``; ``ask_balance``: look whether there is money on the SIM;
    ``ladder``: help the modem. ``bug``: its PDU and the dialogue are worth keeping.
    """

    state: PartState
    code: str
    reason: str
    until_at: datetime | None = None
    move: bool = False
    verb: Verb | None = None
    pause_s: int | None = None
    pause_after: int = 1
    distinct: bool = False
    recipient: str = ""
    counts: bool = True
    leave_out: tuple[str, ...] = ()
    advice: str = ""
    human_after_s: int = 0
    ask_balance: bool = False
    ladder: bool = False
    bug: bool = False


def decide(
    claimed: ClaimedPart,
    message: MessageRow,
    outcome: Outcome,
    sending: SendingConfig,
    now: datetime,
    *,
    family: Family = Family.GENERIC,
    model: str = "",
    sick: str = "",
) -> Decision:
    """Decide on a part that a modem or the network refused, or did not answer for.

    ``family`` and ``model`` are the modem's: figures of their makers' own mean different things. ``sick`` is
    the code that this SIM is paused for, which several messages in a row were refused for: the same once more
    is no fault of this one.
    """
    assert not isinstance(outcome, Taken | Heard | Unreached), "they are decided on elsewhere"
    if isinstance(outcome, Unanswered):
        return _unanswered(claimed, message, outcome, sending, now)
    cause = reaction(outcome.kind, outcome.code, after_body=outcome.after_body, family=family, model=model)
    code = outcome.kind if outcome.code is None else f"{outcome.kind} {outcome.code}"
    reason = f"{outcome.text} ({cause.meaning})" if cause.meaning else outcome.text
    if claimed.doubted and cause.duplicate:
        return Decision(PartState.SENT, code, reason, verb=cause.verb)
    if cause.verb is Verb.UNCERTAIN:
        return _doubt(code, reason, message, sending, now)
    judged = (
        _sims_trouble(message, cause, code, reason, now)
        if code == sick and cause.pause_after is not None
        else _refused(claimed, message, cause, code, reason, now)
    )
    decision = replace(
        judged, verb=judged.verb or cause.verb, ask_balance=cause.ask_balance,
        ladder=cause.ladder, bug=cause.bug, recipient=message.destination, human_after_s=cause.human_after_s,
    )  # fmt: skip
    if decision.pause_s is None and cause.pause_after is not None:
        decision = replace(
            decision, pause_s=cause.probe_s, pause_after=cause.pause_after, distinct=cause.distinct
        )
    if cause.human or decision.verb is Verb.HUMAN:
        decision = replace(decision, advice=cause_advice(outcome.kind, outcome.code))
    return decision


def _unanswered(
    claimed: ClaimedPart, message: MessageRow, outcome: Unanswered, sending: SendingConfig, now: datetime
) -> Decision:
    if outcome.after_body:
        return _doubt("no_reply", outcome.reason, message, sending, now)
    # Nothing had been handed over, so it is safe to try again; but a part that silences every modem must end.
    if spent(claimed, message):
        return Decision(PartState.FAILED, "no_reply", hopeless(claimed.attempts))
    return _again(outcome.reason, message, now)


def unsent(claimed: ClaimedPart, message: MessageRow, now: datetime) -> Decision:
    """Decide on a part that a modem stopped answering over, and surely did not hand to the network."""
    reason = "the modem stopped answering, and had not handed it to the network"
    if spent(claimed, message):
        return Decision(PartState.FAILED, "no_reply", hopeless(claimed.attempts))
    return _again(reason, message, now)


def _again(reason: str, message: MessageRow, now: datetime) -> Decision:
    """Another modem at once, or the same later.

    It counts as a try only when it turns out that the modem works with other messages (``dispatch.blame``):
    where modems are broken, the messages that they are given one after the other are not to be given up.
    """
    return Decision(
        PartState.QUEUED, "no_reply", reason, until_at=_soon(message, now, _BACK_OFF_S[0]), move=True,
        counts=False,
    )  # fmt: skip


def _soon(message: MessageRow, now: datetime, least_s: float, share: float = 1.0) -> datetime:
    """The longer it has been tried, the longer it waits, so that others are not kept from the modem."""
    tried_s = (to_us(now) - (message.submitted_at or to_us(now))) / 1_000_000
    return now + timedelta(seconds=max(least_s, min(tried_s * share, _LONGEST_WAIT_S)))


def spent(claimed: ClaimedPart, message: MessageRow) -> bool:
    """Whether a part was given often enough to modems that stopped answering over it, and over no other.

    Each of them had to be brought back to its senses: what does that to every modem is itself the reason.
    """
    return claimed.attempts > max(message.retries, _LEAST_TRIES)


def hopeless(attempts: int) -> str:
    """The sentence for such a part."""
    return f"modems stopped answering over it, at each of {attempts} tries: it is not given to any other"


def _doubt(code: str, reason: str, message: MessageRow, sending: SendingConfig, now: datetime) -> Decision:
    until_at = now + doubt_lasts(sending, report=bool(message.report))
    return Decision(PartState.UNCERTAIN, code, reason, until_at=until_at, verb=Verb.UNCERTAIN)


def doubt_lasts(sending: SendingConfig, *, report: bool) -> timedelta:
    """Return how long evidence is waited for; without a report to come, only a late answer can be any."""
    longest = sending.uncertain_after_s if report else min(sending.uncertain_after_s, _ANSWER_S)
    return timedelta(seconds=longest)


def _refused(
    claimed: ClaimedPart, message: MessageRow, cause: Reaction, code: str, reason: str, now: datetime
) -> Decision:
    delays = cause.delays_s or _BACK_OFF_S
    used_up = claimed.attempts > len(delays)
    then = cause.then if used_up else None
    verb = Verb.HUMAN if then is Verb.HUMAN else cause.verb
    if cause.pause or {cause.verb, then} & _SIMS_TROUBLE:
        return replace(_sims_trouble(message, cause, code, reason, now), verb=verb)
    tries = min(len(delays), message.retries) if cause.verb in _FEW else message.retries
    moves = cause.verb is Verb.MOVE
    if cause.verb is Verb.FAIL or claimed.attempts > tries or (moves and used_up):
        return Decision(PartState.FAILED, code, reason, verb=verb)
    if cause.ladder:  # it may be the modem, which is given time to be helped
        delays += _BACK_OFF_S[len(delays) :]
    delay_s = float(delays[min(claimed.attempts, len(delays)) - 1])
    if cause.jitter:  # without a die: parts that met the same congestion come back one after the other
        delay_s *= 1 + claimed.id % 16 / 16
    until_at = now + timedelta(seconds=delay_s)
    move = moves or then is Verb.MOVE
    return Decision(
        PartState.SCHEDULED, code, reason, until_at=until_at, move=move, verb=verb, leave_out=cause.leave_out,
    )  # fmt: skip


def _sims_trouble(message: MessageRow, cause: Reaction, code: str, reason: str, now: datetime) -> Decision:
    """Wait for another SIM, or for this one until the validity ends: it is not the message's fault."""
    return Decision(
        PartState.SCHEDULED, code, reason, until_at=_soon(message, now, cause.probe_s, 1 / 8), move=True,
        pause_s=cause.probe_s, counts=False,
    )  # fmt: skip
