"""What is handed to a channel's connector: the payload as a type."""

from __future__ import annotations

from typing import Annotated, TypedDict

from modemd.formats.payloads import Account, Moment, Told


class _Handed(TypedDict):
    """A message that a connector is to send."""

    id: Annotated[str, "The gateway's own name of the message."]
    client_id: Annotated[str | None, "The sender's `id`; null where there was none."]
    account: Account
    channel: Annotated[str, "The channel, as in the topic."]
    to: Annotated[str, "The recipient's phone number, international where it could be read as one."]
    text: Annotated[str | None, "The text; null where the retention has taken it."]
    accepted_at: Annotated[Moment, "When the gateway accepted it."]
    expires_at: Annotated[Moment | None, "After this it is to be sent no more."]
    ref: Annotated[str | None, "The sender's note."]


class Handed(Told, _Handed):
    """A message for a connector, at least once: a repeat has the same `event_id`, and the same `id`."""
