"""How the families of modems differ, as data."""

from __future__ import annotations

from typing import Final

from modemd.gsm.makers import Family, family_of
from modemd.modem.dialects.dialect import GENERIC, Dialect, LteSignal, Slots, Speech, Step
from modemd.modem.dialects.industry import CINTERION, SIERRA, TELIT
from modemd.modem.dialects.modules import QUECTEL, SIMCOM, UBLOX
from modemd.modem.dialects.sticks import HUAWEI, ZTE

__all__ = ["DIALECTS", "GENERIC", "Dialect", "LteSignal", "Slots", "Speech", "Step", "dialect_for"]

DIALECTS: Final = {
    one.family: one for one in (HUAWEI, ZTE, SIMCOM, QUECTEL, UBLOX, TELIT, SIERRA, CINTERION, GENERIC)
}
"""One for every family."""


def dialect_for(manufacturer: str | None, model: str | None) -> Dialect:
    """The dialect of a modem by ``+CGMI`` and ``+CGMM``; GENERIC where the maker is not known."""
    return DIALECTS.get(family_of(manufacturer, model), DIALECTS[Family.GENERIC])
