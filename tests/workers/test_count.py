"""What the SIM counts tells whether a part that nobody answered for was handed to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.service import dispatch, upkeep
from modemd.service.outcomes import Seat
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from modemd.simulator.storage import SENT, Slot
from tests.workers.test_modem_turns import play

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workers.test_modem_worker import Bench

AIR = NetworkSpec(reports=False)
EVIDENCE = "SELECT evidence FROM part WHERE id = 4"
DOUBTED = "one that is in doubt then"
BARRED = "one that is refused by the network, as it was"
"""Each is known by the length of its PDU."""


def refusal(place: Place) -> Fault:
    return Fault(kind=FaultKind.ERROR, on="AT+CMGS=5?", at=place, cms=38)


def silence(place: Place, kind: FaultKind = FaultKind.HANG) -> Fault:
    return Fault(kind=kind, on="AT+CMGS=3?", at=place, seconds=0.1)


async def believed(here: Bench) -> None:
    """Two parts go out and one is refused; after each there is nothing to do, and the count is looked at."""
    for place, text in enumerate(("one", "two", BARRED), 1):
        await here.send(text)
        await here.step_until(f"SELECT state FROM part WHERE id = {place}", 3 if place < 3 else 8)
        await at_rest(here)


async def at_rest(here: Bench) -> None:
    for _ in range(3):
        here.floor.ring_queue()  # else it would wait for more
        await here.worker.step()


@pytest.mark.parametrize("counted", [Place.BODY, Place.ANSWER])
def test_a_count_that_went_on_is_evidence(tmp_path: Path, counted: Place) -> None:
    async def story(here: Bench) -> None:
        await believed(here)
        await here.send(DOUBTED)
        await here.step_until(EVIDENCE, "message_reference")
        assert here.rows("SELECT state, doubted FROM part WHERE id = 4") == [(7, 1)]

    play(tmp_path, story, refusal(counted), silence(Place.ANSWER), network=AIR)


def test_an_unchanged_count_is_evidence_where_the_modem_counts_what_is_refused(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await believed(here)
        await here.send(DOUBTED)
        await here.step_until(EVIDENCE, "not_sent")
        assert here.rows("SELECT state, doubted FROM part WHERE id = 4") == [(8, 0)]

    play(tmp_path, story, refusal(Place.ANSWER), silence(Place.BODY), network=AIR)


@pytest.mark.parametrize(("counted", "kind"), [
    (Place.BODY, FaultKind.HANG),  # it counts only what was taken
    (Place.ANSWER, FaultKind.REBOOT),  # what it had not written yet is gone
])  # fmt: skip
def test_else_an_unchanged_count_is_no_evidence(tmp_path: Path, counted: Place, kind: FaultKind) -> None:
    async def story(here: Bench) -> None:
        await believed(here)
        await here.send(DOUBTED)
        await here.step_until("SELECT state FROM part WHERE id = 4", 7)
        await here.send("after")
        await here.step_until("SELECT state FROM part WHERE id = 5", 3)
        assert here.rows("SELECT state, evidence FROM part WHERE id = 4") == [(7, None)]

    play(tmp_path, story, refusal(counted), silence(Place.BODY, kind), network=AIR, impatient=True)


def test_a_count_that_agreed_once_may_be_one_that_stands_still(tmp_path: Path) -> None:
    """Some modems read the file once, and go on telling that."""

    async def story(here: Bench) -> None:
        await here.send("one")
        await here.step_until("SELECT state FROM part", 3)
        await at_rest(here)
        await here.send(DOUBTED)
        await here.step_until("SELECT state FROM part WHERE id = 2", 7)
        await here.send("after")
        await here.step_until("SELECT state FROM part WHERE id = 3", 3)
        assert here.rows("SELECT state, evidence FROM part WHERE id = 2") == [(7, None)]

    play(tmp_path, story, silence(Place.ANSWER), network=AIR)


def test_behind_a_refusal_that_was_not_looked_at_the_count_is_no_evidence(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        for place, text in enumerate(("one", "two"), 1):
            await here.send(text)
            await here.step_until(f"SELECT state FROM part WHERE id = {place}", 3)
            await at_rest(here)
        await here.send(BARRED)
        await here.step_until("SELECT state FROM part WHERE id = 3", 8)
        await here.send(DOUBTED)
        await here.step_until("SELECT state FROM part WHERE id = 4", 7)
        await here.send("after")
        await here.step_until("SELECT state FROM part WHERE id = 5", 3)
        assert here.rows("SELECT state, evidence FROM part WHERE id = 4") == [(7, None)]

    play(tmp_path, story, refusal(Place.ANSWER), silence(Place.ANSWER), network=AIR)


def test_after_a_start_the_count_is_no_evidence(tmp_path: Path) -> None:
    """The network may be at it still: many a modem counts a message when that has answered."""

    async def story(here: Bench) -> None:
        await here.send("first")
        await here.step_until("SELECT state FROM part", 3)
        await here.send("second")
        now, rules = here.floor.now(), here.floor.rules
        [(sim,)] = here.rows("SELECT sim FROM part WHERE id = 1")
        seat = Seat(1, "gsm1", str(sim))
        await here.floor.store.run(lambda tx: dispatch.next_part(tx, rules, seat, now))
        await here.worker.finish()
        await here.floor.store.run(lambda tx: upkeep.recover(tx, rules, now))
        await here.again()
        await here.send("third")
        await here.step_until("SELECT state FROM part WHERE id = 3", 3)
        assert here.rows("SELECT state, evidence FROM part WHERE id = 2") == [(7, None)]

    play(tmp_path, story, network=AIR)


def test_a_copy_that_the_modem_keeps_is_evidence(tmp_path: Path) -> None:
    async def story(here: Bench) -> None:
        await here.step_until("SELECT state FROM modem", "ready")
        await here.step_until("SELECT operator IS NOT NULL FROM modem", 1)
        await here.send("Kept")
        await here.step_until("SELECT state FROM part", 7)
        [one] = here.sim.accepted.all
        store = here.sim.modems[0].me.stores["ME"]
        store.add(Slot(SENT, one.pdu, len(one.pdu) // 2 - 1 - int(one.pdu[:2], 16)))
        await here.step_until("SELECT evidence FROM part", "stored_copy")
        assert here.rows("SELECT state FROM part") == [(3,)]
        assert store.used == 1, "it is not ours to delete"

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=Place.ANSWER), network=AIR)


def test_a_message_that_restarts_whatever_modem_it_meets_does_not_hold_up_others(tmp_path: Path) -> None:
    """No other message has so long a PDU."""

    async def story(here: Bench) -> None:
        await here.send("poison " * 8, *(f"good {number}" for number in range(20)))
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 20)
        assert here.rows("SELECT state, doubted FROM part WHERE id = 1") == [(7, 1)]

    fault = Fault(kind=FaultKind.REBOOT, on="AT+CMGS=6?", at=Place.BODY, times=0, seconds=0.1)
    play(tmp_path, story, fault, network=AIR, impatient=True)
