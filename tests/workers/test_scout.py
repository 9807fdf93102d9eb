"""Modems that come, go, move and change while the gateway runs, on a hub as the kernel shows it."""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.modems import ModemConfig, ModemsConfig
from modemd.model import SendRequest
from modemd.modem.discovery.machine import Machine
from modemd.service import intake, routing, upkeep
from modemd.service.modems import adoption
from modemd.simulator.faults import parse_fault
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store import recovery
from modemd.store.database import Database
from modemd.store.times import to_us
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.finding.crew import Crew
from modemd.workers.modems.finding.scout import Scout
from modemd.workers.supervisor import Supervisor
from tests.modem.test_discovery import QUICK
from tests.service.office import TO, rules_of
from tests.store.files import fresh, opened, rows, url_of
from tests.workers.ladder_bench import FAST

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
    from pathlib import Path

    from modemd.modem.timing import Timing
    from modemd.store.transaction import Tx

PATIENCE_S = 30.0


class Yard:
    """A hub with simulated modems, a gateway's scout and crew, and its store."""

    def __init__(self, sim: Simulation, floor: Floor, crew: Crew, scout: Scout, look: Database) -> None:
        self.sim = sim
        self.floor = floor
        self.crew = crew
        self.scout = scout
        self.look = look

    async def until(self, check: Callable[[], object]) -> None:
        """Wait for it; the loop goes on meanwhile."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            while not check():
                turn = loop.create_future()
                loop.call_later(0.01, turn.set_result, None)
                await turn

    def modems(self) -> dict[str, str]:
        """The state of each modem, by name."""
        return {str(name): str(state) for name, state in rows(self.look, "SELECT name, state FROM modem")}

    async def ready(self, *names: str) -> None:
        await self.until(lambda: set(names) <= {n for n, state in self.modems().items() if state == "ready"})

    def one(self, sql: str) -> Any:
        found = rows(self.look, sql)
        return found[0][0] if found else None

    def told(self, event: str) -> list[dict[str, Any]]:
        """What the broker is told of modems."""
        found = rows(self.look, f"SELECT body FROM outbox WHERE event = '{event}' ORDER BY id")
        return [json.loads(str(body)) for (body,) in found]

    async def send(self, *texts: str, modem: str | None = None) -> None:
        now, rules = self.floor.now(), self.floor.rules
        prepared = [intake.prepare(SendRequest(to=TO, text=text, modem=modem), rules, now) for text in texts]
        await self.floor.store.run(lambda tx: intake.accept(tx, prepared, rules, now, source="cli"))
        self.floor.ring_queue()


@asynccontextmanager
async def yard(
    folder: Path,
    specs: Sequence[ModemSpec] = (ModemSpec(),),
    entries: Sequence[dict[str, Any]] = (),
    network: NetworkSpec | None = None,
    timing: Timing = QUICK,
    again_s: tuple[float, ...] = (3.0, 6.0),
    **settings: Any,
) -> AsyncIterator[Yard]:
    database = Database(url_of(folder / "store.db")) if (folder / "store.db").exists() else fresh(folder)
    look = opened(Database(url_of(folder / "store.db")))
    settings = {"discover": True, **settings, "list": list(entries)}
    rules = rules_of(modems=settings, mqtt={"host": "localhost"})
    machine = Machine(folder / "sys", folder / "dev")
    async with (
        Simulation(folder / "dev", specs, network, usb=folder / "sys") as sim,
        Store(database) as store,
        asyncio.TaskGroup() as group,
    ):
        floor = Floor(store, rules, machine=machine, ignore=tuple(settings.get("ignore", ())))
        supervisor = Supervisor(group)
        crew = Crew(floor, supervisor, timing)
        ids = await store.run(lambda tx: routing.sync(tx, rules))
        await store.run(lambda tx: adoption.recover(tx, rules, (), floor.now()))
        crew.start(rules.modems, ids)
        scout = Scout(floor, ModemsConfig.model_validate(settings), crew, QUICK, look_s=0.05, again_s=again_s)
        supervisor.start(scout)
        yield Yard(sim, floor, crew, scout, look)
        await supervisor.stop(scout)
        await supervisor.stop(*supervisor.workers)
    database.close()


def run(
    folder: Path,
    test: Callable[[Yard], Awaitable[None]],
    specs: Sequence[ModemSpec] = (ModemSpec(),),
    entries: Sequence[dict[str, Any]] = (),
    **settings: Any,
) -> None:
    async def whole() -> None:
        async with yard(folder, specs, entries, **settings) as place:
            await test(place)

    asyncio.run(whole())


def name_of(spec: ModemSpec, more: str = "") -> str:
    return f"modem-{spec.imei[-6:]}{more}"


STICK = ModemSpec(imei="861234560000017", dialect="quectel", stick=True)
OTHER = ModemSpec(imei="861234560000025")
ICCID = "8932000000000777001"


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


def test_two_sticks_that_swap_their_ports_keep_their_names(tmp_path: Path) -> None:
    entries = [{"name": "left", "imei": STICK.imei}, {"name": "right", "imei": OTHER.imei}]

    async def test(place: Yard) -> None:
        await place.ready("left", "right")
        left, right = place.sim.modems
        before = left.nodes, right.nodes
        left.unplug_for()
        right.unplug_for()
        left.move_to(place.sim.places[1])
        right.move_to(place.sim.places[0])
        right.plug()
        left.plug()
        await place.until(lambda: place.one("SELECT usb_path FROM modem WHERE name = 'left'") == "1-1.2")
        await place.ready("left", "right")
        assert (left.nodes, right.nodes) != before
        await place.send("by the left", modem="left")
        await place.sim.wait_for_accepted(1)
        assert place.sim.accepted.all[0].modem == "gsm1"
        assert set(place.modems()) == {"left", "right"}

    run(tmp_path, test, [ModemSpec(imei=STICK.imei), OTHER], entries, discover=False)


def test_names_bound_to_sockets_stay_with_them(tmp_path: Path) -> None:
    entries = [{"name": "first", "usb": "1-1.1"}, {"name": "second", "usb": "1-1.2"}]

    async def test(place: Yard) -> None:
        await place.ready("first", "second")
        one, two = place.sim.modems
        one.unplug_for()
        two.unplug_for()
        one.move_to(place.sim.places[1])
        two.move_to(place.sim.places[0])
        one.plug()
        two.plug()
        await place.until(lambda: len(place.told("modem_swapped")) == 2)
        await place.ready("first", "second")
        await place.send("by the first", modem="first")
        await place.sim.wait_for_accepted(1)
        assert place.sim.accepted.all[0].modem == "gsm2"

    run(tmp_path, test, [ModemSpec(), ModemSpec()], entries)


def test_a_socket_whose_device_is_mute_is_not_said_to_be_empty(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.until(lambda: place.one("SELECT error FROM modem WHERE name = 'mine'"))
        said = place.one("SELECT error FROM modem WHERE name = 'mine'")
        assert said == (
            "a device is in its USB socket, and no port of it answers as the modem with USB socket 1-1.1"
        )

    run(tmp_path, test, [replace(OTHER, dead=True)], [{"name": "mine", "usb": "1-1.1"}])


def test_a_sim_is_found_in_whatever_modem_it_is(tmp_path: Path) -> None:
    specs = [ModemSpec(), ModemSpec(iccid=ICCID, pin="1234")]

    async def test(place: Yard) -> None:
        await place.ready("mine")
        assert place.one("SELECT imei FROM modem WHERE name = 'mine'") == place.sim.modems[1].me.imei

    run(tmp_path, test, specs, [{"name": "mine", "iccid": ICCID, "pin": "1234"}], discover=False)


def test_a_modem_that_falls_silent_after_a_reload_is_not_taken_for_unplugged(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready(name_of(OTHER))
        place.scout.take_over(ModemsConfig.model_validate({"discover": True}))
        place.sim.modems[0].fall_silent(0)
        await place.send("hello")
        await place.until(lambda: place.one("SELECT count(*) FROM recovery WHERE rung = 'reopen'"))
        assert (place.modems(), place.told("unplugged")) == ({name_of(OTHER): "helped"}, [])

    impatient = replace(QUICK, climb=0.01, reset_s=0.1, command_s=0.2, slow_s=0.2, prompt_s=0.2)
    run(tmp_path, test, [OTHER], timing=impatient)


HANGING = replace(OTHER, dead=True)
SOON = (0.05, 0.05, 0.1)
HELPED = replace(FAST, climb=1.0)
"""What comes back slowly on a busy machine is not reset twice: the pauses are a gateway's own."""


