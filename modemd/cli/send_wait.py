"""Following messages that were just sent, state by state, until they have ended."""

from __future__ import annotations

import time
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.exits import EXIT_FAILED, EXIT_TRY_AGAIN
from modemd.cli.output import show_json
from modemd.cli.presence import living, utc_now
from modemd.formats.events import event_object
from modemd.gsm.cause_texts import trouble_words
from modemd.model import MessageEvent, MessageState, Trouble
from modemd.service import overview, views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.service.views import OutboundView
    from modemd.store.database import Database

_LOOK_S: Final = 0.02
_DAEMON_S: Final = 2.0
_S = MessageState
GOOD: Final = frozenset({_S.SENT, _S.DELIVERED})
OVER: Final = frozenset({_S.DELIVERED, _S.FAILED, _S.UNDELIVERED, _S.EXPIRED, _S.CANCELLED})
_WAYPOINTS: Final = frozenset({_S.SENDING, _S.SENT})
"""States that may have passed between two looks; the store remembers when."""


class Waiting:
    """The messages of one command, and what has been told of each."""

    def __init__(self, store: Database, messages: Sequence[OutboundView], zone: tzinfo) -> None:
        self.as_json = False
        self._store = store
        self._zone = zone
        self._messages = {each.id: each for each in messages}
        self._told: dict[int, list[MessageState]] = {each.id: [] for each in messages}

    def tell_beginning(self, known: set[int]) -> None:
        """Say of each that it was taken; of those ``known`` before, how they are."""
        for message in self._messages.values():
            at = message.accepted_at
            if message.id in known:
                at = message.milestones[-1][1]
                self._told[message.id] += [state for state, _ in message.milestones]
            self._tell(message, message.state, at, known=message.id in known)

    def to_the_end(self) -> int:
        """Tell each new state until all have ended, or no gateway is left to bring that about.

        Returns:
            The exit status.
        """
        seen = self._store.changes() - 1
        asked_at = 0.0
        while not all(_ended(message) for message in self._messages.values()):
            if time.monotonic() - asked_at > _DAEMON_S:
                if not self._gateway_runs():
                    return self._give_up()
                asked_at = time.monotonic()
            now = self._store.changes()
            if now == seen:
                time.sleep(_LOOK_S)
                continue
            seen = now
            for message_id in self._messages:
                self._look(message_id)
        good = all(message.state in GOOD for message in self._messages.values())
        return 0 if good else EXIT_FAILED

    def _look(self, message_id: int) -> None:
        before = self._messages[message_id]
        message = self._store.read(lambda tx: views.find_outbound(tx, message_id))
        if message is None:
            return
        self._messages[message_id] = message
        for state, at in message.milestones:
            if state in _WAYPOINTS and state is not message.state and state not in self._told[message_id]:
                self._tell(message, state, at)
        changed = message.state is not before.state or message.error_code != before.error_code
        if changed:
            times = dict(message.milestones)
            self._tell(message, message.state, times.get(message.state, utc_now()), trouble=True)

    def _gateway_runs(self) -> bool:
        store = self._store
        return bool(living(store.read(overview.gateways), utc_now(), here=store.on_this_machine))

    def _give_up(self) -> int:
        for message in self._messages.values():
            if not _ended(message):
                click.echo(
                    f"message {message.id} stays {message.state}: no gateway is running on this store. "
                    "It goes on when one is started (modemd run)",
                    err=True,
                )
        return EXIT_TRY_AGAIN

    def _tell(
        self,
        message: OutboundView,
        state: MessageState,
        at: datetime,
        *,
        trouble: bool = False,
        known: bool = False,
    ) -> None:
        self._told[message.id].append(state)
        error = None
        if (trouble or known) and message.error_code is not None:
            retry = state not in OVER
            error = Trouble(code=message.error_code, reason=message.error_reason or "", retry=retry)
        event = MessageEvent(
            event=state,
            id=str(message.id),
            client_id=message.client_id,
            account=message.account,
            to=message.to or "",
            at=at,
            parts=message.parts,
            parts_done=message.parts_done,
            credits=message.credits,
            modem=message.modem,
            error=error,
        )
        if self.as_json:
            show_json(event_object(event))
        else:
            click.echo(event_line(event, self._zone, known=known))


def event_line(event: MessageEvent, zone: tzinfo, *, known: bool) -> str:
    """An event as people read it; ``known``: the message had been accepted before."""
    clock = event.at.astimezone(zone).strftime("%H:%M:%S")
    by = f" by {event.modem}" if event.modem and event.event in _WAYPOINTS else ""
    parts = "" if event.parts == 1 else f", {event.parts} parts"
    line = f"{clock}  {event.id}  {event.event}{by}  to {event.to}{parts}"
    if known:
        line += "  (the same message was sent before)"
    if event.error is not None:
        line += f"\n          {trouble_words(event.error.code, event.error.reason)}"
    return line


def _ended(message: OutboundView) -> bool:
    return message.state in OVER or (message.state is _S.SENT and message.ended_at is not None)
