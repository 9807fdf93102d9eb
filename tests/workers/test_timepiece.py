"""Clocks that are set while the gateway runs, and what the clock's turns do then."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import pytest

from modemd.config.mail import MailConfig
from modemd.config.sections import RetentionConfig
from modemd.service import dispatch, routing
from modemd.service.outcomes import Seat, Unanswered
from modemd.store import modems, queue
from modemd.store.times import to_us
from modemd.workers.housekeeping import Clock, Listener
from modemd.workers.mailer import Mailer
from modemd.workers.timepiece import LEAST_S, STEADY_S, Timepiece
from tests.service.office import START, rules_of
from tests.store.files import rows
from tests.workers.test_housekeeping import House, play

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

HOUR_S = 3600.0
GSM3: Final = {"name": "gsm3", "port": "/dev/gsm3"}
NOWHERE: Final = MailConfig.model_validate({"host": "localhost", "port": 1, "from": "sms@gw.example"})
YEARS_S = 14 * 365 * 86400.0


class Machine:
    """A machine's three clocks."""

    def __init__(self) -> None:
        self.wall = START.timestamp()
        self.running = 50.0
        self.awake = 50.0
        self.timepiece = Timepiece(lambda: self.wall, lambda: self.running, lambda: self.awake)

    def pass_by(self, seconds: float, *, asleep: bool = False) -> None:
        self.wall += seconds
        self.running += seconds
        self.awake += 0 if asleep else seconds

    def follow(self) -> tuple[float, float]:
        """Set by so many seconds, and asleep for so many."""
        jump = self.timepiece.jump()
        assert jump is not None
        self.timepiece.follow(jump)
        assert self.timepiece.jump() is None
        return jump.by.total_seconds(), jump.slept.total_seconds()


def test_time_that_passes_is_no_jump() -> None:
    machine = Machine()
    machine.pass_by(YEARS_S)
    machine.wall += LEAST_S - 1
    assert machine.timepiece.jump() is None
    assert machine.timepiece.steady


@pytest.mark.parametrize("by_s", [60.0, -60.0, HOUR_S * 2, -YEARS_S])
def test_a_clock_that_is_set_is_noticed(by_s: float) -> None:
    machine = Machine()
    machine.pass_by(90)
    machine.wall += by_s
    jump = machine.timepiece.jump()
    assert jump is not None
    assert (jump.since, jump.until) == (START - timedelta(seconds=50), START + timedelta(seconds=90))
    assert machine.follow() == (by_s, 0)


def test_sleep_is_told_from_a_clock_that_is_set() -> None:
    machine = Machine()
    machine.pass_by(HOUR_S * 8, asleep=True)
    assert machine.follow() == (0, HOUR_S * 8)
    assert machine.timepiece.steady
    machine.pass_by(HOUR_S, asleep=True)
    machine.wall -= HOUR_S
    assert machine.follow() == (-HOUR_S, HOUR_S)


def test_a_process_that_is_stopped_between_two_looks_sees_no_clock_that_was_set() -> None:
    machine, stops = Machine(), [HOUR_S]

    def look_and_stop() -> float:
        wall = machine.wall
        machine.pass_by(stops.pop() if stops else 0.0)
        return wall

    timepiece = Timepiece(look_and_stop, lambda: machine.running, lambda: machine.awake)
    for _ in range(2):
        assert timepiece.jump() is None
        stops.append(HOUR_S)
    assert timepiece.steady


def test_one_that_is_set_far_ahead_is_not_believed_at_once() -> None:
    machine, believed = Machine(), []
    for by_s, passing_s in ((YEARS_S, STEADY_S - 1), (0, 1), (YEARS_S, 5), (-YEARS_S, 0)):
        machine.wall += by_s
        believed.append(machine.timepiece.steady)
        if by_s:
            machine.follow()
        machine.pass_by(passing_s)
        believed.append(machine.timepiece.steady)
    assert believed == [False, False, False, True, False, False, False, True]


async def shift(here: House, machine: Machine, seconds: float) -> None:
    """The clock is set, which the listener notices; then comes the clock's turn."""
    machine.wall += seconds
    here.now += timedelta(seconds=seconds)
    await here.floor.clock.wait(0)
    await Listener(here.floor).step()
    assert await here.floor.clock.wait(0)


