"""What the modem holds and announces is read, whatever stands in the way of it, and forgotten after that."""

from __future__ import annotations

import pytest

from modemd.errors import NoReply, Refused
from modemd.modem.modem import Modem
from modemd.modem.notes import (
    CallEnded,
    Clip,
    DirectDeliver,
    DirectReport,
    MessagesReady,
    NewStored,
    Other,
    Registration,
    Restarted,
    Ring,
    StorageFull,
)
from modemd.modem.storage import Stored
from tests.modem.dce import OK, SOUND, Answer, Dce, lines
from tests.modem.stage import DELIVER, PDU, REPORT, play, sound


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

    def listed(_command: str) -> str:
        return lines(f"+CMGL: {1 + (state['now'] == 'SR')},0,,30", DELIVER)

    dce = Dce({**SOUND, "AT+CPMS": select, "AT+CMGL=4": listed})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        assert [item.storage for item in await modem.list_stored()] == ["SM", "SR"]

    play(dce, act)


def test_one_storage_under_two_names_has_its_messages_once() -> None:
    dce = Dce({**SOUND, "AT+CMGL=4": lines("+CMGL: 1,0,,30", DELIVER, "+CMGL: 2,0,,30", DELIVER)})

    async def act(modem: Modem) -> None:
        await modem.prepare()
        found = await modem.list_stored()
        assert [(item.storage, item.index) for item in found] == [("SM", 1), ("SM", 2)]

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
        "\r\nRDY\r\n\r\nSMS Ready\r\n\r\n+QIND: SMS DONE\r\n\r\nPB DONE\r\n"
        "\r\n+CREG: 2\r\n\r\n+C5GREG: 3\r\n\r\n+FOO: 1\r\n\r\n+CMTI: rubbish\r\n"
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
            MessagesReady(),
            MessagesReady(),
            MessagesReady(),
            Registration(2),
            Registration(3),
            Other("+FOO: 1"),
            Other("+CMTI: rubbish"),
        ]
        assert modem.take_urcs() == []

    assert play(dce, act) == 19


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
