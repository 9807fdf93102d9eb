"""USSD as the simulated network has it: codes with an answer, a menu, and codes that come to nothing.

========== =====================================================================
code       answer
========== =====================================================================
``*101#``  a menu: ``1`` gives the balance, ``2`` a text of the GSM alphabet
``*102#``  a text that needs UCS-2
``*103#``  operation not supported
``*104#``  the network answers too late
``*105#``  nothing at all
``*106#``  the network ends the dialogue
any other  the balance
========== =====================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.gsm.alphabet import GSM7
from modemd.gsm.septets import pack_ussd, unpack_ussd
from modemd.simulator.answers import refused

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment

MENU: Final = "Menu\n1. Balance\n2. Words\n0. OK"
WORDS: Final = "Grüße, 12 € [Ørsted] @ 5 $"
CYRILLIC: Final = "Баланс: 12 €"
_DEFAULT: Final = 15
_UCS2: Final = 72


class Said(NamedTuple):
    """``mode`` is ``<m>`` of ``+CUSD`` (3GPP TS 27.007, 7.15)."""

    mode: int
    text: str | None = None


_CODES: Final[dict[str, Said | None]] = {
    "*101#": Said(1, MENU),
    "*102#": Said(0, CYRILLIC),
    "*103#": Said(4),
    "*104#": Said(5),
    "*105#": None,
    "*106#": Said(2),
}


def network_says(me: Equipment, text: str) -> Said | None:
    """The network's answer to a code, or to what is chosen in the menu; ``None``: it never comes."""
    me.ussd_heard.append(text)
    if not me.ussd_open:
        said = _CODES.get(text, Said(0, me.balance))
    else:
        said = {"1": Said(0, me.balance), "2": Said(0, WORDS), "0": Said(0, "Goodbye")}.get(
            text, Said(1, MENU)
        )
    me.ussd_open = said is not None and said.mode == 1
    return said


def read(me: Equipment, given: str) -> str:
    """What stands in ``AT+CUSD=1,"..."``; Refused where it is not as this modem wants it."""
    try:
        if _passes_unread(me):
            return GSM7.decode(unpack_ussd(bytes.fromhex(given)))
        if me.settings.cscs == "UCS2":
            return bytes.fromhex(given).decode("utf-16-be")
    except ValueError:
        raise refused("ERROR") from None
    return given


def written(me: Equipment, said: Said) -> str:
    """The result code that tells it."""
    if said.text is None:
        return f"+CUSD: {said.mode}"
    septets = GSM7.encode(said.text)
    if septets is None or (me.settings.cscs == "UCS2" and not _passes_unread(me)) or me.dialect.ussd_in_ucs2:
        dcs = _DEFAULT if me.dialect.ussd_in_ucs2 else _UCS2
        return f'+CUSD: {said.mode},"{said.text.encode("utf-16-be").hex().upper()}",{dcs}'
    if _passes_unread(me):
        return f'+CUSD: {said.mode},"{pack_ussd(septets).hex().upper()}",{_DEFAULT}'
    text = septets.decode("latin-1") if me.settings.cscs == "GSM" else said.text
    return f'+CUSD: {said.mode},"{text}",{_DEFAULT}'


def _passes_unread(me: Equipment) -> bool:
    return me.dialect.ussd_in_hex and me.settings.plain.get("^USSDMODE", "1") != "0"
