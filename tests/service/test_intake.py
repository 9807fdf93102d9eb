"""Accepting: every refusal with its code and words, the same request again, what an accepted message is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.gsm.incoming import decode_submit
from modemd.model import Priority, SendRequest
from modemd.service import intake, upkeep
from tests.service.office import LONG, START, TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules

RULES = rules_of(
    accounts={"clinic": {"allow": ["+32"], "languages": ["tr"]}, "open": {}},
    routes=[
        {"prefix": "", "modems": ["gsm1", "gsm2"]},
        {"prefix": "+32", "modems": ["gsm1"]},
        {"prefix": "+3247", "modems": ["gsm2"]},
    ],
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, RULES)


def refusal(rules: Rules = RULES, **wish: Any) -> Rejected:
    """What a request is refused with."""
    with pytest.raises(Rejected) as caught:
        intake.prepare(SendRequest(**({"to": TO, "text": "Hello"} | wish)), rules, START)
    return caught.value


def prepared(rules: Rules = RULES, **wish: Any) -> intake.Prepared:
    return intake.prepare(SendRequest(**({"to": TO, "text": "Hello"} | wish)), rules, START)


# -- refusals ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("wish", "code", "fail_reason"),
    [
        ({"account": "nobody"}, "account_unknown", "there is no account 'nobody'"),
        ({"channel": "fax"}, "bad_request", "channel 'fax' is not carried by this gateway"),
        ({"to": ""}, "bad_number", "No destination"),
        ({"to": "nobody"}, "bad_number", "No destination"),
        (
            {"to": "0475"[:4] + "123456789012"},
            "bad_number",
            "'0475123456789012' has a wrong number of digits",
        ),
        ({"to": "+1"}, "bad_number", "'+1' is no phone number"),
        ({"text": ""}, "empty", "No text or data"),
        ({"text": None}, "empty", "No text or data"),
        ({"account": "clinic", "to": "+31612345678"}, "not_allowed", "Destination is not whitelisted"),
        ({"text": "x" * 1531}, "too_long", "Too long text: 11 parts, 10 are allowed"),
        ({"text": LONG, "autosplit": "none"}, "too_long", "Too long text"),
        ({"text": "ж", "coding": "gsm7"}, "not_encodable", None),
        ({"udh": b"\x00"}, "not_encodable", None),
        ({"dcs": 0x08, "coding": "gsm7"}, "not_encodable", None),
        ({"modem": "gsm9"}, "no_route", "Wrong provider queue"),
        ({"deadline_at": START}, "too_late", None),
        ({"deadline_at": START - timedelta(days=1)}, "too_late", None),
        (
            {"not_before_at": START + timedelta(hours=2), "deadline_at": START + timedelta(hours=1)},
            "too_late",
            None,
        ),
        ({"validity_s": 0}, "too_late", None),
        ({"validity_s": -5}, "too_late", None),
    ],
)
def test_it_is_refused(wish: dict[str, Any], code: str, fail_reason: str | None) -> None:
    refused = refusal(**wish)
    assert refused.code == code
    assert refused.reason
    if fail_reason is not None:
        assert refused.fail_reason == fail_reason


def test_without_a_country_only_international_numbers_are_read() -> None:
    rules = rules_of(gateway={"name": "gw1"})
    assert "set gateway.country" in refusal(rules, to="0475123456").reason
    assert prepared(rules, to="0032475123456").outgoing.destination == TO


# -- what an accepted message is --------------------------------------------------------------
def test_it_is_queued_with_its_parts(office: Office) -> None:
    message = office.send(LONG, priority=Priority.HIGH, note="mine")
    facts = office.facts(message)
    assert (facts.state, len(facts.states), facts.message.report) == ("queued", 3, 1)
    found = rows(
        office.database, "SELECT part_no, part_count, priority, recipient, pdu FROM part ORDER BY id"
    )
    assert [row[:4] for row in found] == [(part_no, 3, 0, "75123456") for part_no in (1, 2, 3)]
    submits = [decode_submit(row[4]) for row in found]
    assert "".join(each.text or "" for each in submits) == LONG
    assert {each.destination for each in submits} == {TO}
    assert all(each.report for each in submits)
    [(text, note, accepted_at, deadline_at)] = rows(
        office.database, "SELECT text, note, accepted_at, deadline_at FROM message"
    )
    assert (text, note) == (LONG, "mine")
    assert deadline_at - accepted_at == 86_400_000_000


@pytest.mark.parametrize(
    ("to", "modem", "key"),
    [
        (TO, None, "prefix:+3247"),
        ("+3221234567", None, "prefix:+32"),
        ("+31612345678", None, "prefix:"),
        ("8810", None, "prefix:"),
        (TO, "gsm1", "modem:gsm1"),
    ],
)
def test_the_longest_prefix_routes_it(office: Office, to: str, modem: str | None, key: str) -> None:
    office.send(to=to, modem=modem)
    assert office.route_of(1) == key


def test_a_national_alphabet_is_used_where_the_account_wants_it() -> None:
    turkish = "ışğİŞçÇöÖüÜ" * 12
    assert prepared(text=turkish, account="clinic").encoded.coding == "gsm7"
    assert prepared(text=turkish, account="open").encoded.coding == "ucs2"


def test_references_count_per_destination(office: Office) -> None:
    """So two messages to one phone never share one."""
    for to in (TO, TO, "+32475999999"):
        office.send(LONG, to=to)
    office.send("short")
    found = rows(office.database, "SELECT message_id, pdu FROM part WHERE part_count > 1 ORDER BY id")
    concats = {message: decode_submit(pdu).concat for message, pdu in found}
    assert [concat and concat.ref for concat in concats.values()] == [0, 1, 0]


def test_a_later_time_is_waited_for(office: Office) -> None:
    at = START + timedelta(hours=2)
    message = office.send(not_before_at=at, validity_s=600)
    assert office.state(message) == "scheduled"
    assert (
        office.facts(message).message.deadline_at == int((at + timedelta(minutes=10)).timestamp()) * 1_000_000
    )
    assert office.claim("gsm2") is None
    assert office.run(lambda tx: upkeep.next_due(tx, office.now)) == at
    office.later(hours=2)
    assert office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))
    assert office.state(message) == "queued"
    office.taken(1, "gsm2")


def test_a_time_that_is_past_is_now(office: Office) -> None:
    assert office.state(office.send(not_before_at=START - timedelta(hours=1))) == "queued"


def test_the_sender_s_deadline_counts_where_it_is_sooner(office: Office) -> None:
    near, far = START + timedelta(hours=1), START + timedelta(days=9)
    ids = [office.send(deadline_at=at) for at in (near, far)]
    ends = [office.facts(each).message.deadline_at for each in ids]
    assert ends == [int(at.timestamp()) * 1_000_000 for at in (near, START + timedelta(days=1))]


def test_a_quote_is_what_is_sent(office: Office) -> None:
    quoted = intake.quote(prepared(text=LONG))
    assert (quoted.parts, quoted.coding, quoted.credits) == (3, "gsm7", 0)
    assert office.facts(office.send(LONG)).message.part_count == quoted.parts


# -- the same request again -------------------------------------------------------------------
def test_the_same_client_id_is_the_same_message(office: Office) -> None:
    request = SendRequest(to=TO, text="Hello", client_id="a")
    [first] = office.accept(request)
    assert isinstance(first, intake.Accepted)
    office.taken(1, "gsm2")
    [again] = office.accept(request)
    assert again == intake.Accepted(first.id, first.state.SENT, 1, known=True)
    assert len(rows(office.database, "SELECT * FROM part")) == 1


def test_also_within_one_batch(office: Office) -> None:
    one, other = (SendRequest(to=TO, text=text, client_id="a") for text in ("Hello", "Bye"))
    first, again, wrong = office.accept(one, one, other)
    assert isinstance(first, intake.Accepted)
    assert isinstance(again, intake.Accepted)
    assert (again.id, again.known) == (first.id, True)
    assert isinstance(wrong, Rejected)
    assert wrong.code == "duplicate_id"


@pytest.mark.parametrize(
    "other",
    [
        {"text": "Bye"},
        {"to": "+32475999999"},
        {"message_class": 0},
        {"ports": (1, 2)},
        {"udh": b"\x24\x01\x01"},
    ],
)
def test_with_other_contents_it_is_refused(office: Office, other: dict[str, Any]) -> None:
    same: dict[str, Any] = {"to": TO, "text": "Hello", "client_id": "a"}
    [first] = office.accept(SendRequest(**same))
    [again] = office.accept(SendRequest(**(same | other)))
    assert isinstance(first, intake.Accepted)
    assert isinstance(again, Rejected)
    assert again.code == "duplicate_id"


def test_another_account_may_use_the_same_client_id(office: Office) -> None:
    answers = office.accept(
        *(
            SendRequest(to=TO, text="Hello", client_id="a", account=account)
            for account in ("clinic", "open", None)
        )
    )
    assert len({each.id for each in answers if isinstance(each, intake.Accepted)}) == 3


def test_one_refusal_leaves_the_others_of_its_batch(office: Office) -> None:
    wrong = [SendRequest(to=TO, text=text, client_id="a") for text in ("1", "2")]
    answers = office.accept(SendRequest(to=TO, text="0"), *wrong, SendRequest(to=TO, text="3"))
    assert [isinstance(each, intake.Accepted) for each in answers] == [True, True, False, True]
    assert rows(office.database, "SELECT text FROM message ORDER BY id") == [("0",), ("1",), ("3",)]


def test_a_service_centre_that_drops_duplicates_can_tell_the_parts(office: Office) -> None:
    """TP-RD refuses what has the TP-MR and destination of a message it still holds (23.040, 9.2.3.25)."""
    for text, tp_mr in ((LONG, None), ("Hello", None), ("Hello again", None), (LONG, 255)):
        office.send(text, reject_duplicates=True, tp_mr=tp_mr)
    pdus = [decode_submit(str(pdu)) for (pdu,) in rows(office.database, "SELECT pdu FROM part ORDER BY id")]
    assert all(pdu.reject_duplicates for pdu in pdus)
    own, asked = [pdu.tp_mr for pdu in pdus[:5]], [pdu.tp_mr for pdu in pdus[5:]]
    assert len(set(own)) == 5
    assert asked == [255, 0, 1]
    assert len({pdu.concat.ref for pdu in pdus[:3] if pdu.concat}) == 1
