"""Parts in doubt: what settles them, in which order, and that the event and the part say which it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modemd.gsm.outgoing import Outgoing, encode
from modemd.model import Evidence, PartState
from modemd.service import dispatch, evidence, orders, upkeep
from modemd.service.outcomes import Denied, Taken, Unanswered
from tests.service.office import TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.queue import ClaimedPart

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, rules_of(sending={"uncertain": "resend", "uncertain_after": "10m"}))


def told(office: Office) -> tuple[str, str | None]:
    """The last event that the broker was told, and its evidence."""
    sql = "SELECT body FROM outbox WHERE consumer = 'mqtt' ORDER BY id DESC LIMIT 1"
    body = json.loads(rows(office.database, sql)[0][0])
    return body["event"], body.get("evidence")


def policy(office: Office) -> None:
    office.later(minutes=11)
    office.run(lambda tx: upkeep.resolve_doubts(tx, office.rules, office.now))


def counted(office: Office, part: ClaimedPart, before: int, last_used: int) -> Evidence | None:
    return office.run(
        lambda tx: evidence.by_count(tx, office.rules, office.seat(), part.id, before, last_used, office.now)
    )


def late(office: Office, outcome: Taken | Denied, part: ClaimedPart) -> None:
    office.run(lambda tx: dispatch.late(tx, office.rules, office.seat(), outcome, part.pdu, office.now))


def test_no_doubt_has_no_evidence(office: Office) -> None:
    office.send()
    part = office.taken(1)
    assert office.part(part.id, "evidence") is None
    assert told(office) == ("sent", None)


def test_a_late_answer(office: Office) -> None:
    office.send()
    part = office.doubted()
    late(office, Taken(5), part)
    assert (office.part(part.id, "evidence"), told(office)) == ("late_answer", ("sent", "late_answer"))


def test_a_late_refusal_ends_the_doubt(office: Office) -> None:
    office.send()
    part = office.doubted()
    late(office, Denied("CMS", 38, "+CMS ERROR: 38"), part)
    assert (office.part(part.id, "state"), office.part(part.id, "doubted")) == (P.SCHEDULED, 0)
    assert told(office) == ("scheduled", "late_answer")


def test_a_report(office: Office) -> None:
    office.send()
    part = office.doubted()
    office.reported(7)
    assert office.part(part.id, "evidence") == "report"
    assert told(office) == ("delivered", None)
    sql = "SELECT body FROM outbox WHERE consumer = 'mqtt' AND event = 'sent'"
    assert json.loads(rows(office.database, sql)[0][0])["evidence"] == "report"


def test_a_refused_duplicate(office: Office) -> None:
    office.send()
    part = office.doubted()
    policy(office)
    assert told(office) == ("queued", "policy")
    office.denied(197)
    assert (office.part(part.id, "evidence"), told(office)) == ("duplicate", ("sent", "duplicate"))


def test_a_person(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    office.run(lambda tx: orders.resolve(tx, office.rules, message, "sent", office.now))
    assert (office.part(part.id, "evidence"), told(office)) == ("person", ("sent", "person"))


def test_the_policy_resends_twice_and_then_gives_up(office: Office) -> None:
    """Each time it may arrive once more, and the modem may have been brought down by it."""
    message = office.send()
    for _ in range(3):
        office.doubted()
        policy(office)
    facts = office.facts(message)
    assert (facts.state, facts.states) == ("failed", (P.FAILED,))
    assert "any of 3 tries" in str(facts.message.error_reason)
    assert told(office) == ("failed", "policy")


# -- the SIM's count --------------------------------------------------------------------------------
def test_an_unchanged_count_says_that_it_was_not_sent(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    assert counted(office, part, 41, 41) is Evidence.NOT_SENT
    assert (office.facts(message).states, office.part(part.id, "doubted")) == ((P.QUEUED,), 0)
    assert told(office) == ("queued", "not_sent")
    again = office.taken(42, "gsm2")
    assert again.id == part.id
    assert office.state(message) == "sent"


def test_a_count_that_went_on_is_waited_with_and_then_taken_for_sent(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    assert counted(office, part, 255, 0) is Evidence.MESSAGE_REFERENCE
    assert (office.state(message), office.part(part.id, "tp_mr")) == ("uncertain", 0)
    assert told(office) == ("uncertain", "message_reference")
    policy(office)
    assert told(office) == ("sent", "message_reference")
    assert office.reported(0), "its report may come after all"
    assert office.state(message) == "delivered"


def test_any_other_count_says_nothing(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    assert counted(office, part, 41, 43) is None
    assert office.state(message) == "uncertain"


def test_the_count_says_nothing_of_a_part_that_is_settled(office: Office) -> None:
    office.send()
    part = office.taken(41)
    assert counted(office, part, 41, 41) is None
    assert office.part(part.id, "state") == P.SENT


# -- copies -----------------------------------------------------------------------------------------
def copies(office: Office, *texts: str) -> int:
    pdus = [encode(Outgoing(destination=TO, text=text)).parts[0].pdu for text in texts]
    since = office.now
    return office.run(lambda tx: evidence.by_copies(tx, office.rules, office.seat(), pdus, since, office.now))


def test_a_copy_that_the_modem_keeps_as_sent(office: Office) -> None:
    message = office.send("Hello")
    part = office.doubted()
    assert copies(office, "Something else") == 0
    assert office.state(message) == "uncertain"
    assert copies(office, "Hello") == 1
    assert (office.state(message), office.part(part.id, "evidence")) == ("sent", "stored_copy")


def test_a_copy_of_what_was_sent_before_stands_for_that(office: Office) -> None:
    office.send("Hello")
    office.taken(1)
    second = office.send("Hello")
    office.doubted()
    assert copies(office, "Hello") == 0
    assert office.state(second) == "uncertain"
    assert copies(office, "Hello", "Hello") == 1


# -- what stops every modem -------------------------------------------------------------------------
def test_what_silences_every_modem_ends_and_the_others_go_on(tmp_path: Path) -> None:
    office = Office(tmp_path, rules_of(sending={"retries": 1}))
    poison, tries, silent = office.send("poison"), 0, dict[str, int]()
    others = [office.send(f"good {number}") for number in range(20)]
    for _ in range(60):
        for name in ("gsm1", "gsm2"):
            part = office.claim(name)
            if part is not None and part.message_id == poison:
                tries += 1
                office.record(part, Unanswered("no answer", after_body=True), name)
                seat = office.seat(name)
                office.run(
                    lambda tx, part=part, seat=seat: evidence.by_count(  # type: ignore[misc]
                        tx, office.rules, seat, part.id, 7, 7, office.now
                    )
                )
                silent[name] = part.id
            elif part is not None:
                office.record(part, Taken(None), name)
                if (blamed := silent.pop(name, None)) is not None:
                    office.run(lambda tx, blamed=blamed: dispatch.blame(tx, blamed))  # type: ignore[misc]
        office.later(minutes=1)
        others.append(office.send("another"))
        office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert {office.state(each) for each in others[:-1]} == {"sent"}
    assert office.state(poison) == "failed"
    assert tries <= 6, "soon enough"
    assert "stopped answering over it, at each of 4 tries" in str(office.facts(poison).message.error_reason)
