"""Handing parts to modems and recording what became of them.

``record`` also claims the modem's next part, so that a message costs one commit on its way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.gsm.leaner import leaner
from modemd.gsm.outgoing import SubmitPart
from modemd.model import Evidence, PartState
from modemd.service import recall, routing
from modemd.service.admission import quiet
from modemd.service.admission.pace import day_number
from modemd.service.credits import credit_holds, suspension
from modemd.service.delivery import adopt_orphans
from modemd.service.modems import traffic, voice
from modemd.service.numbering import recipient_key
from modemd.service.outbox import MQTT, announce, announce_state
from modemd.service.outcomes import Denied, Heard, Outcome, Seat, Taken, Unreached
from modemd.service.rollup import settle
from modemd.service.trouble import Decision, decide, unsent
from modemd.store import conversation, outbound, parts, queue, sims, sticky, usage
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.model import Trouble
    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx


_PARKINGS: Final = 8
_IN_DOUBT: Final = "sent again in doubt"


def next_part(
    tx: Tx, rules: Rules, seat: Seat, now: datetime, *, fits: int | None = None
) -> ClaimedPart | None:
    """Claim the first part that this modem may take: queued → submitting.

    No message of more than ``fits`` parts is begun.

    Where very much waits of stopped accounts, a part that is ``stopped`` is returned: it was put aside with
    many of its like, and more of them have to be before there is an answer. Ask again.
    """
    for _ in range(_PARKINGS):
        claimed = _claim(tx, rules, seat, now, fits)
        if claimed is None or claimed.stopped is None:
            break
        suspension.park(tx, rules, claimed)
    if claimed is not None and claimed.stopped is None and claimed.part_count > 1:
        # All parts by one SIM: another sender's number would be another message for the phone.
        pinned = routing.pinned(tx, rules, seat.name)
        if claimed.route_id != pinned:
            queue.pin(tx, claimed.message_id, pinned)
    return claimed


def _claim(tx: Tx, rules: Rules, seat: Seat, now: datetime, fits: int | None) -> ClaimedPart | None:
    now_us, is_quiet = to_us(now), quiet.hush(rules, now)
    if MQTT not in rules.consumers:
        return queue.claim(tx, seat.modem_id, seat.name, seat.sim, now_us, is_quiet, fits)
    claimed, changed = queue.claim_to_tell(tx, seat.modem_id, seat.name, seat.sim, now_us, is_quiet, fits)
    if changed is not None:
        announce_state(tx, changed, now_us)
    return claimed


def give_back(tx: Tx, rules: Rules, claimed: ClaimedPart, now: datetime) -> None:
    """Return a part that was claimed but not submitted: submitting → queued, and it counts as no attempt."""
    parts.unclaim(tx, claimed.id)
    message = _settle(tx, rules, _message(tx, claimed.message_id), now, None, None, waits=True)
    if _is_untouched(tx, claimed, message):
        queue.pin(tx, message.id, message.route_id)


def record(
    tx: Tx,
    rules: Rules,
    seat: Seat,
    claimed: ClaimedPart,
    outcome: Outcome,
    now: datetime,
    *,
    evidence: Evidence | None = None,
    sick: str = "",
) -> Decision | None:
    """Write down what became of a claimed part; return what was decided where it was not taken.

    ``evidence`` tells that it was in doubt, and what the outcome is known by; ``sick`` is the code that the
    SIM is paused for, if it is.
    """
    if isinstance(outcome, Taken):
        taken(tx, rules, seat.name, claimed.id, claimed.message_id, outcome.tp_mr, now, evidence=evidence)
        return None
    if isinstance(outcome, Heard):
        _heard(tx, rules, seat, claimed, now)
        return None
    if isinstance(outcome, Denied):
        traffic.count(tx, rules, seat, "refused", now)
    message = _message(tx, claimed.message_id)
    if isinstance(outcome, Unreached):
        decision = voice.decide(claimed, message, outcome, now)
    else:
        decision = decide(
            claimed, message, outcome, rules.sending, now, family=seat.family, model=seat.model, sick=sick
        )  # fmt: skip
    if decision.state is PartState.SENT:  # the service centre refused it as a duplicate of what we doubted
        taken(
            tx, rules, seat.name, claimed.id, claimed.message_id, None, now, evidence=Evidence.DUPLICATE
        )  # fmt: skip
    else:
        _apply(tx, rules, seat, claimed, message, decision, now, evidence)
    return decision


def _heard(tx: Tx, rules: Rules, seat: Seat, claimed: ClaimedPart, now: datetime) -> None:
    """Record a call: it is sent, and delivered, since who answered heard it."""
    taken(tx, rules, seat.name, claimed.id, claimed.message_id, None, now)
    parts.move_part(tx, claimed.id, PartState.DELIVERED, claimed.route_id)
    settle(tx, rules, _message(tx, claimed.message_id), to_us(now), reported=PartState.DELIVERED)


def _message(tx: Tx, message_id: int) -> MessageRow:
    message = outbound.find_message(tx, message_id)
    assert message is not None, "a claimed part has a message"
    return message


def taken(
    tx: Tx,
    rules: Rules,
    modem: str | None,
    part_id: int,
    message_id: int,
    tp_mr: int | None,
    now: datetime,
    *,
    trouble: Trouble | None = None,
    evidence: Evidence | None = None,
) -> None:
    """Record that the network accepted a part; do nothing where that is known already.

    Its status report may have come before: then that is applied too. ``trouble`` is what is told beside it
    where nobody knows that the network accepted it, and it was decided so; ``evidence`` is what settled the
    doubt, if it was in doubt.
    """
    now_us, reportable = to_us(now), tp_mr is not None
    if not parts.part_sent(tx, part_id, tp_mr, now_us, evidence):
        return
    message = parts.count_sent(tx, message_id, modem, now_us, reportable=reportable)
    spent = credit_holds.capture(tx, part_id, now_us) if message.credits else 0
    today = day_number(rules, now)
    usage.count(tx, message.account, today, spent)
    sims.count_sent(tx, part_id, today)
    if rules.sending.sticky_s:
        sticky.note(tx, part_id, now_us)
    if message.part_count > 1:
        settle(tx, rules, message, now_us, trouble=trouble, evidence=evidence)
    else:
        announce(tx, rules, message, now_us, trouble=trouble, evidence=evidence)
    if MQTT in rules.consumers or _asks_consent(rules, message.account):
        conversation.keep(tx, message.account, recipient_key(message.destination), message.id, now_us)
    if message.report and reportable:
        adopt_orphans(tx, rules, part_id, message_id, now)


def _asks_consent(rules: Rules, account: str) -> bool:
    """Whether a recipient's STOP is to find out whom it was said to."""
    config = rules.accounts.get(account)
    return config is not None and config.consent != "none"


