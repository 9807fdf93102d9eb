"""Other channels (S §1.1): accepted and charged by the same rules, handed over for a connector."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import channels, intake, orders, upkeep
from modemd.service.credits import suspension
from modemd.store import accounts, views
from modemd.store.times import to_us
from tests.service.clinic import Desk
from tests.service.office import LONG, START, TO, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

RULES = rules_of(
    mqtt={"channels": ["whatsapp", "push"]},
    accounts={
        "clinic": {"allow": ["+32"]},
        "paid": {"terms": "smstools"},
        "night": {"quiet_hours": "11:00-13:00"},
    },
)


class Bridge(Desk):
    """An office with a connector at its broker."""

    def hand_over(self) -> list[dict[str, Any]]:
        """What the broker is given; it does not say yet that it has it."""
        before = self.rows_out()
        self.run(lambda tx: channels.hand_over(tx, self.rules, self.now))
        return [body | {"row": row} for row, body in self.rows_out().items() if row not in before]

    def rows_out(self) -> dict[int, dict[str, Any]]:
        found = rows(self.database, "SELECT id, topic, body FROM outbox WHERE event = 'channel' ORDER BY id")
        return {row: {"topic": topic, **json.loads(body)} for row, topic, body in found}

    def acknowledge(self, *ids: int, refused: frozenset[int] = frozenset()) -> None:
        self.run(lambda tx: channels.told(tx, self.rules, ids, self.now, refused))

    def put(self, text: str = "Hello", **wish: Any) -> int:
        return self.send(text, file=False, **({"channel": "whatsapp"} | wish))


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Bridge:
    return Bridge(tmp_path, RULES, database=database)


def test_s_1_1_a_message_goes_to_its_channel(desk: Bridge) -> None:
    message = desk.put("Grüße 👋", client_id="a", note="mine", report=True)
    assert desk.claim() is None  # no modem takes it
    [given] = desk.hand_over()
    assert (given["topic"], given["channel"], given["to"]) == ("channel/whatsapp", "whatsapp", TO)
    assert (given["id"], given["client_id"], given["account"]) == (str(message), "a", "default")
    assert (given["text"], given["ref"]) == ("Grüße 👋", "mine")
    assert given["expires_at"] == (START + timedelta(days=1)).isoformat(timespec="milliseconds")
    assert desk.state(message) == "sending"
    assert desk.hand_over() == []
    desk.acknowledge(given["row"])
    facts = desk.facts(message)
    assert (facts.state, facts.ended, facts.message.modem) == ("sent", True, "whatsapp")
    desk.acknowledge(given["row"])  # acknowledged a second time
    assert desk.run(lambda tx: views.sent_since(tx, 0)) == {}  # no modem sent it
    assert [str(each) for each in desk.events(message)] == ["accepted", "queued", "sending", "sent"]


def test_it_is_one_part_and_one_credit_when_the_broker_has_it(desk: Bridge) -> None:
    account_id = desk.grant(2)
    message = desk.put(LONG * 5, account="paid")
    assert desk.balance(account_id) == (1, 1)
    [given] = desk.hand_over()
    assert desk.balance(account_id) == (1, 1)
    desk.acknowledge(given["row"])
    desk.acknowledge(given["row"])
    assert desk.balance(account_id) == (1, 0)
    assert desk.facts(message).message.part_count == 1


def test_what_the_broker_refuses_has_failed_and_costs_nothing(desk: Bridge) -> None:
    account_id = desk.grant(1)
    message = desk.put(account="paid")
    [given] = desk.hand_over()
    desk.acknowledge(given["row"], refused=frozenset({given["row"]}))
    assert (desk.state(message), desk.balance(account_id)) == ("failed", (1, 0))


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"channel": "fax"}, "bad_request"),
        ({"octets": b"x"}, "bad_request"),
        ({"udh": b"\x05\x04\x0b\x84\x23\xf0"}, "bad_request"),
        ({"ports": (1, 2)}, "bad_request"),
        ({"modem": "gsm1"}, "bad_request"),
        ({"text": ""}, "empty"),
        ({"text": "x" * 4097}, "too_long"),
        ({"account": "clinic", "to": "+31612345678"}, "not_allowed"),
        ({"to": "nobody"}, "bad_number"),
    ],
)
def test_what_it_does_not_carry_is_refused(wish: dict[str, Any], code: str) -> None:
    with pytest.raises(Rejected) as caught:
        intake.prepare(SendRequest(**({"to": TO, "text": "x", "channel": "push"} | wish)), RULES, START)
    assert caught.value.code == code


def test_it_needs_credits_like_any(desk: Bridge) -> None:
    [answer] = desk.accept(SendRequest(to=TO, text="x", channel="push", account="paid"))
    assert isinstance(answer, Rejected)
    assert answer.code == "insufficient_credit"


def test_the_same_id_on_another_channel_is_another_message(desk: Bridge) -> None:
    desk.put(client_id="a")
    [again, other] = desk.accept(
        SendRequest(to=TO, text="Hello", client_id="a", channel="whatsapp"),
        SendRequest(to=TO, text="Hello", client_id="a"),
    )
    assert isinstance(again, intake.Accepted)
    assert isinstance(other, Rejected)


def test_a_stopped_accounts_waits(desk: Bridge) -> None:
    message = desk.put(account="clinic")

    def set_state(tx: Tx, state: str) -> None:
        row = accounts.find(tx, "clinic")
        assert row is not None
        accounts.set_state(tx, row.id, state, to_us(desk.now), code="operator", reason=None, by="test")

    desk.run(lambda tx: set_state(tx, "suspended"))
    assert desk.hand_over() == []
    assert desk.state(message) == "queued"
    desk.run(lambda tx: set_state(tx, "active"))
    desk.run(lambda tx: suspension.go_on(tx, desk.rules, desk.now))
    assert [given["id"] for given in desk.hand_over()] == [str(message)]


def test_what_waits_can_be_cancelled_and_expires(desk: Bridge) -> None:
    first, second = desk.put(client_id="a"), desk.put(validity_s=600)
    assert desk.run(lambda tx: orders.cancel(tx, desk.rules, first, desk.now)).state == "cancelled"
    desk.later(seconds=601)
    desk.run(lambda tx: upkeep.expire(tx, desk.rules, desk.now))
    assert desk.state(second) == "expired"
    assert desk.hand_over() == []


def test_what_no_broker_took_in_its_time_expires(desk: Bridge) -> None:
    account_id = desk.grant(1)
    message = desk.put(account="paid", validity_s=600)
    [given] = desk.hand_over()
    desk.later(hours=1, seconds=500)
    assert desk.run(lambda tx: channels.expire(tx, desk.rules, desk.now)) == 0
    desk.later(hours=1)
    assert desk.run(lambda tx: channels.expire(tx, desk.rules, desk.now)) == 1
    assert (desk.state(message), desk.balance(account_id), desk.rows_out()) == ("expired", (1, 0), {})
    desk.acknowledge(given["row"])  # nothing is left to be told of
    assert desk.state(message) == "expired"


def test_quiet_hours_hold_what_waits(desk: Bridge) -> None:
    message = desk.put(account="night")
    assert desk.state(message) == "scheduled"
    desk.now = START.replace(hour=13)
    desk.go_on(timedelta())
    assert [given["id"] for given in desk.hand_over()] == [str(message)]
    assert desk.state(message) == "sending"


def test_a_broker_that_is_away_for_long_leaves_nothing_in_doubt(desk: Bridge) -> None:
    account = desk.grant(1)
    message = desk.put(account="paid")
    [handed] = desk.hand_over()
    desk.later(hours=2)
    desk.run(lambda tx: upkeep.doubt_lost(tx, desk.rules, desk.now))
    desk.run(lambda tx: upkeep.resolve_doubts(tx, desk.rules, desk.now))
    assert desk.state(message) == "sending"
    assert desk.hand_over() == []
    desk.acknowledge(handed["row"])
    assert desk.state(message) == "sent"
    assert desk.balance(account) == (0, 0)
