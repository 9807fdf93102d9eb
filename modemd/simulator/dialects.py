"""The simulated makers' modems: sticks, phones and the modules most often met, with the table of all."""

from __future__ import annotations

from typing import Final

from modemd.simulator.call_values import CallLines
from modemd.simulator.dialect import LTE, Dialect, lacks
from modemd.simulator.dialects_modules import MODULES
from modemd.simulator.usb import UsbDevice

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
    missing=lacks("^CPIN ^ICCID ^CURC ^USSDMODE ^CVOICE ^DTMF ^RESET", also="+CCID"),
    unknown="COMMAND NOT SUPPORT",
    memories=(("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR")),
    me_first=0,
    ccid=("^ICCID", "^ICCID: {}"),
    full_line='^SMMEMFULL: "{}"',
    boot_lines=("^SYSSTART", "^SRVST:2", "^MODE:5,4"),
    unsolicited=("^BOOT:27710117,0,0,0,72", "^RSSI:18", "^MODE:5,4"),
    cscs=("IRA", "GSM", "UCS2"),
    ussd_in_hex=True,
    calls=CallLines(
        begun=("^ORIG:1,1", "^CONF:1"), answered=("^CONN:1,1",), ended=("^CEND:1,{seconds},29,{cause}",)
    ),
    usb=UsbDevice("12d1", "1001", "HUAWEI Technology", "HUAWEI Mobile", roles=("ppp", "diag", "at")),
)

ZTE: Final = Dialect(
    name="zte",
    manufacturer="ZTE INCORPORATED",
    model="K3565-Z",
    revision="BD_P673A2V1.0.0B09",
    missing=lacks("+ZGETICCID +ZPINPUK", also="+CCID"),
    fixed={"+ZPAS?": ('+BEARTYPE: "UMTS","CS_PS"',), "+CVHU=0": ("+CVHU: (0-1)",)},
    memories=(("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR"), ("ME", "MT", "SM", "SR")),
    free_before_pin=frozenset({"+CPIN", "+CMEE"}),
    ccid=("+ZGETICCID", "+ZGETICCID: {}"),
    csmp_wipes_smsc=True,
    calls=CallLines(ended=("HANGUP: 1",), waits=True, connected="CONNECT"),
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
    missing=lacks("+SPIC", also="+CLAC +CIND"),
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
    missing=lacks("+QPINC +QCCID +QCSQ +QWTTS +QTTSETUP +QWDTMF +QUIMSLOT", lte=True),
    memories=(("SM", "ME", "SR"), ("SM", "ME", "SR"), ("SM", "ME", "SR")),
    me_first=0,
    ccid=("+QCCID", "+QCCID: {}"),
    full_line='+QIND: "SMSFULL","{}"',
    technology=LTE,
    domain=1,
    boot_lines=("RDY", "+CPIN: READY", "+QIND: SMS DONE", "+QIND: PB DONE"),
    unsolicited=('+QIND: "csq",24,99',),
    usb=UsbDevice("2c7c", "0125", "Quectel", "EC25-AF", roles=("diag", "nmea", "at", "ppp", "net")),
)

WAVECOM: Final = Dialect(
    name="wavecom",
    manufacturer=" WAVECOM MODEM",
    model=" MULTIBAND  900E  1800",
    revision="651_09gg.Q2406B 1266500 062005 21:23",
    missing=lacks("+CPINC", also="+CLAC +CVHU +CGMR +CRSM"),
    fixed={"+WIND?": ("+WIND: 0",), "+WIND=50": (), "+CPMS=?": ('+CPMS: (("SM","BM","SR"),("SM"))',)},
    memories=(("SM", "SR"), ("SM",)),
    ccid=("+CCID", '+CCID: "{}"'),
    refused=('+CPMS="SM","SM","SR"',),
    cpin_without_ok=True,
    calls=CallLines(begun=("+WIND: 5,1", "+WIND: 2"), ended=("{result}", "+WIND: 6,1"), waits=True),
    busy_after_cfun=2,
)

NOKIA: Final = Dialect(
    name="nokia",
    manufacturer="Nokia",
    model="Nokia N79",
    revision="V ICPR72_08w44.1\r\n24-11-08\r\nRM-348\r\n(c) Nokia\r\n11.049",
    missing=lacks("", also="+CNMI +CLAC +CCID +CRSM"),
    fixed={"+CPMS=?": ("+CPMS: (),(),()",), "+CPMS?": ("+CPMS: ,,,,,,,,",), "+CSMP?": ("+CSMP: 49,167,0,0",)},
    refused=("+CPMS=", "+CMGL=", "+CMGR=", "+CMGD="),
)

DIALECTS: Final = {one.name: one for one in (GENERIC, HUAWEI, ZTE, SIMCOM, QUECTEL, WAVECOM, NOKIA, *MODULES)}
"""By the name that ``modemd simulate --dialect`` takes."""
