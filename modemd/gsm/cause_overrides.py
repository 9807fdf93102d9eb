"""Makers that mean something else by a figure, or something more: by family and model, with the source.

The figures from 512 on are the makers' own (27.005, 3.2.5), and one maker's congestion is another's slip in a
PDU. What is not confirmed by a maker's manual is not here: the common table is then as good a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from modemd.errors import CauseKind
from modemd.gsm.makers import Family
from modemd.gsm.reactions import Reaction, Verb

__all__ = ["OVERRIDES", "Like", "Override", "override"]

Like = tuple[CauseKind, int]
"""The same as another cause of the common table."""


class Override(NamedTuple):
    """What a figure means on the models of a family that fit a pattern: in capitals, with ``*`` and ``?``."""

    family: Family
    model: str
    kind: CauseKind
    code: int
    meant: Reaction | Like


def _slip(meaning: str) -> Reaction:
    """The modem finds fault with what it was given: sent again it would be no better."""
    return Reaction(verb=Verb.FAIL, meaning=meaning, delays_s=(), bug=True)


def _unanswered(meaning: str) -> Reaction:
    """The PDU was on the air, and the network's answer did not come: it may have it."""
    return Reaction(verb=Verb.RETRY, meaning=meaning, then=Verb.MOVE, unanswered=True)


def _wait(meaning: str) -> Reaction:
    """It is starting, or busy: look again in ten seconds."""
    return Reaction(verb=Verb.WAIT_READY, meaning=meaning, pause=True, probe_s=10)


def _radio(meaning: str) -> Reaction:
    """The radio, or the network behind it: it passes."""
    return Reaction(verb=Verb.RETRY, meaning=meaning, then=Verb.MOVE)


def _full(meaning: str) -> Reaction:
    """There is no room: the storages are to be emptied first."""
    return Reaction(verb=Verb.DRAIN, meaning=meaning, delays_s=(2, 30, 120))


def _barred(meaning: str) -> Reaction:
    """This SIM may not send."""
    return Reaction(verb=Verb.MOVE, meaning=meaning, pause=True, human=True)


_C: Final[CauseKind] = "CMS"

