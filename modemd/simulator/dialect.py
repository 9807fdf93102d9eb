"""What a maker's modem does otherwise, as a value over the one simulated modem."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modemd.simulator.call_values import PLAIN_CALLS, CallLines
from modemd.simulator.usb import UsbDevice

if TYPE_CHECKING:
    from collections.abc import Mapping

_FREE: Final = """
    Z E V Q I X &F &C &D &W S0 S3 S7 +CFUN +CMEE +CPIN +CRSM +CGMI +CGMM +CGMR +CGSN
    +GMI +GMM +GMR +GSN +GCAP +CLAC +CSQ +CREG +CPAS ^CURC +IPR +IFC +ICF +CRC +CSCS
    +CPINR ^CPIN +SPIC ^SPIC +QPINC +UPINCNT #PCT +CPINC +ZPINPUK
"""
FREE_BEFORE_PIN: Final = frozenset(_FREE.split())
"""What most modems do without a SIM, or before its PIN is given."""

ADAPTER: Final = UsbDevice(
    "10c4", "ea60", "Silicon Labs", "CP2102 USB to UART Bridge Controller", "0001", driver="cp210x"
)
"""What a modem without a plug of its own is behind."""


UMTS: Final = 2
LTE: Final = 7
"""``<AcT>`` of 3GPP TS 27.007, 7.3."""
_MAKERS: Final = """
    ^CPIN +SPIC ^SPIC +QPINC +UPINCNT #PCT +CPINC +ZPINPUK
    ^ICCID +ICCID +ZGETICCID +QCCID #CCID ^SCID +CICCID
    ^HCSQ +QCSQ +CPSI #RFSTS ^CURC ^USSDMODE ^CVOICE ^DTMF +QWDTMF
    ^RESET #REBOOT !RESET +CRESET
    +CTTS +CTTSPARAM +CDTAM +QWTTS +QTTSETUP +QUIMSLOT +QDSIM +SMSIMCFG
"""
MAKERS: Final = frozenset(_MAKERS.split())
"""Commands of one maker or another."""
_LATE: Final = frozenset({"+CPINR", "+CEREG", "+C5GREG", "+CESQ"})
"""What the standard has only since LTE, or a little before."""


def lacks(known: str, *, also: str = "", lte: bool = False) -> frozenset[str]:
    """What a maker's modem does not have: others' own commands, and on an old one what came with LTE."""
    return (MAKERS | (frozenset() if lte else _LATE) | frozenset(also.split())) - frozenset(known.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Overrides.

    ``fixed`` answers a whole command with these lines and ``OK``; ``refused`` are beginnings of commands
    that are refused; ``missing`` are commands that the maker does not know. ``memories`` are those of
    +CPMS=?, one group an argument. ``ccid`` is the command for the ICCID and its answer. ``full_line`` is
    what is said when there is no room for a message. ``csmp_wipes_smsc``: AT+CSMP= makes AT+CSCA? empty.
    ``busy_after_cfun``: so many commands after AT+CFUN= get CME 515. ``ussd_in_hex``: AT+CUSD takes text
    only after AT^USSDMODE=0, and till then packed septets in hexadecimal. ``ussd_in_ucs2``: +CUSD: gives
    UCS-2 in hexadecimal, with a coding scheme that says otherwise. ``technology`` is where it is registered.
    ``restarts_at`` are levels of AT+CFUN= that restart it, ``domain`` is AT+CGSMS? as it is made.
    """

    name: str
    manufacturer: str
    model: str
    revision: str
    missing: frozenset[str] = frozenset()
    unknown: str = "ERROR"
    fixed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    refused: tuple[str, ...] = ()
    memories: tuple[tuple[str, ...], ...] = (("SM", "ME", "SR"), ("SM", "ME"), ("SM", "ME"))
    capacities: Mapping[str, int] = field(default_factory=lambda: {"SM": 30, "ME": 100, "SR": 50})
    me_first: int = 1
    cnmi: str = "(0-2),(0-3),(0,2),(0-2),(0,1)"
    free_before_pin: frozenset[str] | None = FREE_BEFORE_PIN
    ccid: tuple[str, str] = ("+CCID", "+CCID: {}")
    full_line: str | None = None
    boot_lines: tuple[str, ...] = ()
    unsolicited: tuple[str, ...] = ()
    csmp_wipes_smsc: bool = False
    empty_slot_answers_ok: bool = False
    cpin_without_ok: bool = False
    busy_after_cfun: int = 0
    ussd_in_hex: bool = False
    ussd_in_ucs2: bool = False
    cscs: tuple[str, ...] = ("IRA", "GSM", "UCS2", "8859-1")
    technology: int = UMTS
    restarts_at: tuple[int, ...] = ()
    domain: int = 3
    usb: UsbDevice = ADAPTER
    calls: CallLines = PLAIN_CALLS
