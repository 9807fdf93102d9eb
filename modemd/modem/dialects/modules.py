"""SIMCom's, Quectel's and u-blox' modems.

SIMCom: SIM7500/SIM7600 Series AT Command Manual V2.00 and A7600 V1.01 (``+CICCID``, ``+SPIC``, ``+CPSI``,
``+CRESET``; audio application note: ``+CTTS``, ``+CDTAM``: 1 is the remote path; ``+SMSIMCFG`` as SIM8200 and
SIM8262 have it); SIM800 has ``+CCID``. Quectel: EC25/EC21 AT Commands Manual V1.3 and EC2x V2.2 (``+QURCCFG``
2.24, ``+QINDCFG`` 4.4, ``+QWTTS`` 12.21, ``+QCSQ``), EC20 V1.3; ``+QUIMSLOT`` as EM and RM modules have it;
``+QPINC`` as oFono asks it. u-blox: SARA-R4 AT Commands Manual UBX-17003787 (``+UPINCNT``, ``+CCID``;
``+CFUN=15`` restarts the modem, 16 its SIM, too; SARA-R5 knows only that one).
"""

from __future__ import annotations

from typing import Final

from modemd.gsm.makers import Family
from modemd.modem.dialects.dialect import Dialect, LteSignal, Slots, Speech, Step

SIMCOM: Final = Dialect(
    family=Family.SIMCOM,
    iccid=("AT+CCID", "AT+CICCID", "AT+ICCID"),
    tries=("AT+SPIC", 'AT+CPINR="SIM PIN"'),
    resets=("AT+CFUN=1,1", "AT+CRESET", "AT+CFUN=1"),
    # +CPSI: LTE,Online,<mcc-mnc>,<tac>,<cell>,<pcell>,<band>,<earfcn>,<dlbw>,<ulbw>,<rsrq>,<rsrp>,..: tenths
    signal=LteSignal(
        command="AT+CPSI?",
        prefix="+CPSI:",
        mode="LTE",
        fewest=14,
        rsrp=11,
        rsrq=10,
        rsrp_unit=0.1,
        rsrq_unit=0.1,
    ),
    slots=(Slots(ask="AT+SMSIMCFG?", prefix="+SMSIMCFG:", select="AT+SMSIMCFG=1,{}", at=1),),
    speech=Speech(
        known="AT+CTTS=?",
        before=("AT+CDTAM=1",),
        plain='AT+CTTS=2,"{}"',
        ucs2='AT+CTTS=1,"{}"',
        done="+CTTS: 0",
        stop="AT+CTTS=0",
    ),
)

QUECTEL: Final = Dialect(
    family=Family.QUECTEL,
    settle=(
        Step('AT+QURCCFG="urcport","all"', ask='AT+QURCCFG="urcport"', fine='"all"'),
        Step('AT+QINDCFG="csq",0,0'),  # its reports of the signal; not kept over a restart
    ),
    iccid=("AT+QCCID", "AT+CCID", "AT+ICCID"),
    tries=('AT+QPINC="SC"', 'AT+CPINR="SIM PIN"'),
    # +QCSQ: "LTE",<rssi>,<rsrp>,<sinr>,<rsrq>
    signal=LteSignal(command="AT+QCSQ", prefix="+QCSQ:", mode="LTE", rsrp=2, rsrq=4),
    slots=(
        Slots(ask="AT+QUIMSLOT?", prefix="+QUIMSLOT:", select="AT+QUIMSLOT={}"),
        Slots(ask="AT+QDSIM?", prefix="+QDSIM:", select="AT+QDSIM={zero}", first=0),
    ),
    speech=Speech(
        known="AT+QWTTS=?",
        plain='AT+QWTTS=1,1,2,"{}"',
        ucs2='AT+QWTTS=1,1,1,"{}"',
        done="+QWTTS: 0",
        stop="AT+QWTTS=0,0,0",
    ),
)

UBLOX: Final = Dialect(
    family=Family.UBLOX,
    iccid=("AT+CCID",),
    tries=("AT+UPINCNT", 'AT+CPINR="SIM PIN"'),
    resets=("AT+CFUN=15", "AT+CFUN=16", "AT+CFUN=1,1", "AT+CFUN=1"),
)
