"""Calls that a modem makes: what is said in them, and what becomes of those that nobody answers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import NoReply, PortLost, Refused
from modemd.gsm.makers import Family
from modemd.modem.dialects import DIALECTS as KNOWN
from modemd.modem.voice import CallEnd, Speaking, pieces, spoken_command
from modemd.simulator.faults import Fault, FaultKind
from modemd.simulator.network import NetworkSpec
from modemd.simulator.simulation import ModemSpec
from tests.modem.test_simulated import play
from tests.modem.times import TIMES

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from modemd.modem.modem import Modem
    from modemd.simulator.simulation import Simulation

TO = "+32475123456"
TEXT = Speaking(text="Fire in hall 3", tones="", times=2, wait_s=5)
TONES = Speaking(text=None, tones="12#", times=1, wait_s=5)
QUICK = replace(TIMES, call_look_s=0.01, pick_up_s=0.0, tone_s=0.0, dial_s=0.5)


def never() -> bool:
    return False


def called(sim: Simulation) -> list[dict[str, Any]]:
    return [call.fields() for call in sim.accepted.calls]


def act_on(
    folder: Path,
    act: Callable[[Simulation, Modem], Awaitable[None]],
    *,
    dialect: str = "simcom-lte",
    network: NetworkSpec | None = None,
    faults: tuple[Fault, ...] = (),
) -> None:
    async def prepared(sim: Simulation, modem: Modem, _news: asyncio.Event) -> None:
        await modem.prepare()
        await act(sim, modem)

    spec = ModemSpec(dialect=dialect, faults=faults)
    play(folder, prepared, spec=spec, network=network, timing=QUICK)


@pytest.mark.parametrize(
    ("dialect", "voice"),
    [("simcom-lte", "speech"), ("quectel", "speech"), ("simcom", "tones"), ("zte", "tones")],
)
def test_a_modem_tells_what_it_can_say(tmp_path: Path, dialect: str, voice: str) -> None:
    async def act(_sim: Simulation, modem: Modem) -> None:
        assert await modem.voice() == voice

    act_on(tmp_path, act, dialect=dialect)


@pytest.mark.parametrize("dialect", ["simcom-lte", "quectel"])
def test_a_text_is_said_to_who_answers(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, TEXT, never) is CallEnd.HEARD
        [call] = called(sim)
        assert (call["call"], call["outcome"], call["spoken"]) == (TO, "answered", [TEXT.text] * 2)
        assert sim.modems[0].me.call is None
        assert await modem.call(TO, replace(TEXT, text='Café "Zur Post"', times=1), never) is CallEnd.HEARD
        assert called(sim)[1]["spoken"] == ['Café "Zur Post"']

    act_on(tmp_path, act, dialect=dialect)


@pytest.mark.parametrize("dialect", ["simcom", "quectel", "huawei", "zte", "generic", "nokia"])
def test_tones_are_keyed_by_any_maker(tmp_path: Path, dialect: str) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, TONES, never) is CallEnd.HEARD
        assert [call["tones"] for call in called(sim)] == ["12#"]

    act_on(tmp_path, act, dialect=dialect)


@pytest.mark.parametrize("dialect", ["simcom", "quectel", "huawei", "zte", "generic"])
@pytest.mark.parametrize(
    ("does", "ends"),
    [
        ("busy", {CallEnd.BUSY, CallEnd.NO_CARRIER}),
        ("no-answer", {CallEnd.NO_ANSWER, CallEnd.NO_CARRIER}),
        ("reject", {CallEnd.BUSY, CallEnd.NO_CARRIER}),
    ],
)
def test_who_is_not_reached_is_told_as_it_is(
    tmp_path: Path, dialect: str, does: Any, ends: set[CallEnd]
) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, TONES, never) in ends
        assert [call["tones"] for call in called(sim)] == [""]

    act_on(tmp_path, act, dialect=dialect, network=NetworkSpec(calls={TO: does}, ring_s=0.05))


def test_nobody_is_waited_for_for_ever(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, replace(TEXT, wait_s=0.1), never) is CallEnd.NO_ANSWER
        assert [call["outcome"] for call in called(sim)] == ["cancelled"]

    act_on(tmp_path, act, network=NetworkSpec(ring_s=30))


def test_a_call_that_nobody_has_answered_is_given_up(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, TEXT, lambda: True) is CallEnd.STOPPED
        assert [call["outcome"] for call in called(sim)] == ["cancelled"]

    act_on(tmp_path, act, network=NetworkSpec(ring_s=30))


@pytest.mark.parametrize(("speech_s", "ends"), [(0.5, CallEnd.CUT), (0.06, CallEnd.HEARD)])
def test_who_hangs_up_has_heard_it_once_or_not(tmp_path: Path, speech_s: float, ends: CallEnd) -> None:
    """Who answered hangs up in the middle of the first time, or of a later one."""

    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, replace(TEXT, times=9), never) is ends
        assert sim.modems[0].me.call is None

    act_on(tmp_path, act, network=NetworkSpec(speech_s=speech_s, talk_s=0.2))


def test_what_the_modem_will_not_say_is_not_said(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        assert await modem.call(TO, TEXT, never) is CallEnd.UNSPOKEN
        assert sim.modems[0].me.call is None

    act_on(tmp_path, act, faults=(Fault(kind=FaultKind.ERROR, on="AT+CTTS=2*", cme=3),))


def test_a_modem_that_does_not_dial_says_so(tmp_path: Path) -> None:
    async def act(_sim: Simulation, modem: Modem) -> None:
        with pytest.raises(Refused):
            await modem.call(TO, TEXT, never)

    act_on(tmp_path, act, faults=(Fault(kind=FaultKind.ERROR, on="ATD*", cme=30),))


@pytest.mark.parametrize(("on", "answered"), [("ATD*", False), ("AT+CTTS=2*", True)])
def test_silence_tells_whether_it_was_answered(tmp_path: Path, on: str, *, answered: bool) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        with pytest.raises(NoReply) as silent:
            await modem.call(TO, TEXT, never)
        assert silent.value.after_body is answered
        assert sim.modems[0].me.call is None

    act_on(tmp_path, act, faults=(Fault(kind=FaultKind.HANG, on=on),))


def test_a_plug_that_is_pulled_tells_it_too(tmp_path: Path) -> None:
    async def act(_sim: Simulation, modem: Modem) -> None:
        with pytest.raises(PortLost) as lost:
            await modem.call(TO, TEXT, never)
        assert lost.value.after_body

    act_on(tmp_path, act, faults=(Fault(kind=FaultKind.UNPLUG, on="AT+CTTS=2*"),))


def test_a_call_that_comes_in_meanwhile_is_told_after(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem) -> None:
        modem.take_urcs()
        sim.modems[0].me.announce(("RING",))
        sim.modems[0].me.announce(('+CLIP: "+32475999999",145',))
        assert await modem.call(TO, TONES, never) is CallEnd.HEARD
        assert len(modem.take_urcs()) == 2

    act_on(tmp_path, act)


def test_texts_are_cut_between_words() -> None:
    assert pieces("one two three", 9) == ["one two", "three"]
    assert pieces("été automne", 30) == ["été", "automne"]
    assert pieces("x" * 45 + " y", 40) == ["x" * 10] * 4 + ["x" * 5 + " y"]
    assert pieces("", 40) == []


def test_what_would_end_the_command_is_written_in_digits() -> None:
    speech = KNOWN[Family.SIMCOM].speech
    assert speech is not None
    assert spoken_command(speech, "Hello") == 'AT+CTTS=2,"Hello"'
    assert spoken_command(speech, 'a"') == 'AT+CTTS=1,"00610022"'
