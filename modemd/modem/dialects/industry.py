"""Telit's, Sierra's (and Wavecom's) and Cinterion's (and Siemens') modems.

Telit: LE910 AT Commands Reference Guide 80421ST10585A and LE9x0 80407ST10116A (``#CCID``, ``#PCT``,
``#RFSTS``, ``#REBOOT``, ``#SMSMODE``: 1 has what 27.005 says). Sierra: AirPrime MC73xx AT Command Reference
(``!ICCID``, ``!RESET``), AT Commands Interface Guide for Firmware 7.47 (``+CPINC``, ``+CCID``). Cinterion:
EHS6 AT Command Set V03.001, 6.5 (``^SPIC``: of the password that is asked for), MC55 and TC35i (``^SCID``).
"""

from __future__ import annotations

from typing import Final

from modemd.gsm.makers import Family
from modemd.modem.dialects.dialect import Dialect, LteSignal, Step

TELIT: Final = Dialect(
    family=Family.TELIT,
    settle=(Step("AT#SMSMODE=1"),),
    iccid=("AT#CCID", "AT+CCID", "AT+ICCID"),
    tries=("AT#PCT", 'AT+CPINR="SIM PIN"'),
    resets=("AT#REBOOT", "AT+CFUN=1,1", "AT+CFUN=1"),
    # #RFSTS: "<mcc mnc>",<earfcn>,<rsrp>,<rssi>,<rsrq>,<tac>,<rac>,..; in 2G and 3G it has fewer parameters
    signal=LteSignal(command="AT#RFSTS", prefix="#RFSTS:", rsrp=2, rsrq=4, fewest=16),
)

SIERRA: Final = Dialect(
    family=Family.SIERRA,
    iccid=("AT+CCID", "AT!ICCID?", "AT+ICCID"),
    tries=("AT+CPINC", "AT+CPINC?", 'AT+CPINR="SIM PIN"'),
    resets=("AT+CFUN=1,1", "AT!RESET", "AT+CFUN=1"),
)

CINTERION: Final = Dialect(
    family=Family.CINTERION,
    iccid=("AT+CCID", "AT^SCID"),
    tries=("AT^SPIC", 'AT+CPINR="SIM PIN"'),
)
