"""A modem that does not work is helped step by step, within limits that outlive a restart."""

from __future__ import annotations

import asyncio
import errno
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.errors import ModemdError, NoReply, PortLost, Refused
from modemd.service import routing
from modemd.service.modems.ladder import RUNGS, Ailment, Rung, next_rung
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.simulation import ModemSpec
from modemd.simulator.usb import UsbDevice
from modemd.store import recovery
from modemd.store.times import to_us
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.helping.book import LadderBook
from modemd.workers.modems.helping.switches import Switches
from modemd.workers.modems.station import Station
from tests.service.office import START, rules_of
from tests.store.files import fresh
from tests.workers.ladder_bench import DEAF, FAST, ladder_bench, program

if TYPE_CHECKING:
    from pathlib import Path

WHOLE = [
    *["soft_reset"] * 2, *["reopen"] * 3, *["usb_reset"] * 2, *["port_power"] * 2,
]  # fmt: skip
"""What is done about a modem that never answers, where no program cuts its power."""


def test_a_modem_that_never_answers_gets_every_step_and_then_a_person(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path, DEAF) as here:
            await asyncio.wait_for(here.worker.step(), 20)
            assert here.state == "helped"
            await here.step_until("dead")
            assert here.rungs() == WHOLE
            [(error, rung, today)] = here.rows("SELECT error, rung, rungs_today FROM modem")
            assert error.startswith("it does not answer (no answer to AT); a restart by its own command, ")
            assert (rung, today) == ("port_power", len(WHOLE))
            assert here.rows("SELECT code, severity, cleared_at FROM alarm") == [("dead", "critical", None)]
            here.sim.modems[0].faults.clear()
            here.sim.modems[0].unplug_for()
            here.sim.modems[0].plug()
            await here.step_until("ready")
            assert here.rows("SELECT code FROM alarm WHERE cleared_at IS NULL") == []

    asyncio.run(story())
    assert "a reset of its USB port (2 of 2)" in caplog.text


def test_the_limits_outlive_a_restart(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path, DEAF) as here:
            for _ in range(6):  # a gateway in a crash loop
                await asyncio.wait_for(here.worker.step(), 20)
                here.another()
            assert here.rungs() == WHOLE[:6]

    asyncio.run(story())


def test_a_clock_that_is_set_back_does_not_keep_a_modem_from_help(tmp_path: Path) -> None:
    async def story() -> None:
        database, rules = fresh(tmp_path), rules_of()
        ids = database.transact(lambda tx: routing.sync(tx, rules))
        async with Store(database) as store:
            now = START
            floor = Floor(store, rules, now=lambda: now)
            book = LadderBook(Station.of(floor, rules.modems[0], ids["gsm1"]))
            await book.begin()
            await book.write(Rung.SOFT_RESET, "it does not answer", now)
            now -= timedelta(hours=5)
            pause = next_rung(book.history, Ailment.PORT, now).due_at - now
            assert pause == timedelta(seconds=15)
            now += pause
            assert next_rung(book.history, Ailment.PORT, now).due_at == now

    asyncio.run(story())


def test_a_usb_reset_brings_back_a_modem_that_nothing_gentler_does(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path, Fault(kind=FaultKind.DEAD)) as here:
            await here.step_until("ready")
            assert here.rungs() == [*["soft_reset"] * 2, *["reopen"] * 3, "usb_reset"]
            assert here.rows("SELECT rung, usb_path FROM modem") == [("usb_reset", "1-1.1")]
            assert here.sim.places[0].authorized
            [log] = (tmp_path / "trouble").iterdir()
            assert "> AT" in log.read_text("utf-8")

    asyncio.run(story())