async def gentle_steps_taken(place: Yard) -> None:
    """In the books: what is tried before the socket is switched was tried a minute ago."""
    at_us = to_us(place.floor.now() - timedelta(minutes=1))

    def write(tx: Tx) -> None:
        for rung in [*["soft_reset"] * 2, *["reopen"] * 3]:
            recovery.add(tx, 1, rung, "it hangs", at_us)

    await place.floor.store.run(write)


@pytest.mark.parametrize(
    ("spec", "entries"),
    [(STICK, [{"name": "mine", "imei": STICK.imei}]), (OTHER, [])],
    ids=["named", "adopted"],
)
def test_a_modem_that_hangs_at_the_start_is_reset_in_its_socket(
    tmp_path: Path, spec: ModemSpec, entries: list[dict[str, Any]]
) -> None:
    name = "mine" if entries else name_of(spec)

    async def first(place: Yard) -> None:
        await place.ready(name)
        await gentle_steps_taken(place)

    async def second(place: Yard) -> None:
        await place.ready(name)
        done = [str(rung) for (rung,) in rows(place.look, "SELECT rung FROM recovery ORDER BY id")]
        assert done.count("usb_reset") == 1
        assert done[-1] == "usb_reset"
        assert place.one("SELECT imei FROM modem") == spec.imei
        assert place.floor.rack.wanting() == []
        await place.send("it is well again", modem=name)
        await place.sim.wait_for_accepted(1)

    run(tmp_path, first, [spec], entries)
    run(tmp_path, second, [replace(spec, dead=True)], entries, timing=HELPED, again_s=SOON)


