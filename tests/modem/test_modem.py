"""A modem's verbs and its init plan, whatever the modem lacks; against a scripted one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from modemd.errors import NoReply, NotReady, PortLost, Refused
from modemd.modem.health import Health
from modemd.modem.modem import Modem
from modemd.modem.notes import (
    CallEnded,
    Clip,
    DirectDeliver,
    DirectReport,
    LateRefusal,
    LateSubmit,
    NewStored,
    Other,
    Registration,
    Restarted,
    Ring,
    StorageFull,
)
from modemd.modem.pins import PinMemory
from modemd.modem.storage import Stored
from modemd.modem.timing import Timing
from tests.modem.dce import OK, QUICK, SILENCE, SOUND, Answer, Dce, lines

PDU = "0011000B913274100000F00000FF04D4F29C0E"
DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
REPORT = "07917248014000F506B70AA18092020000317071518590803170715185418000"


def play(
    dce: Dce,
    act: Callable[[Modem], Awaitable[None]],
    *,
    timing: Timing = QUICK,
    pins: PinMemory | None = None,
) -> int:
    """Runs ``act`` with an open modem; gives how often it woke its worker."""
    wakes: list[None] = []

    async def whole() -> None:
        async with dce:
            modem = await Modem.open(
                "gsm1",
                dce.path,
                on_urc=lambda: wakes.append(None),
                timing=timing,
                pins=pins or PinMemory(),
            )
            await act(modem)
            await modem.close()

    asyncio.run(whole())
    return len(wakes)


def sound(**more: Answer) -> dict[str, Answer]:
    return {**SOUND, **more}


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


# The SIM


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


def storage_of(entries: dict[str, list[str]], **more: Answer) -> dict[str, Answer]:
    """A modem whose ``AT+CMGL=4`` gives what lies in the storage that was selected."""
    state = {"now": "SM"}

    def select(command: str) -> str:
        state["now"] = command.split('"')[1]
        return lines("+CPMS: 1,10,1,10,1,10")

    return {
        **SOUND,
        "AT+CPMS": select,
        "AT+CMGL=4": lambda _: lines(*entries.get(state["now"], [])),
        **more,
    }


def test_every_storage_is_emptied() -> None:
    entries = {
        "SM": ["+CMGL: 1,0,,30", DELIVER, "+CMGL: 4,3,,20", PDU],
        "ME": ['+CMGL: 0,1,"a, b",30', DELIVER],
        "SR": ["+CMGL: 2,1,,24", REPORT],
    }
    dce = Dce(storage_of(entries))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        found = await modem.list_stored()
        assert found == [
            Stored("SM", 1, 0, DELIVER, 30),
            Stored("SM", 4, 3, PDU, 20),
            Stored("ME", 0, 1, DELIVER, 30),
            Stored("SR", 2, 1, REPORT, 24),
        ]
        dce.heard.clear()
        for item in found:
            await modem.delete_stored(item)
        assert dce.heard == [
            'AT+CPMS="SM"',
            "AT+CMGD=1",
            "AT+CMGD=4",
            'AT+CPMS="ME"',
            "AT+CMGD=0",
            'AT+CPMS="SR"',
            "AT+CMGD=2",
        ]

    play(dce, act)


def test_an_entry_that_noise_tore_is_read_once_more() -> None:
    torn = DELIVER[:20] + "\xff\x00\xe9" + DELIVER[20:]
    short = DELIVER[:20] + DELIVER[24:]
    entries = {"SM": ["+CMGL: 1,0,,30", torn, "+CMGL: 2,0,,30", short, "+CMGL: 3,0,,30", DELIVER]}
    well = {f"AT+CMGR={index}": lines("+CMGR: 0,,30", DELIVER) for index in (1, 2)}
    dce = Dce(storage_of(entries, **well))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert await modem.list_stored() == [Stored("SM", index, 0, DELIVER, 30) for index in (1, 2, 3)]

    play(dce, act)


def test_an_entry_that_is_torn_and_cannot_be_read_now_waits_in_the_modem() -> None:
    entries = {"SM": ["+CMGL: 1,0,,30", DELIVER[:-2], "+CMGL: 2,0,,30", DELIVER]}
    dce = Dce(storage_of(entries, **{"AT+CMGR=1": "\r\n+CMS ERROR: 314\r\n"}))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert await modem.list_stored() == [Stored("SM", 2, 0, DELIVER, 30)]

    play(dce, act)


def test_a_spoilt_entry_does_not_hide_the_next() -> None:
    entries = {
        "SM": [
            "+CMGL: 1,0,,30",
            "AFSDLF SDKFJSKDLFJ",
            "+CMGL: 2,0,,30",
            "+CMGL: x,0,,30",
            DELIVER,
            "+CMGL: 3,0,,30",
            DELIVER,
        ],
    }
    dce = Dce(storage_of(entries, **{"AT+CMGR=2": lines("+CMGR: 1,,30", DELIVER)}))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert await modem.list_stored() == [
            Stored("SM", 1, 0, "AFSDLF SDKFJSKDLFJ", 30),
            Stored("SM", 2, 1, DELIVER, 30),
            Stored("SM", 3, 0, DELIVER, 30),
        ]

    play(dce, act)


def test_without_a_list_entries_are_read_one_by_one() -> None:
    answers = storage_of({}, **{"AT+CMGL=4": "\r\n+CMS ERROR: 303\r\n"})
    answers["AT+CPMS=?"] = lines('+CPMS: ("SM"),("SM"),("SM")')
    answers["AT+CPMS?"] = lines('+CPMS: "SM",1,10,"SM",1,10,"SM",1,10')
    answers["AT+CMGR"] = "\r\n+CMS ERROR: 321\r\n"
    answers["AT+CMGR=7"] = lines("+CMGR: 0,,30", DELIVER)
    dce = Dce(answers)

    async def act(modem: Modem) -> None:
        await modem.prepare()
        for _ in range(2):
            assert await modem.list_stored() == [Stored("SM", 7, 0, DELIVER, 30)]

    play(dce, act)
    assert dce.heard.count("AT+CMGL=4") == 1
    assert "AT+CMGR=8" not in dce.heard  # one was in use, and it was found


def test_a_storage_that_cannot_be_read_does_not_hide_the_others() -> None:
    state: dict[str, str] = {}

    def select(command: str) -> str:
        state["now"] = command.split('"')[1]
        return "\r\n+CMS ERROR: 302\r\n" if state["now"] == "ME" else lines("+CPMS: 1,10,1,10")

    dce = Dce({**SOUND, "AT+CPMS": select, "AT+CMGL=4": lines("+CMGL: 1,0,,30", DELIVER)})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert [item.storage for item in await modem.list_stored()] == ["SM", "SR"]

    play(dce, act)


@pytest.mark.parametrize(
    ("place", "looked"),
    [("SR", ["SR"]), ("ME", ["ME", "SM", "ME", "SR"]), ("BM", ["SM", "ME", "SR"])],
    ids=["where it is", "where it is not", "a storage that the modem did not name"],
)
def test_it_looks_where_something_was_announced(place: str, looked: list[str]) -> None:
    selected: list[str] = []
    listed: list[str] = []

    def select(command: str) -> str:
        selected.append(command.split('"')[1])
        return lines("+CPMS: 1,10,1,10")

    def entries(_command: str) -> str:
        listed.append(selected[-1])
        return lines() if selected[-1] == "ME" else lines("+CMGL: 1,0,,30", DELIVER)

    dce = Dce({**SOUND, "AT+CPMS": select, "AT+CMGL=4": entries})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        await modem.list_stored()
        listed.clear()
        await modem.list_stored([place])
        assert listed == looked

    play(dce, act)


def test_when_nothing_can_be_read_it_is_said() -> None:
    dce = Dce({**SOUND, "AT+CPMS": "\r\n+CMS ERROR: 302\r\n"})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        with pytest.raises(Refused):
            await modem.list_stored()

    play(dce, act)


def test_deleting_what_is_gone_is_as_good() -> None:
    dce = Dce(storage_of({}, **{"AT+CMGD": ["\r\n+CMS ERROR: 321\r\n", "\r\n+CMS ERROR: 320\r\n"]}))

    async def act(modem: Modem) -> None:
        await modem.prepare()
        item = Stored("SM", 3, 0, DELIVER)
        await modem.delete_stored(item)
        with pytest.raises(Refused):
            await modem.delete_stored(Stored("SM", 4, 0, DELIVER))

    dce.answers["AT+CMGD=4"] = "\r\n+CMS ERROR: 320\r\n"
    play(dce, act)


def test_news_are_told_once_and_in_order() -> None:
    dce = Dce(SOUND)
    said = (
        '\r\n+CMTI: "SM",3\r\n\r\n+CDSI: "SR",1\r\n'
        f"\r\n+CMT: ,30\r\n{DELIVER}\r\n\r\n+CDS: 24\r\n{REPORT}\r\n"
        '\r\nRING\r\n\r\n+CLIP: "+27820001111",145,,,,0\r\n\r\n+CLIP: "",128\r\n\r\nNO CARRIER\r\n'
        '\r\n^SMMEMFULL: "SM"\r\n\r\n+SMSFULL\r\n\r\n+QIND: "SMSFULL","ME"\r\n'
        "\r\nRDY\r\n\r\n+CREG: 2\r\n\r\n+FOO: 1\r\n\r\n+CMTI: rubbish\r\n"
    )

    async def act(modem: Modem) -> None:
        dce.say(said)
        with pytest.raises(NoReply):  # one that says that it has restarted answers nothing of before
            await modem.probe()
        await modem.resync()
        assert modem.take_urcs() == [
            NewStored("SM", 3),
            NewStored("SR", 1, report=True),
            DirectDeliver(DELIVER, 30),
            DirectReport(REPORT, 24),
            Ring(),
            Clip("+27820001111", 145),
            Clip(None, 128),
            CallEnded(),
            StorageFull("SM"),
            StorageFull(None),
            StorageFull("ME"),
            Restarted(),
            Registration(2),
            Other("+FOO: 1"),
            Other("+CMTI: rubbish"),
        ]
        assert modem.take_urcs() == []

    assert play(dce, act) == 15


def test_direct_ones_are_acknowledged_where_that_is_wanted() -> None:
    dce = Dce(
        sound(
            **{"AT+CPMS=?": lines('+CPMS: ("SM"),("SM"),("SM")'), "AT+CNMA": [OK, "\r\n+CMS ERROR: 340\r\n"]}
        )
    )

    async def act(modem: Modem) -> None:
        await modem.prepare()
        await modem.acknowledge()
        await modem.acknowledge()

    play(dce, act)
    assert dce.heard.count("AT+CNMA") == 2


def test_and_not_where_it_is_not() -> None:
    dce = Dce(SOUND)

    async def act(modem: Modem) -> None:
        await modem.prepare()
        await modem.acknowledge()

    play(dce, act)
    assert "AT+CNMA" not in dce.heard


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
