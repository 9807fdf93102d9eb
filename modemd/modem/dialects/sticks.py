"""Huawei's and ZTE's modems, as most sticks are.

Huawei: ME909s and ME906s AT Command Interface Specification (``^CURC``, ``^ICCID``, ``^CPIN``, ``^HCSQ``,
``^RESET``); ``^USSDMODE`` and ``^DTMF`` from oFono's and chan_dongle's drivers and recordings; MU736 takes
``^RESET`` and does not restart (ModemManager), so the standard's word comes first. ``AT+CCID`` hangs some
and is not asked. ZTE: ``+ZGETICCID`` and ``+ZPINPUK`` (told in its test form) as oFono and gammu have them.
"""

from __future__ import annotations

from typing import Final

from modemd.gsm.makers import Family
from modemd.modem.dialects.dialect import Dialect, LteSignal, Step

HUAWEI: Final = Dialect(
    family=Family.HUAWEI,
    settle=(Step("AT^CURC=0"),),  # its reports of signal and traffic, several a second
    iccid=("AT^ICCID?", "AT+ICCID"),
    tries=("AT^CPIN?", 'AT+CPINR="SIM PIN"'),
    ussd_setup="AT^USSDMODE=0",
    resets=("AT+CFUN=1,1", "AT^RESET", "AT+CFUN=1"),
    # ^HCSQ: "LTE",<rssi>,<rsrp>,<sinr>,<rsrq>: steps above -141 dBm, and half steps above -20 dB
    signal=LteSignal(
        command="AT^HCSQ?",
        prefix="^HCSQ:",
        mode="LTE",
        rsrp=2,
        rsrq=4,
        rsrp_offset=-141,
        rsrq_offset=-40,
        rsrq_unit=0.5,
    ),
    tone="AT^DTMF=1,{}",
)

ZTE: Final = Dialect(
    family=Family.ZTE,
    iccid=("AT+ZGETICCID", "AT+CCID", "AT+ICCID"),
    tries=("AT+ZPINPUK=?", "AT+CPNNUM", 'AT+CPINR="SIM PIN"'),
)
