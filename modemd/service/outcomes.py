"""What can become of a submitted part, as plain values: ``service`` never sees a modem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.gsm.makers import Family
from modemd.gsm.values import value

if TYPE_CHECKING:
    from modemd.errors import CauseKind


@dataclass(frozen=True, slots=True)
class Seat:
    """Who submits: a modem's row in the store, its name, the SIM that is in it now, and what it is.

    ``family`` and ``model`` are as it says of itself: some makers mean something else by a cause.
    """

    modem_id: int
    name: str
    sim: str
    family: Family = Family.GENERIC
    model: str = ""


@value(frozen=True, slots=True)
class Taken:
    """The network accepted the part; ``tp_mr`` is ``None`` where the modem did not say."""

    tp_mr: int | None


@dataclass(frozen=True, slots=True)
class Denied:
    """A final result code said no; ``after_body`` tells whether the PDU had been handed over."""

    kind: CauseKind
    code: int | None
    text: str
    after_body: bool = True


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer came, or the port was lost; once the PDU was handed over, the part is uncertain."""

    reason: str
    after_body: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """A call was answered, and all was said that was to be said."""

    after_body: bool = True


@dataclass(frozen=True, slots=True)
class Unreached:
    """A call that said nothing to anybody, or not all; ``code`` is a word for programs.

    ``busy``, ``no_answer``, ``no_carrier``, ``cut`` (hung up before the end), ``unspoken`` (the modem would
    not say it), ``undialed`` (it would not dial), ``stopped`` (the gateway stopped meanwhile).
    """

    code: str
    reason: str
    after_body: bool = True


Outcome = Taken | Denied | Unanswered | Heard | Unreached
