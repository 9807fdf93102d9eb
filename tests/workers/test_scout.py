"""Modems that come, go and move while the gateway runs, on a hub as the kernel shows it."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta
from typing import TYPE_CHECKING

from modemd.config.modems import ModemConfig, ModemsConfig
from modemd.service import upkeep
from modemd.simulator.faults import parse_fault
from modemd.simulator.simulation import ModemSpec
from tests.store.files import rows
from tests.workers.yard import OTHER, STICK, Yard, name_of, run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_stick_is_adopted_once_by_the_port_that_takes_messages(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready(name_of(STICK))
        assert list(place.modems()) == [name_of(STICK)]
        (adopted,) = place.told("adopted")
        assert adopted["port"] == str(tmp_path / "dev/ttyUSB2")
        assert (adopted["usb"], adopted["imei"]) == ("1-1.1", STICK.imei)
        assert rows(place.look, "SELECT origin, usb_path, port FROM modem") == [
            ("adopted", "1-1.1", adopted["port"])
        ]
        await place.send("by whoever is there")
        await place.sim.wait_for_accepted(1)
        await place.send("by name", modem=name_of(STICK))
        await place.sim.wait_for_accepted(2)

    run(tmp_path, test, [STICK])


def test_an_adopted_modem_has_its_name_again_after_a_restart(tmp_path: Path) -> None:
    async def first(place: Yard) -> None:
        await place.ready(name_of(STICK), name_of(OTHER))

    async def second(place: Yard) -> None:
        assert set(place.modems().values()) <= {"absent", "new", "ready"}
        await place.ready(name_of(STICK), name_of(OTHER))
        assert len(place.modems()) == 2

    run(tmp_path, first, [STICK, OTHER])
    run(tmp_path, second, [OTHER, STICK])


def test_unplugged_and_plugged_elsewhere_it_goes_on_under_its_name(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        name, modem = name_of(OTHER), place.sim.modems[0]
        await place.ready(name)
        modem.unplug_for()
        await place.until(lambda: place.modems()[name] == "absent")
        await place.until(lambda: place.told("unplugged"))
        await place.send("waits for it", modem=name)
        modem.move_to(place.sim.places[1])
        modem.plug()
        await place.ready(name)
        await place.sim.wait_for_accepted(1)
        await place.until(lambda: place.told("plugged"))
        assert place.told("plugged")[0]["usb"] == "1-1.2"
        assert place.one("SELECT usb_path FROM modem") == "1-1.2"
        assert len(place.told("adopted")) == 1

    run(tmp_path, test, [OTHER])


def test_pulled_in_the_middle_of_a_part_and_plugged_elsewhere_it_sends_that_part(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        name, modem = name_of(OTHER), place.sim.modems[0]
        await place.ready(name)
        modem.faults.add(parse_fault("unplug:on=AT+CMGS*,at=prompt"))
        await place.send("goes by it nevertheless", modem=name)
        await place.until(lambda: place.modems()[name] == "absent")
        later = place.floor.now() + timedelta(hours=1)
        await place.floor.store.run(lambda tx: upkeep.promote(tx, place.floor.rules, later))
        modem.move_to(place.sim.places[1])
        modem.plug()
        await place.sim.wait_for_accepted(1)
        await place.until(lambda: place.one("SELECT state FROM message") in {"sent", "delivered"})
        assert len(place.sim.accepted.all) == 1

    run(tmp_path, test, [OTHER])


def test_a_port_that_another_program_holds_is_named_and_taken_when_it_is_free(tmp_path: Path) -> None:
    script = (
        "import os, sys; os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print(flush=True); sys.stdin.read()"
    )

    async def test(place: Yard) -> None:
        holder = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, str(tmp_path / "dev/later"),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert holder.stdout is not None
        await holder.stdout.readline()
        place.scout.take_over(ModemsConfig.model_validate({"ports": [str(tmp_path / "dev/later")]}))
        await place.until(lambda: place.one("SELECT count(*) FROM alarm WHERE code = 'port_held'"))
        text = str(place.one("SELECT text FROM alarm WHERE code = 'port_held'"))
        assert f"({holder.pid})" in text
        assert place.modems() == {}
        assert holder.stdin is not None
        holder.stdin.close()
        await holder.wait()
        place.scout.take_over(ModemsConfig.model_validate({"ports": [f"{tmp_path}/dev/l*"]}))
        await place.ready(name_of(OTHER))
        await place.until(lambda: place.one("SELECT cleared_at FROM alarm WHERE code = 'port_held'"))

    run(tmp_path, test, [ModemSpec(name="later", imei=OTHER.imei)], ports=[str(tmp_path / "none")])


def test_a_modem_that_is_long_gone_costs_no_worker_and_comes_back_under_its_name(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        name, modem = name_of(OTHER), place.sim.modems[0]
        await place.ready(name)
        modem.unplug_for()
        await place.until(lambda: place.modems()[name] == "absent")
        await place.crew.dismiss(name)
        assert name not in place.floor.queue_bells
        assert place.floor.rules.modems == ()
        assert place.modems() == {name: "absent"}
        modem.plug()
        await place.ready(name)

    run(tmp_path, test, [OTHER])


def test_an_entry_that_comes_later_gets_the_modem_that_was_adopted(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready(name_of(OTHER))
        for entry in ({"imei": OTHER.imei}, {"usb": "1-1.1"}, {"port": place.sim.modems[0].nodes[0]}):
            mine = ModemsConfig(list=(ModemConfig.model_validate({"name": "mine"} | entry),))
            assert place.crew.still_adopted(mine) == ()
        assert place.crew.still_adopted(ModemsConfig(discover=False)) == ()
        assert len(place.crew.still_adopted(ModemsConfig())) == 1
        await place.crew.settle(())
        assert place.crew.adopted == ()
        assert name_of(OTHER) not in place.floor.queue_bells

    run(tmp_path, test, [OTHER])


def test_nothing_is_asked_where_each_port_is_configured(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready("mine")
        await place.send("x")
        await place.sim.wait_for_accepted(1)
        assert list(place.sim.modems[1].log) == []

    entries = [{"name": "mine", "port": str(tmp_path / "dev/gsm1")}]
    run(tmp_path, test, [ModemSpec(), ModemSpec()], entries, discover=False)


def test_the_other_ports_of_a_configured_stick_are_left_alone(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready("mine", name_of(OTHER))
        assert set(place.modems()) == {"mine", name_of(OTHER)}

    run(tmp_path, test, [STICK, OTHER], [{"name": "mine", "port": str(tmp_path / "dev/ttyUSB2")}])