def test_what_is_not_allowed_is_left_out_and_the_operators_program_called(tmp_path: Path) -> None:
    async def story() -> None:
        said = tmp_path / "said"
        text = f"import os, sys; open({str(said)!r}, 'a').write(repr((sys.argv[1:], sorted(os.environ))))"
        policy = {"usb_reset": False, "power": program(tmp_path, text)}
        async with ladder_bench(tmp_path, DEAF, recovery=policy) as here:
            await here.step_until("dead")
            assert here.rungs() == [*["soft_reset"] * 2, *["reopen"] * 3, *["power_hook"] * 2]
            assert f"['gsm1', '{tmp_path}/dev/ttyUSB0', '1-1.1']" in said.read_text()
            assert "MODEMD_USB" in said.read_text()
            assert "MODEMD_CONFIG" not in said.read_text()

    asyncio.run(story())


def test_one_silence_costs_one_step_and_no_modem(tmp_path: Path) -> None:
    async def story() -> None:
        hang = Fault(kind=FaultKind.HANG, on="AT+CMGS*")
        async with ladder_bench(tmp_path, hang) as here:
            await here.step_until("ready")
            await here.send("one")
            for _ in range(12):
                await asyncio.wait_for(here.worker.step(), 20)
                if here.rungs():
                    break
            assert here.rungs() == ["resync"]
            assert here.state == "ready"
            assert here.worker._station.modem is not None

    asyncio.run(story())


def test_a_modem_that_is_unplugged_is_only_waited_for(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path) as here:
            await here.step_until("ready")
            here.sim.modems[0].unplug_for()
            await here.step_until("lost")
            await asyncio.wait_for(here.worker.step(), 20)
            assert (here.state, here.rungs()) == ("absent", [])

    asyncio.run(story())


def test_a_modem_that_a_person_has_paused_is_left_alone(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path) as here:
            await here.step_until("ready")
            here.worker._orders.paused = "paused: the antenna is changed"
            here.sim.modems[0].faults.add(DEAF)
            here.worker._inbox.sweep_now()
            await here.step_until("silent")
            assert here.rungs() == []

    asyncio.run(story())


@pytest.mark.parametrize(
    ("cms", "rungs"),
    [(300, ["soft_reset"]), (500, ["soft_reset"]), (41, [])],
    ids=["failed", "unknown", "busy"],
)
def test_refusals_that_a_restart_may_mend_bring_one(tmp_path: Path, cms: int, rungs: list[str]) -> None:
    async def story() -> None:
        refusing = Fault(kind=FaultKind.ERROR, on="AT+CMGS*", at=Place.BODY, cms=cms, times=5)
        async with ladder_bench(tmp_path, refusing) as here:
            await here.step_until("ready")
            await here.send("one", "two", "three", "four", "five", "six")
            for _ in range(20):
                await asyncio.wait_for(here.worker.step(), 20)
                if here.rungs() or not here.rows("SELECT 1 FROM part WHERE state = 0"):
                    break
            assert here.rungs() == rungs

    asyncio.run(story())


def test_storages_that_cannot_be_read_time_and_again(tmp_path: Path) -> None:
    async def story() -> None:
        refusing = Fault(kind=FaultKind.ERROR, on="AT+CPMS*", cms=302, times=0)
        async with ladder_bench(tmp_path) as here:
            await here.step_until("ready")
            here.sim.modems[0].faults.add(refusing)
            for _ in range(20):
                here.worker._inbox.sweep_now()
                here.floor.ring_queue()
                await asyncio.wait_for(here.worker.step(), 20)
                if here.rungs():
                    break
            assert here.rungs() == ["soft_reset"]

    asyncio.run(story())


def test_a_modem_without_network_is_helped_and_then_told_of(tmp_path: Path) -> None:
    async def story() -> None:
        spec = ModemSpec(registration=2)
        async with ladder_bench(tmp_path, spec=spec, timing=replace(FAST, climb=1e-6)) as here:
            for _ in range(60):
                here.worker._station.health_at = 0.0
                await asyncio.wait_for(here.worker.step(), 20)
                if here.rows("SELECT 1 FROM alarm WHERE code = 'not_helped'"):
                    break
            taken = ["reregister", "radio", "soft_reset", "usb_reset", "port_power"]
            # With pauses of nothing a port that comes back is met while it is still away.
            assert [rung for rung in here.rungs() if rung != "reopen"] == [
                rung for rung in taken for _ in range(2)
            ]
            [(text,)] = here.rows("SELECT text FROM alarm WHERE code = 'not_helped'")
            assert text.startswith("Modem gsm1: it finds no network (for 0 min); choosing the network anew")
            assert here.state == "searching"
            here.sim.modems[0].me.registration = 1
            here.worker._station.health_at = 0.0
            await here.step_until("ready")
            assert here.rows("SELECT 1 FROM alarm WHERE cleared_at IS NULL") == []

    asyncio.run(story())


