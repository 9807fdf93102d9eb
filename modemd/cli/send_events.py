"""What a gateway tells at the broker of the messages that one command sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

import click

from modemd.cli.output import show_json
from modemd.cli.send_wait import GOOD, OVER, event_line
from modemd.formats.sendfields import recipients
from modemd.model import MessageEvent, MessageState, Trouble

_S = MessageState


class Answers:
    """Each message's events, told as they come; repeats and others' messages are left out.

    ``contacts``: some recipient is a name, which may be several phone numbers.
    ``begun``: every recipient's message was taken or refused; ``ended``: nothing more will come;
    ``good``: all were taken, and none failed.
    """

    def __init__(self, payload: dict[str, Any], zone: tzinfo, *, as_json: bool) -> None:
        self._id = str(payload["id"])
        self._reports = bool(payload["report"])
        named = recipients(payload)
        self._expected = len(named)
        self.contacts = any(each.upper() != each.lower() for each in named)
        self._zone = zone
        self._as_json = as_json
        self._seen: set[str] = set()
        self._last: dict[str, MessageEvent] = {}
        self._refused_whole = False

    def take(self, told: dict[str, Any]) -> None:
        """One event; a gateway tells ``accepted`` and then at once what the message waits for."""
        client_id = told.get("client_id")
        mine = isinstance(client_id, str) and (client_id == self._id or client_id.startswith(f"{self._id}/"))
        if not mine or told.get("event_id") in self._seen:
            return
        try:
            event = _event(told)
        except (KeyError, TypeError, ValueError):
            return  # no gateway says such a thing
        self._seen.add(str(told.get("event_id")))
        key = str(client_id)
        known = key not in self._last and event.event not in {_S.ACCEPTED, _S.REJECTED}
        self._last[key] = event
        self._refused_whole |= event.event is _S.REJECTED and key == self._id
        if event.event is not _S.ACCEPTED:
            self._show(event, told, known=known)

    def _show(self, event: MessageEvent, told: dict[str, Any], *, known: bool) -> None:
        if self._as_json:
            show_json(told)
        elif event.event is _S.REJECTED and event.error is not None:
            click.echo(f"{event.error.code}: {event.error.reason}", err=True)
        else:
            click.echo(event_line(event, self._zone, known=known))

    @property
    def begun(self) -> bool:
        """Whether something was told of every message."""
        answered = sum(1 for each in self._last.values() if each.event is not _S.ACCEPTED)
        return self._refused_whole or answered >= self._expected

    @property
    def ended(self) -> bool:
        """Whether nothing more is to come."""
        return self.begun and not any(True for _ in self._open())

    @property
    def good(self) -> bool:
        """Whether all were taken; of those that have ended, whether they ended well."""
        bad = OVER - GOOD | {_S.REJECTED}
        return not any(each.event in bad for each in self._last.values())

    @property
    def unended(self) -> list[str]:
        """What is still under way, in words."""
        return [f"message {each.id} stays {each.event}" for each in self._open()]

    def _open(self) -> Iterator[MessageEvent]:
        ends = OVER | {_S.REJECTED} | (set() if self._reports else {_S.SENT})
        return (each for each in self._last.values() if each.event not in ends)


def _event(told: dict[str, Any]) -> MessageEvent:
    error = told.get("error")
    return MessageEvent(
        event=_S(told["event"]),
        id=told["id"],
        client_id=told["client_id"],
        account=told["account"],
        to=told["to"],
        at=datetime.fromisoformat(told["at"]),
        parts=told["parts"],
        parts_done=told["parts_done"],
        credits=told["credits"],
        modem=told["modem"],
        error=None if error is None else Trouble(**error),
    )