def test_what_hangs_where_two_may_be_is_not_touched(tmp_path: Path) -> None:
    alone = [{"name": "mine", "imei": OTHER.imei}]

    async def first(place: Yard) -> None:
        await place.ready("mine")

    async def second(place: Yard) -> None:
        await place.until(lambda: place.floor.rack.dwellers("1-1.1") == ["mine", "second"])
        await place.until(lambda: "1-1.1" in place.scout._mute)
        assert place.floor.rack.in_use() == set()
        assert place.one("SELECT count(*) FROM recovery") == 0
        assert set(place.modems().values()) == {"absent"}

    run(tmp_path, first, [OTHER], alone)
    both = [*alone, {"name": "second", "usb": "1-1.1"}]
    run(tmp_path, second, [HANGING], both, timing=HELPED, again_s=SOON)


def test_another_modem_that_wakes_in_the_socket_is_not_taken_for_the_one_that_was_there(
    tmp_path: Path,
) -> None:
    async def first(place: Yard) -> None:
        await place.ready("mine")
        await gentle_steps_taken(place)

    async def second(place: Yard) -> None:
        await place.ready(name_of(STICK))
        assert place.one("SELECT count(*) FROM recovery WHERE rung = 'usb_reset'") == 1
        assert place.modems()["mine"] != "ready"
        assert place.floor.rack.has_other("1-1.1", "mine")  # and so no further step is taken there
        assert not place.floor.rack.has_other("1-1.1", name_of(STICK))

    entries = [{"name": "mine", "imei": OTHER.imei}]
    run(tmp_path, first, [OTHER], entries)
    run(tmp_path, second, [replace(OTHER, imei=STICK.imei, dead=True)], entries, timing=HELPED, again_s=SOON)


