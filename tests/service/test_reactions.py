"""Every row of the table of causes, walked through the store: what becomes of the part, its SIM, its modem.

A row is a cause, the way of a part that meets nothing else, and what goes with the first refusal. The way is
told in words: seconds that it waits on the same modem, ``move``, ``fail``, ``doubt``. There are two modems,
and five tries.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.errors import CauseKind
from modemd.gsm.cause_texts import CME, CMS
from modemd.gsm.makers import Family
from modemd.model import PartState
from modemd.service import dispatch, upkeep
from modemd.service.alarms import open_alarms
from modemd.service.modems import refusals
from modemd.service.outcomes import Denied
from modemd.service.trouble import Decision
from modemd.store.modems import write_modem
from modemd.workers.modems.sending.streak import Streak
from tests.service.office import Office

if TYPE_CHECKING:
    from pathlib import Path

P = PartState
FOR_EVER = "move 450 900 900 900 900 900 900"
"""It is the SIM's trouble, and uses up no tries: the part waits for another SIM, until its validity ends."""
ROWS: list[tuple[CauseKind, str, str, str]] = [
    ("CMS", "1 30", "fail", ""),
    ("CMS", "8 10", "move 30 120 fail", "pause 300 after 2 phones human ask_balance"),
    ("CMS", "17 22 127", "5 30 120 120 120 fail", ""),
    ("CMS", "21", "move fail", "pause 300 after 3 phones human ask_balance"),
    ("CMS", "27", "900 900 900 fail", ""),
    ("CMS", "28 29 50", FOR_EVER, "pause 60 human"),
    ("CMS", "38", "5 30 120 move 120 fail", "pause 60 after 5 messages"),
    ("CMS", "41 42 47", "5 32 move 32 32 fail", ""),
    ("CMS", "69", "1 fail", "without report type_of_number validity"),
    ("CMS", "81", "5 fail", ""),
    ("CMS", "95 96 97 98 99 111", "fail", "bug"),
    ("CMS", "128 129 130 143 144 145 159 160 161 175 176 196", "fail", ""),
    ("CMS", "192 194", "5 30 120 move 120 fail", ""),
    ("CMS", "193 195", FOR_EVER, "pause 60 human"),
    ("CMS", "197", "fail", "human"),
    ("CMS", "198 199", "1 fail", "without validity"),
    ("CMS", "208 209 211", "2 30 120 120 120 fail", "drain"),
    ("CMS", "210 212 213 255", "5 30 move 30 30 fail", ""),
    ("CMS", "300", "10 60 move 60 60 fail", "reset"),
    ("CMS", "301", "5 30 120 120 120 fail", ""),
    ("CMS", "302 311 320", "2 30 move 30 30 fail", "prepare"),
    ("CMS", "303 312 316 317 318", FOR_EVER, "pause 60 human"),
    ("CMS", "304 305", "fail", "bug"),
    ("CMS", "310 313 315", FOR_EVER, "pause 300 human"),
    ("CMS", "314", "2 5 10 move 10 fail", ""),
    ("CMS", "321 340", "2 2 2 2 2 fail", "ignore"),
    ("CMS", "322", "2 30 120 120 120 fail", "drain"),
    ("CMS", "330", "2 move 900 900 900 900 900 900", "prepare"),
    ("CMS", "331 515", FOR_EVER, "pause 10"),
    ("CMS", "332", "doubt", ""),
    ("CMS", "500 532 538 540 none", "5 move 120 300 900 fail", "pause 60 after 5 messages human ladder"),
    ("CMS", "512 513 514", "5 30 120 move 120 fail", ""),
    ("CME", "3 4", "5 move 5 5 5 fail", "forgo pause 60 after 5 messages human"),
    (
        "CME",
        "5 12 16 17 18 40 41 42 43 44 45 46 47 48 103 106 107 111 112 113 262",
        FOR_EVER,
        "pause 60 human",
    ),
    ("CME", "10 13 15", FOR_EVER, "pause 300 human"),
    ("CME", "11", "2 30 move 30 30 fail", "prepare"),
    ("CME", "14", "2 5 10 move 10 fail", ""),
    ("CME", "20", "2 30 120 120 120 fail", "drain"),
    ("CME", "21 22", "2 2 2 2 2 fail", "ignore"),
    ("CME", "30 515", FOR_EVER, "pause 10"),
    ("CME", "31", "doubt", ""),
    ("CME", "32", FOR_EVER, "pause 10 human in 600"),
    ("CME", "100", "5 move 120 300 900 fail", "pause 60 after 2 messages human ladder"),
    ("CME", "772", "10 60 move 60 60 fail", "reset"),
]
CASES = [
    pytest.param(kind, None if code == "none" else int(code), way, more, id=f"{kind} {code}")
    for kind, codes, way, more in ROWS
    for code in codes.split()
]


