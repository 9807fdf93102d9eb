"""What the SIM counts tells whether a part that nobody answered for was handed to the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.service import dispatch, upkeep
from modemd.service.outcomes import Seat
from modemd.simulator.faults import Fault, FaultKind, Place
from modemd.simulator.network import NetworkSpec
from modemd.simulator.storage import SENT, Slot
from tests.workers.test_modem_turns import play, texts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workers.test_modem_worker import Bench

AIR = NetworkSpec(reports=False)
EVIDENCE = "SELECT evidence FROM part WHERE id = 2"


async def believed(here: Bench) -> None:
    """One part goes out, and then there is nothing to do: the count is looked at."""
    await here.send("first")
    await here.step_until("SELECT state FROM part", 3)
    for _ in range(3):
        here.floor.ring_queue()  # else it would wait for more
        await here.worker.step()


@pytest.mark.parametrize(("place", "found", "air"), [
    (Place.BODY, "not_sent", ["first", "second"]),
    (Place.ANSWER, "message_reference", ["first", "second"]),
])  # fmt: skip
def test_the_count_is_evidence(tmp_path: Path, place: Place, found: str, air: list[str]) -> None:
    async def story(here: Bench) -> None:
        await believed(here)
        await here.send("second")
        await here.step_until(EVIDENCE, found)
        if found == "not_sent":
            await here.step_until("SELECT state FROM part WHERE id = 2", 3)
            assert here.rows("SELECT doubted, attempts FROM part WHERE id = 2") == [(0, 2)]
        else:
            assert here.rows("SELECT state, doubted, tp_mr FROM part WHERE id = 2") == [(7, 1, 1)]
        assert texts(here) == air

    play(tmp_path, story, Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=place, nth=2), network=AIR)


@pytest.mark.parametrize("looked", [False, True])
def test_behind_a_refusal_the_count_is_no_evidence(tmp_path: Path, looked: bool) -> None:
    """It may have moved it, or not; and this modem, looked at, is seen not to count what is refused."""

    async def story(here: Bench) -> None:
        await believed(here)
        await here.send("refused")
        await here.step_until("SELECT state FROM part WHERE id = 2", 8)
        if looked:
            here.floor.ring_queue()
            await here.worker.step()
        await here.send("second")
        await here.step_until("SELECT state FROM part WHERE id = 3", 7)
        here.floor.ring_queue()
        await here.worker.step()
        await here.worker.step()
        assert here.rows("SELECT state, evidence FROM part WHERE id = 3") == [(7, None)]

    refusal = Fault(kind=FaultKind.ERROR, on="AT+CMGS=*", at=Place.BODY, nth=2, cms=38)
    silence = Fault(kind=FaultKind.HANG, on="AT+CMGS=*", at=Place.BODY, nth=3)
    play(tmp_path, story, refusal, silence, network=AIR)


def test_after_a_crash_the_count_is_asked_before_anything_else_goes_out(tmp_path: Path) -> None:
    """The daemon has ended with a part in hand that the modem never handed over."""

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
        assert here.rows("SELECT state FROM part WHERE id = 2") == [(7,)]
        await here.again()
        await here.step_until("SELECT state FROM part WHERE id = 2", 3)
        assert here.rows(EVIDENCE) == [("not_sent",)]
        assert texts(here) == ["first", "second"]

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


def test_a_message_that_restarts_whatever_modem_it_meets_ends_and_the_others_go_out(tmp_path: Path) -> None:
    """No other message has so long a PDU."""

    async def story(here: Bench) -> None:
        await believed(here)
        await here.send("poison " * 8, *(f"good {number}" for number in range(20)))
        await here.step_until("SELECT count(*) FROM part WHERE state = 3", 21)
        assert here.rows("SELECT doubted, evidence FROM part WHERE id = 2") == [(0, "not_sent")]
        [(attempts,)] = here.rows("SELECT attempts FROM part WHERE id = 2")
        assert int(str(attempts)) <= 2, "the others do not wait for it"

    fault = Fault(kind=FaultKind.REBOOT, on="AT+CMGS=6?", at=Place.BODY, times=0, seconds=0.1)
    play(tmp_path, story, fault, network=AIR, impatient=True)
