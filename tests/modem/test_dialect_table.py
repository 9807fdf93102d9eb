"""The table of dialects: which family is asked what, on a scripted modem that knows nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest

from modemd.gsm.makers import Family, family_of
from modemd.modem.dialects import DIALECTS, Dialect, dialect_for
from modemd.modem.inventory import read_own_signal
from modemd.modem.modem import Modem
from modemd.modem.pins import PinMemory
from tests.modem.dce import QUICK, SOUND, Answer, Dce, lines

ICCID = "8932480000002143658"
FILE = "AT+CRSM=176,12258,0,0,10"
MAKERS = {
    Family.HUAWEI: "huawei",
    Family.ZTE: "ZTE INCORPORATED",
    Family.SIMCOM: "SIMCOM_Ltd",
    Family.QUECTEL: "Quectel",
    Family.UBLOX: "u-blox",
    Family.TELIT: "Telit",
    Family.SIERRA: "Sierra Wireless, Incorporated",
    Family.CINTERION: "Cinterion",
    Family.GENERIC: "Acme",
}


def prepared(answers: Mapping[str, Answer]) -> tuple[Dce, Modem]:
    dce = Dce({**SOUND, **answers}, default="\r\nERROR\r\n")
    ok = ("ATE0", "ATV1", "AT+CMEE=1", "AT+CMGF=0", 'AT+CSCS="GSM"', "AT+COPS=3,0", "AT+CNMI", "AT+CPMS")
    for command in ok:
        dce.answers.setdefault(command, lines())
    opened: list[Modem] = []

    async def whole() -> None:
        async with dce:
            modem = await Modem.open("gsm1", dce.path, on_urc=lambda: None, timing=QUICK, pins=PinMemory())
            opened.append(modem)
            await modem.prepare()
            await modem.health()
            await modem.close()

    asyncio.run(whole())
    return dce, opened[0]


@pytest.mark.parametrize("family", list(Family))
def test_every_family_has_a_dialect_and_is_known_by_its_maker(family: Family) -> None:
    assert DIALECTS[family].family is family
    assert dialect_for(MAKERS[family], None) is DIALECTS[family]


@pytest.mark.parametrize(
    ("family", "command"),
    [(dialect.family, command) for dialect in DIALECTS.values() for command in dialect.iccid],
)
def test_the_iccid_is_asked_for_in_the_makers_words(family: Family, command: str) -> None:
    dce, modem = prepared(
        {"AT+CGMI": lines(MAKERS[family]), FILE: "\r\nERROR\r\n", command: lines(f"x: {ICCID}")}
    )
    assert modem.identity.iccid == ICCID
    asked = [one for one in dce.heard if "CCID" in one or "SCID" in one]
    others = {one for dialect in DIALECTS.values() for one in dialect.iccid} - set(DIALECTS[family].iccid)
    assert not others.intersection(asked)


def test_a_huawei_is_told_to_be_quiet_and_never_asked_for_ccid() -> None:
    dce, _ = prepared({"AT+CGMI": lines("huawei"), FILE: "\r\nERROR\r\n"})
    assert "AT^CURC=0" in dce.heard
    assert "AT+CCID" not in dce.heard
    assert "AT^CURC=0" not in prepared({})[0].heard


@pytest.mark.parametrize(("now", "changed"), [("usbat", True), ("all", False)])
def test_a_quectels_notices_go_to_every_port_and_its_memory_is_spared(now: str, changed: bool) -> None:
    dce, _ = prepared(
        {
            "AT+CGMI": lines("Quectel"),
            'AT+QURCCFG="urcport"': lines(f'+QURCCFG: "urcport","{now}"'),
            'AT+QURCCFG="urcport","all"': lines(),
        }
    )
    assert ('AT+QURCCFG="urcport","all"' in dce.heard) is changed


def test_where_a_quectel_does_not_tell_it_is_left_as_it_is() -> None:
    assert 'AT+QURCCFG="urcport","all"' not in prepared({"AT+CGMI": lines("Quectel")})[0].heard


@pytest.mark.parametrize(
    ("family", "line", "told"),
    [
        (Family.HUAWEI, '^HCSQ: "LTE",45,34,106,19', (-107, -11)),
        (Family.HUAWEI, '^HCSQ: "WCDMA",43,36,51', (None, None)),
        (Family.HUAWEI, '^HCSQ: "NOSERVICE"', (None, None)),
        (
            Family.SIMCOM,
            "+CPSI: LTE,Online,250-20,0x4D07,200468759,468,EUTRAN-BAND7,3400,3,3,-69,-900,-661,20",
            (-90, -7),
        ),
        (Family.SIMCOM, "+CPSI: GSM,Online,216-30,0x0D45,5513,27 EGSM 900,-81,0,25-25", (None, None)),
        (Family.SIMCOM, "+CPSI: NO SERVICE,Online", (None, None)),
        (Family.QUECTEL, '+QCSQ: "LTE",-69,-102,150,-12', (-102, -12)),
        (Family.QUECTEL, '+QCSQ: "NOSERVICE"', (None, None)),
        (
            Family.TELIT,
            '#RFSTS: "286 01",1795,-101,-67,-15,2242,,128,3,1,0B5D121,"206012345678901","Turkcell",3,3,108',
            (-101, -15),
        ),
        (
            Family.TELIT,
            '#RFSTS: "204 04",1001,-80,00DE,01,5,19,10,2,9878,"206012345678901","vodafone NL",1,2',
            (None, None),
        ),
    ],
)
def test_the_signal_in_the_makers_words(
    family: Family, line: str, told: tuple[int | None, int | None]
) -> None:
    form = DIALECTS[family].signal
    assert form is not None
    read = read_own_signal(form, line)
    assert (read.rsrp_dbm, read.rsrq_db) == told


def test_the_makers_signal_is_asked_for_where_the_standard_says_nothing() -> None:
    answers = {
        "AT+CGMI": lines("Quectel"),
        "AT+COPS?": lines('+COPS: 0,0,"Proximus",7'),
        "AT+QCSQ": lines('+QCSQ: "LTE",-69,-102,150,-12'),
    }
    assert "AT+QCSQ" in prepared(answers)[0].heard
    known = {**answers, "AT+CESQ": lines("+CESQ: 99,99,255,255,20,46")}
    assert "AT+QCSQ" not in prepared(known)[0].heard


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=lambda dialect: str(dialect.family))
def test_commands_are_whole_lines_that_a_modem_can_take(dialect: Dialect) -> None:
    spoken = [step.command for step in dialect.settle] + [*dialect.iccid, *dialect.tries, *dialect.resets]
    if dialect.speech:
        filled = [form.format("0041") for form in (dialect.speech.plain, dialect.speech.ucs2)]
        spoken += [*dialect.speech.before, *filled, dialect.speech.known]
        assert all("0041" in command for command in filled)
    spoken += [slots.select.format(2, zero=1) for slots in dialect.slots]
    spoken.append(dialect.tone.format("5"))
    assert all(command.startswith("AT") and command.isascii() and "{" not in command for command in spoken)
    assert not any(command.startswith(("AT+CPIN=", "AT+CPWD", "AT+CLCK", "AT&F")) for command in spoken)
    assert not any("QPOWD" in command or "CPOF" in command for command in dialect.resets)


def test_a_maker_counts_before_a_model() -> None:
    assert family_of("QUALCOMM INCORPORATED", "SIM7600E") is Family.SIMCOM
    assert family_of("Telit", "BGS5 by Cinterion") is Family.TELIT


def test_the_page_tells_of_every_family() -> None:
    page = (Path(__file__).parents[2] / "docs/modems.md").read_text("utf-8")
    rows = page.partition("## Makers")[2].partition("\n## ")[0].lower()
    named = [family for family in Family if family is not Family.GENERIC]
    assert not [family for family in named if f"| {family}" not in rows]
