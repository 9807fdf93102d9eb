"""What becomes of a part in a modem's hands: taken, refused in every way, given back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.gsm.cause_texts import CME, CMS
from modemd.gsm.causes import Verb, reaction
from modemd.gsm.incoming import decode_submit
from modemd.model import PartState
from modemd.service import dispatch, upkeep
from modemd.service.outcomes import Denied, Taken
from tests.service.office import LONG, TO, Office, promote, rules_of, text_of

if TYPE_CHECKING:
    from pathlib import Path

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


# -- taken ------------------------------------------------------------------------------------
def test_a_part_is_taken(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    assert (part.message_id, part.part_no, part.part_count, part.attempts) == (message, 1, 1, 1)
    assert text_of(part) == "Hello"
    assert office.state(message) == "sending"
    office.later(seconds=3)
    office.record(part, Taken(7))
    facts = office.facts(message)
    assert (facts.state, facts.states, facts.ended) == ("sent", (P.SENT,), False)
    assert (facts.message.parts_done, facts.message.modem) == (1, "gsm1")
    assert (office.part(part.id, "tp_mr"), office.part(part.id, "awaiting")) == (7, 1)
    assert office.told(message) == ["SENT"]


@pytest.mark.parametrize(("report", "tp_mr"), [(False, 7), (True, None)], ids=["none asked", "no TP-MR"])
def test_where_no_report_can_come_the_message_has_ended(
    office: Office, report: bool, tp_mr: int | None
) -> None:
    message = office.send(report=report)
    office.taken(tp_mr)
    assert office.facts(message).ended
    assert office.state(message) == "sent"


def test_a_long_message_is_sent_with_its_last_part(office: Office) -> None:
    message = office.send(LONG)
    for tp_mr in (1, 2):
        office.taken(tp_mr)
        assert office.state(message) == "sending"
        assert office.told(message) == []
    office.taken(3)
    assert office.state(message) == "sent"
    assert office.told(message) == ["SENT"]


def test_what_is_recorded_twice_counts_once(office: Office) -> None:
    message = office.send(LONG)
    part = office.taken(1)
    office.record(part, Taken(9))
    assert office.facts(message).message.parts_done == 1
    assert office.part(part.id, "tp_mr") == 1


# -- refused: the whole table -----------------------------------------------------------------
ROWS = [("CMS", code) for code in CMS] + [("CME", code) for code in CME] + [("CMS", None), ("ERROR", None)]


ROWS += [("CMS", 200), ("CMS", 600), ("CME", 999)]


@pytest.mark.parametrize("after_body", [True, False])
@pytest.mark.parametrize("others", [0, 1], ids=["alone", "two modems"])
def test_every_cause_makes_a_legal_move_and_ends_in_time(
    tmp_path: Path, others: int, after_body: bool
) -> None:
    """The office checks each move; here: where the part goes, that it says why, and that it ends at last."""
    names = [{"name": f"gsm{place}", "port": f"/dev/{place}"} for place in range(1, others + 2)]
    office = Office(tmp_path, rules_of(modems={"list": names}, sending={"retries": 2, "uncertain": "hold"}))
    for kind, code in ROWS:
        cause = reaction(kind, code, after_body=after_body)  # type: ignore[arg-type]
        message = office.send(report=False)
        part = office.claimed()
        decision = office.record(part, Denied(kind, code, "refused", after_body))  # type: ignore[arg-type]
        assert decision is not None
        [state] = office.facts(message).states
        code_word = kind if code is None else f"{kind} {code}"
        where = f"{code_word}: {cause.verb} made it {state!r}"
        assert office.part(part.id, "error_code") == code_word, where
        if cause.verb is Verb.FAIL:
            assert state is P.FAILED, where
        elif cause.verb is Verb.UNCERTAIN:
            assert state is P.UNCERTAIN, where
            continue
        elif cause.pause or cause.verb in {Verb.MOVE, Verb.PAUSE, Verb.HUMAN, Verb.WAIT_READY}:
            assert state is (P.QUEUED if others else P.SCHEDULED), where
        else:
            assert state is P.SCHEDULED, where
        pausing = cause.pause or cause.verb in {Verb.PAUSE, Verb.HUMAN}
        assert (decision.pause_s is not None) == (pausing or cause.pause_after is not None), where
        assert decision.pause_after == (1 if pausing else cause.pause_after or 1), where
        office.later(days=2)
        office.run(lambda tx: upkeep.expire(tx, office.rules, office.now))
        assert office.facts(message).ended, where


@pytest.mark.parametrize("retries", [0, 1, 3])
def test_a_passing_error_is_tried_again_so_many_times(tmp_path: Path, retries: int) -> None:
    office = Office(
        tmp_path,
        rules_of(sending={"retries": retries}, modems={"list": [{"name": "gsm1", "port": "/dev/x"}]}),
    )
    message = office.send()
    for _ in range(retries):
        assert office.denied(38).state is P.SCHEDULED
        assert office.claim() is None, "it waits for its time"
        promote(office, minutes=30)
    assert office.denied(38).state is P.FAILED
    assert office.state(message) == "failed"
    assert office.told(message) == ["FAILED"]
    assert office.facts(message).message.error_code == "CMS 38"


def test_the_pauses_between_tries_grow(tmp_path: Path) -> None:
    office = Office(tmp_path, rules_of(modems={"list": [{"name": "gsm1", "port": "/dev/x"}]}))
    office.send()
    pauses = []
    for _ in range(5):
        until_at = office.denied(17).until_at
        assert until_at is not None
        pauses.append((until_at - office.now).total_seconds())
        promote(office, hours=1)
    assert pauses == [5, 30, 120, 120, 120]


@pytest.mark.parametrize(("code", "tries"), [(81, 2), (21, 2), (198, 2), (1, 1), (304, 1)])
def test_some_are_tried_once_more_and_some_never(tmp_path: Path, code: int, tries: int) -> None:
    office = Office(tmp_path, rules_of(modems={"list": [{"name": "gsm1", "port": "/dev/x"}]}))
    message = office.send()
    for _ in range(tries):
        assert office.state(message) == "queued"
        office.denied(code)
        promote(office, hours=1)
    assert office.state(message) == "failed"


def test_a_sim_s_trouble_uses_up_no_tries_and_comes_ever_more_seldom(tmp_path: Path) -> None:
    office = Office(tmp_path, rules_of(modems={"list": [{"name": "gsm1", "port": "/dev/x"}]}))
    message = office.send()
    pauses = []
    for _ in range(40):
        decision = office.denied(28)
        assert decision.until_at is not None
        assert decision.pause_s == 60
        pauses.append((decision.until_at - office.now).total_seconds())
        promote(office, seconds=pauses[-1])
    assert pauses[0] == 60
    assert pauses[-1] == 900
    assert pauses == sorted(pauses)
    assert office.denied(38).state is P.SCHEDULED, "its tries are all left"
    promote(office, minutes=1)
    office.taken(1)
    assert office.state(message) == "sent"
    assert office.facts(message).message.error_code is None


@pytest.mark.parametrize(("code", "report", "validity"), [(198, True, False), (69, False, False)])
def test_what_the_network_may_not_know_is_left_out_once(
    office: Office, code: int, report: bool, validity: bool
) -> None:
    message = office.send()
    decision = office.denied(code)
    assert decision.state is P.SCHEDULED
    promote(office, minutes=1)
    part = office.claimed()
    submit = decode_submit(part.pdu)
    assert (submit.text, submit.destination) == ("Hello", TO)
    assert (submit.report, submit.validity is not None) == (report, validity)
    assert part.tpdu_length == submit.tpdu_length
    office.record(part, Denied("CMS", code, "again"))
    assert office.state(message) == "failed"


def test_crowded_parts_come_back_one_after_the_other(office: Office) -> None:
    dues = set()
    for _ in range(8):
        office.send()
        dues.add(office.denied(42).until_at)
    assert len(dues) == 8


# -- given back ------------------------------------------------------------------------------
def test_a_part_given_back_was_not_tried(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert office.state(message) == "queued"
    assert office.part(part.id, "attempts") == 0
    assert office.claimed("gsm2").attempts == 1


def test_a_number_is_kept_as_it_was_asked(office: Office) -> None:
    message = office.send(to="0475 12 34 56")
    assert office.facts(message).message.destination == TO
