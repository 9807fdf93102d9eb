"""What happens to a modem, as a type."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired, TypedDict

from modemd.formats.payloads import Moment, Money, Told

ModemEventName = Literal[
    "adopted", "plugged", "unplugged", "sim_swapped", "modem_swapped", "twin_imei", "ussd", "balance",
    "limited", "unlimited",
]  # fmt: skip


class ModemEventBody(TypedDict):
    """Something happened to a modem. What is known of it stands in the fields that fit."""

    event: Annotated[ModemEventName, "What happened."]
    modem: Annotated[str, "The modem that it happened to."]
    at: Annotated[Moment, "When it happened."]
    text: NotRequired[Annotated[str, "What was said, or what happened as a sentence."]]
    mode: NotRequired[
        Annotated[
            int, "What the network does besides (3GPP TS 27.007, 7.15): 0 nothing, 1 it waits for an answer."
        ]
    ]
    more: NotRequired[Annotated[bool, "Whether the network waits for an answer: `mode` is 1."]]
    port: NotRequired[Annotated[str, "The port that it is on, or was."]]
    usb: NotRequired[Annotated[str, "The USB socket that it is plugged into, such as `1-1.2`."]]
    imei: NotRequired[Annotated[str, "The modem's own identity."]]
    iccid: NotRequired[Annotated[str, "The SIM's own identity."]]
    was: NotRequired[Annotated[str, "The ICCID or IMEI that was there before."]]
    other: NotRequired[Annotated[str, "The other modem that it is about."]]
    amount: NotRequired[Annotated[Money, "What is left on the SIM."]]
    low: NotRequired[Annotated[bool, "Whether that is below the limit that was set."]]
    until: NotRequired[Annotated[Moment, "When it is over."]]
    reason: NotRequired[Annotated[str, "Why, as a sentence."]]


class ModemEvent(Told, ModemEventBody):
    """Something happened to a modem; never retained."""
