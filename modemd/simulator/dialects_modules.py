"""More simulated makers' modules, as their AT manuals describe them."""

from __future__ import annotations

from typing import Final

from modemd.simulator.call_values import CallLines
from modemd.simulator.dialect import LTE, Dialect, lacks
from modemd.simulator.usb import UsbDevice

_SM_ME: Final = (("SM", "ME"), ("SM", "ME"), ("SM", "ME"))
_ALL: Final = (("ME", "MT", "SM", "SR"), ("ME", "SM"), ("ME", "MT", "SM"))

HUAWEI_LTE: Final = Dialect(
    name="huawei-lte",
    manufacturer="Huawei Technologies Co., Ltd.",
    model="ME909s-120",
    revision="11.617.15.00.00",
    missing=lacks("^CPIN ^ICCID ^CURC ^HCSQ ^DTMF ^RESET", also="+CCID", lte=True),
    unknown="COMMAND NOT SUPPORT",
    memories=(("SM",), ("SM",), ("SM",)),
    ccid=("^ICCID", "^ICCID: {}"),
    full_line='^SMMEMFULL: "{}"',
    boot_lines=("^SYSSTART",),
    unsolicited=('^HCSQ: "LTE",55,46,121,20', "^RSSI: 20"),
    technology=LTE,
    usb=UsbDevice(
        "12d1",
        "15c1",
        "Huawei Technologies Co., Ltd.",
        "HUAWEI Mobile",
        "0123456789ABCDEF",
        ("ppp", "diag", "at"),
    ),
    calls=CallLines(
        begun=("^ORIG: 1,0", "^CONF: 1"), answered=("^CONN: 1,0",), ended=("^CEND: 1,{seconds},29,{cause}",)
    ),
)

SIMCOM_LTE: Final = Dialect(
    name="simcom-lte",
    manufacturer="SIMCOM INCORPORATED",
    model="SIMCOM_SIM7600E",
    revision="+CGMR: LE20B04SIM7600M22",
    missing=lacks(
        "+SPIC +CICCID +CRESET +CPSI +CTTS +CTTSPARAM +CDTAM +SMSIMCFG", also="+CCID +CESQ", lte=True
    ),
    memories=(("ME", "MT", "SM", "SR"), ("ME", "MT", "SM"), ("ME", "MT", "SM")),
    cnmi="(0,1,2),(0,1,2,3),(0,2),(0,1,2),(0,1)",
    me_first=0,
    ccid=("+CICCID", "+ICCID: {}"),
    full_line="+SMS FULL",
    boot_lines=("RDY", "+CPIN: READY", "SMS DONE", "PB DONE"),
    technology=LTE,
    usb=UsbDevice(
        "1e0e",
        "9001",
        "SimTech, Incorporated",
        "SimTech, Incorporated",
        "0123456789ABCDEF",
        ("diag", "nmea", "at", "ppp", "sound", "net"),
    ),
    calls=CallLines(answered=("VOICE CALL: BEGIN",), ended=("VOICE CALL: END: {seconds}", "{result}")),
)

UBLOX: Final = Dialect(
    name="u-blox",
    manufacturer="u-blox",
    model="LISA-U200",
    revision="23.60",
    missing=lacks("+UPINCNT", also="+CLAC"),
    restarts_at=(15, 16),
    memories=_ALL,
    cnmi="(0-2),(0-3),(0,2),(0-2),(0,1)",
    usb=UsbDevice("1546", "1102", "u-blox AG", "LISA-U2", roles=("at", "ppp", "diag"), driver="cdc_acm"),
)

TELIT: Final = Dialect(
    name="telit",
    manufacturer="Telit",
    model="LE910-EU1",
    revision="20.00.412",
    missing=lacks("#PCT #CCID #RFSTS #REBOOT", also="+CCID +CLAC", lte=True),
    memories=_SM_ME,
    cnmi="(0-3),(0-3),(0-3),(0-2),(0,1)",
    ccid=("#CCID", "#CCID: {}"),
    technology=LTE,
    usb=UsbDevice("1bc7", "0036", "Telit", "LE910", roles=("at", "diag", "ppp"), driver="cdc_acm"),
)

TELIT_GSM: Final = Dialect(
    name="telit-gsm",
    manufacturer="Telit",
    model="GL865-QUAD",
    revision="10.00.175",
    missing=lacks("#PCT #CCID #REBOOT", also="+CCID +CLAC"),
    memories=(("SM",), ("SM",), ("SM",)),
    cnmi="(0-3),(0-3),(0-3),(0-2),(0,1)",
    ccid=("#CCID", "#CCID: {}"),
)

SIERRA: Final = Dialect(
    name="sierra",
    manufacturer="Sierra Wireless, Incorporated",
    model="MC7455",
    revision="SWI9X30C_02.24.05.06 r7040 CARMD-EV-FRMWR2 2017/05/19 06:23:09",
    missing=lacks("+ICCID !RESET", also="+CCID +CMMS", lte=True),
    memories=_ALL,
    ccid=("+ICCID", "ICCID: {}"),
    technology=LTE,
    usb=UsbDevice(
        "1199",
        "9071",
        "Sierra Wireless, Incorporated",
        "Sierra Wireless MC7455 Qualcomm Snapdragon X7 LTE-A",
        "LF00000000000000",
        ("diag", "net", "nmea", "at"),
        "qcserial",
    ),
)

CINTERION: Final = Dialect(
    name="cinterion",
    manufacturer="Cinterion",
    model="EHS6",
    revision="REVISION 03.001",
    missing=lacks("^SPIC ^SCID", also="+CLAC +CVHU"),
    memories=(("ME", "SM", "MT"), ("ME", "SM", "MT"), ("ME", "SM", "MT")),
    cnmi="(0,1,2),(0,1),(0,2),(0,1,2),(1)",
    boot_lines=("^SYSSTART",),
    usb=UsbDevice("1e2d", "0054", "Cinterion", "EHx", roles=("at", "ppp", "diag"), driver="cdc_acm"),
)

SIEMENS: Final = Dialect(
    name="siemens",
    manufacturer="SIEMENS",
    model="TC35i",
    revision="REVISION 02.03",
    missing=lacks("^SPIC ^SCID", also="+CCID +CLAC +CVHU +CMMS"),
    memories=(("SM", "MT", "ME"), ("SM", "MT", "ME"), ("SM", "MT", "ME")),
    cnmi="(0-3),(0,1),(0,2,3),(0-2),(1)",
    ccid=("^SCID", "^SCID: {}"),
    boot_lines=("^SYSSTART",),
)

MODULES: Final = (HUAWEI_LTE, SIMCOM_LTE, UBLOX, TELIT, TELIT_GSM, SIERRA, CINTERION, SIEMENS)
