"""What time alone brings about: messages fall due, expire, stop being in doubt, stop waiting for a report."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from modemd.model import Evidence, MessageState, PartState, Trouble
from modemd.service import dispatch
from modemd.service.accounts.account_events import MAIL
from modemd.service.modems import stickiness
from modemd.service.outbox import MQTT, announce, announce_state
from modemd.service.rollup import settle, settle_by_id
from modemd.service.trouble import doubt_lasts
from modemd.store import modems, outbound, outbox, parts, queue, upkeep
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.service.rules import Rules
    from modemd.store.transaction import Row, Tx

_GONE_AFTER: Final = timedelta(minutes=2)
_LOST_AFTER: Final = timedelta(minutes=10)
"""No modem takes so long to answer, and no gateway is silent for so long and comes back at once."""
AT_ONCE: Final = 1000
"""So many fall due or expire in one transaction: the modems wait for it."""
_RESOLVED_AS_SENT: Final = "resolved as sent"
_RESOLVED_AS_FAILED: Final = "resolved as failed"
_HANDED_OVER: Final = "the SIM has counted it: taken for sent"
_RESENDS: Final = 2
"""So often a part is sent again in doubt; each time its recipient may get it once more."""
_HELD: Final = "held for a person to resolve"
REPORT_SLACK: Final = timedelta(hours=1)
"""No report by the end of validity and this: the message stays ``sent``, and nothing more is expected."""


def promote(tx: Tx, rules: Rules, now: datetime) -> bool:
    """Queue what is due, a thousand parts at most; tell whether there was anything."""
    due = queue.promote(tx, to_us(now), AT_ONCE)
    for message_id in due:
        message = outbound.find_message(tx, message_id)
        assert message is not None, "a part has a message"
        stickiness.pin_due(tx, rules, message, now)
        announce(tx, rules, message, to_us(now))
    return bool(due)


def expire(tx: Tx, rules: Rules, now: datetime) -> int:
    """End what was not sent before its deadline; return how many messages: a thousand at most."""
    now_us = to_us(now)
    ended = 0
    for message_id in upkeep.overdue(tx, now_us, AT_ONCE):
        if parts.close_waiting(tx, message_id, PartState.EXPIRED):
            settle_by_id(
                tx,
                rules,
                message_id,
                now_us,
                code="expired",
                reason="its validity ended before it could be sent",
            )
            ended += 1
    return ended


def stop_waiting(tx: Tx, now: datetime) -> int:
    """Close ``sent`` messages whose report did not come; return how many."""
    return upkeep.close_unreported(tx, to_us(now - REPORT_SLACK), to_us(now))


def resolve_doubts(tx: Tx, rules: Rules, now: datetime) -> int:
    """Apply the policy ``uncertain:`` where evidence was waited for long enough; return to how many parts.

    Another gateway's doubts are its own to settle, unless it is gone.
    """
    over = parts.doubts_over(tx, to_us(now), to_us(now - _LOST_AFTER))
    for each in over:
        _by_policy(tx, rules, parts.Doubt._make(each), now)
    return len(over)


def _by_policy(tx: Tx, rules: Rules, doubt: parts.Doubt, now: datetime) -> None:
    """Do what ``uncertain:`` says, so that neither much is lost nor much is doubled.

    What the SIM has counted (``message_reference``) was handed to the network, which took it unless the radio
    failed in that very second: it is not sent again. What was sent again twice is not sent any more.
    """
    policy, part_id, message_id = rules.sending.uncertain, doubt.part_id, doubt.message_id
    if policy == "resend" and doubt.evidence == Evidence.MESSAGE_REFERENCE:
        trouble = Trouble(code="uncertain", reason=_HANDED_OVER)
        dispatch.taken(
            tx, rules, None, part_id, message_id, doubt.tp_mr, now, trouble=trouble,
            evidence=Evidence.MESSAGE_REFERENCE,
        )  # fmt: skip
    elif policy == "resend" and doubt.doubted > _RESENDS:
        reason = f"nobody can say whether any of {doubt.doubted} tries sent it: it is not sent again"
        _give_up(tx, rules, part_id, message_id, doubt.route_id, reason, Evidence.POLICY, now)
    elif policy == "resend":
        dispatch.requeue_uncertain(tx, rules, part_id, message_id, doubt.route_id, now)
    elif policy == "hold":
        parts.move_part(
            tx, part_id, PartState.UNCERTAIN, doubt.route_id, code="uncertain", reason=_HELD,
        )  # fmt: skip
        _tell_held(tx, rules, message_id, to_us(now))
    else:
        resolve(tx, rules, part_id, message_id, doubt.route_id, "sent", now, evidence=Evidence.POLICY)


def resolve(
    tx: Tx,
    rules: Rules,
    part_id: int,
    message_id: int,
    route_id: int,
    verdict: Literal["sent", "failed"],
    now: datetime,
    *,
    evidence: Evidence = Evidence.PERSON,
) -> None:
    """Settle one part in doubt as ``sent`` or ``failed``; ``evidence``: by whom, a person or the policy."""
    if verdict == "sent":
        trouble = Trouble(code="uncertain", reason=_RESOLVED_AS_SENT)
        dispatch.taken(tx, rules, None, part_id, message_id, None, now, trouble=trouble, evidence=evidence)
    else:
        _give_up(tx, rules, part_id, message_id, route_id, _RESOLVED_AS_FAILED, evidence, now)


def _give_up(
    tx: Tx,
    rules: Rules,
    part_id: int,
    message_id: int,
    route_id: int,
    reason: str,
    evidence: Evidence,
    now: datetime,
) -> None:
    parts.move_part(
        tx, part_id, PartState.FAILED, route_id, code="uncertain", reason=reason, evidence=evidence
    )  # fmt: skip
    parts.close_waiting(tx, message_id, PartState.CANCELLED)
    settle_by_id(tx, rules, message_id, to_us(now), code="uncertain", reason=reason, evidence=evidence)


def _tell_held(tx: Tx, rules: Rules, message_id: int, now_us: int) -> None:
    """The broker's users read that a person is wanted now; the message's state stays what it is."""
    message = outbound.find_message(tx, message_id) if MQTT in rules.consumers else None
    if message is not None and message.state == MessageState.UNCERTAIN:
        announce_state(tx, message, now_us, trouble=Trouble(code="uncertain", reason=_HELD))


def recover(tx: Tx, rules: Rules, now: datetime) -> int:
    """At a start: what was being submitted when the last daemon ended is in doubt; return how many parts.

    Also what went by a modem that is configured no more, or under another name of this gateway.
    """
    left = modems.left_behind(tx, rules.gateway, to_us(now - _GONE_AFTER))
    return _doubt(tx, rules, [row for modem_id in left for row in parts.submitting(tx, modem_id)], now)


def doubt_lost(tx: Tx, rules: Rules, now: datetime) -> int:
    """What was given to a modem long ago, and never answered for, is in doubt; return how many parts.

    So it goes with a gateway that does not come back: what it had in hand must not hang for ever.
    """
    return _doubt(tx, rules, parts.submitting_long(tx, to_us(now - _LOST_AFTER)), now)


def _doubt(tx: Tx, rules: Rules, rows: Sequence[Row], now: datetime) -> int:
    reason = "the gateway stopped before the modem had answered"
    for part_id, message_id, route_id in rows:
        message = outbound.find_message(tx, int(message_id))
        assert message is not None, "a part has a message"
        until_us = to_us(now + doubt_lasts(rules.sending, report=bool(message.report)))
        parts.move_part(
            tx, int(part_id), PartState.UNCERTAIN, int(route_id), until_us=until_us, doubts=1,
            code="uncertain", reason=reason,
        )  # fmt: skip
        settle(tx, rules, message, to_us(now), code="uncertain", reason=reason)
    return len(rows)


def forget_untold(tx: Tx, now: datetime, kept: timedelta) -> int:
    """Forget events that broker or mail server were not told of for so long; return how many.

    Of each gateway's and for each of the two a thousand at most.

    What they would be told of has ended long ago, and its text is not to be kept any longer.
    """
    before_us = to_us(now - kept)
    return outbox.forget(tx, MQTT, before_us, AT_ONCE) + outbox.forget(tx, MAIL, before_us, AT_ONCE)


def next_due(tx: Tx, now: datetime) -> datetime | None:
    """Return when time alone will next bring something about; what is due by ``now`` has been done.

    A message whose deadline passed while a modem had a part of it is looked at again when that comes back.
    """
    times = (
        queue.next_due(tx),
        parts.next_doubt(tx, to_us(now - _LOST_AFTER)),
        upkeep.next_deadline(tx, to_us(now)),
    )
    known = [at for at in times if at is not None]
    return from_us(min(known)) if known else None
