"""A modem that comes and goes: the log has few lines of it, and a person is told once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.workers.modems.steadiness import STAYS_S, Steadiness
from tests.workers.yard import OTHER, Yard, name_of, run

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

NAME = name_of(OTHER)


def test_what_comes_and_goes_is_left_alone_for_longer_and_longer_and_told_once(tmp_path: Path) -> None:
    async def test(place: Yard) -> None:
        await place.ready(NAME)
        record = place.crew._workers[NAME]._station
        steadiness, at = Steadiness(record), 1000.0
        waits = []
        for _ in range(9):
            steadiness.came(at)
            steadiness.went(at + 5)
            await steadiness.mind(at + 5)
            waits.append(steadiness.wait_s(at + 5))
            at += 70
        assert waits == [0, 0, 0, 10, 20, 40, 60, 60, 60]
        assert steadiness.wait_s(at - 35) == 30
        assert place.one("SELECT count FROM alarm WHERE code = 'unsteady'") == 1
        assert "powered hub" in place.one("SELECT text FROM alarm WHERE code = 'unsteady'")
        steadiness.came(at)
        await steadiness.mind(at + STAYS_S - 1)
        assert place.one("SELECT cleared_at FROM alarm WHERE code = 'unsteady'") is None
        await steadiness.mind(at + STAYS_S)
        assert place.one("SELECT cleared_at FROM alarm WHERE code = 'unsteady'") is not None
        steadiness.went(at + STAYS_S)
        assert steadiness.wait_s(at + STAYS_S) == 0

    run(tmp_path, test, [OTHER])


def test_a_plug_that_is_pulled_and_put_in_again_is_two_lines_each(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    async def test(place: Yard) -> None:
        await place.ready(NAME)
        caplog.clear()
        place.sim.modems[0].unplug_for()
        await place.until(lambda: place.told("unplugged") and place.modems()[NAME] == "absent")
        lost, pulled = caplog.messages
        assert lost.startswith(f"modem {NAME} is lost: ")
        assert pulled == f"Modem {NAME} was unplugged: {tmp_path}/dev/ttyUSB0 in USB socket 1-1.1 is gone."
        place.sim.modems[0].plug()
        await place.ready(NAME)
        assert len(caplog.messages) == 4

    run(tmp_path, test, [OTHER])
