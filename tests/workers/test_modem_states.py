"""What a modem's state is in each bad and good case, what a person is told, and when it sends again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.formats.modem_states import STATES
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.simulation import ModemSpec
from modemd.workers.modems.patience import Patience
from tests.modem.times import TIMES
from tests.workers.test_modem_worker import Bench, bench

if TYPE_CHECKING:
    from pathlib import Path

QUICK = replace(TIMES, busy_pauses_s=(0.0, 0.0))
STATE = "SELECT state FROM modem"
ALARMS = "SELECT code, severity FROM alarm WHERE cleared_at IS NULL"
BUSY = Fault(kind=FaultKind.ERROR, on="*", cme=515, times=10)


def refusing(command: str, cme: int | None = None) -> Fault:
    """A command that is never answered by yes."""
    return Fault(kind=FaultKind.ERROR, on=command, cme=cme, times=0)


def later(here: Bench, seconds: float) -> None:
    """The gateway's clock goes on."""
    before = here.floor.now
    here.floor.now = lambda: before() + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("spec", "state"),
    [
        (ModemSpec(), "ready"),
        (ModemSpec(registration=5), "ready"),
        (ModemSpec(registration=6), "ready"),
        (ModemSpec(registration=7), "ready"),
        (ModemSpec(dialect="quectel", faults=[BUSY]), "ready"),
        (ModemSpec(registration=0), "searching"),
        (ModemSpec(registration=2), "searching"),
        (ModemSpec(registration=4), "searching"),
        (ModemSpec(registration=3), "denied"),
        (ModemSpec(registration=8), "emergency_only"),
        (ModemSpec(registration=11), "emergency_only"),
        (ModemSpec(sim=False), "sim_absent"),
        (ModemSpec(pin="1234"), "pin_required"),
        (ModemSpec(smsc=""), "no_smsc"),
        (ModemSpec(faults=[refusing("AT+CPIN?", 13)]), "sim_failure"),
        (ModemSpec(faults=[refusing("AT+CPIN?", 12)]), "puk_required"),
        (ModemSpec(faults=[refusing("AT+CPIN?", 41)]), "locked"),
        (ModemSpec(faults=[refusing("AT+CPIN?", 14), refusing("AT+CPMS*", 14)]), "starting"),
        (ModemSpec(plugged=False), "absent"),
    ],
)  # fmt: skip
def test_each_state_sends_or_tells_why_not(tmp_path: Path, spec: ModemSpec, state: str) -> None:
    meaning = STATES[state]

    async def story() -> None:
        async with bench(tmp_path, spec, timing=QUICK) as here:
            await here.send("Hello")
            if state not in {"ready", "no_smsc", "searching", "denied", "emergency_only"}:
                here.worker.stop()  # it does not wait before the next try
            await here.step_until(STATE, state)
            told = here.rows(ALARMS)
            assert told == ([(state, meaning.concern)] if meaning.alarms and not meaning.after_s else [])
            if state == "ready":
                await here.step_until("SELECT state FROM message", "sent")
            elif state not in {"starting", "absent"}:
                assert here.rows("SELECT error IS NOT NULL FROM modem") == [(1,)]
                assert here.rows("SELECT state FROM message") == [("queued",)]
                assert len(here.sim.accepted.all) == 0

    asyncio.run(story())


def test_a_state_that_passes_is_no_alarm_until_it_lasts(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path, ModemSpec(registration=2), timing=QUICK) as here:
            await here.step_until(STATE, "searching")
            assert here.rows(ALARMS) == []
            later(here, STATES["searching"].after_s)
            here.sim.modems[0].me.register(0)
            await here.step_until(f"SELECT count(*) FROM ({ALARMS})", 1)
            ((text,),) = here.rows("SELECT text FROM alarm")
            assert str(text).startswith("Modem gsm1: The modem finds no network. Check the antenna")
            here.sim.modems[0].me.register(5)
            await here.step_until(STATE, "ready")
            assert here.rows(ALARMS) == []

    asyncio.run(story())


def test_losing_the_network_and_finding_it_is_noticed_at_once(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as here:
            await here.step_until("SELECT lac || cell FROM modem", "0A1B0001C2D3")
            me = here.sim.modems[0].me
            for stat, state in ((3, "denied"), (6, "ready")):
                await here.rung(lambda stat=stat: me.register(stat))  # type: ignore[misc]
                await asyncio.wait_for(here.step_until(STATE, state), 2.5)
                assert here.rows("SELECT registration FROM modem") == [(stat,)]

    asyncio.run(story())


def test_registered_by_lte_alone(tmp_path: Path) -> None:
    """The circuit-switched network has never heard of it; messages go all the same."""
    nothing = [refusing("AT+CREG?"), refusing("AT+CGREG?")]

    async def story() -> None:
        async with bench(tmp_path, ModemSpec(dialect="quectel", faults=nothing)) as here:
            await here.send("Hello")
            await here.step_until("SELECT state FROM message", "sent")
            assert here.rows("SELECT state, registration FROM modem") == [("ready", 1)]

    asyncio.run(story())


def test_messages_wait_for_a_service_centre_and_arrivals_do_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path, ModemSpec(smsc="")) as here:
            await here.send("Hello")
            await here.sim.incoming("from outside")
            await here.step_until("SELECT count(*) FROM inbound", 1)
            await here.step_until(STATE, "no_smsc")
            card = here.sim.modems[0].me.card
            assert card is not None
            card.smsc = "+32475161616"
            here.sim.modems[0].me.register(1)
            await here.step_until("SELECT state FROM message", "sent")
            assert here.rows("SELECT smsc FROM modem") == [("+32475161616",)]

    asyncio.run(story())


