"""What is told when a person is needed: the payload as a type."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from modemd.formats.payloads import Count, Moment, Told

Severity = Literal["info", "warning", "critical"]
"""How much a person is needed: not now, soon, or before anything goes on."""


class AlarmBody(TypedDict):
    """Something went wrong, or is right again."""

    event: Annotated[Literal["alarm"], "Always `alarm`."]
    state: Annotated[Literal["raised", "cleared"], "Whether it goes wrong now, or is right again."]
    severity: Annotated[Severity, "`critical`: nothing goes on without a person; `warning`: it is soon so."]
    gateway: Annotated[str, "The gateway that it is about."]
    modem: Annotated[str | None, "The modem that it is about; null where it is the gateway itself."]
    code: Annotated[str, "A word for programs; a modem has at most one open alarm of each code."]
    text: Annotated[str, "A sentence or two: what is wrong, and what to do about it."]
    at: Annotated[Moment, "When it was raised, or cleared."]
    count: Annotated[Count, "How often it was found so while it was open."]


class Alarm(Told, AlarmBody):
    """Something went wrong for which a person may be needed, or is right again; never retained."""
