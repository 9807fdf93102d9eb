"""What to do with a part that was not taken: the class of its error, its tries so far, its policy."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.gsm.causes import Reaction, Verb, reaction
from modemd.model import PartState
from modemd.service.outcomes import Taken, Unanswered

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.config.sections import SendingConfig
    from modemd.service.outcomes import Outcome
    from modemd.store.outbound import MessageRow
    from modemd.store.queue import ClaimedPart

_BACK_OFF_S: Final = (5, 30, 120, 300, 900)
_ANSWER_S: Final = 90
_SIMS_TROUBLE: Final = frozenset({Verb.PAUSE, Verb.HUMAN, Verb.WAIT_READY})


@dataclass(frozen=True, slots=True)
class Decision:
    """Where the part goes, and what its modem has to do before it submits again.

    ``move`` asks for another modem if there is one; ``until_at`` is when a part that waits is due again;
    ``pause_s`` is for how long the modem had better send nothing.
    """

    state: PartState
    code: str
    reason: str
    until_at: datetime | None = None
    move: bool = False
    verb: Verb | None = None
    pause_s: int | None = None


def decide(
    claimed: ClaimedPart, message: MessageRow, outcome: Outcome, sending: SendingConfig, now: datetime
) -> Decision:
    """Decide on a part that a modem or the network refused, or did not answer for."""
    assert not isinstance(outcome, Taken)
    if isinstance(outcome, Unanswered):
        return _unanswered(claimed, message, outcome, sending, now)
    cause = reaction(outcome.kind, outcome.code, after_body=outcome.after_body)
    code = outcome.kind if outcome.code is None else f"{outcome.kind} {outcome.code}"
    reason = f"{outcome.text} ({cause.meaning})" if cause.meaning else outcome.text
    if claimed.doubted and cause.duplicate:
        return Decision(PartState.SENT, code, reason, verb=cause.verb)
    if cause.verb is Verb.UNCERTAIN:
        return _doubt(code, reason, message, sending, now)
    decision = _refused(claimed, message, cause, code, reason, now)
    paused = cause.pause or cause.verb in _SIMS_TROUBLE
    return replace(decision, verb=cause.verb, pause_s=cause.probe_s if paused else None)


def _unanswered(
    claimed: ClaimedPart, message: MessageRow, outcome: Unanswered, sending: SendingConfig, now: datetime
) -> Decision:
    if outcome.after_body:
        return _doubt("no_reply", outcome.reason, message, sending, now)
    # Nothing had been handed over, so it is safe to try again; but a part that silences every modem must end.
    if claimed.attempts > message.retries + len(_BACK_OFF_S):
        return Decision(PartState.FAILED, "no_reply", outcome.reason)
    return Decision(PartState.QUEUED, "no_reply", outcome.reason, until_at=_later(now, claimed), move=True)


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
    if cause.verb in _SIMS_TROUBLE or cause.pause:
        # The SIM's trouble, not the message's: it may wait for another, or until its validity ends.
        until_at = now + timedelta(seconds=cause.probe_s)
        return Decision(PartState.SCHEDULED, code, reason, until_at=until_at, move=True)
    once = cause.verb is Verb.RETRY_ONCE
    if cause.verb is Verb.FAIL or claimed.attempts > (1 if once else message.retries):
        return Decision(PartState.FAILED, code, reason)
    delays = cause.delays_s or _BACK_OFF_S
    used_up = claimed.attempts > len(delays)
    until_at = now + timedelta(seconds=delays[min(claimed.attempts, len(delays)) - 1])
    move = cause.verb is Verb.MOVE or (used_up and cause.then is Verb.MOVE)
    return Decision(PartState.SCHEDULED, code, reason, until_at=until_at, move=move)


def _later(now: datetime, claimed: ClaimedPart) -> datetime:
    return now + timedelta(seconds=_BACK_OFF_S[min(claimed.attempts, len(_BACK_OFF_S)) - 1])
