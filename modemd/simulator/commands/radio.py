"""The signal in more detail: the standard's word for it, and makers' (LTE only)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.simulator.answers import Answer
from modemd.simulator.commands.network import CELL
from modemd.simulator.dialect import LTE
from modemd.simulator.interpreter import Command, Form, command

if TYPE_CHECKING:
    from modemd.simulator.equipment import Equipment

_PLMN: Final = slice(3), slice(3, None)


@command("+CESQ")
def extended(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 8.69: rxlev, ber, rscp, ecno, rsrq, rsrp; 99 and 255 are not known."""
    if one.form is Form.TEST:
        return ("+CESQ: (0-63,99),(0-7,99),(0-96,255),(0-49,255),(0-34,255),(0-97,255)",)
    if me.technology != LTE:
        return (f"+CESQ: {min(me.signal * 2, 63) if me.functional == 1 else 99},99,255,255,255,255",)
    return (f"+CESQ: 99,99,255,255,{int(2 * me.rsrq_db + 40)},{me.rsrp_dbm + 141}",)


@command("^HCSQ")
def huawei(me: Equipment, one: Command) -> Answer:
    """Mode, RSSI, RSRP, SINR, RSRQ, each as steps above its least."""
    if one.form is Form.TEST:
        return ('^HCSQ: ("NOSERVICE","GSM","WCDMA","LTE")',)
    if not me.on_air:
        return ('^HCSQ: "NOSERVICE"',)
    rssi = 2 * me.signal + 8
    if me.technology != LTE:
        return (f'^HCSQ: "WCDMA",{rssi},36,51',)
    return (f'^HCSQ: "LTE",{rssi},{me.rsrp_dbm + 141},111,{int(2 * me.rsrq_db + 40)}',)


@command("+QCSQ")
def quectel(me: Equipment, one: Command) -> Answer:
    """Mode, RSSI, RSRP, SINR, RSRQ in dBm and dB."""
    if one.form is Form.TEST:
        return ('+QCSQ: "NOSERVICE","GSM","WCDMA","LTE"',)
    if not me.on_air:
        return ('+QCSQ: "NOSERVICE"',)
    if me.technology != LTE:
        return (f'+QCSQ: "GSM",{-113 + 2 * me.signal}',)
    return (f'+QCSQ: "LTE",{-113 + 2 * me.signal},{me.rsrp_dbm},150,{int(me.rsrq_db)}',)


@command("+CPSI")
def simcom(me: Equipment, one: Command) -> Answer:
    """SIMCom: all of the serving cell; RSRQ and RSRP in tenths."""
    if one.form is Form.TEST:
        return ("+CPSI: (4-255)",)
    if not me.on_air:
        return ("+CPSI: NO SERVICE,Online",)
    code = f"{me.operator_code[_PLMN[0]]}-{me.operator_code[_PLMN[1]]}"
    area, cell = CELL.replace('"', "").split(",")
    if me.technology != LTE:
        return (
            f"+CPSI: GSM,Online,{code},0x{area},{int(cell, 16)},27 EGSM 900,{-113 + 2 * me.signal},0,25-25",
        )
    strength = f"{int(me.rsrq_db * 10)},{me.rsrp_dbm * 10},{(-113 + 2 * me.signal) * 10}"
    return (f"+CPSI: LTE,Online,{code},0x{area},{int(cell, 16)},203,EUTRAN-BAND3,1300,5,5,{strength},15",)


@command("#RFSTS")
def telit(me: Equipment, _one: Command) -> Answer:
    """Telit, on LTE: PLMN, EARFCN, RSRP, RSSI, RSRQ, TAC, RAC, power, ..., cell, IMSI, name, ..."""
    code = f"{me.operator_code[_PLMN[0]]} {me.operator_code[_PLMN[1]]}"
    area, cell = CELL.replace('"', "").split(",")
    imsi = me.card.imsi if me.card else ""
    head = f'"{code}",1300,{me.rsrp_dbm},{-113 + 2 * me.signal},{me.rsrq_db},{area},,128,3,1,{cell}'
    return (f'#RFSTS: {head},"{imsi}","{me.operator}",3,3',)
