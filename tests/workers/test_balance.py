"""A prepaid SIM's money is asked for while nothing is to be sent, and sending goes on whatever is said."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from modemd.store import sims
from modemd.workers.modems.balance import WITHIN_S, BalanceCheck
from modemd.workers.modems.orders import Orders
from modemd.workers.modems.station import Station
from tests.workers.test_throttle import SENT, Even, desk

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    import pytest

    from modemd.modem.modem import Modem
    from tests.workers.test_throttle import Desk

BALANCES = "SELECT balance, balance_text FROM sim"
ALARMS = "SELECT code FROM alarm WHERE cleared_at IS NULL"
SAID = "Your balance is 12.34 EUR."


def play(folder: Path, story: Callable[[Desk], Coroutine[Any, Any, None]], **balance: object) -> None:
    async def main() -> None:
        async with desk(folder, balance={"code": "*100#"} | balance) as here:
            await story(here)

    asyncio.run(main())


def heard(here: Desk) -> list[str]:
    return here.sim.modems[0].me.ussd_heard


async def until(here: Desk, true: Callable[[], bool]) -> None:
    """Turn after turn until it is so."""
    for _ in range(60):
        if true():
            return
        await here.turns(1)
    raise AssertionError(here.rows(BALANCES))


def test_it_is_asked_when_all_is_sent_and_again_when_it_is_time(tmp_path: Path) -> None:
    async def story(here: Desk) -> None:
        await here.send("one", "two")
        await until(here, lambda: here.rows(BALANCES) == [("12.34", SAID)])
        assert here.rows(SENT) == [(2,)]
        assert here.rows(ALARMS) == [("balance_low",)]
        await here.again()
        await here.turns()
        assert heard(here) == ["*100#"]  # a restart asks no more often
        here.at += timedelta(hours=2)
        await here.again()
        await until(here, lambda: len(heard(here)) == 2)

    play(tmp_path, story, every="1h", low=20)


def test_refusals_that_look_like_no_money_ask_at_once_but_once_an_hour(tmp_path: Path) -> None:
    async def story(here: Desk) -> None:
        await until(here, lambda: here.rows(BALANCES) == [("12.34", SAID)])
        station = Station.of(here.floor, here.worker.config, 1)
        station.seat = replace(station.seat, sim=str(here.rows("SELECT sim FROM sim")[0][0]))
        check = BalanceCheck(station, Orders(here.floor, "gsm1", 1), Even())
        modem, now = cast("Modem", None), time.monotonic()
        assert not await check.turn(modem, now)
        station.balance_wanted = True
        assert not await check.turn(modem, now + 3500)  # it was asked within the hour
        assert check.wakes_at <= now + 3601
        assert await check.turn(modem, now + 3601)
        assert here.rows("SELECT count(*) FROM modem_order") == [(1,)]

    play(tmp_path, story)


def test_a_menu_is_left_open_by_nobody_and_what_cannot_be_read_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: Desk) -> None:
        await until(
            here, lambda: here.rows("SELECT balance IS NULL, balance_at IS NULL FROM sim") == [(1, 0)]
        )
        await here.turns()
        assert not here.sim.modems[0].me.ussd_open
        here.at += timedelta(hours=2)
        await here.send("one")
        await until(here, lambda: here.rows(SENT) == [(1,)])

    play(tmp_path, story, code="*101#")
    said = [each.getMessage() for each in caplog.records if "finds no amount" in each.getMessage()]
    looks = "Aaaa 9. Aaaaaaa 9. Aaaaa 9. AA"
    assert said == [
        f"modem gsm1: balance: pattern: finds no amount in the answer to *101#, which looks like: {looks}"
    ]


def test_a_network_that_does_not_answer_keeps_nothing_for_long(tmp_path: Path) -> None:
    async def story(here: Desk) -> None:
        await until(here, lambda: heard(here) == ["*105#"])
        await here.send("one")
        assert here.rows("SELECT count(*) FROM modem_order") == [(1,)]
        [(left,)] = here.rows("SELECT (expires_at - asked_at) / 1000000 FROM modem_order")
        assert left == WITHIN_S < 60

    play(tmp_path, story, code="*105#")


def test_a_refusal_is_no_balance(tmp_path: Path) -> None:
    async def story(here: Desk) -> None:
        await until(here, lambda: heard(here) == ["*103#"])
        await here.send("one")
        await until(here, lambda: here.rows(SENT) == [(1,)])
        iccid = here.rows("SELECT iccid FROM modem")[0][0]
        assert await here.floor.store.run(lambda tx: sims.balance_of(tx, str(iccid))) is None

    play(tmp_path, story, code="*103#")
