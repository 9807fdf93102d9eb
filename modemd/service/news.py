"""What the broker is told of a batch of messages while they are accepted: gathered, and written at once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from modemd.model import MessageEvent, MessageState
from modemd.service.outbox import notices_of
from modemd.service.told import message_event
from modemd.store import outbound, outbox
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.model import Reply
    from modemd.service.checks import Prepared
    from modemd.store.outbox import Notice
    from modemd.store.transaction import Tx


class News:
    """The events of one batch, in the order of what they tell of."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._now_us = to_us(now)
        self._notices: list[Notice] = []

    def accepted(self, each: Prepared, message_id: int, state: MessageState, reply: Reply | None) -> None:
        """Tell that a message is in the store, and how it begins: ``queued`` or ``scheduled``.

        One that waits for credits stays ``accepted``, and costs nothing yet.
        """
        first = self._event(each, message_id, MessageState.ACCEPTED)
        if state is not MessageState.ACCEPTED:
            first = replace(first, credits=each.credits)
        self._notices += notices_of(first, self._now_us, message_id, reply)
        if state is not MessageState.ACCEPTED:
            self._notices += notices_of(self._event(each, message_id, state), self._now_us, message_id)

    def known(
        self, tx: Tx, each: Prepared, message_id: int, state: MessageState, reply: Reply | None
    ) -> None:
        """Tell of a message that was in the store before, as it is at present."""
        row = outbound.find_message(tx, message_id)
        if row is None:  # it came earlier in this batch
            event = self._event(each, message_id, state)
        else:  # its phone number may have been forgotten since
            event = replace(message_event(row, self._now), to=each.outgoing.destination)
        self._notices += notices_of(event, self._now_us, message_id, reply)

    def write(self, tx: Tx) -> None:
        """Write down what was gathered."""
        outbox.broadcast(tx, self._notices)

    def _event(self, each: Prepared, message_id: int, state: MessageState) -> MessageEvent:
        return MessageEvent(
            event=state,
            id=str(message_id),
            client_id=each.request.client_id,
            account=each.account,
            to=each.outgoing.destination,
            at=self._now,
            parts=len(each.encoded.parts),
            credits=0 if state is MessageState.ACCEPTED else each.credits,
        )
