"""TP-Status, what a status report says of a part (3GPP TS 23.040, 9.2.3.15)."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

State = Literal["delivered", "sent", "replaced", "pending", "undelivered", "expired", "unknown"]


class TpStatus(NamedTuple):
    """``final``: no other report follows. ``text``: the words that smstools3's users' scripts look for."""

    state: State
    final: bool
    text: str


_TEXTS: Final[dict[int, str]] = {
    0x00: "Ok,short message received by the SME",
    0x01: "Ok,short message forwarded by the SC to the SME but the SC is unable to confirm delivery",
    0x02: "Ok,short message replaced by the SC",
    0x20: "Still trying,congestion",
    0x21: "Still trying,SME busy",
    0x22: "Still trying,no response sendr SME",  # smstools3's own spelling, which scripts match
    0x23: "Still trying,service rejected",
    0x24: "Still trying,quality of service not available",
    0x25: "Still trying,error in SME",
    0x40: "Error,remote procedure error",
    0x41: "Error,incompatible destination",
    0x42: "Error,connection rejected by SME",
    0x43: "Error,not obtainable",
    0x44: "Error,quality of service not available",
    0x45: "Error,no interworking available",
    0x46: "Error,SM validity period expired",
    0x47: "Error,SM deleted by originating SME",
    0x48: "Error,SM deleted by SC administration",
    0x49: "Error,SM does not exist",
    0x60: "Error,congestion",
    0x61: "Error,SME busy",
    0x62: "Error,no response sendr SME",
    0x63: "Error,service rejected",
    0x64: "Error,quality of service not available",
    0x65: "Error,error in SME",
}
_STATES: Final[dict[int, State]] = {0x01: "sent", 0x02: "replaced", 0x46: "expired"}
# Bits 6 and 5 give the class; reserved values and a service centre's own belong to their class.
_CLASSES: Final[tuple[tuple[State, bool], ...]] = (
    ("delivered", True),
    ("pending", False),
    ("undelivered", True),
    ("undelivered", True),
)


def _meaning(value: int) -> TpStatus:
    if value >= 0x80:
        return TpStatus("unknown", final=False, text="unknown")
    state, final = _CLASSES[value >> 5]
    return TpStatus(_STATES.get(value, state), final=final, text=_TEXTS.get(value, "unknown"))


_ALL: Final = tuple(_meaning(value) for value in range(256))


def tp_status_meaning(value: int) -> TpStatus:
    """What the octet (0 to 255) means; ``unknown`` for any other figure."""
    return _ALL[value] if 0 <= value <= 255 else TpStatus("unknown", final=False, text="unknown")
