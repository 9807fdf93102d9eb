"""Families of modems that speak alike, by what they say of themselves (27.007, 5.1 and 5.2)."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Family(StrEnum):
    """Modems whose makers' commands and faults are the same."""

    HUAWEI = "huawei"
    ZTE = "zte"
    SIMCOM = "simcom"
    QUECTEL = "quectel"
    UBLOX = "u-blox"
    TELIT = "telit"
    SIERRA = "sierra"
    """Sierra Wireless and what was Wavecom."""
    CINTERION = "cinterion"
    """Siemens, Cinterion, Gemalto, Thales and Telit Cinterion's modules of that line."""
    GENERIC = "generic"
    """None of these, or it does not tell: the standard and nothing else."""


_WORDS: Final[tuple[tuple[str, Family], ...]] = (
    ("huawei", Family.HUAWEI),
    ("zte", Family.ZTE),
    ("simcom", Family.SIMCOM),
    ("sim800", Family.SIMCOM),
    ("sim900", Family.SIMCOM),
    ("sim76", Family.SIMCOM),
    ("quectel", Family.QUECTEL),
    ("u-blox", Family.UBLOX),
    ("ublox", Family.UBLOX),
    ("cinterion", Family.CINTERION),
    ("siemens", Family.CINTERION),
    ("gemalto", Family.CINTERION),
    ("thales", Family.CINTERION),
    ("telit", Family.TELIT),
    ("sierra", Family.SIERRA),
    ("wavecom", Family.SIERRA),
)


def family_of(manufacturer: str | None, model: str | None) -> Family:
    """The family by ``+CGMI`` and ``+CGMM``; the maker's word counts before the model's."""
    for told in (manufacturer, model):
        said = (told or "").lower()
        found = next((family for word, family in _WORDS if word in said), None)
        if found is not None:
            return found
    return Family.GENERIC
