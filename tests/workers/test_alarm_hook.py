"""The program of ``hooks.alarm`` is called as smstools3 calls its alarm handler; no shell sees any of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from modemd.formats.modem_states import STATES, named
from modemd.service import alarms
from modemd.workers.alarm_hook import AlarmHook, words_of
from tests.store.files import rows
from tests.workers.test_housekeeping import House, play, program

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.formats.payloads_alarm import AlarmBody
    from modemd.store.transaction import Tx

TEXT = "gsm1 is $(touch x) gone; `rm`\nPlug it in."


async def alarm(here: House, **said: Any) -> None:
    """Raise it, or clear it where a test says so."""
    rules = replace(here.floor.rules, consumers=here.floor.rules.consumers | {alarms.HOOK})
    facts = {"modem": "gsm1", "text": TEXT, "severity": "critical"} | said

    def job(tx: Tx) -> bool:
        if facts.pop("over", False):
            return alarms.clear_alarm(tx, rules, modem=facts["modem"], code="absent", now=here.now)
        return alarms.raise_alarm(tx, rules, code="absent", now=here.now, **facts)

    assert await here.floor.store.run(job)


def calls(folder: Path, here: House, body: str) -> AlarmHook:
    return AlarmHook(here.floor, [str(program(folder, body)), "own"])


def test_the_program_gets_six_words_and_the_rest_in_its_environment(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        said = tmp_path / "said"
        hook = calls(
            tmp_path, here, f'printf "%s|" "$#" "$@" "$MODEMD_ALARM_CODE" "$MODEMD_ALARM_STATE" >> "{said}"'
        )
        await alarm(here)
        await asyncio.wait_for(hook.step(), 20)
        first = f"7|own|ALARM|2026-11-22|12:00:00|2|gsm1|{TEXT}|absent|raised|"
        assert said.read_text() == first
        await alarm(here, over=True)
        await asyncio.wait_for(hook.step(), 20)
        over = f"7|own|ALARM|2026-11-22|12:00:00|6|gsm1|over: {TEXT}|absent|cleared|"
        assert said.read_text() == first + over
        await alarm(here, modem=None, severity="warning", text="The disk fills up.")
        await asyncio.wait_for(hook.step(), 20)
        assert said.read_text().endswith("|4|MODEMD|The disk fills up.|absent|raised|")
        assert rows(here.look, "SELECT count(*) FROM outbox WHERE consumer = 'alarm'") == [(0,)]

    play(tmp_path, story)


def test_what_is_over_needs_no_advice() -> None:
    wrong, advice = STATES["pin_wrong"].wrong, named(STATES["pin_wrong"].advice, "gsm1")
    body: AlarmBody = {
        "event": "alarm", "state": "cleared", "severity": "critical", "gateway": "gw1", "modem": "gsm1",
        "code": "pin_wrong", "text": f"Modem gsm1: {wrong} {advice}", "at": "2026-11-22T12:00:00Z",
        "count": 2,
    }  # fmt: skip
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert words_of(body, at)[-1] == f"over: Modem gsm1: {wrong}"
    assert words_of(body | {"state": "raised"}, at)[-1] == body["text"]


def test_what_nobody_was_told_for_a_day_is_not_told_as_if_it_were_now(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        said = tmp_path / "said"
        hook = calls(tmp_path, here, f'touch "{said}"')
        await alarm(here)
        here.now += timedelta(hours=25)
        await asyncio.wait_for(hook.step(), 20)
        assert not said.exists()
        assert rows(here.look, "SELECT count(*) FROM outbox WHERE consumer = 'alarm'") == [(0,)]

    play(tmp_path, story)


def test_a_program_that_fails_is_not_called_again(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        await alarm(here)
        await asyncio.wait_for(calls(tmp_path, here, "exit 3").step(), 20)
        assert rows(here.look, "SELECT count(*) FROM outbox WHERE consumer = 'alarm'") == [(0,)]

    play(tmp_path, story)


def test_it_stops_while_it_waits(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        hook = calls(tmp_path, here, "exit 0")
        turn = asyncio.ensure_future(hook.step())
        hook.stop()
        await asyncio.wait_for(turn, 5)
        assert hook.stopping

    play(tmp_path, story)
