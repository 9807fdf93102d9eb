"""A modem's task and what it is asked beside messages, with a simulated modem: pause, USSD, restart."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modemd.service import requests
from modemd.service.modems import modem_orders
from modemd.service.modems.modem_requests import RESET_S
from modemd.service.outbox import MQTT
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.simulation import ModemSpec
from modemd.simulator.ussd import MENU, WORDS, Said, written
from modemd.workers.modems.orders import OrderWatch
from tests.store.files import full_disk
from tests.workers.test_modem_turns import texts
from tests.workers.test_modem_worker import Bench, bench

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

RESPONSES = "SELECT count(*) FROM outbox WHERE event = 'RESPONSE'"
STATE = "SELECT state FROM modem"
SENT = "SELECT count(*) FROM part WHERE sent_at IS NOT NULL"
BALANCE = {"text": "Your balance is 12.34 EUR.", "more": False}


def play(
    folder: Path, story: Callable[[Bench], Coroutine[Any, Any, None]], *faults: Fault, **spec: Any
) -> None:
    async def main() -> None:
        async with bench(folder, ModemSpec(faults=faults, **spec)) as here:
            here.floor.rules = replace(here.floor.rules, consumers=here.floor.rules.consumers | {MQTT})
            await here.step_until(STATE, "ready")
            await story(here)

    asyncio.run(main())


async def ask(here: Bench, verb: str, **payload: Any) -> None:
    rules, now = here.floor.rules, here.floor.now()
    octets = json.dumps({"modem": "gsm1"} | payload).encode()
    wake = await here.floor.store.run(lambda tx: requests.answer(tx, verb, None, octets, rules, now))
    for name in wake.modems:
        here.floor.ask(name)


async def answered(here: Bench, count: int = 1) -> Any:
    """Turns until there are so many responses; the newest one's data, or its error."""
    await here.step_until(RESPONSES, count)
    sql = "SELECT body FROM outbox WHERE event = 'RESPONSE' ORDER BY id DESC LIMIT 1"
    body = json.loads(str(here.rows(sql)[0][0]))
    return body["data"] if body["status"] == "ok" else body["error"]


