"""Which modem has which name: by its IMEI, its SIM, its socket or its port; swaps and twins are noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.simulator.simulation import ModemSpec
from tests.store.files import rows
from tests.workers.yard import ICCID, OTHER, STICK, Yard, name_of, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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


def test_a_sim_is_found_in_whatever_modem_it_is(tmp_path: Path) -> None:
    specs = [ModemSpec(), ModemSpec(iccid=ICCID, pin="1234")]

    async def test(place: Yard) -> None:
        await place.ready("mine")
        assert place.one("SELECT imei FROM modem WHERE name = 'mine'") == place.sim.modems[1].me.imei

    run(tmp_path, test, specs, [{"name": "mine", "iccid": ICCID, "pin": "1234"}], discover=False)


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


def assert_change_noticed(folder: Path, what_follows: Callable[[Yard], None]) -> None:
    """A SIM is changed while the gateway runs; what follows makes that noticed."""

    async def test(place: Yard) -> None:
        await place.ready("gsm1")
        place.sim.modems[0].me.swap_card(ICCID)
        what_follows(place)
        await place.until(lambda: place.told("sim_swapped"))
        await place.ready("gsm1")
        assert place.one("SELECT iccid FROM modem") == ICCID

    run(folder, test, entries=[{"name": "gsm1", "port": str(folder / "dev/gsm1")}])


def test_a_sim_that_is_changed_while_running_is_noticed_at_once_where_the_modem_says_so(
    tmp_path: Path,
) -> None:
    assert_change_noticed(tmp_path, lambda place: place.sim.modems[0].announce(("+CPIN: NOT READY",)))


def test_a_sim_that_is_changed_by_a_restart_without_a_word_is_noticed_at_the_next_look(
    tmp_path: Path,
) -> None:
    def restarted(place: Yard) -> None:
        place.sim.modems[0].reboot(0)
        place.crew._workers["gsm1"]._station.health_at = 0.0
        place.floor.ring_queue()

    assert_change_noticed(tmp_path, restarted)


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