def test_after_good_work_its_trouble_is_forgotten(tmp_path: Path) -> None:
    async def story() -> None:
        timing = replace(FAST, climb=1e-6)
        hang = Fault(kind=FaultKind.HANG, on="AT+CMGS*")
        async with ladder_bench(tmp_path, hang, timing=timing) as here:
            await here.step_until("ready")
            await here.send("one")
            while not here.rungs():
                await asyncio.wait_for(here.worker.step(), 20)
            assert here.rows("SELECT rung, rung_at IS NULL FROM modem") == [("resync", 0)]
            for _ in range(5):
                here.worker._station.health_at = 0.0
                await asyncio.wait_for(here.worker.step(), 20)
            assert here.rungs()[-1] == "well"
            assert here.rungs().count("well") == 1
            assert here.rows("SELECT rung IS NULL, rung_at IS NULL FROM modem") == [(1, 1)]

    asyncio.run(story())


def test_what_a_gateway_that_was_killed_left_off_is_put_on(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path) as here:
            now_us = to_us(here.floor.now())
            await here.floor.store.run(lambda tx: recovery.add(tx, 1, "usb_reset", "why", now_us))
            await here.floor.store.run(lambda tx: recovery.keep_socket(tx, 1, "1-1.1"))
            (here.sim.places[0]._folder / "authorized").write_text("0\n")
            for _ in range(100):
                await asyncio.wait_for(here.worker.step(), 20)
                if here.sim.places[0].authorized and here.state == "ready":
                    return
            raise AssertionError(here.state)

    asyncio.run(story())


def test_there_are_words_for_every_step() -> None:
    assert len({limits.words for limits in RUNGS.values()}) == len(RUNGS)


def test_an_adapter_with_other_modems_behind_it_is_not_taken_off_the_bus(tmp_path: Path) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path) as here:
            shared = UsbDevice("0403", "6011", "FTDI", "Quad", roles=("at",) * 4, driver="ftdi_sio")
            place = here.sim.places[1]
            place.connect(shared)
            for node in place.names(shared):
                node.touch()
            place.configure(shared)
            here.worker._station.record.port = str(tmp_path / "dev" / "ttyUSB2")
            switches = Switches(here.worker._station, FAST, here.worker.pause)
            assert await switches.able() == set()
            here.worker._station.record.port = str(tmp_path / "dev" / "ttyUSB0")
            assert await switches.able() == {Rung.USB_RESET, Rung.PORT_POWER}

    asyncio.run(story())


@pytest.mark.parametrize(
    ("error", "ailment"),
    [
        (NoReply("AT"), Ailment.SILENT),
        (PortLost("it does not answer", OSError(errno.EIO, "I/O")), Ailment.PORT),
        (PortLost("it is not there", OSError(errno.ENOENT, "no such")), None),
        (PortLost("not allowed", OSError(errno.EACCES, "no")), None),
        (PortLost("somebody has it", OSError(errno.EBUSY, "busy")), None),
        (PortLost("no port has the modem"), None),
        (Refused("AT+CMGF=0", "ERROR", None, "ERROR"), None),
    ],
)
def test_only_what_a_step_may_mend_is_helped(
    tmp_path: Path, error: ModemdError, ailment: Ailment | None
) -> None:
    async def story() -> None:
        async with ladder_bench(tmp_path) as here:
            assert here.worker._ladder.ailment_of(error) is ailment
            here.worker._station.record.port = "tcp://modems.lan:2001"
            across = Ailment.SILENT if ailment is Ailment.SILENT else None
            assert here.worker._ladder.ailment_of(error) is across

    asyncio.run(story())
