"""The SIM is opened: its PIN is entered once in its life, and a modem says why it cannot serve."""

from __future__ import annotations

import pytest

from modemd.errors import NotReady
from modemd.modem.modem import Modem
from modemd.modem.pins import PinMemory
from tests.modem.dce import OK, SILENCE, SOUND, Answer, Dce, lines
from tests.modem.stage import play, sound


def locked(pin: str, *, left: str = "3", **more: Answer) -> Dce:
    """A modem whose SIM wants its PIN."""
    state = {"now": "SIM PIN"}

    def enter(command: str) -> str:
        if command != f'AT+CPIN="{pin}"':
            return "\r\n+CME ERROR: 16\r\n"
        state["now"] = "READY"
        return OK

    return Dce(
        sound(
            **{
                "AT+CPIN?": lambda _: lines(f"+CPIN: {state['now']}"),
                "AT+CPIN": enter,
                'AT+CPINR="SIM PIN"': lines(f"+CPINR: SIM PIN,{left},3"),
                **more,
            },
        ),
    )


def entered(dce: Dce) -> int:
    return sum(command.startswith("AT+CPIN=") for command in dce.heard)


def test_the_right_pin_opens_the_sim() -> None:
    dce = locked("1234")

    async def act(modem: Modem) -> None:
        assert (await modem.prepare(pin="1234", smsc=None)).imsi == "206012345678901"

    play(dce, act)
    assert entered(dce) == 1


def test_a_wrong_pin_is_entered_once_in_the_life_of_the_process() -> None:
    dce = locked("1234")
    pins = PinMemory()

    async def act(modem: Modem) -> None:
        for _ in range(5):
            with pytest.raises(NotReady) as refused:
                await modem.prepare(pin="9999", smsc=None)
            assert refused.value.state == "pin_wrong"
        await modem.prepare(pin="1234", smsc=None)

    play(dce, act, pins=pins)
    assert entered(dce) == 2
    again = locked("1234")

    async def reopened(modem: Modem) -> None:
        with pytest.raises(NotReady):
            await modem.prepare(pin="9999", smsc=None)

    play(again, reopened, pins=pins)
    assert entered(again) == 0


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ('AT+CPINR="SIM PIN"', lines("+CPINR: SIM PIN,1,3")),
        ("AT^CPIN?", lines("^CPIN: SIM PIN,1,10,1,10,3")),
        ("AT+CPINC", lines("+CPINC: 1,3,10,10")),
        ("AT+SPIC", lines("+SPIC: 0,3,10,3")),
        ('AT+QPINC="SC"', lines('+QPINC: "SC",1,10')),
        ("AT#PCT", lines("#PCT: 1")),
    ],
)
def test_the_last_try_is_left_to_a_person(command: str, answer: str) -> None:
    dce = locked("1234", **{'AT+CPINR="SIM PIN"': "\r\nERROR\r\n", command: answer})

    async def act(modem: Modem) -> None:
        with pytest.raises(NotReady) as refused:
            await modem.prepare(pin="1234", smsc=None)
        assert refused.value.state == "pin_last_try"

    play(dce, act)
    assert entered(dce) == 0


@pytest.mark.parametrize(("told", "times"), [("\r\nERROR\r\n", 1), (lines("+CPINR: SIM PIN,3,3"), 2)])
def test_a_silent_pin_entry_counts_as_tried(told: str, times: int) -> None:
    """Where the modem tells that the SIM has all its tries it was not wrong: that is believed once."""
    dce = locked("1234", **{"AT+CPIN": SILENCE, 'AT+CPINR="SIM PIN"': told})

    async def act(modem: Modem) -> None:
        for _ in range(3):
            with pytest.raises(NotReady):
                await modem.prepare(pin="1234", smsc=None)

    play(dce, act)
    assert entered(dce) == times


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (lines("+CPIN: SIM PUK"), "puk_required"),
        (lines("+CPIN: PH-NET PIN"), "locked"),
        (lines("+CPIN: SIM PIN"), "pin_required"),
        ("\r\n+CME ERROR: 10\r\n", "sim_absent"),
        ("\r\n+CME ERROR: SIM not inserted\r\n", "sim_absent"),
        ("\r\n+CME ERROR: 13\r\n", "sim_failure"),
        ("\r\n+CME ERROR: 12\r\n", "puk_required"),
        ("\r\n+CME ERROR: 11\r\n", "pin_required"),
        ("\r\n+CMS ERROR: 310\r\n", "sim_absent"),
    ],
)
def test_a_sim_that_cannot_serve_says_why(answer: str, state: str) -> None:
    dce = Dce(sound(**{"AT+CPIN?": answer}))

    async def act(modem: Modem) -> None:
        with pytest.raises(NotReady) as refused:
            await modem.prepare(pin=None, smsc=None)
        assert refused.value.state == state
        assert refused.value.advice.endswith(".")

    play(dce, act)
    assert entered(dce) == 0


def test_a_sim_that_cannot_be_named_is_taken_for_the_one_before() -> None:
    pins = PinMemory()

    async def refused(modem: Modem) -> None:
        with pytest.raises(NotReady) as wanting:
            await modem.prepare(pin="9999", smsc=None)
        assert wanting.value.state == "pin_wrong"

    nameless = {"AT+CRSM=176,12258,0,0,10": "\r\nERROR\r\n"}
    another = {"AT+CRSM=176,12258,0,0,10": lines('+CRSM: 144,0,"98238400000012345699"')}
    counts = []
    for more in ({}, nameless, {}, another, another, nameless):
        dce = locked("1234", **more)
        play(dce, refused, pins=pins)
        counts.append(entered(dce))
    assert counts == [1, 0, 0, 1, 0, 0]


@pytest.mark.parametrize("pin", ["", "12", "123456789", "12a4", "١٢٣٤", '1"23'])
def test_what_is_no_pin_is_never_entered(pin: str) -> None:
    dce = locked("1234")

    async def act(modem: Modem) -> None:
        with pytest.raises(NotReady):
            await modem.prepare(pin=pin, smsc=None)

    play(dce, act)
    assert entered(dce) == 0


def test_a_busy_sim_is_waited_for() -> None:
    busy = "\r\n+CME ERROR: 14\r\n"
    dce = Dce(SOUND)
    dce.answers["AT+CPIN?"] = [busy, busy, lines("+CPIN: READY")]
    dce.answers["AT+CSCA?"] = [busy, lines('+CSCA: "+32475161616",145')]

    async def act(modem: Modem) -> None:
        assert (await modem.prepare(pin=None, smsc=None)).smsc == "+32475161616"

    play(dce, act)