@pytest.mark.parametrize(("kind", "code", "way", "more"), CASES)
def test_the_table(tmp_path: Path, kind: CauseKind, code: int | None, way: str, more: str) -> None:
    assert walk(tmp_path, kind, code) == (way, more)


def test_the_table_has_every_cause_that_has_a_meaning() -> None:
    written = {(kind, code) for kind, codes, _, _ in ROWS for code in codes.split()}
    assert written >= {("CMS", str(code)) for code in CMS} | {("CME", str(code)) for code in CME}


@pytest.mark.parametrize(("kind", "code"), [("CMS", 332), ("CME", 31)])
def test_a_network_that_does_not_answer_before_the_pdu_is_no_doubt(
    tmp_path: Path, kind: CauseKind, code: int
) -> None:
    office = Office(tmp_path)
    office.send()
    decision = office.record(office.claimed(), Denied(kind, code, "no answer", after_body=False))
    assert decision is not None
    assert step(office, decision) == "5"


MAKERS = [
    # Family, model, cause, the way's beginning, what goes with it
    (Family.SIMCOM, "SIMCOM_SIM800L", 532, "move", "pause 10"),
    (Family.SIMCOM, "SIMCOM_SIM7600E", 532, "5", "pause 60 after 5 messages human ladder"),
    (Family.SIMCOM, "SIMCOM_SIM800L", 225, "doubt", ""),
    (Family.SIMCOM, "SIMCOM_SIM800L", 514, "fail", "bug"),
    (Family.SIERRA, "MULTIBAND 900E 1800", 515, "move", "pause 10"),
    (Family.SIERRA, "MULTIBAND 900E 1800", 540, "5", "pause 60 after 5 messages human ladder"),
    (Family.SIERRA, "HL7802", 606, "move", "pause 10"),
    (Family.QUECTEL, "EC25", 512, "move", "pause 10"),
    (Family.QUECTEL, "EC25", 513, "fail", "bug"),
    (Family.QUECTEL, "EC25", 531, "2", "drain"),
    (Family.TELIT, "LE910", 515, "doubt", ""),
    (Family.CINTERION, "TC65", 532, "move", "pause 10"),
    (Family.CINTERION, "TC65", 538, "fail", "bug"),
    (Family.UBLOX, "LENA-R8001", 354, "move", "pause 300 after 3 phones human ask_balance"),
    (Family.UBLOX, "SARA-U201", 354, "5", "pause 60 after 5 messages human ladder"),
    (Family.HUAWEI, "E3372", 513, "5", ""),
]


@pytest.mark.parametrize(("family", "model", "code", "way", "more"), MAKERS)
def test_makers_mean_different_things(
    tmp_path: Path, family: Family, model: str, code: int, way: str, more: str
) -> None:
    office = Office(tmp_path)
    office.send()
    part = office.claimed()
    seat = replace(office.seat(), family=family, model=model)
    outcome = Denied("CMS", code, f"+CMS ERROR: {code}")
    decision = office.run(lambda tx: dispatch.record(tx, office.rules, seat, part, outcome, office.now))
    assert decision is not None
    assert (step(office, decision), told(decision)) == (way, more)