def _apply(
    tx: Tx,
    rules: Rules,
    seat: Seat,
    claimed: ClaimedPart,
    message: MessageRow,
    decision: Decision,
    now: datetime,
    evidence: Evidence | None = None,
) -> None:
    """Move a part as it was decided; with ``evidence`` it was in doubt, and is not any more."""
    state, until = decision.state, decision.until_at
    route_id = claimed.route_id if claimed.part_count == 1 else routing.pinned(tx, rules, seat.name)
    if decision.move:
        other = _elsewhere(tx, rules, seat, claimed, message)
        if other is not None:
            route_id, state, until = other, PartState.QUEUED, None
        elif state is PartState.QUEUED:
            state, route_id = PartState.SCHEDULED, _once_more(tx, claimed, message, route_id)
    parts.move_part(
        tx, claimed.id, state, route_id,
        until_us=None if until is None else to_us(until),
        moved=decision.move and state is PartState.QUEUED,
        counts=decision.counts,
        doubts=(state is PartState.UNCERTAIN) - (evidence is not None),
        code=decision.code, reason=decision.reason, evidence=evidence,
    )  # fmt: skip
    if decision.leave_out:
        lean = leaner(SubmitPart(claimed.pdu, claimed.tpdu_length), decision.leave_out)
        parts.rewrite(tx, claimed.id, lean.pdu, lean.tpdu_length)
    if state is PartState.FAILED:
        parts.close_waiting(tx, message.id, PartState.CANCELLED)
    _settle(
        tx, rules, message, now, decision.code, decision.reason, waits=state in _WAITS, evidence=evidence
    )  # fmt: skip


