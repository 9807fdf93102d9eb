"""How makers differ, as data over the one simulated modem."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from modemd.simulator.usb import UsbDevice

if TYPE_CHECKING:
    from collections.abc import Mapping

_FREE = (
    "Z E V Q I X &F &C &D &W S0 S3 S7 +CFUN +CMEE +CPIN +CPINR ^CPIN +SPIC +QPINC +CGMI +CGMM +CGMR +CGSN "
    "+GMI +GMM +GMR +GSN +GCAP +CLAC +CSQ +CREG +CPAS ^CURC +IPR +IFC +ICF +CRC +CSCS"
)
FREE_BEFORE_PIN: Final = frozenset(_FREE.split())
"""What most modems do without a SIM, or before its PIN is given."""

ADAPTER: Final = UsbDevice(
    "10c4", "ea60", "Silicon Labs", "CP2102 USB to UART Bridge Controller", "0001", driver="cp210x"
)
"""What a modem without a plug of its own is behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """Overrides.

    ``fixed`` answers a whole command with these lines and ``OK``; ``refused`` are beginnings of commands
    that are refused; ``missing`` are commands that the maker does not know. ``memories`` are those of
    +CPMS=?, one group an argument. ``ccid`` is the command for the ICCID and its answer. ``full_line`` is
    what is said when there is no room for a message. ``csmp_wipes_smsc``: AT+CSMP= makes AT+CSCA? empty.
    ``busy_after_cfun``: so many commands after AT+CFUN= get CME 515. ``ussd_in_hex``: AT+CUSD takes text
    only after AT^USSDMODE=0, and till then packed septets in hexadecimal. ``ussd_in_ucs2``: +CUSD: gives
    UCS-2 in hexadecimal, with a coding scheme that says otherwise.
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
    usb: UsbDevice = ADAPTER


GENERIC: Final = Dialect(
    name="generic",
    manufacturer="modemd",
    model="Simulated",
    revision="1.0",
    unsolicited=("+CIEV: 2,4",),
)

HUAWEI: Final = Dialect(
    name="huawei",
    manufacturer="huawei",
    model="E1752",
    revision="11.126.13.00.00",
    missing=frozenset({"+CCID", "+CPINR", "+SPIC", "+QPINC", "+CEREG", "+C5GREG", "+ICCID", "+QCCID"}),
    unknown="COMMAND NOT SUPPORT",
    memories=(("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR")),
    me_first=0,
    ccid=("^ICCID", "^ICCID: {}"),
    full_line='^SMMEMFULL: "{}"',
    boot_lines=("^SYSSTART", "^SRVST:2", "^MODE:5,4"),
    unsolicited=("^BOOT:27710117,0,0,0,72", "^RSSI:18", "^MODE:5,4"),
    cscs=("IRA", "GSM", "UCS2"),
    ussd_in_hex=True,
    usb=UsbDevice("12d1", "1001", "HUAWEI Technology", "HUAWEI Mobile", roles=("ppp", "diag", "at")),
)

ZTE: Final = Dialect(
    name="zte",
    manufacturer="ZTE INCORPORATED",
    model="K3565-Z",
    revision="BD_P673A2V1.0.0B09",
    missing=frozenset({"+CCID", "+CPINR", "^CPIN", "+SPIC", "+QPINC", "+CEREG", "+C5GREG", "^ICCID"}),
    fixed={"+ZPAS?": ('+BEARTYPE: "UMTS","CS_PS"',), "+CVHU=0": ("+CVHU: (0-1)",)},
    memories=(("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR")),
    free_before_pin=frozenset({"+CPIN", "+CMEE"}),
    ccid=("+ZGETICCID", "+ZGETICCID: {}"),
    csmp_wipes_smsc=True,
    cscs=("IRA", "GSM", "UCS2"),
    usb=UsbDevice(
        "19d2", "0063", "ZTE,Incorporated", "ZTE WCDMA Technologies MSM", "P6", ("diag", "at", "ppp")
    ),
)

SIMCOM: Final = Dialect(
    name="simcom",
    manufacturer="SIMCOM_Ltd",
    model="SIMCOM_SIM800L",
    revision="Revision:1418B05SIM800L24",
    missing=frozenset({"+CLAC", "+CPINR", "^CPIN", "+QPINC", "^ICCID", "+CEREG", "+C5GREG", "+CIND"}),
    fixed={"+DDET=1": ()},
    memories=(("SM", "ME"), ("SM", "ME"), ("SM", "ME")),
    cnmi="(0,1,2),(0,1,2,3),(0,2),(0,1),(0,1)",
    ccid=("+CCID", "{}"),
    full_line="+SMSFULL",
    boot_lines=("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"),
    empty_slot_answers_ok=True,
)

QUECTEL: Final = Dialect(
    name="quectel",
    manufacturer="Quectel",
    model="EC25",
    revision="EC25EFAR06A04M4G",
    missing=frozenset({"+CPINR", "^CPIN", "+SPIC", "^ICCID"}),
    memories=(("SM", "ME", "SR"), ("SM", "ME", "SR"), ("SM", "ME", "SR")),
    me_first=0,
    ccid=("+QCCID", "+QCCID: {}"),
    full_line='+QIND: "SMSFULL","{}"',
    boot_lines=("RDY", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE"),
    unsolicited=('+QIND: "csq",24,99',),
    usb=UsbDevice("2c7c", "0125", "Quectel", "EC25-AF", roles=("diag", "nmea", "at", "ppp", "net")),
)

WAVECOM: Final = Dialect(
    name="wavecom",
    manufacturer=" WAVECOM MODEM",
    model=" MULTIBAND  900E  1800",
    revision="651_09gg.Q2406B 1266500 062005 21:23",
    missing=frozenset({"+CLAC", "+CVHU", "+CEREG", "+C5GREG", "+CPINR", "^CPIN", "+SPIC", "+QPINC", "+CGMR"}),
    fixed={"+WIND?": ("+WIND: 0",), "+WIND=50": (), "+CPMS=?": ('+CPMS: (("SM","BM","SR"),("SM"))',)},
    memories=(("SM", "SR"), ("SM",)),
    ccid=("+CCID", '+CCID: "{}"'),
    refused=('+CPMS="SM","SM","SR"',),
    cpin_without_ok=True,
    busy_after_cfun=2,
)

NOKIA: Final = Dialect(
    name="nokia",
    manufacturer="Nokia",
    model="Nokia N79",
    revision="V ICPR72_08w44.1\r\n24-11-08\r\nRM-348\r\n(c) Nokia\r\n11.049",
    missing=frozenset({"+CNMI", "+CLAC", "+CCID", "+CEREG", "+C5GREG", "+CPINR", "^CPIN", "+SPIC", "+QPINC"}),
    fixed={"+CPMS=?": ("+CPMS: (),(),()",), "+CPMS?": ("+CPMS: ,,,,,,,,",), "+CSMP?": ("+CSMP: 49,167,0,0",)},
    refused=("+CPMS=", "+CMGL=", "+CMGR=", "+CMGD="),
)

DIALECTS: Final = {one.name: one for one in (GENERIC, HUAWEI, ZTE, SIMCOM, QUECTEL, WAVECOM, NOKIA)}
"""By the name that ``modemd simulate --dialect`` takes."""
