"""Every error code, once in a burst, and for ever where another modem is there to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.gsm.causes import Verb, reaction
from tests.system.faults.cases import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modemd.errors import CauseKind
    from modemd.gsm.causes import Reaction

CMS: Final = (
    1, 8, 10, 17, 21, 22, 27, 28, 29, 30, 38, 41, 42, 47, 50, 69, 81, 95, 96, 97, 98, 99, 111, 127, 128,
    129, 130, 143, 144, 145, 159, 160, 161, 175, 176, 192, 193, 194, 195, 196, 197, 198, 199, 208, 209, 210,
    211, 212, 213, 255, 300, 301, 302, 303, 304, 305, 310, 311, 312, 313, 314, 315, 316, 317, 318, 320, 321,
    322, 330, 331, 332, 340, 500, 512, 513, 514, 515, 532, 538, 540,
)  # fmt: skip
"""3GPP TS 24.011 (table 8.4), 23.040 (9.2.3.22), 27.005 (3.2.5), and makers' own."""
CME: Final = (
    3, 4, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 21, 22, 30, 31, 32, *range(40, 49), 100, 103, 106, 107,
    111, 112, 113, 262, 515, 772, 5,
)  # fmt: skip
"""3GPP TS 27.007 (9.2), and makers' own."""

_HURT: Final = frozenset({Verb.PAUSE, Verb.HUMAN, Verb.MOVE, Verb.WAIT_READY})
_LONG_S: Final = 100


def once() -> Iterator[Case]:
    """The twentieth message meets it; the modem is alone."""
    for kind, code, what in _all():
        yield Case(
            fault=f"{kind} {code}", place="once", faults=(_error(kind, code, times=1),),
            failed=int(what.verb is Verb.FAIL), slow=_lasts_s(what) > _LONG_S,
        )  # fmt: skip
    for kind in ("CMS", "CME"):
        yield Case(
            fault="no code", place=f"bare ERROR for {kind}", faults=("error:on=AT+CMGS*,nth=20,at=body",)
        )


def for_ever() -> Iterator[Case]:
    """What is the SIM's trouble lasts; another modem is in the route."""
    for kind, code, what in _all():
        if what.verb in _HURT or what.pause:
            yield Case(
                fault=f"{kind} {code}", place="from the 12th on", faults=(_error(kind, code, times=0),),
                spare=1, tells="modem" if what.human else "",
            )  # fmt: skip


def taken_all_the_same() -> Iterator[Case]:
    """The network has the part, and the modem says that it timed out."""
    for kind, code in (("CMS", 332), ("CME", 31)):
        spec = f"error:on=AT+CMGS*,nth=20,at=answer,{kind.lower()}={code}"
        yield Case(fault=f"{kind} {code}", place="after Ctrl-Z, taken", faults=(spec,))


def _error(kind: str, code: int, *, times: int) -> str:
    nth = 20 if times else 12
    return f"error:on=AT+CMGS*,nth={nth},at=body,{kind.lower()}={code},times={times}"


def _all() -> Iterator[tuple[CauseKind, int, Reaction]]:
    for code in CMS:
        yield "CMS", code, reaction("CMS", code, after_body=True)
    for code in CME:
        yield "CME", code, reaction("CME", code, after_body=True)


def _lasts_s(what: Reaction) -> float:
    pauses = (what.probe_s,) if what.pause or what.verb is Verb.HUMAN else what.delays_s[:1]
    return max(pauses, default=0)