_WAITS: Final = frozenset({PartState.QUEUED, PartState.SCHEDULED})


def _settle(
    tx: Tx,
    rules: Rules,
    message: MessageRow,
    now: datetime,
    code: str | None,
    reason: str | None,
    *,
    waits: bool,
    evidence: Evidence | None = None,
) -> MessageRow:
    """Settle a message of which a part came back; what would be tried again may be unwanted by now."""
    unwanted = recall.refusal(tx, rules, message, now) if waits else None
    if unwanted is not None:
        parts.close_waiting(tx, message.id, PartState.CANCELLED)
        code, reason = unwanted.code, unwanted.reason
    return settle(tx, rules, message, to_us(now), code=code, reason=reason, evidence=evidence)


def _elsewhere(tx: Tx, rules: Rules, seat: Seat, claimed: ClaimedPart, message: MessageRow) -> int | None:
    """Find another modem's route for a part and all of its message; ``None`` where they must stay."""
    if claimed.part_count > 1 and not _is_untouched(tx, claimed, message):
        return None
    own = claimed.route_id if claimed.route_id != routing.pinned(tx, rules, seat.name) else message.route_id
    other = routing.alternative(tx, rules, own, seat.name)
    if other is not None and claimed.part_count > 1:
        queue.pin(tx, message.id, other)
    return other


def _once_more(tx: Tx, claimed: ClaimedPart, message: MessageRow, route_id: int) -> int:
    """Where all modems have been tried each may be again: one that hangs for ever is not to be the last."""
    if not _is_untouched(tx, claimed, message):
        return route_id
    if claimed.part_count > 1:
        queue.pin(tx, message.id, message.route_id)
    return message.route_id


def _is_untouched(tx: Tx, claimed: ClaimedPart, message: MessageRow) -> bool:
    """Whether surely no part of a message has gone by any SIM."""
    return not (
        message.parts_done or claimed.doubted or PartState.UNCERTAIN in parts.part_states(tx, message.id)
    )


def late(tx: Tx, rules: Rules, seat: Seat, outcome: Taken | Denied, pdu: str | None, now: datetime) -> bool:
    """Settle the part in doubt that a late answer belongs to; tell whether there was one.

    ``pdu`` is what had been handed over; ``None`` for an answer to another process's submit, which belongs
    to the one part that this modem left in doubt, if it is one.
    """
    doubtful = [row for row in parts.in_doubt(tx, seat.modem_id) if pdu is None or row[2] == pdu]
    if not doubtful or (pdu is None and len(doubtful) > 1):
        return False
    claimed = queue.claimed_part(tx, int(doubtful[0][0]))
    record(tx, rules, seat, claimed, outcome, now, evidence=Evidence.LATE_ANSWER)
    return True


def blame(tx: Tx, part_id: int) -> None:
    """A modem stopped answering over this part, and has answered for another since: that was a try."""
    parts.blame(tx, part_id)


def not_sent(tx: Tx, rules: Rules, seat: Seat, part_id: int, now: datetime) -> None:
    """Queue a part in doubt again, of which it is known that the network never had it.

    It goes to another modem; what stops every modem waits longer each time, and ends.
    """
    claimed = queue.claimed_part(tx, part_id)
    message = _message(tx, claimed.message_id)
    _apply(tx, rules, seat, claimed, message, unsent(claimed, message, now), now, Evidence.NOT_SENT)


def requeue_uncertain(
    tx: Tx, rules: Rules, part_id: int, message_id: int, route_id: int, now: datetime
) -> None:
    """Put a part that stayed in doubt back into the queue (policy ``resend``)."""
    parts.move_part(
        tx, part_id, PartState.QUEUED, route_id, code="uncertain", reason=_IN_DOUBT, evidence=Evidence.POLICY
    )  # fmt: skip
    _settle(
        tx, rules, _message(tx, message_id), now, "uncertain", _IN_DOUBT, waits=True,
        evidence=Evidence.POLICY,
    )  # fmt: skip
