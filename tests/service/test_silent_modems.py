"""A modem that does not answer for a part: before its body no doubt, after it one that is settled."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.model import MessageState, PartState
from modemd.service import dispatch, upkeep
from modemd.service.outcomes import Denied, Taken, Unanswered
from tests.service.office import Office, promote, rules_of, with_broker

if TYPE_CHECKING:
    from pathlib import Path

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


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
