"""Modems that fall silent or hang: reset in their socket, and never in another's place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.config.modems import ModemsConfig
from modemd.store import recovery
from modemd.store.times import to_us
from tests.modem.times import QUICK
from tests.store.files import rows
from tests.workers.ladder_bench import FAST
from tests.workers.yard import OTHER, STICK, Yard, name_of, run

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.simulator.simulation import ModemSpec
    from modemd.store.transaction import Tx


def test_a_socket_whose_device_is_mute_is_not_said_to_be_empty(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.until(lambda: place.one("SELECT error FROM modem WHERE name = 'mine'"))
        said = place.one("SELECT error FROM modem WHERE name = 'mine'")
        assert said == (
            "a device is in its USB socket, and no port of it answers as the modem with USB socket 1-1.1"
        )

    run(tmp_path, test, [replace(OTHER, dead=True)], [{"name": "mine", "usb": "1-1.1"}])


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
