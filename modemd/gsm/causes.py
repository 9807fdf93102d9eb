"""From a cause to what is to be done about it, as one table. The meanings are the standards'; the verbs
are judgement, made for a gateway that has several modems and must neither lose nor repeat a message.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from modemd.errors import CauseKind
from modemd.gsm.cause_overrides import override
from modemd.gsm.cause_texts import CME, CMS
from modemd.gsm.makers import Family
from modemd.gsm.reactions import Reaction, Verb
from modemd.gsm.tp_status import TpStatus, tp_status_meaning

__all__ = ["Reaction", "TpStatus", "Verb", "reaction", "silence", "tp_status_meaning"]

_R, _V = Reaction, Verb
_RETRY: Final = _R(verb=_V.RETRY)
_THEN_MOVE: Final = _R(verb=_V.RETRY, then=_V.MOVE)
_TWICE: Final = _R(verb=_V.RETRY, delays_s=(5, 30), then=_V.MOVE)
_CROWDED: Final = _R(verb=_V.RETRY, delays_s=(5, 30), then=_V.MOVE, jitter=True)
_UNKNOWN: Final = _R(verb=_V.RETRY, delays_s=(5,), then=_V.MOVE, pause_after=5, human=True, ladder=True)
_FAIL: Final = _R(verb=_V.FAIL, delays_s=())
_BUG: Final = _R(verb=_V.FAIL, delays_s=(), bug=True)
_BARRED: Final = _R(
    verb=_V.MOVE, pause_after=2, distinct=True, probe_s=300, human=True, ask_balance=True
)  # fmt: skip
_NO_SERVICE: Final = _R(verb=_V.MOVE, pause=True, human=True)
_SIM_GONE: Final = _R(verb=_V.PAUSE, pause=True, human=True, probe_s=300)
_PAUSE: Final = _R(verb=_V.PAUSE, pause=True, human=True)
_HUMAN: Final = _R(verb=_V.HUMAN, delays_s=(), pause=True, human=True)
_BUSY: Final = _R(verb=_V.RETRY, delays_s=(2, 5, 10), then=_V.MOVE)
_DRAIN: Final = _R(verb=_V.DRAIN, delays_s=(2, 30, 120))
_PREPARE: Final = _R(verb=_V.PREPARE, delays_s=(2, 30), then=_V.MOVE)
_WAIT: Final = _R(verb=_V.WAIT_READY, pause=True, probe_s=10)
_IGNORE: Final = _R(verb=_V.IGNORE, delays_s=(2,))
_FORGO: Final = _R(verb=_V.FORGO, delays_s=(5,), then=_V.MOVE, pause_after=5, human=True)
_NO_VALIDITY: Final = _R(verb=_V.RETRY_ONCE, delays_s=(1,), leave_out=("validity",))

_TABLE: Final[tuple[tuple[CauseKind, tuple[int, ...], Reaction], ...]] = (
    # 24.011, table 8.4: the network's RP causes
    ("CMS", (1, 30), _FAIL),
    ("CMS", (8, 10), _BARRED),
    ("CMS", (17, 22), _RETRY),
    ("CMS", (21,), replace(_BARRED, delays_s=(1,), pause_after=3)),  # often: no credit
    ("CMS", (27,), _R(verb=_V.RETRY_LONG, delays_s=(900, 900, 900))),
    ("CMS", (28,), _PAUSE),  # our own SIM is not known
    ("CMS", (29, 50), _NO_SERVICE),
    ("CMS", (38,), replace(_THEN_MOVE, pause_after=5)),
    ("CMS", (41, 42, 47), _CROWDED),
    (
        "CMS",
        (69,),
        _R(verb=_V.RETRY_ONCE, delays_s=(1,), leave_out=("report", "type_of_number", "validity")),
    ),
    ("CMS", (81,), _R(verb=_V.RETRY_ONCE, delays_s=(5,))),
    ("CMS", (95, 96, 97, 98, 99, 111), _BUG),
    ("CMS", (127,), _RETRY),
    # 23.040, 9.2.3.22: TP-FCS
    ("CMS", (128, 129, 130, 143, 144, 145, 159, 160, 161, 175, 176), _FAIL),
    ("CMS", (192, 194), _THEN_MOVE),
    ("CMS", (193, 195), _PAUSE),
    ("CMS", (196,), _FAIL),
    ("CMS", (197,), replace(_FAIL, duplicate=True, human=True)),
    ("CMS", (198, 199), _NO_VALIDITY),
    ("CMS", (208, 209, 211), _DRAIN),
    ("CMS", (210, 212, 213, 255), _TWICE),
    # 27.005, 3.2.5: the equipment
    ("CMS", (300,), _R(verb=_V.RESET, delays_s=(10, 60), then=_V.MOVE)),
    ("CMS", (301,), _RETRY),
    ("CMS", (302, 311, 320), _PREPARE),
    ("CMS", (303,), _HUMAN),
    ("CMS", (304, 305), _BUG),
    ("CMS", (310, 313, 315), _SIM_GONE),
    ("CMS", (312, 316, 317, 318), _HUMAN),
    ("CMS", (314,), _BUSY),
    ("CMS", (321, 340), _IGNORE),
    ("CMS", (322,), _DRAIN),
    ("CMS", (330,), _R(verb=_V.PREPARE, delays_s=(2,), then=_V.HUMAN)),
    ("CMS", (331,), _WAIT),
    ("CMS", (332,), replace(_RETRY, unanswered=True)),
    ("CMS", (500,), _UNKNOWN),
    # makers' own
    ("CMS", (512, 513, 514), _THEN_MOVE),
    ("CMS", (515,), _WAIT),
    ("CMS", (532, 538, 540), _UNKNOWN),
    # 27.007, 9.2
    ("CME", (3, 4), _FORGO),
    ("CME", (5, 12, 16, 17, 18), _HUMAN),
    ("CME", (10, 13, 15), _SIM_GONE),
    ("CME", (11,), _PREPARE),
    ("CME", (14,), _BUSY),
    ("CME", (20,), _DRAIN),
    ("CME", (21, 22), _IGNORE),
    ("CME", (30,), _WAIT),
    ("CME", (31,), replace(_RETRY, unanswered=True)),
    ("CME", (32,), replace(_WAIT, human=True, human_after_s=600)),  # the network does not accept the SIM
    ("CME", tuple(range(40, 49)), _HUMAN),
    ("CME", (100,), replace(_UNKNOWN, pause_after=2)),
    ("CME", (103, 106, 107, 111, 112, 113), _PAUSE),
    ("CME", (262,), _HUMAN),
    ("CME", (515,), _WAIT),
    ("CME", (772,), _R(verb=_V.RESET, delays_s=(10, 60), then=_V.MOVE)),
)

_RANGES: Final[tuple[tuple[int, int, Reaction, str], ...]] = (
    (0, 127, _RETRY, "a network cause without a name"),
    (128, 191, _FAIL, "the network does not support what was asked"),
    (192, 207, _THEN_MOVE, "a cause of the service centre"),
    (208, 255, _TWICE, "an error in the modem"),
    (256, 511, _UNKNOWN, "an error of the modem without a name"),
)
"""Figures of ``+CMS ERROR`` that no row names, by what their range belongs to."""


def _rows() -> Iterable[tuple[tuple[CauseKind, int], Reaction]]:
    for kind, codes, row in _TABLE:
        for code in codes:
            yield (kind, code), replace(row, meaning=(CMS if kind == "CMS" else CME).get(code, ""))


_REACTIONS: Final = dict(_rows())
_DOUBT: Final = _R(verb=_V.UNCERTAIN, delays_s=(), meaning="no answer after the PDU: it may have gone")
_SILENT: Final = _R(verb=_V.RETRY, delays_s=(1, 5, 30), then=_V.MOVE, meaning="no answer before the PDU")


def reaction(
    kind: CauseKind,
    code: int | None,
    *,
    after_body: bool,
    family: Family = Family.GENERIC,
    model: str = "",
) -> Reaction:
    """What to do about a final result code that says no; every figure there is has an answer.

    ``after_body`` tells whether the PDU had been handed over before it came; ``family`` and ``model`` are the
    modem's: some makers mean something else by a figure.
    """
    found = _known(kind, code, family, model)
    if after_body and found.unanswered:
        return replace(_DOUBT, meaning=found.meaning)
    return found


def _known(kind: CauseKind, code: int | None, family: Family, model: str) -> Reaction:
    if code is None:
        return replace(_UNKNOWN, meaning="no cause was told")
    own = override(family, model, kind, code)
    if isinstance(own, Reaction):
        return own
    kind, code = own or (kind, code)
    known = _REACTIONS.get((kind, code))
    if known is not None:
        return known
    if kind == "CMS":
        for low, high, row, meaning in _RANGES:
            if low <= code <= high:
                return replace(row, meaning=meaning)
    return replace(_UNKNOWN, meaning="a maker's own cause")


def silence(*, after_body: bool) -> Reaction:
    """What to do when no answer came at all: before the PDU nothing had been handed over."""
    return _DOUBT if after_body else _SILENT
