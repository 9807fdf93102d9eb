"""What the broker is told: every state with what is known of it then, what comes in, and who is answered."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.gsm.terminated import encode_deliver
from modemd.model import Call, MessageEvent, MessageState, Reply, SendRequest, Trouble
from modemd.service import arrival, dispatch, intake, orders, outbox, upkeep
from modemd.store import modems
from modemd.store import outbox as rows_to_tell
from modemd.store.times import to_us
from modemd.store.upkeep import forget_numbers
from tests.service.office import LONG, START, TO, Office, rules_of
from tests.service.test_arrival import parts_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.outbox import Untold

FIELDS = {
    "event", "id", "client_id", "account", "to", "at", "parts", "parts_done", "credits", "modem",
}  # fmt: skip
ASKED = Reply("answers/of/mine", b"\x00\x01", START + timedelta(minutes=5))


class Desk(Office):
    """An office that listens to what the broker is told."""

    def news(self) -> list[Untold]:
        return self.database.transact(lambda tx: rows_to_tell.untold(tx, "mqtt", 0, 1000))

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(each.body or "") for each in self.news()]

    def states(self) -> list[str]:
        return [body["event"] for body in self.bodies()]

    def last(self) -> dict[str, Any]:
        return self.bodies()[-1]

    def tick(self) -> None:
        self.run(lambda tx: upkeep.promote(tx, self.rules, self.now))
        self.run(lambda tx: upkeep.resolve_doubts(tx, self.rules, self.now))
        self.run(lambda tx: upkeep.expire(tx, self.rules, self.now))

    def take(self, *pdus: str, account: str = "default") -> None:
        self.run(lambda tx: arrival.take(tx, self.rules, self.seat(), account, pdus, self.now))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, rules_of(accounts={"clinic": {}}, sending={"uncertain": "resend"}))


# -- messages ---------------------------------------------------------------------------------
def test_what_is_accepted_is_queued_and_both_are_told(desk: Desk) -> None:
    message = desk.send(client_id="mine")
    first, second = desk.news()
    assert (first.topic, second.topic) == ("status/default", "status/default")
    assert (first.event, second.event) == ("accepted", "queued")
    assert desk.bodies()[0] == {
        "event": "accepted", "id": str(message), "client_id": "mine", "account": "default", "to": TO,
        "at": "2026-11-22T12:00:00.000+00:00", "parts": 1, "parts_done": 0, "credits": 0, "modem": None,
    }  # fmt: skip
    assert desk.bodies()[1] == desk.bodies()[0] | {"event": "queued"}
    assert (first.at, first.message_id, first.correlation, first.expires_at) == (
        to_us(START), message, None, None,
    )  # fmt: skip


def test_what_is_for_later_is_scheduled_and_then_queued(desk: Desk) -> None:
    desk.send(not_before_at=START + timedelta(minutes=5))
    desk.later(minutes=5)
    desk.tick()
    assert desk.states() == ["accepted", "scheduled", "queued"]
    assert desk.last()["at"] == "2026-11-22T12:05:00.000+00:00"


def test_an_account_has_a_topic_of_its_own(desk: Desk) -> None:
    desk.send(account="clinic")
    assert {each.topic for each in desk.news()} == {"status/clinic"}


def test_the_way_of_a_message(desk: Desk) -> None:
    desk.send()
    desk.taken(7)
    desk.reported(7)
    assert desk.states() == ["accepted", "queued", "sending", "sent", "delivered"]
    assert [body["modem"] for body in desk.bodies()] == [None, None, "gsm1", "gsm1", "gsm1"]
    assert [body["parts_done"] for body in desk.bodies()] == [0, 0, 0, 1, 1]
    assert all(set(body) == FIELDS for body in desk.bodies())


def test_of_several_parts_only_what_changes_the_message_is_told(desk: Desk) -> None:
    desk.send(LONG)
    for tp_mr in (1, 2, 3):
        desk.taken(tp_mr)
    for tp_mr in (3, 1, 2):
        desk.reported(tp_mr)
    told = [(body["event"], body["parts_done"], body["parts"]) for body in desk.bodies()]
    assert told == [
        ("accepted", 0, 3),
        ("queued", 0, 3),
        ("sending", 0, 3),
        ("sent", 3, 3),
        ("delivered", 3, 3),
    ]


def test_trouble_is_told_while_there_is_some(desk: Desk) -> None:
    desk.send()
    desk.denied(38)
    trouble = desk.last()["error"]
    assert desk.last()["event"] == "scheduled"
    assert (trouble["code"], trouble["retry"]) == ("CMS 38", True)
    assert trouble["reason"].startswith("+CMS ERROR: 38")
    desk.later(minutes=1)
    desk.tick()
    assert desk.last()["event"] == "queued"
    assert desk.last()["error"] == trouble
    desk.taken()
    assert [body["event"] for body in desk.bodies()[-2:]] == ["sending", "sent"]
    assert "error" not in desk.last()


def test_what_has_failed_is_not_tried_again_by_itself(desk: Desk) -> None:
    message = desk.send()
    desk.denied(1)
    assert desk.last()["event"] == "failed"
    assert desk.last()["error"]["retry"] is False
    desk.run(lambda tx: orders.retry(tx, desk.rules, message, desk.now))
    assert desk.last()["event"] == "queued"
    assert "error" not in desk.last()


def test_what_is_tried_again_goes_on_where_it_was(desk: Desk) -> None:
    message = desk.send(LONG)
    desk.taken(1)
    desk.run(lambda tx: orders.cancel(tx, desk.rules, message, desk.now))
    desk.run(lambda tx: orders.retry(tx, desk.rules, message, desk.now))
    assert desk.states()[2:] == ["sending", "cancelled", "sending"]
    assert desk.last()["parts_done"] == 1


def test_what_another_modem_takes_is_queued_again_with_the_reason(desk: Desk) -> None:
    desk.send()
    desk.denied(331)
    assert desk.last()["event"] == "queued"
    assert desk.last()["modem"] == "gsm1"
    assert desk.last()["error"]["code"] == "CMS 331"
    desk.taken(name="gsm2")
    assert desk.last()["modem"] == "gsm2"


def test_what_is_given_back_is_queued_again(desk: Desk) -> None:
    desk.send()
    part = desk.claimed()
    desk.run(lambda tx: dispatch.give_back(tx, desk.rules, part, desk.now))
    assert desk.states() == ["accepted", "queued", "sending", "queued"]


def test_the_end_of_what_was_not_sent_says_why(desk: Desk) -> None:
    one, _other = desk.send(), desk.send()
    desk.run(lambda tx: orders.cancel(tx, desk.rules, one, desk.now))
    assert desk.last()["event"] == "cancelled"
    assert desk.last()["error"] == {"code": "cancelled", "reason": "it was cancelled", "retry": False}
    desk.later(days=2)
    desk.tick()
    assert desk.last()["event"] == "expired"
    assert desk.last()["error"]["code"] == "expired"


def test_what_could_not_be_delivered_says_why(desk: Desk) -> None:
    desk.send()
    desk.taken(7)
    desk.reported(7, 0x41)
    assert desk.last()["event"] == "undelivered"
    assert desk.last()["error"]["code"] == "TP-ST 0x41"
    assert desk.last()["error"]["retry"] is False


# -- doubt --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("policy", "state", "reason", "retry"),
    [
        ("resend", "queued", "sent again in doubt", True),
        ("hold", "uncertain", "held for a person to resolve", False),
        ("sent", "sent", "resolved as sent", False),
    ],
)
def test_the_policy_for_doubt_is_told(
    tmp_path: Path, policy: str, state: str, reason: str, retry: bool
) -> None:
    desk = Desk(tmp_path, rules_of(sending={"uncertain": policy}))
    desk.send()
    desk.doubted()
    assert desk.last()["event"] == "uncertain"
    assert desk.last()["error"]["reason"] == "no answer"
    desk.later(days=0, hours=12)
    desk.tick()
    assert desk.last()["event"] == state
    assert desk.last()["error"] == {"code": "uncertain", "reason": reason, "retry": retry}


@pytest.mark.parametrize(("verdict", "state"), [("sent", "sent"), ("failed", "failed")])
def test_a_person_s_verdict_is_told(desk: Desk, verdict: Any, state: str) -> None:
    message = desk.send(LONG[:200])
    desk.doubted()
    desk.run(lambda tx: orders.resolve(tx, desk.rules, message, verdict, desk.now))
    told = desk.last()
    if verdict == "sent":
        assert (told["event"], told["parts_done"]) == ("sending", 1)
        assert told["error"] == {"code": "uncertain", "reason": "resolved as sent", "retry": False}
        desk.taken()
        assert "error" not in desk.last()
    assert desk.last()["event"] == state


def test_what_a_crash_left_in_doubt_is_told(desk: Desk) -> None:
    desk.send()
    desk.claimed()
    desk.run(lambda tx: upkeep.recover(tx, desk.rules, desk.now))
    assert desk.last()["event"] == "uncertain"
    assert desk.last()["error"]["reason"] == "the gateway stopped before the modem had answered"


# -- answers ------------------------------------------------------------------------------------
def test_who_asks_is_answered_and_everybody_is_told(desk: Desk) -> None:
    desk.ask(SendRequest(to=TO, text="Hello"), reply=ASKED)
    everybody, asker, queued = desk.news()
    assert (everybody.topic, asker.topic, queued.topic) == (
        "status/default", "=answers/of/mine", "status/default",
    )  # fmt: skip
    assert (asker.event, asker.body) == ("accepted", everybody.body)
    assert (asker.correlation, asker.expires_at) == (b"\x00\x01", to_us(START + timedelta(minutes=5)))
    assert (everybody.correlation, everybody.expires_at) == (None, None)
    assert queued.event == "queued"


def test_a_known_request_is_answered_with_the_present_state(desk: Desk) -> None:
    request = SendRequest(to=TO, text="Hello", client_id="mine")
    desk.ask(request)
    desk.taken(7)
    before = len(desk.news())
    [answer] = desk.ask(request, reply=replace(ASKED, expires_at=None))
    assert isinstance(answer, intake.Accepted)
    assert answer.known
    told, asker = desk.news()[before:]
    assert (told.topic, told.event) == ("status/default", "sent")
    assert (asker.topic, asker.body, asker.expires_at) == ("=answers/of/mine", told.body, None)
    assert desk.last()["client_id"] == "mine"
    assert desk.last()["parts_done"] == 1
    assert rows(desk.database, "SELECT count(*) FROM message") == [(1,)]


def test_a_known_request_is_answered_after_its_number_was_forgotten(desk: Desk) -> None:
    request = SendRequest(to=TO, text="Hello", client_id="mine", report=False)
    desk.ask(request)
    desk.taken(7)
    assert len(rows(desk.database, "SELECT recipient FROM conversation")) == 1
    desk.run(lambda tx: forget_numbers(tx, to_us(desk.now)))
    assert rows(desk.database, "SELECT destination FROM message") == [(None,)]
    assert rows(desk.database, "SELECT recipient FROM conversation") == []
    desk.ask(request)
    assert (desk.last()["event"], desk.last()["to"]) == ("sent", TO)


def test_a_request_that_is_known_from_the_same_batch_is_answered(desk: Desk) -> None:
    request = SendRequest(to=TO, text="Hello", client_id="mine")
    desk.ask(request, request, replace(request, text="other"), SendRequest(to=TO, text="last"))
    assert desk.states() == ["accepted", "queued", "queued", "accepted", "queued"]
    assert [body["id"] for body in desk.bodies()] == ["1", "1", "1", "2", "2"]


def refused(code: str = "empty") -> MessageEvent:
    return MessageEvent(
        event=MessageState.REJECTED, id=None, client_id="mine", account="clinic", to=TO, at=START,
        error=Trouble(code=code, reason="there is no text"),
    )  # fmt: skip


def test_a_refusal_is_told_and_answered(desk: Desk) -> None:
    desk.run(lambda tx: outbox.announce_rejected(tx, desk.rules, refused(), to_us(START), ASKED))
    everybody, asker = desk.news()
    assert (everybody.topic, everybody.event, everybody.message_id) == ("status/clinic", "rejected", None)
    assert (asker.topic, asker.body, asker.correlation) == (
        "=answers/of/mine", everybody.body, b"\x00\x01",
    )  # fmt: skip
    assert desk.last()["error"] == {"code": "empty", "reason": "there is no text", "retry": False}
    assert desk.last()["id"] is None


# -- what comes in ------------------------------------------------------------------------------
def received(desk: Desk) -> dict[str, Any]:
    [(topic, body)] = [(each.topic, each.body) for each in desk.news() if each.event == "received"]
    assert topic == "received/default"
    found: dict[str, Any] = json.loads(body or "")
    return found


def test_a_received_message_is_told_when_it_is_whole(desk: Desk) -> None:
    desk.run(
        lambda tx: modems.write_modem(tx, desk.ids["gsm1"], {"state": "ready", "msisdn": "+32475000001"})
    )
    *first, last = parts_of(LONG)
    desk.take(*first)
    assert desk.news() == []
    desk.take(last)
    assert received(desk) == {
        "id": "1", "from": "+32475999999", "text": LONG, "to": "+32475000001", "modem": "gsm1",
        "sent_at": "2026-11-22T12:00:00.000+00:00", "received_at": "2026-11-22T12:00:00.000+00:00",
        "parts": 3, "complete": True, "coding": "gsm7",
    }  # fmt: skip


def test_what_cannot_be_read_is_told_with_its_octets(desk: Desk) -> None:
    desk.take("0004FFFF")
    told = received(desk)
    assert (told["text"], told["data"], told["complete"]) == (None, "0004ffff", False)
    assert told["error"]


def answer_to(desk: Desk, *, account: str = "default", **pause: float) -> str | None:
    """What an answer of that phone is taken to be an answer to."""
    desk.later(**pause)
    [part] = encode_deliver(TO, "Yes", sc_at=START)
    desk.take(part.pdu, account=account)
    told: str | None = desk.last().get("in_reply_to")
    return told


def test_an_answer_names_the_last_message_that_the_phone_was_sent(desk: Desk) -> None:
    desk.send("first")
    desk.taken(1)
    message = desk.send("second")
    desk.taken(2)
    desk.send("third, still queued")
    assert answer_to(desk, days=29) == str(message)


@pytest.mark.parametrize(("account", "days"), [("clinic", 1), ("default", 31)])
def test_another_account_s_and_an_old_message_are_not_answered(desk: Desk, account: str, days: int) -> None:
    desk.send()
    desk.taken()
    assert answer_to(desk, account=account, days=days) is None


def test_a_call_is_told(desk: Desk) -> None:
    call = Call(originator="+32475999999", at=START, modem="gsm1")
    desk.run(lambda tx: outbox.announce_call(tx, desk.rules, call))
    [told] = desk.news()
    assert (told.topic, told.event) == ("call/gsm1", "call")
    assert desk.last() == {"from": "+32475999999", "at": "2026-11-22T12:00:00.000+00:00", "kind": "missed"}
    [spools] = desk.database.transact(lambda tx: rows_to_tell.untold(tx, "spool", 0, 9))
    assert datetime.fromisoformat(json.loads(spools.body or "")["at"]) == START


# -- nobody listens -----------------------------------------------------------------------------
def test_without_a_broker_nothing_is_written_for_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path, broker=False)
    desk.ask(SendRequest(to=TO, text="Hello", client_id="mine"), reply=ASKED)
    desk.taken(1)
    desk.reported(1)
    desk.take(*parts_of("Yes"))
    desk.run(lambda tx: outbox.announce_rejected(tx, desk.rules, refused(), to_us(START), ASKED))
    desk.run(lambda tx: outbox.announce_call(tx, desk.rules, Call(originator=None, at=START, modem="gsm1")))
    assert desk.news() == []
    assert rows(desk.database, "SELECT * FROM conversation") == []
