"""Status reports find their part, whichever came first, and settle what nobody else can say."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.gsm.causes import tp_status_meaning
from modemd.model import PartState
from modemd.service import orders, told, upkeep
from modemd.service.outcomes import Taken
from tests.service.office import LONG, START, TO, Office
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

P = PartState


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def orphans(office: Office) -> int:
    [(count,)] = rows(office.database, "SELECT count(*) FROM report WHERE orphan = 1")
    return int(count)


@pytest.mark.parametrize("tp_status", range(256))
def test_every_tp_status_makes_a_legal_move(office: Office, tp_status: int) -> None:
    message = office.send()
    part = office.taken(5)
    assert office.reported(5, tp_status)
    meaning = tp_status_meaning(tp_status)
    facts = office.facts(message)
    states = {"delivered": P.DELIVERED, "undelivered": P.UNDELIVERED, "expired": P.UNDELIVERED}
    state = states.get(meaning.state, P.SENT) if meaning.final else P.SENT
    assert facts.states == (state,)
    assert facts.ended == meaning.final
    assert office.part(part.id, "awaiting") == int(not meaning.final)
    assert office.part(part.id, "tp_status") == tp_status
    if state is P.UNDELIVERED:
        assert facts.message.error_code == f"TP-ST 0x{tp_status:02X}"
        assert facts.message.error_reason == meaning.text
    assert office.told(message) == ["SENT"], "what was sent stays in sent/"


def test_still_trying_is_not_the_end(office: Office) -> None:
    message = office.send()
    office.taken(5)
    for tp_status in (0x20, 0x25, 0x2F, 0x30):
        office.later(minutes=1)
        assert office.reported(5, tp_status)
        assert office.state(message) == "sent"
    office.reported(5, 0x00)
    assert office.state(message) == "delivered"


def test_the_newest_part_with_this_tp_mr_is_meant(office: Office) -> None:
    """TP-MRs come round after 256 parts."""
    old, new = office.send(), office.send()
    office.taken(5)
    office.taken(5)
    office.reported(5)
    assert (office.state(old), office.state(new)) == ("sent", "delivered")


@pytest.mark.parametrize(
    ("tp_mr", "to", "name"),
    [(6, TO, "gsm1"), (5, "+32475000000", "gsm1"), (5, TO, "gsm2")],
    ids=["TP-MR", "recipient", "SIM"],
)
def test_another_part_s_report_is_kept_as_an_orphan(office: Office, tp_mr: int, to: str, name: str) -> None:
    message = office.send()
    office.taken(5)
    assert office.reported(tp_mr, to=to, name=name)
    assert office.state(message) == "sent"
    assert orphans(office) == 1
    assert rows(office.database, "SELECT event, message_id FROM told WHERE report_id = 1") == [
        ("REPORT", None)
    ]


@pytest.mark.parametrize(
    "to", [TO, "32475123456", "0475123456", "475123456", "0032475123456", "00032475123456"]
)
def test_the_recipient_may_be_written_as_networks_do(office: Office, to: str) -> None:
    message = office.send()
    office.taken(5)
    office.reported(5, to=to)
    assert office.state(message) == "delivered"


def test_a_short_code_s_report_is_found(office: Office) -> None:
    message = office.send(to="8810")
    office.taken(5)
    office.reported(5, to="8810")
    assert office.state(message) == "delivered"


def test_what_the_parts_had_is_combined(office: Office) -> None:
    message = office.send(LONG)
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr)
    office.reported(3)
    office.reported(1)
    assert office.state(message) == "sent"
    office.reported(2)
    assert office.state(message) == "delivered"


@pytest.mark.parametrize("last", [0x00, 0x46])
def test_a_message_is_as_well_off_as_its_worst_part(office: Office, last: int) -> None:
    message = office.send(LONG)
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr)
    office.reported(2, 0x46)
    office.reported(1, 0x00)
    assert office.state(message) == "sent"
    office.reported(3, last)
    facts = office.facts(message)
    assert (facts.state, facts.message.error_code) == ("expired", "TP-ST 0x46")


def test_a_report_before_its_answer_is_adopted(office: Office) -> None:
    """Networks are quicker than modems: the report can overtake ``+CMGS``."""
    message = office.send()
    part = office.claimed()
    office.reported(5)
    assert orphans(office) == 1
    office.record(part, Taken(5))
    assert office.state(message) == "delivered"
    assert orphans(office) == 0
    assert office.told(message) == ["SENT"]


def test_an_orphan_of_an_earlier_part_is_not_adopted(office: Office) -> None:
    message = office.send()
    office.reported(5)
    office.later(minutes=1)
    office.taken(5)
    assert office.state(message) == "sent"
    assert orphans(office) == 1


def test_all_parts_overtaken(office: Office) -> None:
    message = office.send(LONG)
    for tp_mr in (1, 2, 3):
        part = office.claimed()
        office.reported(tp_mr)
        office.record(part, Taken(tp_mr))
    assert office.state(message) == "delivered"
    assert office.told(message) == ["SENT"]


def test_the_same_report_again_says_nothing_new(office: Office) -> None:
    message = office.send()
    office.taken(5)
    pdu = office.report_pdu(5)
    assert office.report(pdu)
    assert not office.report(pdu)
    assert office.report(pdu, "gsm2"), "another SIM's is another"
    assert office.state(message) == "delivered"
    assert len(rows(office.database, "SELECT * FROM told WHERE event = 'REPORT'")) == 2


def test_the_same_report_again_settles_no_other_part(office: Office) -> None:
    office.send()
    office.taken(5)
    pdu = office.report_pdu(5)
    office.report(pdu)
    doubtful = office.send()
    office.doubted()
    assert not office.report(pdu)
    assert office.state(doubtful) == "uncertain"


def test_a_second_final_report_changes_nothing(office: Office) -> None:
    message = office.send()
    part = office.taken(5)
    office.reported(5, 0x00)
    office.later(minutes=1)
    office.reported(5, 0x46)
    assert office.state(message) == "delivered"
    assert office.part(part.id, "tp_status") == 0


def test_a_report_settles_a_doubt(office: Office) -> None:
    message = office.send()
    part = office.doubted()
    office.later(seconds=30)
    office.reported(77)
    assert office.state(message) == "delivered"
    assert office.moves(part.id)[-2:] == [(P.UNCERTAIN, P.SENT), (P.SENT, P.DELIVERED)]
    assert office.part(part.id, "tp_mr") == 77
    assert office.told(message) == ["SENT"]


def test_a_report_that_says_not_yet_settles_it_too(office: Office) -> None:
    """The service centre has it, whatever becomes of it."""
    message = office.send()
    office.doubted()
    office.reported(77, 0x20)
    assert office.state(message) == "sent"
    office.reported(77, 0x00)
    assert office.state(message) == "delivered"


def test_a_report_of_what_was_sent_long_before_settles_nothing(office: Office) -> None:
    message = office.send()
    office.doubted()
    office.reported(77, sc_at=START - timedelta(hours=1))
    assert office.state(message) == "uncertain"


def test_a_report_settles_a_doubt_where_our_clock_is_hours_ahead_as_the_last_one_told(office: Office) -> None:
    earlier, doubtful = office.send(), office.send()
    office.taken(5)
    office.reported(5, sc_at=START - timedelta(hours=2))
    office.doubted()
    office.reported(77, sc_at=START - timedelta(hours=3))
    assert (office.state(earlier), office.state(doubtful)) == ("delivered", "uncertain")
    office.reported(78, sc_at=START - timedelta(hours=2))
    assert office.state(doubtful) == "delivered"


def test_a_report_settles_no_part_that_asked_for_none(office: Office) -> None:
    message = office.send(report=False)
    office.doubted()
    office.reported(77)
    assert office.state(message) == "uncertain"


def test_a_part_with_this_tp_mr_goes_before_one_in_doubt(office: Office) -> None:
    doubtful, sure = office.send(), office.send()
    office.doubted()
    office.taken(5)
    office.reported(5)
    assert (office.state(doubtful), office.state(sure)) == ("uncertain", "delivered")


def test_of_several_in_doubt_the_time_tells_which(office: Office) -> None:
    messages = []
    for _ in range(3):
        messages.append(office.send())
        office.doubted()
        office.later(minutes=2)
    office.reported(5, sc_at=START + timedelta(minutes=2))
    assert [office.state(each) for each in messages] == ["uncertain", "delivered", "uncertain"]


def test_no_report_by_the_end_of_validity_and_an_hour_closes_the_message(office: Office) -> None:
    message = office.send()
    part = office.taken(5)

    def stop() -> int:
        return office.run(lambda tx: upkeep.stop_waiting(tx, office.now))

    office.later(hours=24, minutes=59)
    assert stop() == 0
    office.later(minutes=1)
    assert stop() == 1
    assert (office.state(message), office.facts(message).ended) == ("sent", True)
    assert office.part(part.id, "awaiting") == 0
    office.reported(5)
    assert office.state(message) == "sent"
    assert orphans(office) == 1


def test_what_is_told_of_a_report(office: Office) -> None:
    message = office.send(account="default")
    office.taken(5)
    office.reported(5, 0x46, to="0475123456")
    facts = office.database.transact(
        lambda tx: told.report_facts(tx, 1, message, {"gsm1": {"imsi": "206", "imei": "86", "msisdn": "+32"}})
    )
    assert facts is not None
    assert (facts.tp_mr, facts.tp_status, facts.recipient) == (5, 0x46, "0475123456")
    assert (facts.message_id, facts.account, facts.modem) == (str(message), "default", "gsm1")
    assert (facts.sc_at, facts.received_at, facts.imsi) == (START, START, "206")


def test_what_the_network_kept_until_its_validity_ended_is_expired(office: Office) -> None:
    """3GPP TS 23.040, 9.2.3.15: TP-ST 0x46. Its file stays in sent/, and only anew can it be sent again."""
    message = office.send(LONG)
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr)
    for tp_mr, tp_status in ((1, 0x00), (2, 0x46), (3, 0x46)):
        office.reported(tp_mr, tp_status)
    facts = office.facts(message)
    assert (facts.state, facts.ended) == ("expired", True)
    assert facts.message.error_reason == "Error,SM validity period expired"
    assert office.told(message) == ["SENT"]
    with pytest.raises(Rejected, match="the network had it"):
        office.run(lambda tx: orders.retry(tx, office.rules, message, office.now))


def test_another_reason_beside_it_is_what_counts(office: Office) -> None:
    message = office.send(LONG)
    for tp_mr in (1, 2, 3):
        office.taken(tp_mr)
    for tp_mr, tp_status in ((1, 0x00), (2, 0x46), (3, 0x49)):
        office.reported(tp_mr, tp_status)
    assert office.state(message) == "undelivered"