def test_a_clock_that_is_years_ahead_for_a_minute_ends_nothing_and_sends_nothing_early(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(here: House) -> None:
        machine = Machine()
        here.floor.timepiece = machine.timepiece
        await here.accept(not_before_at=START + timedelta(days=7))
        clock = Clock(here.floor, RetentionConfig.model_validate({}), forget_in_s=0)
        for seconds in (YEARS_S, -YEARS_S):
            await shift(here, machine, seconds)
            await here.turn(clock)
        machine.pass_by(STEADY_S)
        await here.turn(clock)
        assert here.state() == "scheduled"
        assert rows(here.look, "SELECT text FROM message") == [("Hello",)]

    play(tmp_path, story)
    assert "the clock was set ahead by 5110 days, 0:00:00: it is 2040-11-18 12:00:00 UTC" in caplog.text


def join(tx: Tx) -> tuple[Rules, Seat]:
    """Another gateway shares the store."""
    theirs = rules_of(gateway={"name": "gw2", "country": "BE"}, modems={"list": [GSM3]})
    modems.gateway_started(tx, "gw2", 1, "1", to_us(START))
    gsm3 = routing.sync(tx, theirs)["gsm3"]
    modems.write_modem(tx, gsm3, {"state": "ready"})
    return theirs, Seat(gsm3, "gsm3", "sim of gsm3")


def test_by_one_that_is_years_ahead_no_other_gateway_is_gone(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        machine = Machine()
        here.floor.timepiece = machine.timepiece
        await here.accept()
        await here.floor.store.run(hand_to_another)
        await shift(here, machine, YEARS_S)
        await here.turn(Clock(here.floor, RetentionConfig.model_validate({})))
        assert rows(here.look, "SELECT state FROM message") == [("uncertain",)]

    def hand_to_another(tx: Tx) -> None:
        """Another gateway's modem has the part, and nobody knows yet whether it was sent."""
        theirs, seat = join(tx)
        part = dispatch.next_part(tx, theirs, seat, START)
        assert part is not None
        dispatch.record(tx, theirs, seat, part, Unanswered("no answer", after_body=True), START)

    play(tmp_path, story)


def test_what_waits_for_another_gateway_s_modem_waits_on_until_the_clock_is_believed(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        machine = Machine()
        here.floor.timepiece = machine.timepiece
        await here.accept()
        await here.floor.store.run(leave_to_another)
        clock = Clock(here.floor, RetentionConfig.model_validate({}))
        await shift(here, machine, YEARS_S)
        await here.turn(clock)
        assert rows(here.look, theirs) == [("modem:gsm3",)]
        machine.pass_by(STEADY_S)
        here.now += timedelta(seconds=STEADY_S)
        await here.turn(clock)
        assert rows(here.look, theirs) == [("any",)]

    def leave_to_another(tx: Tx) -> None:
        queue.pin(tx, 1, routing.pinned(tx, join(tx)[0], "gsm3"))

    theirs = "SELECT route.key FROM part JOIN route ON route.id = part.route_id"
    play(tmp_path, story)


def test_no_letter_of_another_gateway_is_sent_by_a_clock_that_is_not_believed(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        machine = Machine()
        here.floor.timepiece = machine.timepiece
        await here.floor.store.run(join)
        await shift(here, machine, YEARS_S)
        machine.follow()
        told = {"event": "closed", "account": "shop", "at": START.isoformat()}
        body, at_us = json.dumps({"address": "desk@shop.example", "told": told}), to_us(here.now)
        sql = "INSERT INTO outbox (consumer, gateway, event, at, body) VALUES ('mail', 'gw2', 'closed', ?, ?)"
        here.look.connection.execute(sql, (at_us, body))
        mailer = Mailer(here.floor, NOWHERE)
        for whose in ("gw2", "gw1"):
            here.floor.mail.ring()
            await asyncio.wait_for(mailer.step(), 10)
            assert rows(here.look, "SELECT gateway FROM outbox") == [(whose,)]
            machine.pass_by(STEADY_S)

    play(tmp_path, story)


def test_one_that_is_set_right_after_the_start_ends_nothing_that_was_accepted_before(tmp_path: Path) -> None:
    async def story(here: House) -> None:
        here.now -= timedelta(days=90)
        machine = Machine()
        machine.wall = here.now.timestamp()
        here.floor.timepiece = machine.timepiece = Timepiece(
            lambda: machine.wall, lambda: machine.running, lambda: machine.awake
        )
        await here.accept()
        await shift(here, machine, 90 * 86400)
        clock = Clock(here.floor, RetentionConfig.model_validate({}))
        await here.turn(clock)
        for _ in range(2):
            machine.pass_by(STEADY_S)
            here.now += timedelta(seconds=STEADY_S)
            await here.turn(clock)
        assert here.state() == "queued"

    play(tmp_path, story)
