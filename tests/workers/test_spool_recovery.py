"""What a crash left between the store and the spool's directories is put right, and nothing goes twice."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from modemd.store import spool
from modemd.workers.spool_results import SpoolResults
from tests.workers.spool_floor import hall

if TYPE_CHECKING:
    from pathlib import Path

TO = "To: 32475123456\n\nHello"


def test_a_result_finds_its_file_where_a_crash_left_it(tmp_path: Path) -> None:
    """Between the commit and the rename: the message is sent, the file is still in ``outgoing/``.

    Were its name forgotten with it there, the next look would take it for a new message.
    """

    async def story() -> None:
        async with hall(tmp_path) as here:
            dropped = here.drop("message", TO)
            await here.accept(dropped)
            await here.send()
            await SpoolResults(here.floor, here.dirs).step()
            assert here.names("outgoing") == []
            assert here.names("checked") == []
            assert here.names("sent") == ["message"]
            assert "Modem: gsm1" in (here.spool / "sent" / "message").read_text()

    asyncio.run(story())


def test_another_file_of_that_name_is_left_where_it_is(tmp_path: Path) -> None:
    async def story() -> None:
        async with hall(tmp_path) as here:
            dropped = here.drop("message", TO)
            await here.accept(dropped)
            (here.spool / "outgoing" / "message").unlink()
            here.drop("message", TO + " again, and longer")
            await here.send()
            await SpoolResults(here.floor, here.dirs).step()
            assert here.names("outgoing") == ["message"]
            assert here.names("sent") == []

    asyncio.run(story())


def test_a_stop_forgets_the_files_that_are_done(tmp_path: Path) -> None:
    async def story() -> None:
        async with hall(tmp_path) as here:
            dropped = here.drop("message", TO)
            await here.accept(dropped)
            await here.send()
            results = SpoolResults(here.floor, here.dirs)
            await results.step()
            await results.finish()
            known = await here.floor.store.run(lambda tx: spool.find_file(tx, dropped.key))
            assert known is None

    asyncio.run(story())


def test_steady_traffic_lets_files_be_forgotten_in_time(tmp_path: Path) -> None:
    """The time is counted from the first of them: else one message in nine seconds would keep them all."""

    async def story() -> None:
        async with hall(tmp_path) as here:
            results = SpoolResults(here.floor, here.dirs)
            times = []
            for name in ("one", "two"):
                await here.accept(here.drop(name, TO))
                await here.send()
                await results.step()
                times.append(results.forget_at)
            assert times[0] == times[1] > 0

    asyncio.run(story())


def test_a_directory_of_its_name_does_not_hold_up_the_results(tmp_path: Path) -> None:
    async def story() -> None:
        async with hall(tmp_path) as here:
            (here.spool / "sent" / "2026").mkdir()
            results = SpoolResults(here.floor, here.dirs)
            for name in ("2026", "next"):
                await here.accept(here.drop(name, TO))
                await here.send()
            await results.step()
            assert here.names("sent") == ["2026", "2026.1", "next"]

    asyncio.run(story())
