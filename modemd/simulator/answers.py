"""What a command may be answered with, and the texts of its errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from modemd.errors import CauseKind, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

Outcome: TypeAlias = "tuple[str, ...] | Refused"
"""Lines before ``OK``, or the error in its place."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """The command wants a body: ``take`` gets all that came before Ctrl-Z (3GPP TS 27.005, 3.5.1)."""

    take: Callable[[bytes], Answer]


@dataclass(frozen=True, slots=True)
class Pending:
    """The answer comes later: ``start`` is given what to call with it (perhaps before it returns)."""

    start: Callable[[Callable[[Outcome], None]], None]


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing follows, not even ``OK``: ``lines`` are all that the modem says."""

    lines: tuple[str, ...] = ()


Answer: TypeAlias = "tuple[str, ...] | Prompt | Pending | Silent"

CME_TEXTS: Final = {
    3: "operation not allowed",
    4: "operation not supported",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    16: "incorrect password",
    20: "memory full",
    21: "invalid index",
    22: "not found",
    30: "no network service",
    50: "incorrect parameters",
    100: "unknown",
}
"""3GPP TS 27.007, 9.2."""

CMS_TEXTS: Final = {
    38: "Network out of order",
    302: "operation not allowed",
    303: "operation not supported",
    304: "invalid PDU mode parameter",
    305: "invalid text mode parameter",
    310: "(U)SIM not inserted",
    311: "(U)SIM PIN required",
    316: "(U)SIM PUK required",
    321: "invalid memory index",
    322: "memory full",
    330: "SMSC address unknown",
    331: "no network service",
    332: "network timeout",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
}
"""3GPP TS 27.005, 3.2.5."""


def refused(kind: CauseKind, code: int | None = None) -> Refused:
    """The error that a command raises to be refused with ``+CME ERROR``, ``+CMS ERROR`` or ``ERROR``."""
    return Refused("", kind, code, "")


def error_line(refusal: Refused, cmee: int) -> str:
    """A refusal as ``AT+CMEE=cmee`` wants it: 0 bare (but for +CMS), 1 a code, 2 a sentence."""
    if refusal.text:
        return refusal.text
    if refusal.kind == "ERROR" or refusal.code is None or (refusal.kind == "CME" and not cmee):
        return "ERROR"
    texts = CMS_TEXTS if refusal.kind == "CMS" else CME_TEXTS
    said = texts.get(refusal.code, "unknown") if cmee == 2 else str(refusal.code)
    return f"+{refusal.kind} ERROR: {said}"