def test_another_sim_under_a_name_is_told_and_remembered_over_a_restart(tmp_path: Path) -> None:
    async def first(place: Yard) -> None:
        await place.ready("gsm1")
        assert place.told("sim_swapped") == []

    async def second(place: Yard) -> None:
        await place.ready("gsm1")
        await place.until(lambda: place.told("sim_swapped"))
        (swapped,) = place.told("sim_swapped")
        assert (swapped["iccid"], swapped["was"]) == (ICCID, "8932000000000000001")
        assert (
            place.one("SELECT severity FROM alarm WHERE code = 'sim_swapped' AND cleared_at IS NULL")
            == "info"
        )

    entries = [{"name": "gsm1", "port": str(tmp_path / "dev/gsm1")}]
    run(tmp_path, first, [ModemSpec()], entries)
    run(tmp_path, second, [ModemSpec(iccid=ICCID)], entries)


def test_a_sim_that_is_changed_while_running_is_noticed_at_once_where_the_modem_says_so(
    tmp_path: Path,
) -> None:
    async def test(place: Yard) -> None:
        await place.ready("gsm1")
        modem = place.sim.modems[0]
        modem.me.swap_card(ICCID)
        modem.announce(("+CPIN: NOT READY",))
        await place.until(lambda: place.told("sim_swapped"))
        await place.ready("gsm1")
        assert place.one("SELECT iccid FROM modem") == ICCID

    run(tmp_path, test, entries=[{"name": "gsm1", "port": str(tmp_path / "dev/gsm1")}])


def test_a_sim_that_is_changed_by_a_restart_without_a_word_is_noticed_at_the_next_look(
    tmp_path: Path,
) -> None:
    async def test(place: Yard) -> None:
        await place.ready("gsm1")
        modem = place.sim.modems[0]
        modem.me.swap_card(ICCID)
        modem.reboot(0)
        place.crew._workers["gsm1"]._station.health_at = 0.0
        place.floor.ring_queue()
        await place.until(lambda: place.told("sim_swapped"))
        await place.ready("gsm1")
        assert place.one("SELECT iccid FROM modem") == ICCID

    run(tmp_path, test, entries=[{"name": "gsm1", "port": str(tmp_path / "dev/gsm1")}])


def test_a_port_and_an_imei_must_fit_and_the_right_one_is_found_elsewhere(tmp_path: Path) -> None:
    node = str(tmp_path / "dev/ttyUSB0")
    entries = [{"name": "mine", "port": node, "imei": OTHER.imei, "pin": "1234"}]

    async def test(place: Yard) -> None:
        await place.ready("mine")
        wrong, right = place.sim.modems
        assert place.one("SELECT port FROM modem WHERE name = 'mine'") == right.nodes[0]
        assert not any("+CPIN=" in line for line in wrong.log)

    specs = [ModemSpec(pin="9999"), ModemSpec(imei=OTHER.imei, pin="1234")]
    run(tmp_path, test, specs, entries, discover=False)


def test_two_modems_of_one_imei_are_both_used_and_a_person_is_told(tmp_path: Path) -> None:
    twins, where = [OTHER, OTHER], dict[object, object]()

    async def first(place: Yard) -> None:
        await place.ready(name_of(OTHER), name_of(OTHER, "-2"))
        await place.until(lambda: place.one("SELECT count(*) FROM alarm WHERE code = 'twin_imei'"))
        text = str(place.one("SELECT text FROM alarm WHERE code = 'twin_imei'"))
        assert name_of(OTHER) in text
        assert "iccid: or usb:" in text
        await place.until(lambda: place.told("twin_imei"))
        assert place.told("twin_imei")[0]["imei"] == OTHER.imei
        where.update(rows(place.look, "SELECT name, usb_path FROM modem"))
        assert set(where.values()) == {"1-1.1", "1-1.2"}

    async def second(place: Yard) -> None:
        await place.ready(name_of(OTHER), name_of(OTHER, "-2"))
        assert sorted(place.modems()) == [name_of(OTHER), name_of(OTHER, "-2")]
        assert dict(rows(place.look, "SELECT name, usb_path FROM modem")) == where

    run(tmp_path, first, twins)
    run(tmp_path, second, twins)


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
