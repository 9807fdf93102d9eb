"""Channels that no modem carries: a connector at the broker takes their messages (S §1.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.gsm.outgoing import Encoded, SubmitPart

if TYPE_CHECKING:
    from modemd.model import SendRequest
    from modemd.service.rules import Rules

BY_MODEM: Final = "sms"
LONGEST: Final = 4096
"""Characters: what the usual messengers take."""
_AS_PDU: Final = "channel"
"""Stands where a short message has its PDU: a part without one has lost it to the retention."""


def check(request: SendRequest, rules: Rules) -> None:
    """Look whether a message can go by the channel that it names.

    Raises:
        Rejected: ``bad_request``: there is no such channel, or it carries no such message; ``empty``,
            ``too_long``.
    """
    if request.channel not in rules.channels:
        known = f"; mqtt.channels has {', '.join(sorted(rules.channels))}" if rules.channels else ""
        raise Rejected("bad_request", f"channel {request.channel!r} is not carried by this gateway{known}")
    if request.octets is not None or request.udh or request.ports or request.modem:
        raise Rejected("bad_request", f"channel {request.channel!r} carries text alone, and by no modem")
    if not request.text:
        raise Rejected("empty", "there is no text", fail_reason="No text or data")
    if len(request.text) > LONGEST:
        raise Rejected(
            "too_long", f"the text has {len(request.text)} characters, and {LONGEST} are allowed",
            fail_reason="Too long text",
        )  # fmt: skip


def as_one_part() -> Encoded:
    """A message of such a channel is one part, however long: one credit, by its destination (L §5.3)."""
    return Encoded((SubmitPart(_AS_PDU, 0),), "ucs2")


def route_key(channel: str) -> str:
    """Return the key of the route, without modems, on which its parts wait."""
    return f"channel:{channel}"
