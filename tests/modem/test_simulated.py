"""Modems of every maker, simulated with the real codec: they send, report, receive, and misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from modemd.errors import NoReply, NotReady, PortLost, Refused
from modemd.gsm.incoming import Deliver, StatusReport, decode_any
from modemd.gsm.outgoing import Outgoing, encode
from modemd.modem.modem import Modem
from modemd.modem.notes import DirectDeliver, DirectReport, LateSubmit, NewStored, Restarted
from modemd.modem.pins import PinMemory
from modemd.modem.timing import Timing
from modemd.simulator.dialects import DIALECTS
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec, Simulation
from tests.modem.times import TIMES

(PART,) = encode(Outgoing(destination="+32475123456", text="hello", report=True)).parts


def play(
    folder: Path,
    act: Callable[[Simulation, Modem, asyncio.Event], Awaitable[None]],
    *,
    spec: ModemSpec | None = None,
    network: NetworkSpec | None = None,
    timing: Timing = TIMES,
) -> None:
    async def whole() -> None:
        async with Simulation(folder, [spec or ModemSpec()], network) as sim:
            news = asyncio.Event()
            modem = await Modem.open(
                "gsm1", sim.modems[0].path, on_urc=news.set, timing=timing, pins=PinMemory()
            )
            await act(sim, modem, news)
            await modem.close()

    asyncio.run(whole())


async def taken_in(modem: Modem, news: asyncio.Event) -> list[Deliver | StatusReport]:
    """Waits for news, and gives all that came, stored or direct, as the worker would take it."""
    found: list[Deliver | StatusReport] = []
    while not found:
        await asyncio.wait_for(news.wait(), 5)
        news.clear()
        notes = modem.take_urcs()
        pdus = [note.pdu for note in notes if isinstance(note, DirectDeliver | DirectReport)]
        if pdus:
            await modem.acknowledge()
        if any(isinstance(note, NewStored) for note in notes):
            for item in await modem.list_stored():
                pdus.append(item.pdu)
                await modem.delete_stored(item)
        for pdu in pdus:
            read = decode_any(pdu)
            assert isinstance(read, Deliver | StatusReport)
            found.append(read)
    return found


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("pin", [None, "1234"], ids=["open", "locked"])
def test_every_maker_is_prepared(tmp_path: Path, dialect: str, pin: str | None) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        who = await modem.prepare(pin=pin, smsc="+32475161616")
        told = DIALECTS[dialect]
        assert who.manufacturer == " ".join(told.manufacturer.split())
        assert who.imei == sim.modems[0].me.imei
        assert who.iccid == (None if dialect == "nokia" else "8932000000000000001")
        assert who.imsi == "206990000000001"
        assert who.smsc == "+32475161616"
        assert await modem.submit(PART.pdu, PART.tpdu_length) is not None
        (accepted,) = sim.accepted.all
        assert (accepted.destination, accepted.text) == ("+32475123456", "hello")
        health = await modem.health()
        assert health.usable
        assert health.signal_dbm == -73

    play(tmp_path, act, spec=ModemSpec(dialect=dialect, pin=pin))


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"nokia"}))
def test_a_report_reaches_us_and_is_gone_from_the_modem(tmp_path: Path, dialect: str) -> None:
    async def act(_: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        tp_mr = await modem.submit(PART.pdu, PART.tpdu_length)
        (report,) = await taken_in(modem, news)
        assert isinstance(report, StatusReport)
        assert (report.tp_mr, report.recipient, report.tp_status) == (tp_mr, "+32475123456", 0)
        assert await modem.list_stored() == []

    play(tmp_path, act, spec=ModemSpec(dialect=dialect))


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"nokia"}))
def test_messages_reach_us_and_are_gone_from_the_modem(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        await sim.incoming("one")
        await sim.incoming("two " * 100)
        found: list[Deliver | StatusReport] = []
        while len(found) < 4:
            found += await taken_in(modem, news)
        texts = [read.text for read in found if isinstance(read, Deliver)]
        assert "one" in texts
        assert len(texts) == 4
        assert await modem.list_stored() == []

    play(tmp_path, act, spec=ModemSpec(dialect=dialect))


def test_what_came_while_nobody_listened_is_found(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        await modem.submit(PART.pdu, PART.tpdu_length)
        await modem.close()
        for text in ("one", "two", "three"):
            await sim.incoming(text)
        again = await Modem.open(
            "gsm1", sim.modems[0].path, on_urc=lambda: None, timing=TIMES, pins=PinMemory()
        )
        await again.prepare()
        found = [decode_any(item.pdu) for item in await again.list_stored()]
        assert [read.text for read in found if isinstance(read, Deliver)] == ["one", "two", "three"]
        assert sum(isinstance(read, StatusReport) for read in found) == 1
        await again.close()

    play(tmp_path, act)


FAULTS = {
    "hang before the prompt": (Fault(kind=FaultKind.HANG, on="AT+CMGS*"), "safe"),
    "refused before the prompt": (Fault(kind=FaultKind.ERROR, on="AT+CMGS*", cms=302), "refused"),
    "refused by the network": (Fault(kind=FaultKind.ERROR, on="AT+CMGS*", at=Place.BODY, cms=38), "refused"),
    "lost after the PDU": (Fault(kind=FaultKind.HANG, on="AT+CMGS*", at=Place.ANSWER), "uncertain"),
    "late after the PDU": (
        Fault(kind=FaultKind.LATE, on="AT+CMGS*", at=Place.ANSWER, seconds=0.55),
        "credited",
    ),
    "garbage in the answer": (Fault(kind=FaultKind.GARBAGE, on="AT+CMGS*", at=Place.AFTER), "taken"),
    "a call in the answer": (
        Fault(kind=FaultKind.URC, on="AT+CMGS*", at=Place.ANSWER, text="RING"),
        "taken",
    ),
    "joined": (Fault(kind=FaultKind.JOINED, on="AT+CMGS*", at=Place.ANSWER), "taken"),
    "echo is back": (Fault(kind=FaultKind.ECHO, on="AT+CMGS*"), "taken"),
}


@pytest.mark.parametrize(("fault", "outcome"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_in_a_submit_and_the_next_is_right(tmp_path: Path, fault: Fault, outcome: str) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].faults.add(fault)
        if outcome == "taken":
            assert await modem.submit(PART.pdu, PART.tpdu_length) is not None
        elif outcome == "refused":
            with pytest.raises(Refused) as refused:
                await modem.submit(PART.pdu, PART.tpdu_length)
            assert refused.value.after_body == (fault.at is Place.BODY)
        else:
            with pytest.raises(NoReply) as silent:
                await modem.submit(PART.pdu, PART.tpdu_length)
            assert silent.value.after_body == (outcome != "safe")
            await modem.resync()
        sim.modems[0].faults.clear()
        before = len(sim.accepted.all)
        assert before == {"safe": 0, "refused": 0}.get(outcome, 1)
        late = [note for note in modem.take_urcs() if isinstance(note, LateSubmit)]
        assert [note.pdu for note in late] == ([PART.pdu] if outcome == "credited" else [])
        tp_mr = await modem.submit(PART.pdu, PART.tpdu_length)
        assert [one.tp_mr for one in sim.accepted.all][before:] == [tp_mr]

    play(tmp_path, act)


def test_unplugged_in_the_middle_of_a_submit(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].faults.add(Fault(kind=FaultKind.UNPLUG, on="AT+CMGS*", at=Place.BODY))
        with pytest.raises(PortLost) as lost:
            await modem.submit(PART.pdu, PART.tpdu_length)
        assert lost.value.after_body
        with pytest.raises(PortLost):
            await modem.health()

    play(tmp_path, act)


@pytest.mark.parametrize("dialect", ["generic", "huawei", "simcom", "quectel"])
def test_chatter_in_every_answer_spoils_nothing(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        for place in (Place.COMMAND, Place.ANSWER, Place.AFTER):
            sim.modems[0].faults.add(
                Fault(kind=FaultKind.URC, at=place, times=0, text='^RSSI:17\r\n\r\n+CMTI: "SM",1')
            )
        await modem.prepare()
        for __ in range(10):
            assert await modem.submit(PART.pdu, PART.tpdu_length) is not None
        assert len(sim.accepted.all) == 10
        notes = modem.take_urcs()
        assert sum(note == NewStored("SM", 1) for note in notes) >= 10

    play(tmp_path, act, spec=ModemSpec(dialect=dialect))


@pytest.mark.parametrize(
    ("spec", "state"),
    [
        (ModemSpec(sim=False), "sim_absent"),
        (ModemSpec(pin="1234"), "pin_required"),
    ],
)
def test_a_sim_that_cannot_serve(tmp_path: Path, spec: ModemSpec, state: str) -> None:
    async def act(_: Simulation, modem: Modem, __: asyncio.Event) -> None:
        with pytest.raises(NotReady) as wanting:
            await modem.prepare()
        assert wanting.value.state == state

    play(tmp_path, act, spec=spec)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_wrong_pin_leaves_two_tries(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        for __ in range(2 if dialect == "wavecom" else 5):  # that one keeps every look at its SIM waiting
            with pytest.raises(NotReady):
                await modem.prepare(pin="9999")
        card = sim.modems[0].me.card
        assert card is not None
        assert card.pin_tries == 2

    play(tmp_path, act, spec=ModemSpec(dialect=dialect, pin="1234"))


def test_a_modem_that_dies_is_found_dead(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].faults.add(Fault(kind=FaultKind.DEAD))
        with pytest.raises(NoReply):
            await modem.probe()
        with pytest.raises(NoReply):
            await modem.resync()

    play(tmp_path, act, timing=replace(TIMES, command_s=0.2, probe_s=0.1))


def test_a_reset_modem_comes_back(tmp_path: Path) -> None:
    async def act(_: Simulation, modem: Modem, __: asyncio.Event) -> None:
        await modem.prepare()
        await modem.soft_reset()
        await modem.prepare()
        assert await modem.submit(PART.pdu, PART.tpdu_length) is not None

    play(tmp_path, act)


@pytest.mark.parametrize("dialect", sorted(set(DIALECTS) - {"nokia", "wavecom"}))
def test_every_maker_is_restarted_and_prepared_again(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].me.settings.plain["+CTEST"] = "before"
        await modem.soft_reset()
        assert "+CTEST" not in sim.modems[0].me.settings.plain
        await modem.prepare()
        assert await modem.submit(PART.pdu, PART.tpdu_length) is not None

    play(tmp_path, act, spec=ModemSpec(dialect=dialect))


@pytest.mark.parametrize("place", [Place.COMMAND, Place.PROMPT, Place.BODY, Place.ANSWER])
def test_one_that_says_that_it_restarted_in_the_middle_is_waited_for_no_longer(
    tmp_path: Path, place: Place
) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].faults.add(Fault(kind=FaultKind.REBOOT, on="AT+CMGS*", at=place))
        with pytest.raises(NoReply) as silent:
            await asyncio.wait_for(modem.submit(PART.pdu, PART.tpdu_length), 5)
        assert silent.value.after_body is (place in {Place.BODY, Place.ANSWER})
        assert Restarted() in modem.take_urcs()
        await modem.resync()
        await modem.prepare()
        assert await modem.submit(PART.pdu, PART.tpdu_length) is not None

    patient = Timing(prompt_s=60.0, answer_s=60.0, grace_body_s=60.0)
    play(tmp_path, act, spec=ModemSpec(dialect="simcom"), timing=patient)