def test_a_sim_that_is_taken_out_and_put_back(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path, ModemSpec(pin="1234"), pin="1234") as here:
            await here.step_until(STATE, "ready")
            me = here.sim.modems[0].me
            card, me.card = me.card, None
            assert card is not None
            await here.rung(lambda: me.register(0))
            await here.step_until(STATE, "sim_absent")
            later(here, STATES["sim_absent"].after_s)
            await here.step_until(f"SELECT count(*) FROM ({ALARMS})", 1)
            assert here.rows(ALARMS) == [("sim_absent", "critical")]
            card.power_up()
            me.card, me.registration = card, 1
            await here.send("Hello")
            await here.step_until("SELECT state FROM message", "sent")
            assert here.rows(ALARMS) == []
            card.power_up()  # it has reset itself, and the network is lost with it
            await here.rung(lambda: me.register(0))
            await here.step_until(STATE, "starting")
            me.registration = 1
            await here.step_until(STATE, "ready")
            assert card.pin_tries == 3

    asyncio.run(story())


def test_a_pin_that_cannot_be_read(tmp_path: Path) -> None:
    """It is told where the SIM asks for it, and does not matter where it does not."""
    lost = str(tmp_path / "lost.pin")

    async def story(pin: str | None, state: str) -> None:
        folder = tmp_path / state
        folder.mkdir()
        async with bench(folder, ModemSpec(pin=pin), pin_file=lost) as here:
            here.worker.stop()
            await here.step_until(STATE, state)
            assert here.rows(ALARMS) == ([] if pin is None else [("pin_required", "critical")])
            if pin is not None:
                ((error,),) = here.rows("SELECT error FROM modem")
                assert f"cannot read {lost}" in str(error)

    asyncio.run(story("1234", "pin_required"))
    asyncio.run(story(None, "ready"))


def test_messages_go_by_lte_where_the_circuit_is_set(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        async with bench(tmp_path, ModemSpec(dialect="quectel", technology=7)) as here:
            here.sim.modems[0].me.settings.plain["+CGSMS"] = "1"
            await here.step_until(STATE, "ready")
            assert here.rows("SELECT technology FROM modem") == [("LTE",)]

    asyncio.run(story())
    assert caplog.text.count("set sms_domain: packet") == 1


def test_the_wanted_network_and_slot_are_taken(tmp_path: Path) -> None:
    other = "8932000000000000099"
    spec = ModemSpec(dialect="quectel", technology=7, second_iccid=other)

    async def story() -> None:
        async with bench(tmp_path, spec, sms_domain="packet", sim_slot=2) as here:
            settings = here.sim.modems[0].me.settings.plain
            settings["+CGSMS"] = "1"
            await here.step_until(STATE, "ready")
            assert settings["+CGSMS"] == "2"
            assert here.rows("SELECT sim_slot, iccid FROM modem") == [(2, other)]

    asyncio.run(story())


def test_messages_wait_for_a_modem_whose_messages_are_late(tmp_path: Path) -> None:
    """All else answers, but for what messages need: as before a modem says ``SMS Ready``."""
    late = [Fault(kind=FaultKind.ERROR, on=command, cms=515, times=0) for command in ("AT+CPMS*", "AT+CSCA*")]

    async def story() -> None:
        async with bench(tmp_path, ModemSpec(dialect="simcom", faults=late), timing=QUICK) as here:
            await here.send("Hello")
            await here.step_until(STATE, "starting")
            assert here.rows(ALARMS) == []
            here.sim.modems[0].faults.clear()
            here.sim.modems[0].announce(("SMS Ready",))
            await here.step_until("SELECT state FROM message", "sent")
            assert len(here.sim.accepted.all) == 1

    asyncio.run(story())


def test_a_modem_that_starts_for_ever_has_a_sim_that_cannot_be_read() -> None:
    patience = Patience(within_s=0.0)
    assert patience.told("starting", "wait")[0] == "sim_failure"
    assert patience.told("pin_required", "why") == ("pin_required", "why")
    hour = Patience(within_s=3600)
    assert hour.told("starting", "wait") == ("starting", "wait")
    assert hour.asked
    hour.ended()
    assert not hour.asked