def test_every_refusal_that_needs_a_person_says_which_modem_and_sim_and_what_to_do(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.send()
    decision = office.denied(28)
    seat = office.seat(sim="8932000000000001234")
    assert office.run(lambda tx: refusals.warn(tx, office.rules, seat, decision, office.now))
    [alarm] = office.run(lambda tx: open_alarms(tx, "gw1"))
    assert (alarm.modem, alarm.code, alarm.severity) == ("gsm1", "refused_cms_28", "critical")
    for word in ("gsm1", "…1234", "CMS ERROR: 28", "unidentified subscriber", "Ask the operator"):
        assert word in alarm.text
    assert "893200" not in alarm.text
    assert office.run(lambda tx: refusals.settled(tx, office.rules, seat, office.now))
    assert office.run(lambda tx: open_alarms(tx, "gw1")) == []


def test_an_unknown_error_is_told_with_the_network_it_was_on(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.send()
    office.run(
        lambda tx: write_modem(
            tx, office.ids["gsm1"], {"state": "ready", "technology": "LTE", "registration": 6}
        )
    )
    decision = office.denied(500)
    office.run(lambda tx: refusals.warn(tx, office.rules, office.seat(), decision, office.now))
    [alarm] = office.run(lambda tx: open_alarms(tx, "gw1"))
    assert "on LTE, with registration 6" in alarm.text


def test_a_row_is_of_one_sim_and_one_cause() -> None:
    streak = Streak()
    barred = Decision(P.FAILED, "CMS 21", "no", pause_s=300, pause_after=3, distinct=True, recipient="1")
    met = [streak.met("a", number, replace(barred, recipient=str(number % 2))) for number in range(4)]
    assert [each.enough(barred) for each in met] == [False] * 4, "two phones only"
    assert streak.met("a", 9, replace(barred, recipient="9")).enough(barred)
    assert not streak.met("b", 10, replace(barred, recipient="10")).enough(barred), "another SIM"
    other = Decision(P.FAILED, "CMS 38", "no", pause_s=60, pause_after=2)
    assert [streak.met("b", number, other).enough(other) for number in (1, 1, 2)] == [False, False, True]
    streak.ended()
    assert not streak.met("b", 3, other).enough(other)


def refuse(office: Office, kind: CauseKind, code: int | None) -> Decision | None:
    """Whichever modem gets the part has it refused; ``None`` where none gets it."""
    for name in ("gsm1", "gsm2"):
        part = office.claim(name)
        if part is not None:
            return office.record(part, Denied(kind, code, f"+{kind} ERROR: {code}"), name)
    return None


def step(office: Office, decision: Decision) -> str:
    """Where that leaves the part, in a word."""
    state = P(office.part(1, "state"))
    if state is P.SCHEDULED:
        assert decision.until_at is not None
        return str(round((decision.until_at - office.now).total_seconds()))
    return {P.FAILED: "fail", P.QUEUED: "move", P.UNCERTAIN: "doubt"}[state]


def walk(folder: Path, kind: CauseKind, code: int | None) -> tuple[str, str]:
    """A part's way from the first refusal on, till it ends, or to the eighth; what goes with the first."""
    office = Office(folder)
    office.send()
    way: list[str] = []
    more = ""
    while len(way) < 8 and way[-1:] not in (["fail"], ["doubt"]):
        decision = refuse(office, kind, code)
        assert decision is not None, way
        more = more if way else told(decision)
        way.append(step(office, decision))
        office.later(hours=1)
        office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    return " ".join(way), more


def told(decision: Decision) -> str:
    """All that a decision says besides where the part goes."""
    words = []
    if decision.pause_s is not None:
        words.append(f"pause {decision.pause_s}")
        if decision.pause_after > 1:
            words.append(f"after {decision.pause_after} {'phones' if decision.distinct else 'messages'}")
    words += [f"without {' '.join(decision.leave_out)}"] if decision.leave_out else []
    words += ["human"] if decision.advice else []
    words += [f"in {decision.human_after_s}"] if decision.human_after_s else []
    words += [name for name in ("ask_balance", "ladder", "bug") if getattr(decision, name)]
    verb = str(decision.verb)
    return " ".join([*([verb] if verb in {"drain", "prepare", "reset", "forgo", "ignore"} else []), *words])


TP_STATUS = [
    # TP-Status, the message's state by it, whether it has ended (23.040, 9.2.3.15)
    ("00 03 0F 10 1F", "delivered", True),
    ("01 02", "sent", True),
    ("20 21 22 23 24 25 26 3F", "sent", False),
    ("40 41 42 43 44 45 47 48 49 4A 5F 60 65 66 7F", "undelivered", True),
    ("46", "expired", True),
    ("80 FF", "sent", False),
]


@pytest.mark.parametrize(("octets", "state", "ended"), TP_STATUS)
def test_every_tp_status_through_the_store(tmp_path: Path, octets: str, state: str, ended: bool) -> None:
    office = Office(tmp_path)
    for place, octet in enumerate(octets.split()):
        message = office.send()
        office.taken(place)
        assert office.reported(place, int(octet, 16))
        facts = office.facts(message)
        assert (facts.state, facts.ended) == (state, ended), octet
