"""A modem's task with a simulated modem: it sends, is refused, meets silence, is unplugged, receives."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from modemd.model import MessageState, PartState
from modemd.service import routing, told
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.store.database import Database
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.modems.worker import ModemWorker
from tests.modem.times import TIMES
from tests.service.office import LONG, rules_of
from tests.store.files import fresh, opened, url_of
from tests.workers.test_modem_worker import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

SENT, QUEUED, SCHEDULED, FAILED, UNCERTAIN = (
    int(each)
    for each in (PartState.SENT, PartState.QUEUED, PartState.SCHEDULED, PartState.FAILED, PartState.UNCERTAIN)
)
IMPATIENT = replace(TIMES, prompt_s=1.0, answer_s=1.0)
PATIENT = replace(TIMES, command_s=5.0, prompt_s=5.0, answer_s=5.0)
"""The machine may be busy with other tests: no modem that answers is to be taken for a silent one."""
ONE = "SELECT state FROM part"


def play(
    folder: Path,
    story: Callable[[Bench], Coroutine[Any, Any, None]],
    *faults: Fault,
    network: NetworkSpec | None = None,
    impatient: bool = False,
    **spec: Any,
) -> None:
    silent = impatient or any(fault.kind in {FaultKind.HANG, FaultKind.LATE} for fault in faults)

    async def main() -> None:
        timing = IMPATIENT if silent else PATIENT
        async with bench(folder, ModemSpec(faults=faults, **spec), network, timing) as here:
            await story(here)

    asyncio.run(main())


def texts(here: Bench) -> list[str | None]:
    """What is on the air."""
    return [each.text for each in here.sim.accepted.all]


# -- sending ----------------------------------------------------------------------------------
def test_a_message_is_opened_for_prepared_for_and_sent(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until(ONE, SENT)
        assert texts(here) == ["Hello"]
        [one] = here.sim.accepted.all
        assert here.rows("SELECT tp_mr, sim, attempts FROM part") == [(one.tp_mr, one.iccid, 1)]
        assert here.rows("SELECT state, modem FROM message") == [("sent", "gsm1")]
        assert here.rows("SELECT state, iccid, error FROM modem") == [("ready", one.iccid, None)]

    play(tmp_path, story, network=NetworkSpec(reports=False))


def test_a_burst_goes_out_in_order_each_part_once(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        wanted = [str(place) for place in range(20)]
        await here.send(*wanted)
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 20)
        assert texts(here) == wanted
        assert here.rows("SELECT count(DISTINCT tp_mr) FROM part") == [(20,)]

    play(tmp_path, story, network=NetworkSpec(reports=False))


def test_a_long_message_keeps_each_part_s_tp_mr_and_is_delivered(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send(LONG)
        await here.step_until("SELECT state FROM message", "delivered")
        kept = [tp_mr for (tp_mr,) in here.rows("SELECT tp_mr FROM part ORDER BY part_no")]
        assert kept == [each.tp_mr for each in here.sim.accepted.all]
        assert "".join(text or "" for text in texts(here)) == LONG

    play(tmp_path, story)


def test_a_report_that_overtakes_its_answer_is_found(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until("SELECT state FROM message", "delivered")
        assert here.rows("SELECT orphan FROM report") == [(0,)]

    play(tmp_path, story, network=NetworkSpec(report_order="before-answer"))


# -- refusals ---------------------------------------------------------------------------------
def test_a_refusal_for_good_ends_the_message_and_the_next_goes(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("bad", "good")
        await here.step_until("SELECT count(*) FROM part WHERE state IN (3, 5)", 2)
        assert here.rows("SELECT state, error_code FROM message ORDER BY id") == [
            ("failed", "CMS 1"),
            ("sent", None),
        ]
        assert texts(here) == ["good"]

    refusal = Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, cms=1)
    play(tmp_path, story, refusal, network=NetworkSpec(reports=False))


@pytest.mark.parametrize("at", [Place.COMMAND, Place.BODY])
def test_a_passing_refusal_is_for_later(tmp_path: Path, at: Place) -> None:
    async def story(here: Bench) -> None:
        await here.send("first", "second")
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 1)
        assert here.rows("SELECT state, error_code FROM part ORDER BY id") == [
            (SCHEDULED, "CMS 38"),
            (SENT, None),
        ]
        assert await here.floor.clock.wait(0), "the clock has to know when"

    play(
        tmp_path,
        story,
        Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=at, cms=38),
        network=NetworkSpec(reports=False),
    )


def test_a_sim_s_trouble_pauses_the_modem(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("first", "second")
        await here.step_until("SELECT state FROM modem", "paused")
        assert here.rows("SELECT state FROM part ORDER BY id") == [(SCHEDULED,), (QUEUED,)]
        assert texts(here) == []

    play(tmp_path, story, Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", cms=28, times=0))


def test_the_same_refusal_for_several_phones_in_a_row_pauses_the_modem(tmp_path: Path) -> None:
    """CMS 21 once may be the message's fault; for three phones in a row it is the SIM's: often no credit."""

    async def story(here: Bench) -> None:
        await here.send("1", "2", "3", "4", spread=True)
        await here.step_until("SELECT state FROM modem", "paused")
        assert here.rows("SELECT attempts FROM part ORDER BY id") == [(1,), (1,), (1,), (0,)]
        [(text,)] = here.rows("SELECT text FROM alarm WHERE code = 'refused_cms_21'")
        assert "gsm1" in str(text)
        assert "balance" in str(text)

    play(tmp_path, story, Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, cms=21, times=0))


def test_a_message_that_is_taken_in_between_breaks_the_row(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("1", "2", "good", "3", "4")
        await here.step_until("SELECT count(*) FROM part WHERE attempts = 1", 5)
        assert here.rows("SELECT state FROM modem") == [("ready",)]

    faults = [Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, cms=21, times=2)]
    faults.append(Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, cms=21, nth=4, times=2))
    play(tmp_path, story, *faults, network=NetworkSpec(reports=False))


def test_a_modem_that_needs_a_reset_is_reset_and_goes_on(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("first", "second")
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 1)
        assert here.rows("SELECT state, error_code FROM part ORDER BY id") == [
            (SCHEDULED, "CMS 300"),
            (SENT, None),
        ]

    fault = Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, cms=300)
    play(tmp_path, story, fault, network=NetworkSpec(reports=False))


# -- silence ----------------------------------------------------------------------------------
def test_silence_before_the_prompt_is_tried_again(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until(ONE, SCHEDULED)
        assert texts(here) == []

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*"))


@pytest.mark.parametrize("at", [Place.BODY, Place.ANSWER], ids=["not taken", "taken"])
def test_silence_after_the_body_is_a_doubt(tmp_path: Path, at: Place) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until(ONE, UNCERTAIN)
        assert here.rows("SELECT state FROM message") == [("uncertain",)]
        assert len(texts(here)) == int(at is Place.ANSWER)
        await here.send("next")
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 1)

    play(
        tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=at), network=NetworkSpec(reports=False)
    )


def test_a_report_settles_what_the_answer_did_not(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until("SELECT state FROM message", "delivered")
        assert texts(here) == ["Hello"]

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=Place.ANSWER))


def test_an_answer_that_comes_late_is_credited(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until(ONE, SENT)
        assert here.rows("SELECT tp_mr, error_code FROM part") == [(here.sim.accepted.all[0].tp_mr, None)]
        assert texts(here) == ["Hello"]

    late = Fault(kind=FaultKind.LATE, on="AT+CMGS=*", at=Place.ANSWER, seconds=IMPATIENT.answer_s + 0.2)
    play(tmp_path, story, late, network=NetworkSpec(reports=False))


# -- unplugged --------------------------------------------------------------------------------
def test_unplugged_while_idle_it_is_found_again(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.step_until("SELECT state FROM modem", "ready")
        here.sim.modems[0].unplug_for()
        await here.step_until("SELECT state FROM modem", "lost")
        here.sim.modems[0].plug()
        await here.send("Hello")
        await here.step_until(ONE, SENT)
        assert here.rows("SELECT state, error FROM modem") == [("ready", None)]

    play(tmp_path, story, network=NetworkSpec(reports=False))


def test_unplugged_after_the_body_the_part_is_in_doubt_and_the_next_waits(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("first", "second")
        await here.step_until("SELECT count(*) FROM part WHERE state = 7", 1)
        assert here.rows("SELECT state FROM part ORDER BY id") == [(UNCERTAIN,), (QUEUED,)]
        await here.step_until("SELECT state FROM modem", "absent")

    play(tmp_path, story, Fault(kind=FaultKind.UNPLUG, on="AT+CMGS=*", at=Place.BODY))


def test_unplugged_before_the_body_there_is_no_doubt(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until(ONE, SCHEDULED)
        assert here.rows("SELECT attempts, doubted FROM part") == [(0, 0)]

    play(tmp_path, story, Fault(kind=FaultKind.UNPLUG, on="AT+CMGS=*"))


@pytest.mark.parametrize(
    ("spec", "state"),
    [({"plugged": False}, "absent"), ({"sim": False}, "sim_absent"), ({"pin": "1234"}, "pin_required")],
)
def test_what_it_lacks_is_written_down(tmp_path: Path, spec: dict[str, Any], state: str) -> None:
    async def story(here: Bench) -> None:
        await here.step_until("SELECT state FROM modem", state)
        assert here.rows("SELECT error IS NOT NULL FROM modem") == [(1,)]

    play(tmp_path, story, **spec)


def test_without_a_network_nothing_is_tried(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("Hello")
        await here.step_until("SELECT state FROM modem", "searching")
        assert here.rows("SELECT state, attempts FROM part") == [(QUEUED, 0)]

    play(tmp_path, story, registration=2)


# -- receiving --------------------------------------------------------------------------------
def test_what_comes_in_is_taken_and_then_deleted(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.step_until("SELECT state FROM modem", "ready")
        await here.sim.incoming(LONG, order=[3, 1, 2])
        await here.step_until("SELECT text FROM inbound", LONG)
        assert here.rows("SELECT count(*) FROM inbound_part") == [(3,)]
        here.worker._inbox.sweep_now()
        await here.worker.step()
        assert here.rows("SELECT count(*) FROM inbound") == [(1,)]
        value = await here.floor.store.run(lambda tx: told.inbound_value(tx, 1, {}))
        assert value is not None
        assert (value.originator, value.complete, value.modem) == ("+32475999999", True, "gsm1")

    play(tmp_path, story)


def test_what_came_while_nobody_listened_is_found(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.sim.incoming("early")
        await here.step_until("SELECT text FROM inbound", "early")
        assert here.rows("SELECT complete, error FROM inbound") == [(1, None)]

    play(tmp_path, story)


def test_it_receives_between_what_it_sends(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send(*(str(place) for place in range(10)))
        await here.step_until("SELECT count(*) >= 3 FROM part WHERE state = 3", 1)
        await here.sim.incoming("in between")
        await here.step_until("SELECT count(*) FROM inbound", 1)
        assert here.rows("SELECT count(*) < 10 FROM part WHERE state = 3") == [(1,)]
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 10)

    play(tmp_path, story, network=NetworkSpec(reports=False))


# -- two modems -------------------------------------------------------------------------------
def test_another_modem_takes_over_when_one_is_refused_or_gone(tmp_path: Path) -> None:
    """Each in its own task, as in the daemon."""

    async def story() -> None:
        database = fresh(tmp_path)
        look = opened(Database(url_of(tmp_path / "store.db")))
        names = ("gsm1", "gsm2")
        rules = rules_of(modems={"list": [{"name": name, "port": str(tmp_path / name)} for name in names]})
        ids = database.transact(lambda tx: routing.sync(tx, rules))
        barred = Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", cms=8, times=0)
        specs = [ModemSpec(name="gsm1", faults=[barred]), ModemSpec(name="gsm2")]
        async with AsyncExitStack() as stack:
            sim = await stack.enter_async_context(Simulation(tmp_path, specs, NetworkSpec(reports=False)))
            store = await stack.enter_async_context(Store(database))
            floor = Floor(store, rules)
            workers = [ModemWorker(floor, each, ids[each.name], timing=PATIENT) for each in rules.modems]
            here = Bench(sim, floor, workers[0], look)
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(each.run()) for each in workers]
                await here.send(*(str(place) for place in range(6)), LONG)
                await sim.wait_for_accepted(9, 20)
                for each in workers:
                    each.stop()
                await asyncio.wait(tasks, timeout=20)
            assert {each.modem for each in sim.accepted.all} == {"gsm2"}
            assert here.rows("SELECT DISTINCT state FROM message") == [(MessageState.SENT,)]
            assert sorted(text or "" for text in texts(here))[:6] == [str(place) for place in range(6)]
            assert here.rows("SELECT name, state FROM modem ORDER BY name") == [
                ("gsm1", "stopped"),
                ("gsm2", "stopped"),
            ]

    asyncio.run(story())
