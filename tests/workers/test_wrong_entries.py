"""Entries that name the wrong port, or one modem twice: it is said what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.files import rows
from tests.workers.test_scout import STICK, Yard, run

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
