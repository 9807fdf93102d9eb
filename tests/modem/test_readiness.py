"""What is asked of a modem before and while it is used: registration, domain, slot, signal, room, clock."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modemd.errors import NotReady
from modemd.modem.health import Health
from modemd.modem.inventory import Signal, read_cclk, read_cesq, read_csq
from modemd.modem.modem import Modem
from modemd.modem.readiness import domain_advice
from modemd.modem.registration import Registration, read_registration_line, technology_of
from tests.modem.dce import OK, SOUND, Answer, Dce, lines
from tests.modem.stage import play

ERROR = "\r\nERROR\r\n"
LTE_ONLY: dict[str, Answer] = {
    "AT+CREG?": lines("+CREG: 2,0"),
    "AT+CGREG?": lines("+CGREG: 0,4"),
    "AT+CEREG?": lines('+CEREG: 2,1,"1A2B","01C2D301",7'),
    "AT+COPS?": lines('+COPS: 0,0,"Proximus",7'),
    "AT+CESQ": lines("+CESQ: 99,99,255,255,20,50"),
}


def prepared(answers: dict[str, Answer], **wishes: object) -> tuple[Dce, Modem, Health]:
    """A modem that was made ready, and how it is."""
    dce, found = Dce({**SOUND, **answers}), []

    async def act(modem: Modem) -> None:
        await modem.prepare(**wishes)  # type: ignore[arg-type]
        found.append((modem, await modem.health()))

    play(dce, act)
    return dce, *found[0]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("+CREG: 0,1", Registration("+CREG", 1)),
        ('+CREG: 2,5,"00C3","0BE6"', Registration("+CREG", 5, "00C3", "0BE6")),
        ('+CEREG: 2,1,"1A2B","01C2D301",7', Registration("+CEREG", 1, "1A2B", "01C2D301", "LTE")),
        ('+CEREG: 2,5,"1A2B","01C2D301",9', Registration("+CEREG", 5, "1A2B", "01C2D301", "NB-IoT")),
        ('+CEREG: 2,1,"1A2B","01C2D301",8', Registration("+CEREG", 1, "1A2B", "01C2D301", "LTE-M")),
        ('+C5GREG: 2,1,"00000A","000000C1",11', Registration("+C5GREG", 1, "00000A", "000000C1", "5G")),
        ("+CGREG: 2,3,,,,", Registration("+CGREG", 3)),
        ("+CREG: 1", None),
        ("+CREG: ,", None),
        ("+COPS: 0,1", None),
    ],
)
def test_registration_is_read_in_all_its_spellings(line: str, found: Registration | None) -> None:
    assert read_registration_line(line) == found


def test_what_act_means() -> None:
    assert [technology_of(act) for act in (None, 0, 2, 7, 9, 11, 99)] == [
        None, "GSM", "UMTS", "LTE", "NB-IoT", "5G", None,
    ]  # fmt: skip


def test_a_modem_of_an_lte_network_is_asked_once_a_look() -> None:
    dce = Dce({**SOUND, **LTE_ONLY})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        health = await modem.health()
        assert (health.state, health.registration, health.technology) == ("ready", 1, "LTE")
        assert (health.area, health.cell) == ("1A2B", "01C2D301")
        dce.heard.clear()
        assert await modem.health() == health

    play(dce, act)
    assert dce.heard == ["AT+CEREG?", "AT+COPS?", "AT+CSQ", "AT+CESQ"]


@pytest.mark.parametrize(
    ("told", "wanted", "written", "domain"),
    [
        (lines("+CGSMS: 1"), "auto", [], 1),
        (lines("+CGSMS: 1"), "packet", ["AT+CGSMS=2"], 2),
        (lines("+CGSMS: 0"), "packet", [], 0),
        (lines("+CGSMS: 2"), "circuit", ["AT+CGSMS=3"], 3),
        ("\r\nERROR\r\n", "packet", ["AT+CGSMS=2"], 2),
        ("\r\nERROR\r\n", "auto", [], None),
    ],
)
def test_the_network_that_carries_messages(
    told: str, wanted: str, written: list[str], domain: int | None
) -> None:
    dce, modem, _ = prepared({"AT+CGSMS?": told}, domain=wanted)
    assert [line for line in dce.heard if line.startswith("AT+CGSMS=")] == written
    assert modem.capabilities.domain == domain


def test_advice_where_messages_would_go_by_a_network_that_is_not_there() -> None:
    health = Health(registration=1, technology="LTE")
    assert "sms_domain: packet" in str(domain_advice(1, health))
    assert domain_advice(2, health) is None
    assert domain_advice(1, replace(health, technology="UMTS")) is None
    assert domain_advice(1, replace(health, registration=2)) is None


@pytest.mark.parametrize(
    ("line", "signal"),
    [
        ("+CESQ: 40,99,255,255,255,255", Signal(rssi_dbm=-71)),
        ("+CESQ: 99,99,60,20,255,255", Signal(rssi_dbm=-61)),
        ("+CESQ: 99,99,255,255,20,50", Signal(rsrp_dbm=-91, rsrq_db=-10)),
        ("+CESQ: 99,99,255,255,0,0", Signal(rsrp_dbm=-141, rsrq_db=-20)),
        ("+CESQ: 99,99,255,255,255,255,65,60,70", Signal(rsrp_dbm=-97, rsrq_db=-11)),
        ("+CESQ: 99,99,255,255,255,255", Signal()),
        ("+CESQ: ,,x", Signal()),
    ],
)
def test_extended_signal(line: str, signal: Signal) -> None:
    assert read_cesq(line) == signal


def test_signal() -> None:
    assert [read_csq(f"+CSQ: {rssi},99") for rssi in ("0", "31", "99", "150", "x")] == [
        -113, -51, None, -66, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ('+CCLK: "26/11/22,23:33:29+04"', "2026-11-22T23:33:29+01:00"),
        ('+CCLK: "26/11/22,23:33:29-20"', "2026-11-22T23:33:29-05:00"),
        ('+CCLK: "26/11/22,23:33:29"', "2026-11-22T23:33:29+00:00"),
        ('+CCLK: "04/01/01,00:00:12+00"', None),
        ('+CCLK: "80/01/06,00:00:12"', None),
        ("+CCLK: ", None),
        ('+CCLK: "26/13/40,23:33:29+04"', None),
        ('+CCLK: "26/11/22,23:33:29+999"', None),
    ],
)  # fmt: skip
def test_clocks(line: str, at: str | None) -> None:
    told = read_cclk(line)
    assert (told and told.isoformat()) == at


@pytest.mark.parametrize("told", ["+CPIN: NOT READY", "+CPIN: BUSY"])
def test_a_sim_that_says_not_yet_is_waited_for(told: str) -> None:
    with pytest.raises(NotReady) as wanting:
        prepared({"AT+CPIN?": lines(told)})
    assert (wanting.value.state, wanting.value.human) == ("starting", False)


def test_two_things_that_have_to_wait_make_a_modem_that_starts() -> None:
    busy = "\r\n+CMS ERROR: 515\r\n"
    with pytest.raises(NotReady) as wanting:
        prepared(
            {
                'AT+CPMS="SM","SM","SM"': busy,
                'AT+CPMS="SM","SM"': busy,
                'AT+CPMS="SM"': busy,
                "AT+CSCA?": busy,
            }
        )
    assert wanting.value.state == "starting"
    assert "AT+CPMS and AT+CSCA" in wanting.value.advice


@pytest.mark.parametrize(
    ("maker", "ask", "told", "select"),
    [
        ("Quectel", "AT+QUIMSLOT?", "+QUIMSLOT: 1", "AT+QUIMSLOT=2"),
        ("SIMCOM INCORPORATED", "AT+SMSIMCFG?", "+SMSIMCFG: 1,1", "AT+SMSIMCFG=1,2"),
    ],
)
def test_the_wanted_slot_is_taken(maker: str, ask: str, told: str, select: str) -> None:
    answers: dict[str, Answer] = {
        "AT+CGMI": lines(maker),
        "AT+CGMM": lines("X"),
        ask: lines(told),
        select: OK,
    }
    dce, modem, _ = prepared(answers, slot=2)
    assert dce.heard.count(select) == 1
    assert modem.capabilities.slot == 2
    dce, modem, _ = prepared(answers, slot=1)
    assert select not in dce.heard
    assert modem.capabilities.slot == 1
    dce, modem, _ = prepared({**answers, ask: ERROR}, slot=2)
    assert modem.capabilities.slot is None


def test_room_in_the_storages_that_are_swept() -> None:
    answers: dict[str, Answer] = {
        "AT+CPMS=?": lines('+CPMS: ("SM","ME"),("SM","ME"),("SM","ME")'),
        'AT+CPMS="SM","SM","SM"': lines("+CPMS: 3,30,3,30,3,30"),
        'AT+CPMS="SM"': lines("+CPMS: 3,30,0,100,0,100"),
        'AT+CPMS="ME"': lines("+CPMS: 5,100,5,100,5,100"),
    }
    rooms = []

    async def act(modem: Modem) -> None:
        await modem.prepare()
        for _ in range(2):
            rooms.append((await modem.health()).room)
            await modem.list_stored()

    play(Dce({**SOUND, **answers}), act)
    assert rooms == [None, (8, 130)]
