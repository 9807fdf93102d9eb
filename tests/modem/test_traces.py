"""Recorded modems: each trace is prepared and sent by, and can be lived with as a simulated modem."""

from __future__ import annotations

import asyncio
import re
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from modemd.errors import NoReply, PortLost
from modemd.formats.trace import Trace, read_trace, write_trace
from modemd.gsm.makers import Family, family_of
from modemd.modem.dialects import DIALECTS, GENERIC
from modemd.modem.modem import Modem
from modemd.modem.pins import PinMemory
from modemd.modem.recorder import questions, record
from modemd.simulator import FaultKind, ModemSpec, Simulation
from modemd.simulator.traced import delays_of, dialect_of
from tests.modem.dce import QUICK, Dce, lines
from tests.modem.test_dialects import PDU, prepared, scripted

TRACES = {
    path.stem: read_trace(path.read_text("utf-8"))
    for path in sorted(Path(__file__).parent.glob("traces/*.json"))
}
each = pytest.mark.parametrize("name", TRACES)
VENDORS = {"wavecom": Family.SIERRA, "siemens": Family.CINTERION}
"""Names that are not their family's."""


def family(name: str) -> Family:
    return VENDORS.get(name) or Family(name if name == "u-blox" else name.partition("-")[0])


def test_there_is_one_of_every_family() -> None:
    assert {family(name) for name in TRACES} == set(Family)


@each
def test_a_trace_is_prepared_and_sent_by(name: str) -> None:
    async def whole() -> None:
        trace = TRACES[name]
        async with scripted(asdict(trace)) as dce:
            modem = await prepared(dce)
            who = modem.identity
            assert family_of(who.manufacturer, who.model) is family(name)
            assert who.imei is not None
            assert who.iccid is not None
            assert await modem.submit(PDU, 18) == 1
            assert dce.bodies == [PDU]
            assert (await modem.health()).usable
            await modem.close()

    asyncio.run(whole())


@each
def test_a_trace_of_a_locked_modem_takes_its_pin(name: str) -> None:
    async def whole() -> None:
        async with scripted(asdict(TRACES[name]), pin="1234") as dce:
            modem = await prepared(dce, pin="1234")
            assert dce.heard.count('AT+CPIN="1234"') == 1
            await modem.close()

    asyncio.run(whole())


@each
def test_a_trace_is_a_simulated_modem(name: str, tmp_path: Path) -> None:
    async def whole() -> None:
        trace = TRACES[name]
        async with Simulation(tmp_path, [ModemSpec(trace=trace)]) as sim:
            again = await record(sim.modems[0].path, timing=QUICK, source="a test")
            told = ("AT+CGMI", "AT+CGMM", "AT+CPMS=?", "AT+CNMI=?", "AT+CMMS=?", "AT+CLAC", "AT+CSMS=?")
            assert {one: again.answer(one) for one in told} == {one: trace.answer(one) for one in told}
            modem = await Modem.open(
                "gsm1", sim.modems[0].path, on_urc=lambda: None, timing=QUICK, pins=PinMemory()
            )
            await modem.prepare()
            assert modem.identity.iccid == "8932000000000000001"
            assert await modem.submit(PDU, 18) == 0
            assert len(sim.accepted.all) == 1
            await modem.close()

    asyncio.run(whole())


@pytest.mark.parametrize("dialect", ["generic", "huawei", "zte", "wavecom", "nokia", "quectel"])
def test_a_recording_holds_nothing_of_whose_it_is(dialect: str, tmp_path: Path) -> None:
    spec = ModemSpec(
        dialect=dialect,
        imei="353812345678909",
        iccid="8944110068257270019",
        imsi="234101234598765",
        msisdn="+447700900123",
        smsc="+447802000332",
    )

    async def whole() -> Trace:
        async with Simulation(tmp_path, [spec]) as sim:
            trace = await record(sim.modems[0].path, timing=QUICK)
            asked = set(sim.modems[0].log)
            assert not [one for one in asked if re.match(r"AT\+(CMG[SWDRL]=[^?]|CMSS|CPIN=|CPWD|CLCK)", one)]
            assert sim.accepted.all == []
            return trace

    trace = asyncio.run(whole())
    text = write_trace(trace)
    secrets = (spec.imei, spec.iccid, spec.imsi, spec.msisdn[1:], spec.smsc[1:])
    assert not [one for one in secrets if one in text]
    assert trace.real_device
    assert all(seconds < 1 for seconds in trace.seconds.values())


