"""Entries that name the wrong port, or one modem twice: it is said what is wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.store.files import rows
from tests.workers.yard import STICK, Yard, run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("bound", [{}, {"imei": STICK.imei}], ids=["port", "port and imei"])
def test_of_a_stick_whose_wrong_port_is_named_the_right_one_is_used(
    tmp_path: Path, bound: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    async def test(place: Yard) -> None:
        await place.ready("mine")
        assert place.one("SELECT port FROM modem") == f"{tmp_path}/dev/ttyUSB2"
        assert place.one("SELECT count(*) FROM recovery") == 0
        (said,) = [line for line in caplog.messages if "of the same stick does" in line]
        assert f"{tmp_path}/dev/ttyUSB0 does not answer, and {tmp_path}/dev/ttyUSB2 of" in said
        modem = place.sim.modems[0]
        modem.unplug_for()
        await place.until(lambda: place.modems()["mine"] == "absent")
        modem.plug()
        await place.ready("mine")

    run(tmp_path, test, [STICK], [{"name": "mine", "port": f"{tmp_path}/dev/ttyUSB0", **bound}])


def test_what_is_to_be_ignored_or_another_program_uses_is_not_used_in_place_of_a_wrong_port(
    tmp_path: Path,
) -> None:
    async def test(place: Yard) -> None:
        files = tmp_path / "proc/99999999/fd"
        files.mkdir(parents=True)
        for port in (tmp_path / "dev").glob("ttyUSB[13-9]"):
            (files / port.name).symlink_to(port.resolve())
        place.floor.machine = replace(place.floor.machine, proc=tmp_path / "proc")
        await place.until(lambda: place.one("SELECT count(*) FROM recovery"))
        await place.until(lambda: place.one("SELECT port FROM modem"))
        assert place.one("SELECT port FROM modem") == f"{tmp_path}/dev/ttyUSB0"

    entries = [{"name": "mine", "port": f"{tmp_path}/dev/ttyUSB0"}]
    run(tmp_path, test, [STICK], entries, ignore=[f"{tmp_path}/dev/ttyUSB2"])


@pytest.mark.parametrize("second", [{"imei": STICK.imei}, {"port": "dev/ttyUSB2"}])
def test_of_two_entries_for_one_modem_one_says_that_the_other_has_it(
    tmp_path: Path, second: dict[str, str]
) -> None:
    async def test(place: Yard) -> None:
        await place.until(lambda: place.one("SELECT count(*) FROM modem WHERE state = 'ready'"))
        await place.until(lambda: "two entries" in str(place.one("SELECT max(error) FROM modem")))
        found = rows(place.look, "SELECT name, error FROM modem WHERE error IS NOT NULL")
        ((name, said),) = found
        other = {"mine": "again", "again": "mine"}[str(name)]
        assert f" modem {other} " in f" {said}"

    again = {key: f"{tmp_path}/{value}" if key == "port" else value for key, value in second.items()}
    entries = [{"name": "mine", "port": f"{tmp_path}/dev/gsm1"}, {"name": "again", **again}]
    run(tmp_path, test, [STICK], entries)
