"""What becomes of a part in a modem's hands: taken, refused in every way, not answered for, given back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.gsm.cause_texts import CME, CMS
from modemd.gsm.causes import Verb, reaction
from modemd.gsm.incoming import decode_submit
from modemd.model import MessageState, PartState
from modemd.service import dispatch, upkeep
from modemd.service.outcomes import Denied, Taken, Unanswered
from tests.service.office import LONG, TO, Office, rules_of, text_of, with_broker

if TYPE_CHECKING:
    from pathlib import Path

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def promote(office: Office, **pause: float) -> None:
    office.later(**pause)
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))


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


# -- another modem ----------------------------------------------------------------------------
def test_a_part_moves_to_another_modem_once_each(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    office.record(part, Denied("CMS", 8, "barred"))
    assert office.route_of(part.id) == "any !gsm1"
    assert office.claim("gsm1") is None
    assert office.state(message) == "queued"
    office.denied(8, name="gsm2")
    assert office.route_of(part.id) == "any !gsm1", "there is no third modem"
    promote(office, minutes=10)
    office.taken(1, "gsm2")
    assert office.facts(message).message.modem == "gsm2"


def test_a_message_that_asks_for_a_modem_stays_with_it(office: Office) -> None:
    message = office.send(modem="gsm1")
    assert office.claim("gsm2") is None
    office.denied(8)
    assert office.claim("gsm2") is None
    promote(office, minutes=10)
    assert office.claim("gsm2") is None
    office.taken(1, "gsm1")
    assert office.state(message) == "sent"


@pytest.mark.parametrize("state", ["absent", "lost", "searching", "paused", "sim_absent"])
def test_nothing_moves_to_a_modem_that_cannot_send(office: Office, state: str) -> None:
    office.be("gsm2", state)
    part = office.claimed() if office.send() else None
    assert part is not None
    office.record(part, Denied("CMS", 8, "barred"))
    assert office.route_of(part.id) == "any"
    promote(office, minutes=10)
    office.taken(1, "gsm1")


def test_what_moved_comes_back_when_its_modem_goes(office: Office) -> None:
    message = office.send()
    office.denied(8)
    office.be("gsm2", "ready")
    assert office.claim("gsm1") is None
    office.be("gsm2", "lost")
    office.taken(1, "gsm1")
    assert office.state(message) == "sent"


# -- one SIM for all parts --------------------------------------------------------------------
def test_all_parts_go_by_the_modem_that_took_the_first(office: Office) -> None:
    office.send(LONG)
    other = office.send("short")
    first = office.claimed("gsm1")
    assert office.claimed("gsm2").message_id == other
    assert office.claim("gsm2") is None
    office.record(first, Taken(1))
    assert [office.taken(tp_mr, "gsm1").part_no for tp_mr in (2, 3)] == [2, 3]


def test_the_first_part_that_waits_for_another_try_stays_too(office: Office) -> None:
    message = office.send(LONG)
    office.denied(38)
    office.taken(1)
    promote(office, minutes=1)
    assert office.claim("gsm2") is None
    for tp_mr in (2, 3):
        office.taken(tp_mr)
    assert office.state(message) == "sent"


def test_a_long_message_moves_as_a_whole(office: Office) -> None:
    message = office.send(LONG)
    office.denied(8, name="gsm1")
    assert office.claim("gsm1") is None
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr, "gsm2")
    assert office.state(message) == "sent"


def test_once_a_part_has_gone_the_others_wait_for_its_sim(office: Office) -> None:
    office.send(LONG)
    office.taken(1, "gsm1")
    office.denied(8, name="gsm1")
    office.be("gsm1", "lost")
    assert office.claim("gsm2") is None
    office.be("gsm1", "ready")
    promote(office, minutes=5)
    assert [office.taken(tp_mr, "gsm1").part_no for tp_mr in (2, 3)] == [2, 3]


def test_a_modem_that_goes_before_the_first_part_went_keeps_nothing(office: Office) -> None:
    message = office.send(LONG)
    part = office.claimed("gsm1")
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert office.state(message) == "queued"
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr, "gsm2")
    assert office.state(message) == "sent"


def test_one_failed_part_cancels_those_that_wait(office: Office) -> None:
    message = office.send(LONG)
    office.taken(1)
    office.denied(1)
    facts = office.facts(message)
    assert facts.states == (P.SENT, P.FAILED, P.CANCELLED)
    assert (facts.state, facts.message.error_code, facts.ended) == ("failed", "CMS 1", True)
    assert office.claim() is None
    for tp_status in (0x20, 0x46):
        office.later(minutes=1)
        office.reported(1, tp_status)
        assert office.facts(message) == replace(facts, states=office.facts(message).states)
    assert office.told(message) == ["FAILED"]


# -- silence ----------------------------------------------------------------------------------
def test_silence_before_the_body_is_no_doubt(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    office.record(part, Unanswered("no prompt", after_body=False))
    assert office.facts(message).states == (P.QUEUED,)
    office.taken(1, "gsm2")


def test_a_part_that_silences_every_modem_ends(tmp_path: Path) -> None:
    office = Office(tmp_path, rules_of(sending={"retries": 1}))
    message = office.send()
    tries = 0
    while office.state(message) != "failed":
        tries += 1
        assert tries < 20
        name = "gsm1" if (part := office.claim("gsm1")) else "gsm2"
        part = part or office.claim(name)
        if part is not None:
            office.record(part, Unanswered("no prompt", after_body=False), name)
            office.run(lambda tx, part=part: dispatch.blame(tx, part.id))  # type: ignore[misc]
        promote(office, minutes=30)
    assert (office.told(message), tries) == (["FAILED"], 4)


def test_a_part_that_meets_broken_modems_only_waits_for_one_that_works(tmp_path: Path) -> None:
    """A modem that answers for nothing else either is no trouble of the message."""
    office = Office(tmp_path, rules_of(sending={"retries": 1}))
    message = office.send()
    for place in range(30):
        name = ("gsm1", "gsm2")[place % 2]
        part = office.claim(name)
        if part is not None:
            office.record(part, Unanswered("no prompt", after_body=False), name)
        promote(office, minutes=30)
    assert office.state(message) in {"queued", "scheduled", "sending"}
    part = office.claim("gsm1") or office.claim("gsm2")
    assert part is not None, "either may take it"
    office.record(part, Taken(1))
    assert office.state(message) == "sent"


@pytest.mark.parametrize("code", [21, 38, 500])
def test_a_refusal_that_its_sim_is_paused_for_is_no_trouble_of_the_message(tmp_path: Path, code: int) -> None:
    office = Office(
        tmp_path, rules_of(sending={"retries": 0}, modems={"list": [{"name": "gsm1", "port": "/dev/null"}]})
    )
    message = office.send()
    for _ in range(10):
        part = office.claimed()
        refused = Denied("CMS", code, f"+CMS ERROR: {code}")
        decision = office.run(
            lambda tx, part=part, refused=refused: dispatch.record(  # type: ignore[misc]
                tx, office.rules, office.seat(), part, refused, office.now, sick=f"CMS {code}"
            )
        )
        assert decision is not None
        assert decision.pause_s
        promote(office, minutes=30)
    assert office.state(message) in {"queued", "sending"}
    office.denied(code)
    assert office.state(message) == "failed", "and one that no other had is"


def test_silence_after_the_body_is_a_doubt(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    assert (office.state(message), office.told(message)) == ("uncertain", [])
    assert office.claim("gsm1") is office.claim("gsm2") is None
    assert office.part(part.id, "doubted") == 1


@pytest.mark.parametrize(
    ("policy", "state", "told"),
    [("resend", "queued", []), ("hold", "uncertain", []), ("sent", "sent", ["SENT"])],
)
def test_the_policy_settles_a_doubt_when_its_time_is_over(
    tmp_path: Path, policy: str, state: str, told: list[str]
) -> None:
    office = Office(tmp_path, rules_of(sending={"uncertain": policy, "uncertain_after": "10m"}))
    message = office.send()
    office.doubted()

    def resolve() -> int:
        return office.run(lambda tx: upkeep.resolve_doubts(tx, office.rules, office.now))

    office.later(minutes=9)
    assert resolve() == 0
    office.later(minutes=1)
    assert resolve() == 1
    assert (office.state(message), office.told(message)) == (state, told)
    office.later(days=3)
    assert resolve() == 0, "once"


def test_without_a_report_to_come_the_doubt_is_shorter(office: Office) -> None:
    office.send(report=False)
    office.doubted()
    assert office.run(lambda tx: upkeep.next_due(tx, office.now)) == office.now + timedelta(seconds=90)


def test_a_duplicate_refused_is_a_doubt_settled(tmp_path: Path) -> None:
    """CMS 197: the service centre has had this very part."""
    office = Office(tmp_path, rules_of(sending={"uncertain": "resend"}))
    message = office.send()
    office.doubted()
    office.later(minutes=10)
    office.run(lambda tx: upkeep.resolve_doubts(tx, office.rules, office.now))
    assert office.denied(197).state is P.SENT
    assert office.facts(message).ended
    assert office.told(message) == ["SENT"]
    other = office.send()
    assert office.denied(197).state is P.FAILED, "never in doubt: somebody else's duplicate"
    assert office.state(other) == "failed"


@pytest.mark.parametrize("pdu_known", [True, False])
def test_a_late_answer_is_credited(office: Office, pdu_known: bool) -> None:
    message = office.send()
    part = office.doubted()

    def late(outcome: Taken | Denied, pdu: str | None, name: str = "gsm1") -> bool:
        return office.run(
            lambda tx: dispatch.late(tx, office.rules, office.seat(name), outcome, pdu, office.now)
        )

    pdu = part.pdu if pdu_known else None
    assert not late(Taken(9), pdu, "gsm2"), "another modem's"
    assert not late(Taken(9), "0011")
    assert late(Taken(9), pdu)
    assert (office.state(message), office.part(part.id, "tp_mr")) == ("sent", 9)
    assert not late(Taken(9), pdu)
    office.reported(9)
    assert office.state(message) == "delivered"


def test_a_late_refusal_is_a_refusal(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    denied = Denied("CMS", 38, "network out of order")
    office.run(lambda tx: dispatch.late(tx, office.rules, office.seat(), denied, part.pdu, office.now))
    assert office.facts(message).states == (P.SCHEDULED,)
    promote(office, minutes=1)
    office.taken(1)


def test_of_several_in_doubt_the_pdu_tells_which(office: Office) -> None:
    one, two = office.send("one"), office.send("two")
    office.doubted()
    second = office.doubted()

    def late(pdu: str | None) -> bool:
        return office.run(
            lambda tx: dispatch.late(tx, office.rules, office.seat(), Taken(3), pdu, office.now)
        )

    assert not late(None), "nobody knows which"
    assert late(second.pdu)
    assert (office.state(one), office.state(two)) == ("uncertain", "sent")
    assert late(None)
    assert office.state(one) == "sent"


# -- given back, and found at a start ---------------------------------------------------------
def test_a_part_given_back_was_not_tried(office: Office) -> None:
    message = office.send()
    part = office.claimed()
    office.run(lambda tx: dispatch.give_back(tx, office.rules, part, office.now))
    assert office.state(message) == "queued"
    assert office.part(part.id, "attempts") == 0
    assert office.claimed("gsm2").attempts == 1


def test_what_was_on_the_air_at_a_crash_is_in_doubt(office: Office) -> None:
    message, waiting = office.send(), office.send()
    office.claimed()
    assert office.run(lambda tx: upkeep.recover(tx, office.rules, office.now)) == 1
    assert (office.state(message), office.state(waiting)) == ("uncertain", "queued")
    assert office.run(lambda tx: upkeep.recover(tx, office.rules, office.now)) == 0
    assert office.facts(message).message.error_reason == "the gateway stopped before the modem had answered"


@pytest.mark.parametrize("change", ["modem", "gateway"])
def test_also_where_the_configuration_was_changed_meanwhile(tmp_path: Path, change: str) -> None:
    office = Office(tmp_path)
    message = office.send()
    office.claimed()
    new: dict[str, Any] = {"modems": {"list": [{"name": "new", "port": "/dev/new"}]}}
    if change == "gateway":
        new = {"gateway": {"name": "gw2", "country": "BE"}}
    office.rules = with_broker(rules_of(**new))
    assert office.run(lambda tx: upkeep.recover(tx, office.rules, office.now)) == 1
    assert office.state(message) == MessageState.UNCERTAIN


def test_a_number_is_kept_as_it_was_asked(office: Office) -> None:
    message = office.send(to="0475 12 34 56")
    assert office.facts(message).message.destination == TO
