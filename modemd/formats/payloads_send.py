"""What is published to the gateway in order to send: the ``send`` payload as a type."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired, TypedDict

from modemd.formats.durations import MAX_DURATION_S
from modemd.formats.leads import LONGEST_S, MOST, SHORTEST_S
from modemd.formats.payloads import Words

_Word = Annotated[str | None, Words(maxLength=255)]
_Port = Annotated[int, Words(minimum=0, maximum=0xFFFF)]
_Lead = Annotated[int, Words(minimum=SHORTEST_S, maximum=LONGEST_S)]
_Hexadecimal = Annotated[str | None, Words(pattern=r"^\s*([0-9A-Fa-f]{2}\s*)*$")]


class Contents(TypedDict):
    """A message's recipients, contents and wishes; null is as good as absent, others are left alone."""

    to: NotRequired[
        Annotated[
            str | list[str] | None,
            "Phone numbers or names of contacts: one, several with `;` or `,` between them, or a list.",
            Words(examples=["+32475123456", ["+32475123456", "+32475000001"]]),
        ]
    ]
    number: NotRequired[Annotated[str | list[str] | None, "Another spelling of `to`."]]
    text: NotRequired[Annotated[str | None, "The text; as many parts are sent as it needs."]]
    body: NotRequired[Annotated[str | None, "Another spelling of `text`."]]
    message: NotRequired[Annotated[str | None, "Another spelling of `text`."]]
    data: NotRequired[Annotated[_Hexadecimal, "Octets in hexadecimal, instead of a text: 8-bit data."]]
    account: NotRequired[
        Annotated[_Word, "Whose message it is, where the topic names no account; default: `default`."]
    ]
    report: NotRequired[Annotated[bool | None, "Ask for a status report; default: as configured."]]
    validity: NotRequired[
        Annotated[
            str | Annotated[int, Words(minimum=1, maximum=MAX_DURATION_S)] | None,
            "How long it may take to arrive: seconds, or a text with units.",
            Words(examples=["30min", "24h", "2 days", 3600]),
        ]
    ]
    at: NotRequired[
        Annotated[
            _Word,
            "Not before this time; without an offset it is in the gateway's time zone.",
            Words(examples=["2026-11-22 14:30", "2026-11-22T14:30:00+01:00"]),
        ]
    ]
    appointment: NotRequired[
        Annotated[
            _Word,
            "What the recipient is reminded of: each reminder goes out some time before it, instead of now. "
            "`{date}` and `{time}` in the text become its date and time. "
            "Sent again with the same `id`, another time or text replaces it.",
            Words(examples=["2026-11-30 09:30"]),
        ]
    ]
    remind: NotRequired[
        Annotated[
            str | _Lead | Annotated[list[str | _Lead], Words(minItems=1, maxItems=MOST)] | None,
            "How long before the appointment: seconds, a text with units, or several; "
            "default: the account's, or 24h. Wants `appointment`.",
            Words(examples=["24h", ["2 days", "2h"]]),
        ]
    ]
    priority: NotRequired[
        Annotated[Literal["high", "normal", "low", "bulk"] | None, "What goes first; default: `normal`."]
    ]
    flash: NotRequired[Annotated[bool | None, "Shown at once, not kept: message class 0."]]
    # ``class`` is added below: it is a word of the language.
    udh: NotRequired[Annotated[_Hexadecimal, "A user data header in hexadecimal (3GPP TS 23.040, 9.2.3.24)."]]
    port: NotRequired[
        Annotated[
            _Port | Annotated[list[_Port], Words(minItems=2, maxItems=2)] | None,
            "The application's port at the destination, or `[destination, source]`.",
        ]
    ]
    modem: NotRequired[Annotated[_Word, "By this modem and no other."]]
    ref: NotRequired[Annotated[_Word, "A note of the sender's, kept with the message."]]
    channel: NotRequired[
        Annotated[_Word, "How it is sent: `sms`, the default, `voice` (a call), or one of `mqtt.channels`."]
    ]


Class = TypedDict(
    "Class",
    {"class": NotRequired[Annotated[int | None, "The message class.", Words(minimum=0, maximum=3)]]},
)


class Send(Contents, Class):
    """A message to send, to one or several recipients. Wants `to`, and one of `text` and `data`."""

    id: NotRequired[
        Annotated[
            str | int | None,
            "The sender's name for it: the same one from the same account is never sent twice. "
            "Give one: then a message can safely be published again.",
            Words(maxLength=255),
        ]
    ]


NEEDED: Final[dict[str, Any]] = {
    "allOf": [
        {"anyOf": [{"required": [name]} for name in ("to", "number")]},
        {"anyOf": [{"required": [name]} for name in ("text", "body", "message", "data")]},
    ]
}
"""What of a message's fields there must be, in words of JSON Schema."""
