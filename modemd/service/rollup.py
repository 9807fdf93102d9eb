"""What the states of its parts make of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.model import MessageState, PartState
from modemd.service.credits import credit_holds
from modemd.service.outbox import announce
from modemd.store import credit_wait, inbound, outbound, parts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.model import Evidence, Trouble
    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

_P = PartState
_TAKEN: Final = frozenset({_P.SENT, _P.DELIVERED, _P.UNDELIVERED})


def message_state(states: Mapping[int, int], *, awaited: int, expired: int = 0) -> MessageState:
    """Derive a message's state from how many of its parts are in which state.

    ``awaited`` is how many parts still expect a status report, ``expired`` how many of the undelivered ones
    the network kept until their validity ended. What is still moving decides first, then what
    went wrong: a message is only as well off as its worst part.
    """
    have = {PartState(state) for state, count in states.items() if count}
    if _P.SUBMITTING in have:
        return MessageState.SENDING
    for state, answer in _WORST_FIRST:
        if state in have:
            return answer
    if have & {_P.QUEUED, _P.SCHEDULED}:
        waiting = MessageState.QUEUED if _P.QUEUED in have else MessageState.SCHEDULED
        return MessageState.SENDING if have & _TAKEN else waiting
    if awaited or _P.SENT in have:
        return MessageState.SENT
    if _P.UNDELIVERED not in have:
        return MessageState.DELIVERED
    return MessageState.EXPIRED if expired == states[_P.UNDELIVERED] else MessageState.UNDELIVERED


_WORST_FIRST: Final = (
    (_P.UNCERTAIN, MessageState.UNCERTAIN),
    (_P.FAILED, MessageState.FAILED),
    (_P.CANCELLED, MessageState.CANCELLED),
    (_P.EXPIRED, MessageState.EXPIRED),
)
_GIVEN_UP: Final = frozenset({MessageState.FAILED, MessageState.CANCELLED, MessageState.EXPIRED})
_BADLY_ENDED_PARTS: Final = frozenset({_P.FAILED, _P.CANCELLED, _P.EXPIRED, _P.UNDELIVERED})
_CLOSING: Final = frozenset({_P.FAILED, _P.CANCELLED, _P.EXPIRED})
"""What was held for such a part is released. What is held for one that the network takes is captured then."""
_ENDS: Final = _GIVEN_UP | {MessageState.UNDELIVERED, MessageState.DELIVERED}


def settle(
    tx: Tx,
    rules: Rules,
    message: MessageRow,
    now_us: int,
    *,
    code: str | None = None,
    reason: str | None = None,
    trouble: Trouble | None = None,
    evidence: Evidence | None = None,
    reported: PartState | None = None,
) -> MessageRow:
    """Bring a message's state in line with its parts, and tell of it where it changed.

    ``code`` and ``reason`` are what the message keeps as its trouble, ``trouble`` is only told, as is
    ``evidence``, what settled a doubt of one of its parts. ``reported``
    is where the last report of one of its parts left that part: of a single one there is no more to ask.

    A ``sent`` message that expects no report any more has ended as well. Of one that is given up nothing
    goes on waiting: a part that was being submitted then may have come back to be tried again.
    """
    if reported is not None and message.part_count == 1:
        awaited, states = 0, {int(reported): 1}
    else:
        awaited, states = parts.awaited(tx, message.id), parts.part_states(tx, message.id)
    expired = inbound.expired_parts(tx, message.id) if _P.UNDELIVERED in states else 0
    state = message_state(states, awaited=awaited, expired=expired)
    if state in _GIVEN_UP and (_P.QUEUED in states or _P.SCHEDULED in states):
        parts.close_waiting(tx, message.id, _P.EXPIRED if state is MessageState.EXPIRED else _P.CANCELLED)
    if message.credits and _CLOSING & states.keys():
        released = credit_holds.follow(tx, message.id, now_us)
        if released:
            parts.charge(tx, message.id, -released)
    if message.state == MessageState.ACCEPTED:
        credit_wait.forget(tx, message.id)
    if state == message.state and state in _ENDS:
        return message  # what is told of a part afterwards changes neither when it ended nor why
    if code is None and _BADLY_ENDED_PARTS & set(states):
        # Good news of another part: the trouble is what it was.
        code, reason = message.error_code, message.error_reason
    ended = state in _ENDS or (state is MessageState.SENT and not awaited)
    moved = parts.move_message(
        tx, message.id, state, ended_us=now_us if ended else None, code=code, reason=reason
    )
    if state != message.state:
        announce(tx, rules, moved, now_us, trouble=trouble, evidence=evidence)
    return moved


def settle_by_id(
    tx: Tx,
    rules: Rules,
    message_id: int,
    now_us: int,
    *,
    code: str | None = None,
    reason: str | None = None,
    evidence: Evidence | None = None,
    reported: PartState | None = None,
) -> MessageRow:
    """Do the same for a message of which only the id is at hand."""
    message = outbound.find_message(tx, message_id)
    assert message is not None, "no such message"
    return settle(tx, rules, message, now_us, code=code, reason=reason, evidence=evidence, reported=reported)