_QUECTEL: Final[Mapping[int, Reaction]] = {  # Quectel EC25 & EC21 AT Commands Manual V1.3, 21.6
    512: _wait("SIM not ready"),
    513: _slip("message length exceeds the maximum"),
    514: _slip("invalid request parameters"),
    515: _full("ME storage failure"),
    517: _slip("invalid service mode"),
    528: _radio("more messages to send: state error"),
    529: _barred("sending is not allowed"),
    530: _radio("GPRS is suspended"),
    531: _full("ME storage full"),
}
_SIMCOM: Final[Mapping[int, Reaction]] = {  # SIMCom SIM800 Series AT Command Manual V1.01, 19.2
    224: _unanswered("CP retry exceeded"),
    225: _unanswered("RP timer TR1M expired"),
    226: _unanswered("SMS connection broken"),
    323: _slip("invalid input parameter"),
    324: _slip("invalid input format"),
    325: _slip("invalid input value"),
    513: _slip("message length exceeds the maximum"),
    514: _slip("invalid request parameters"),
    515: _full("ME storage failure"),
    519: _slip("invalid message format"),
    521: _wait("SMS part of the modem not ready"),
    525: _radio("no free entity in the relay layer"),
    529: _barred("sending is not allowed"),
    530: _radio("GPRS is suspended"),
    531: _full("ME storage full"),
    532: _wait("SIM not ready: it is being refreshed"),
}
_TELIT: Final[Mapping[int, Reaction]] = {  # Telit AT Commands Reference Guide 80617ST10991A rev. 9, 3.2.2.2
    512: _radio("no resources for short messages"),
    513: _unanswered("RP timer TR1M expired"),
    514: _unanswered("lower layer error"),
    515: _unanswered("no response from the network"),
}
_WAVECOM: Final[Mapping[int, Reaction]] = {  # Wavecom AT Commands Interface Guide, 16.3
    512: _radio("MM establishment failure"),
    513: _radio("lower layer failure"),
    514: _radio("CP error"),
    515: _wait("initialising, or another command in progress"),
}
_SIERRA_HL78: Final[Mapping[int, Reaction]] = {  # Sierra Wireless HL78xx AT guide 41111821 rev. 11, 14.3.3
    606: _wait("busy: another request is pending"),
}
_CINTERION: Final[Mapping[int, Reaction]] = {  # Siemens TC65 AT Command Set V02.000, 2.12
    512: Reaction(verb=Verb.RETRY, meaning="aborted", delays_s=(5,), then=Verb.MOVE),
    513: _full("unable to store"),
    515: _slip("invalid character in the address"),
    516: _slip("invalid length"),
    517: _slip("invalid character in the PDU"),
    519: _slip("invalid length or character"),
    520: _slip("invalid character in the text"),
    521: _unanswered("timer expired"),
    522: _wait("operation temporarily not allowed"),
    532: _wait("SIM not ready"),
    535: _wait("protocol stack busy"),
    538: _slip("invalid parameter"),
    549: _slip("incorrect PDU length"),
    550: _slip("invalid message type"),
    551: _slip("character in the address that is not hexadecimal"),
    553: _slip("incorrect length of the user data"),
    554: _slip("incorrect length of the service centre's address"),
}
_LENA_R8: Final[Mapping[int, Reaction]] = {  # u-blox LENA-R8 AT commands manual UBX-22016905 R04, A.2
    287: _radio("network failure"),
    290: _radio("no resources in the network"),
    513: _unanswered("SMS timer expired"),
    523: _slip("no destination address"),
    524: _slip("invalid destination address"),
    526: Reaction(verb=Verb.PREPARE, meaning="invalid service centre", delays_s=(2,), then=Verb.HUMAN),
    527: _slip("invalid alphabet"),
    528: _slip("invalid length of the user data"),
    530: _slip("user data too long"),
    538: _unanswered("network connection lost"),
    539: _wait("another message is being sent"),
    543: _barred("the SIM's own control rejects it"),
    604: Reaction(verb=Verb.WAIT_READY, meaning="no coverage", pause=True, probe_s=10),
    606: _wait("busy: another request is pending"),
    620: _radio("lower layer failure"),
}
# The same manual: LENA-R8 tells the network's RP causes (24.011, table 8.4) under figures of its own.
_LENA_R8_RP: Final[Mapping[int, int]] = {
    350: 1, 351: 8, 352: 10, 354: 21, 356: 27, 357: 28, 358: 29, 359: 30, 360: 38, 361: 41, 362: 42, 363: 47,
    364: 50, 365: 69, 366: 81, 367: 95, 368: 96, 369: 97, 370: 98, 371: 99, 372: 111, 373: 127,
}  # fmt: skip

_TABLES: Final[tuple[tuple[Family, str, Mapping[int, Reaction]], ...]] = (
    (Family.QUECTEL, "*", _QUECTEL),
    (Family.SIMCOM, "*SIM[89]*", _SIMCOM),  # those of the 7000 series have Qualcomm's figures
    (Family.TELIT, "*", _TELIT),
    (Family.SIERRA, "*HL78*", _SIERRA_HL78),
    (Family.SIERRA, "*", _WAVECOM),
    (Family.CINTERION, "*", _CINTERION),
    (Family.UBLOX, "LENA-R8*", _LENA_R8),
)
OVERRIDES: Final[tuple[Override, ...]] = (
    *(
        Override(family, model, _C, code, meant)
        for family, model, table in _TABLES
        for code, meant in table.items()
    ),
    *(Override(Family.UBLOX, "LENA-R8*", _C, own, (_C, code)) for own, code in _LENA_R8_RP.items()),
    # "Service not available" there, and no blocked SIM (the same guide, 3.2.2.1).
    Override(Family.TELIT, "*", "CME", 262, ("CME", 30)),
)


def _by_code() -> Mapping[tuple[Family, CauseKind, int], tuple[Override, ...]]:
    found: dict[tuple[Family, CauseKind, int], tuple[Override, ...]] = {}
    for each in OVERRIDES:
        key = (each.family, each.kind, each.code)
        found[key] = (*found.get(key, ()), each)
    return found


_BY_CODE: Final = _by_code()


def override(family: Family, model: str, kind: CauseKind, code: int) -> Reaction | Like | None:
    """What a figure means on this model; ``None``: what it means everywhere. The first that fits counts."""
    known = _BY_CODE.get((family, kind, code), ())
    return next((each.meant for each in known if fnmatchcase(model.upper(), each.model)), None)
