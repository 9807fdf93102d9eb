"""A modem's verbs and its init plan, whatever the modem lacks; against a scripted one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from modemd.errors import NoReply, PortLost
from modemd.modem.health import Health
from modemd.modem.modem import Modem
from modemd.modem.notes import (
    LateRefusal,
    LateSubmit,
)
from modemd.modem.storage import Stored
from tests.modem.dce import OK, QUICK, SILENCE, SOUND, Answer, Dce, lines
from tests.modem.stage import PDU, play, sound


def test_a_sound_modem_tells_all() -> None:
    dce = Dce(SOUND)

    async def act(modem: Modem) -> None:
        who = await modem.prepare(pin=None, smsc="+32475161616")
        assert (who.manufacturer, who.model, who.revision) == ("Telit", "GL865", "10.00.175")
        assert (who.imei, who.imsi) == ("354678051234567", "206012345678901")
        assert who.iccid == "89324800000021436587"
        assert who.msisdn == "+32475000001"
        assert who.smsc == "+32475161616"
        can = modem.capabilities
        assert can.storages == ("SM", "ME", "SR")
        assert (can.reports, can.acknowledges) == ("stored", False)
        assert can.keeps_link == "2"
        assert can.refused == set()

    play(dce, act)
    assert "AT+CNMI=2,1,0,2,0" in dce.heard
    assert 'AT+CPMS="SM","SM","SM"' in dce.heard
    assert not any(command.startswith(("AT+CSCA=", "AT+CPIN=", "AT^", "AT+CFUN=")) for command in dce.heard)


ASKED = [
    "AT",
    "ATE0",
    "ATV1",
    "AT+CMEE=1",
    "AT+CMEE?",
    "AT+CFUN?",
    "AT+CPIN?",
    "AT+CGMI",
    "AT+CGMM",
    "AT+CGMR",
    "AT+CGSN",
    "AT+CMGF=0",
    "AT+CLIP=1",
    "AT+CPMS=?",
    'AT+CPMS="SM","SM","SM"',
    "AT+CNMI=?",
    "AT+CNMI=2,1,0,2,0",
    "AT+CMMS=?",
    "AT+CIMI",
    "AT+CRSM=176,12258,0,0,10",
    "AT+CNUM",
    "AT+CSCA?",
    "AT+CSCA",
    "AT+CSQ",
    "AT+COPS?",
    "AT+CREG?",
]


@pytest.mark.parametrize("lacking", ASKED)
@pytest.mark.parametrize(
    "answer",
    [
        SILENCE,
        "\r\nERROR\r\n",
        OK,
        "\r\n+CME ERROR: 3\r\n",
        "\r\n+CME ERROR: SIM busy\r\n",
        "\r\nCOMMAND NOT SUPPORT\r\n",
    ],
    ids=["silence", "ERROR", "bare OK", "CME 3", "busy", "not support"],
)
def test_a_modem_that_lacks_any_one_command_still_sends(lacking: str, answer: str) -> None:
    dce = Dce({**SOUND, lacking: answer})

    async def act(modem: Modem) -> None:
        await modem.prepare(pin=None, smsc="+32475161617")
        assert await modem.submit(PDU, 18) == 1
        assert isinstance(await modem.health(), Health)
        assert await modem.submit(PDU, 18) == 2

    play(
        dce,
        act,
        timing=replace(QUICK, command_s=0.15, optional_s=0.1, grace_s=0.02, slow_s=0.2, quiet_s=0.04),
    )
    assert dce.bodies == [PDU, PDU]


def test_a_modem_that_answers_nothing_is_dead() -> None:
    async def act(modem: Modem) -> None:
        with pytest.raises(NoReply):
            await modem.prepare()

    play(Dce({"AT+CMEE?": SILENCE}, default=SILENCE), act, timing=replace(QUICK, probe_s=0.05))


def test_a_prompt_left_open_by_another_process_takes_no_command() -> None:
    dce = Dce(SOUND)
    dce._at_prompt = True

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert await modem.submit(PDU, 18) == 1

    play(dce, act)
    assert dce.bodies == [PDU]


def test_an_answer_to_another_process_submit_is_told() -> None:
    dce = Dce(SOUND)
    dce.answers["AT+CMEE?"] = [lines("+CMGS: 41") + lines("+CMEE: 1"), lines("+CMEE: 1")]

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert modem.take_urcs() == [LateSubmit(41)]

    play(dce, act)


# Settings


@pytest.mark.parametrize("answer", [lines('+CSCA: "",129'), OK, "\r\n+CMS ERROR: 330\r\n"])
def test_an_absent_service_centre_is_written_from_the_configuration(answer: str) -> None:
    dce = Dce(sound(**{"AT+CSCA?": answer}))

    async def act(modem: Modem) -> None:
        assert (await modem.prepare(pin=None, smsc="+32475161616")).smsc == "+32475161616"

    play(dce, act)
    assert 'AT+CSCA="+32475161616",145' in dce.heard


@pytest.mark.parametrize(
    ("storages", "notices", "sent", "reports"),
    [
        ('("SM","ME","SR")', "(0-2),(0-3),(0,2,3),(0-2),(0,1)", "AT+CNMI=2,1,0,2,0", "stored"),
        ('("SM","ME")', "(0-2),(0-3),(0,2,3),(0-2),(0,1)", "AT+CNMI=2,1,0,1,0", "direct"),
        ('("SM","SR")', "(0,1),(0,1),(0),(0,1),(1)", "AT+CNMI=1,1,0,1,1", "direct"),
        ('("SM","SR")', "(0-2),(0-1),(0),(0)", "AT+CNMI=2,1,0,0", None),
        ('("SM","SR")', "2,1,0,2,0", "AT+CNMI=2,1,0,2,0", "stored"),
    ],
)
def test_how_news_is_asked_for(storages: str, notices: str, sent: str, reports: str | None) -> None:
    dce = Dce(
        sound(
            **{
                "AT+CPMS=?": lines(f"+CPMS: {storages},{storages},{storages}"),
                "AT+CNMI=?": lines(f"+CNMI: {notices}"),
            }
        )
    )

    async def act(modem: Modem) -> None:
        await modem.prepare(pin=None, smsc=None)
        assert modem.capabilities.reports == reports
        assert modem.capabilities.acknowledges == (reports == "direct")

    play(dce, act)
    assert sent in dce.heard


def test_huaweis_chatter_is_switched_off() -> None:
    dce = Dce(sound(**{"AT+CGMI": lines("huawei")}))

    async def act(modem: Modem) -> None:
        await modem.prepare()

    play(dce, act)
    assert "AT^CURC=0" in dce.heard


def test_a_modem_in_flight_mode_is_switched_on() -> None:
    dce = Dce(sound(**{"AT+CFUN?": lines("+CFUN: 4")}))

    async def act(modem: Modem) -> None:
        await modem.prepare()

    play(dce, act)
    assert "AT+CFUN=1" in dce.heard


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("AT+CRSM=176,12258,0,0,10", lines('+CRSM: 144,0,"98238400000012345678"')),
        ("AT+CCID", lines("89324800000021436587")),
        ("AT+CCID", lines("+CCID: 89324800000021436587")),
        ("AT+CCID", lines('+ICCID: "89324800000021436587"')),
        ("AT^ICCID?", lines("^ICCID: 89324800000021436587")),
        ("AT+QCCID", lines("+QCCID: 89324800000021436587")),
        ("AT#CCID", lines("#CCID: 89324800000021436587")),
        ("AT+ZGETICCID", lines("+ZGETICCID: 89324800000021436587")),
    ],
)
def test_the_iccid_in_any_makers_words(command: str, answer: str) -> None:
    unknown = {"AT+CGMI": lines("Acme"), "AT+CRSM=176,12258,0,0,10": "\r\nERROR\r\n"}
    dce = Dce(sound(**{**unknown, command: answer}))

    async def act(modem: Modem) -> None:
        assert (await modem.prepare()).iccid == "89324800000021436587"

    play(dce, act)


# Verbs


def test_the_link_is_kept_open_once_and_let_go_once() -> None:
    dce = Dce(SOUND)

    async def act(modem: Modem) -> None:
        await modem.prepare()
        for on in (True, True, False, False, True):
            await modem.keep_link(on)

    play(dce, act)
    assert [
        command for command in dce.heard if command.startswith("AT+CMMS=") and command != "AT+CMMS=?"
    ] == [
        "AT+CMMS=2",
        "AT+CMMS=0",
        "AT+CMMS=2",
    ]


def test_a_modem_without_cmms_is_asked_once() -> None:
    dce = Dce(sound(**{"AT+CMMS": "\r\nERROR\r\n", "AT+CMMS=?": lines("+CMMS: (0,1)")}))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        for on in (True, False, True):
            await modem.keep_link(on)

    play(dce, act)
    assert dce.heard.count("AT+CMMS=1") == 1


@pytest.mark.parametrize(
    ("answers", "health"),
    [
        ({}, Health(-77, 1, "Proximus", "UMTS")),
        ({"AT+CSQ": lines("+CSQ: 99,99")}, Health(None, 1, "Proximus", "UMTS")),
        (
            {
                "AT+CREG?": lines("+CREG: 0,3"),
                "AT+CEREG?": lines("+CEREG: 0,6"),
                "AT+COPS?": lines("+COPS: 0"),
            },
            Health(-77, 6, None, None),
        ),
        (
            {"AT+CREG?": lines("+CREG: 0,0"), "AT+CEREG?": lines("+CEREG: 2,2"), "AT+COPS?": "\r\nERROR\r\n"},
            Health(-77, 2, None, None),
        ),
        (
            {"AT+CREG?": lines('+CREG: 2,5,"00C3","0BE6",7')},
            Health(-77, 5, "Proximus", "LTE", area="00C3", cell="0BE6"),
        ),
    ],
)
def test_health(answers: dict[str, Answer], health: Health) -> None:
    async def act(modem: Modem) -> None:
        assert await modem.health() == health
        assert health.usable == (health.registration in {1, 5, 6, 7})

    play(Dce({**SOUND, **answers}), act)


@pytest.mark.parametrize(
    ("said", "tp_mr"),
    [
        (lines("+CMGS: 12"), 12),
        (lines("+CMGS:129"), 129),
        (lines('+CMGS: 12,"26/11/22,14:00:00+04"'), 12),
        (OK, None),
        (lines("+CMGS: 999"), None),
    ],
)
def test_the_tp_mr_in_any_spelling(said: str, tp_mr: int | None) -> None:
    async def act(modem: Modem) -> None:
        assert await modem.submit(PDU, 18) == tp_mr

    play(Dce(on_body=lambda _: said), act)


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(lines("+CMGS: 77"), "taken"), ("\r\n+CMS ERROR: 38\r\n", "refused"), (OK, "nothing")],
)
def test_a_late_answer_to_a_submit_is_a_note(said: str, verdict: str) -> None:
    dce = Dce(on_body=lambda _: SILENCE)

    async def act(modem: Modem) -> None:
        with pytest.raises(NoReply) as missed:
            await modem.submit(PDU, 18)
        assert missed.value.after_body
        asyncio.get_running_loop().call_later(0.03, dce.say, said)
        await modem.resync()
        notes = modem.take_urcs()
        if verdict == "taken":
            assert notes == [LateSubmit(77, PDU)]
        elif verdict == "refused":
            (note,) = notes
            assert isinstance(note, LateRefusal)
            assert (note.pdu, note.refused.code, note.refused.after_body) == (PDU, 38, True)
        else:
            assert notes == []

    play(dce, act, timing=replace(QUICK, answer_s=0.1))


def test_a_soft_reset_brings_the_modem_back() -> None:
    dce = Dce(sound(**{"AT+CFUN=1,1": SILENCE}))

    async def act(modem: Modem) -> None:
        await modem.soft_reset()
        assert await modem.submit(PDU, 18) == 1

    play(dce, act, timing=replace(QUICK, slow_s=0.1))


def test_every_verb_of_an_unplugged_modem_says_so() -> None:
    dce = Dce(SOUND)

    async def act(modem: Modem) -> None:
        await modem.prepare()
        dce.unplug()
        verbs: list[Callable[[], Awaitable[object]]] = [
            modem.prepare,
            lambda: modem.submit(PDU, 18),
            lambda: modem.keep_link(on=True),
            modem.list_stored,
            lambda: modem.read_stored("SM", 1),
            lambda: modem.delete_stored(Stored("SM", 1, 0, "")),
            modem.health,
            modem.probe,
            modem.resync,
            modem.soft_reset,
        ]
        for verb in verbs:
            with pytest.raises(PortLost):
                await verb()
        assert modem.lost is not None

    assert play(dce, act) >= 1


@pytest.mark.parametrize(
    "noise", [b"\xff\x00\xfe", b"\r\n\r\n\x00", bytes(range(256)), b"AT+CMGS=\r\n> \r\n"]
)
def test_noise_between_commands(noise: bytes) -> None:
    dce = Dce(SOUND)

    async def act(modem: Modem) -> None:
        dce.say(noise + b"\r\n")
        await modem.prepare()
        for tp_mr in range(1, 4):
            dce.say(noise + b"\r\n")
            assert await modem.submit(PDU, 18) == tp_mr

    play(dce, act)