# -- pause ---------------------------------------------------------------------------------------------
def test_a_paused_modem_submits_nothing_and_receives(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("first")
        await here.step_until(SENT, 1)
        await ask(here, "pause", reason="a new SIM")
        await here.send("second")
        await here.sim.incoming("Hello")
        await here.step_until("SELECT count(*) FROM inbound", 1)
        await here.step_until(
            "SELECT state || ': ' || error LIKE 'paused: paused since %: a new SIM' FROM modem", 1
        )
        assert texts(here) == ["first"]
        await ask(here, "resume")
        await here.step_until(SENT, 2)
        assert texts(here) == ["first", "second"]
        assert here.rows("SELECT state, error FROM modem") == [("ready", None)]

    play(tmp_path, story)


def test_a_part_that_was_claimed_when_the_pause_came_goes_back(tmp_path: Path) -> None:
    """A part's record claims the next one in the same commit."""

    async def story(here: Bench) -> None:
        await here.send("first", "second")
        await here.step_until(SENT, 1)
        assert here.rows("SELECT count(*) FROM part WHERE state = 2") == [(1,)]
        await ask(here, "pause")
        await here.step_until("SELECT count(*) FROM part WHERE state = 0", 1)
        assert texts(here) == ["first"]

    play(tmp_path, story)


def test_a_pause_is_known_after_the_port_was_gone(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "pause")
        await here.step_until(STATE, "paused")
        await here.rung(here.unplug)
        await here.step_until(STATE, "lost")
        here.sim.modems[0].plug()
        await here.send("waits")
        await here.step_until(STATE, "paused")
        await here.step_until("SELECT operator IS NOT NULL FROM modem", 1)
        assert texts(here) == []

    play(tmp_path, story)


def test_resuming_ends_the_pause_that_refusals_brought_about_as_well(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.send("refused", "taken")
        await here.step_until(STATE, "paused")
        here.sim.modems[0].faults.clear()
        await ask(here, "resume")
        await here.step_until(SENT, 1)
        assert here.rows(STATE) == [("ready",)]

    play(tmp_path, story, Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", cms=28, times=0))


# -- USSD ------------------------------------------------------------------------------------------------
def test_a_code_is_answered_and_a_menu_goes_on(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*100#")
        assert await answered(here) == BALANCE
        await ask(here, "ussd", code="*101#")
        assert await answered(here, 2) == {"text": MENU, "more": True}
        await ask(here, "ussd", code="1")
        assert await answered(here, 3) == BALANCE
        await ask(here, "ussd", cancel=True)
        assert await answered(here, 4) == {"text": "", "more": False}
        assert here.rows("SELECT count(*) FROM modem_order") == [(0,)]

    play(tmp_path, story)


def test_what_comes_to_nothing_is_said_in_a_sentence(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        for count, (code, error) in enumerate(
            {
                "*103#": ("refused", "the network or the SIM does not know this code"),
                "*104#": ("timeout", "the network did not answer in time"),
                "*106#": ("refused", "the network ended the dialogue"),
            }.items(),
            1,
        ):
            await ask(here, "ussd", code=code)
            assert await answered(here, count) == dict(zip(("code", "reason"), error, strict=True))

    play(tmp_path, story)


def test_messages_wait_while_the_network_is_asked_and_go_when_it_does_not_answer(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*105#", timeout=1)
        await here.step_until("SELECT begun_at IS NOT NULL FROM modem_order", 1)
        await here.send("later")
        error = await answered(here)
        assert error == {"code": "timeout", "reason": "the network did not answer in time"}
        assert texts(here) == []
        assert "AT+CUSD=2" in here.sim.modems[0].log
        await here.step_until(SENT, 1)

    play(tmp_path, story)


def test_an_answer_counts_also_where_the_dialogue_is_ended_behind_it(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*105#")
        await here.step_until("SELECT begun_at IS NOT NULL FROM modem_order", 1)
        said = here.sim.modems[0]

        def both() -> None:
            said.announce(('+CUSD: 0,"12 EUR",15',))
            said.announce(("+CUSD: 2",))

        await here.rung(both)
        assert await answered(here) == {"text": "12 EUR", "more": False}

    play(tmp_path, story)


def test_a_refusal_is_told_with_what_it_means(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*100#")
        error = await answered(here)
        assert error["code"] == "refused"
        assert error["reason"].startswith("the modem refuses it: +CME ERROR: 30 (")
        await here.send("goes on")
        await here.step_until(SENT, 1)

    play(tmp_path, story, Fault(kind=FaultKind.ERROR, on="AT+CUSD=1*", cme=30))


def test_a_modem_that_goes_meanwhile_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*105#")
        await here.step_until("SELECT begun_at IS NOT NULL FROM modem_order", 1)
        await here.rung(here.unplug)
        error = await answered(here)
        assert error["code"] == "uncertain"

    play(tmp_path, story)


def test_a_modem_that_says_nothing_to_it_leaves_nobody_waiting_and_goes_on(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*100#")
        assert (await answered(here))["code"] == "uncertain"
        await here.send("goes on")
        await here.step_until(SENT, 1)

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CUSD=1*", seconds=1.5))


def test_the_gateways_stop_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*105#")
        await here.step_until("SELECT begun_at IS NOT NULL FROM modem_order", 1)
        await here.worker.finish()
        assert here.rows("SELECT json_extract(body, '$.error.code') FROM outbox") == [("uncertain",)]

    play(tmp_path, story)


def test_an_answer_outlives_a_full_disk(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "ussd", code="*105#")
        await here.step_until("SELECT begun_at IS NOT NULL FROM modem_order", 1)
        said = here.sim.modems[0]
        await here.rung(lambda: said.announce(('+CUSD: 0,"at last",15',)))
        with full_disk(here.look):
            [failed] = await asyncio.gather(here.worker.step(), return_exceptions=True)
        assert failed is not None
        assert here.rows(RESPONSES) == [(0,)]
        assert await answered(here) == {"text": "at last", "more": False}

    play(tmp_path, story)


def test_what_was_asked_before_the_start_is_done_after_it(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as here:
            here.floor.rules = replace(here.floor.rules, consumers=here.floor.rules.consumers | {MQTT})
            await ask(here, "ussd", code="*100#")
            here.floor.asked.clear()
            here.floor.asked.add("gsm1")
            assert await answered(here) == BALANCE

    asyncio.run(story())


# -- restart ----------------------------------------------------------------------------------------------
def test_a_restart_is_answered_when_the_modem_is_back(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "reset")
        state = await answered(here)
        assert state["state"] == "ready"
        assert state["operator"] == "Simulated"
        assert any(line.startswith("AT+CFUN=1") for line in here.sim.modems[0].log)
        await here.send("goes on")
        await here.step_until(SENT, 1)

    play(tmp_path, story)


def test_a_restart_leaves_a_pause_as_it_is(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "pause")
        await ask(here, "reset")
        assert (await answered(here, 2))["state"] == "paused"
        assert here.rows(STATE) == [("paused",)]

    play(tmp_path, story)


def test_a_modem_that_does_not_come_back_is_told_of(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await ask(here, "reset")
        now, almost = here.floor.now, timedelta(seconds=RESET_S - 1.5)
        here.floor.now = lambda: now() + almost
        error = await answered(here)
        assert error["code"] == "timeout"
        assert error["reason"].startswith("it has not come back: ")

    play(tmp_path, story, Fault(kind=FaultKind.UNPLUG, on="AT+CFUN=1,1"))


# -- the watch ----------------------------------------------------------------------------------------------
def test_who_asks_a_modem_that_never_looks_hears_in_time(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        watch = OrderWatch(here.floor)
        watching = asyncio.create_task(watch.run())
        await ask(here, "ussd", code="*100#", timeout=1)
        while here.rows(RESPONSES) == [(0,)]:
            assert await here.floor.mqtt.wait(5)
        watch.stop()
        await watching
        told = here.rows("SELECT json_extract(body, '$.error.code') FROM outbox WHERE event = 'RESPONSE'")
        assert told == [("timeout",)]
        assert await here.floor.store.run(modem_orders.next_due) is None

    play(tmp_path, story)


# -- what the network says by itself ------------------------------------------------------------------------
TOLD = "SELECT count(*) FROM outbox WHERE event = 'USSD'"


def test_what_the_network_says_unasked_is_told(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        me = here.sim.modems[0].me
        me.announce((written(me, Said(0, WORDS)),))
        me.announce((written(me, Said(2)),))
        await here.step_until(TOLD, 1)
        [(body,)] = here.rows("SELECT body FROM outbox WHERE topic = 'modem/gsm1/event' AND event = 'ussd'")
        told = json.loads(str(body))
        assert (told["text"], told["mode"], told["more"]) == (WORDS, 0, False)

    play(tmp_path, story)


def test_a_dialogue_that_the_network_opens_may_be_answered(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        me = here.sim.modems[0].me
        me.ussd_open = True
        me.announce((written(me, Said(1, MENU)),))
        await here.step_until(TOLD, 1)
        await ask(here, "ussd", code="1")
        assert await answered(here) == BALANCE
        assert me.ussd_heard == ["1"]

    play(tmp_path, story)
