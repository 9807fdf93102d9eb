"""A modem's task and calls: made like messages go out, and told like them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modemd.model import SendRequest
from modemd.service import intake
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec
from tests.modem.times import TIMES
from tests.service.office import TO
from tests.workers.test_modem_worker import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

QUICK = replace(TIMES, call_look_s=0.01, pick_up_s=0.0, tone_s=0.0)
STATE = "SELECT state FROM message ORDER BY id LIMIT 1"


def play(
    folder: Path,
    story: Callable[[Bench], Coroutine[Any, Any, None]],
    *faults: Fault,
    network: NetworkSpec | None = None,
    dialect: str = "simcom-lte",
) -> None:
    async def main() -> None:
        async with bench(folder, ModemSpec(dialect=dialect, faults=faults), network, QUICK) as here:
            await here.step_until("SELECT state FROM modem", "ready")
            await story(here)

    asyncio.run(main())


async def call(here: Bench, text: str, **wish: Any) -> None:
    rules, now = here.floor.rules, here.floor.now()
    prepared = intake.prepare(SendRequest(to=TO, text=text, channel="voice", **wish), rules, now)
    await here.floor.store.run(lambda tx: intake.accept(tx, [prepared], rules, now, source="cli"))
    here.floor.ring_queue()


def test_a_call_goes_out_between_messages(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        assert here.rows("SELECT voice FROM modem") == [("speech",)]
        await call(here, "Fire in hall 3")
        await here.send("Fire")
        await here.step_until("SELECT count(*) FROM message WHERE state IN ('delivered', 'sent')", 2)
        assert [made.spoken for made in here.sim.accepted.calls] == [["Fire in hall 3"] * 2]
        assert here.rows(STATE) == [("delivered",)]
        assert here.rows("SELECT tp_mr IS NULL FROM part ORDER BY id LIMIT 1") == [(1,)]

    play(tmp_path, story)


def test_who_is_busy_is_called_again_later(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await call(here, "TONE: 1,2,3")
        await here.step_until(STATE, "scheduled")
        assert here.rows("SELECT error_code, attempts FROM part") == [("busy", 1)]

    play(tmp_path, story, network=NetworkSpec(calls={TO: "busy"}), dialect="simcom")


def test_a_modem_that_does_not_dial_goes_on_with_messages(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await call(here, "Fire in hall 3")
        await here.send("Fire")
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 1)
        assert here.rows("SELECT state, error_code FROM part ORDER BY id LIMIT 1") == [(8, "undialed")]
        assert here.rows("SELECT state FROM modem") == [("ready",)]

    play(tmp_path, story, Fault(kind=FaultKind.ERROR, on="ATD*", cme=4, times=0))


def test_a_call_that_was_cut_off_from_us_is_in_doubt(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await call(here, "Fire in hall 3")
        await here.step_until(STATE, "uncertain")
        assert here.rows("SELECT doubted FROM part") == [(1,)]

    play(tmp_path, story, Fault(kind=FaultKind.UNPLUG, on="AT+CTTS=2*", seconds=0.1))


def test_a_stop_gives_up_a_call_that_nobody_has_answered(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await call(here, "Fire in hall 3")
        turns = asyncio.create_task(here.step_until("SELECT error_code FROM part", "stopped"))
        while not here.worker.calling:
            await here.floor.mqtt.wait(0.05)
        here.worker.stop()
        await turns
        assert here.rows("SELECT state, attempts FROM part") == [(8, 0)]

    play(tmp_path, story, network=NetworkSpec(ring_s=30))


def test_a_call_that_rings_while_a_part_is_handed_over_breaks_nothing(tmp_path: Path) -> None:
    rings = 'RING\r\n\r\n+CLIP: "+32475999999",145,,,,0'
    said = {Place.COMMAND: rings, Place.PROMPT: rings, Place.BODY: rings, Place.ANSWER: "NO CARRIER"}
    faults = [Fault(kind=FaultKind.URC, on="AT+CMGS*", at=at, text=text) for at, text in said.items()]

    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until("SELECT count(*) FROM part WHERE sent_at IS NOT NULL", 1)
        await here.step_until("SELECT count(*) FROM outbox WHERE event = 'CALL'", 1)
        assert here.rows("SELECT calls FROM sim_day WHERE calls > 0") == [(1,)]
        assert len(here.sim.accepted.all) == 1

    play(tmp_path, story, *faults)
