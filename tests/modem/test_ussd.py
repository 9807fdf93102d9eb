"""USSD with simulated modems of every maker: codes, a menu, every coding, and what comes to nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from modemd.errors import Refused
from modemd.gsm.ussd import UssdCode
from modemd.modem.modem import Modem
from modemd.simulator.dialects import DIALECTS, GENERIC, HUAWEI
from modemd.simulator.simulation import ModemSpec, Simulation
from modemd.simulator.ussd import CYRILLIC, MENU, WORDS
from tests.modem.test_simulated import play

BALANCE = UssdCode(0, "Your balance is 12.34 EUR.")
OF_OLD = replace(HUAWEI, name="of old", missing=HUAWEI.missing | {"^USSDMODE"})
"""It passes USSD on unread, and knows no command that changes it."""
MISLABELS = replace(GENERIC, name="mislabels", ussd_in_ucs2=True)
MAKERS = sorted([*DIALECTS, OF_OLD.name, MISLABELS.name])


@contextmanager
def known() -> Iterator[None]:
    """The dialects that are made here have names for as long as a test runs."""
    DIALECTS.update({OF_OLD.name: OF_OLD, MISLABELS.name: MISLABELS})
    try:
        yield
    finally:
        del DIALECTS[OF_OLD.name], DIALECTS[MISLABELS.name]


async def asked(modem: Modem, news: asyncio.Event, code: str) -> UssdCode:
    await modem.ussd(code)
    while not (said := modem.take_ussd()):
        news.clear()
        await asyncio.wait_for(news.wait(), 5)
    [one] = said
    return one


@pytest.mark.parametrize("dialect", MAKERS)
def test_every_maker_is_asked_and_understood(tmp_path: Path, dialect: str) -> None:
    async def act(_: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        assert await asked(modem, news, "*100#") == BALANCE
        assert await asked(modem, news, "*101#") == (1, MENU)
        assert await asked(modem, news, "2") == (0, WORDS)
        assert await asked(modem, news, "*102#") == (0, CYRILLIC)
        assert await asked(modem, news, "*103#") == (4, None)
        assert await asked(modem, news, "*106#") == (2, None)
        assert modem.take_urcs() == []

    with known():
        play(tmp_path, act, spec=ModemSpec(dialect=dialect))


@pytest.mark.parametrize("dialect", ["generic", "huawei", OF_OLD.name])
def test_letters_that_the_alphabets_write_differently_arrive(tmp_path: Path, dialect: str) -> None:
    """The simulated network says what it was told, in a menu that does not know it."""

    async def act(sim: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        await asked(modem, news, "*101#")
        sim.modems[0].me.ussd_heard.clear()
        assert (await asked(modem, news, 'a@b_"€"')).mode == 1
        assert sim.modems[0].me.ussd_heard == ['a@b_"€"']
        assert sim.modems[0].me.settings.cscs == "GSM"

    with known():
        play(tmp_path, act, spec=ModemSpec(dialect=dialect))


def test_an_open_dialogue_is_ended_from_this_side(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        await asked(modem, news, "*101#")
        await modem.end_ussd()
        assert await asked(modem, news, "1") == BALANCE  # no choice from the menu: a code of its own

    play(tmp_path, act)


def test_without_a_network_it_is_refused_once(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, _: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].me.register(0)
        with pytest.raises(Refused) as refused:
            await modem.ussd("*100#")
        assert (refused.value.kind, refused.value.code) == ("CME", 30)
        assert sum("CUSD" in line for line in sim.modems[0].log) == 1

    play(tmp_path, act)


def test_what_the_network_says_unasked_is_no_answer_to_what_is_asked_later(tmp_path: Path) -> None:
    async def act(sim: Simulation, modem: Modem, news: asyncio.Event) -> None:
        await modem.prepare()
        sim.modems[0].announce(('+CUSD: 0,"You have won",15',))
        await asyncio.wait_for(news.wait(), 5)
        assert await asked(modem, news, "*100#") == BALANCE
        sim.modems[0].announce(('+CUSD: 0,"You have won",15',))
        news.clear()
        await asyncio.wait_for(news.wait(), 5)
        assert modem.take_ussd() == [UssdCode(0, "You have won")]

    play(tmp_path, act)