def test_a_locked_sim_is_recorded_without_a_pin(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Simulation(tmp_path, [ModemSpec(pin="1234")]) as sim:
            trace = await record(sim.modems[0].path, timing=QUICK, source="a test")
            assert trace.answer("AT+CPIN?") == ("+CPIN: SIM PIN", "OK")
            assert "pin_required" in trace.notes[0]
            assert sim.modems[0].me.card is not None
            assert sim.modems[0].me.card.pin_tries == 3

    asyncio.run(whole())


def test_silence_is_recorded_as_silence() -> None:
    async def whole() -> None:
        async with Dce({"AT+CCLK?": "", "AT+CGMI": lines("Acme"), "AT+CPIN?": lines("+CPIN: READY")}) as dce:
            trace = await record(
                dce.path, timing=replace(QUICK, command_s=0.1, optional_s=0.05, probe_s=0.1), source="x"
            )
            assert trace.answer("AT+CCLK?") == ()
            assert trace.modem.startswith("Acme")

    asyncio.run(whole())


def test_a_dead_port_and_none_at_all_are_no_traces(tmp_path: Path) -> None:
    async def whole() -> None:
        async with Dce(default="") as dce:
            dce.answers.clear()
            with pytest.raises(NoReply):
                await record(dce.path, timing=replace(QUICK, probe_s=0.02, command_s=0.02))
        with pytest.raises(PortLost):
            await record(str(tmp_path / "none"), timing=QUICK)

    asyncio.run(whole())


def test_of_an_unknown_maker_all_makers_words_are_asked() -> None:
    everybodys = questions(GENERIC)
    assert {"AT+QCCID", "AT^ICCID?", "AT#PCT", "AT+CTTS=?"} <= set(everybodys)
    assert "AT+QCCID" not in questions(DIALECTS[Family.HUAWEI])
    assert len(everybodys) == len(set(everybodys))


def test_a_slow_answer_is_as_slow_again() -> None:
    trace = Trace(
        modem="x", real_device=True, responses={"AT+COPS?\r": ("OK\r\n",)}, seconds={"AT+COPS?\r": 0.4}
    )
    (late,) = delays_of(trace)
    assert (late.kind, late.on, late.seconds, late.times) == (FaultKind.LATE, "AT+COPS?", 0.4, 0)


def test_what_a_trace_refuses_its_modem_lacks() -> None:
    trace = Trace(
        modem="x",
        real_device=True,
        responses={
            "AT+CESQ\r": ("COMMAND NOT SUPPORT\r\n",),
            "AT+CPMS=?\r": ('+CPMS: ("SM","MT"),("SM")\r\n', "OK\r\n"),
            "AT+QCCID\r": ("+QCCID: 89320000000000000019F\r\n", "OK\r\n"),
            "AT+ACME?\r": ("+ACME: 7\r\n", "OK\r\n"),
        },
    )
    dialect = dialect_of(trace)
    assert {"+CESQ", "^ICCID"} <= dialect.missing
    assert "+QCCID" not in dialect.missing
    assert dialect.unknown == "COMMAND NOT SUPPORT"
    assert dialect.memories == (("SM", "MT"), ("SM",))
    assert dialect.ccid == ("+QCCID", "+QCCID: {}F")
    assert dialect.fixed["+ACME?"] == ("+ACME: 7",)
