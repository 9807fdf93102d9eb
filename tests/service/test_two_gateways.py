"""Two gateways on one store: routes of both, each tells its own, what one leaves behind the other takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from modemd.errors import ConfigError
from modemd.model import SendRequest
from modemd.service import dispatch, intake, routing, upkeep
from modemd.service.outcomes import Denied, Outcome, Seat, Taken
from modemd.store import modems, outbox, spool, spool_places
from modemd.store.times import to_us
from tests.service.office import START, TO, rules_of
from tests.store.files import beside, rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.store.database import Database
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

T = TypeVar("T")
REFUSED_BY_THIS_SIM = Denied("CMS", 8, "+CMS ERROR: 8")


class Gate:
    """A gateway at work, with a clock of its own."""

    def __init__(self, database: Database, name: str, *modem_names: str, **sections: Any) -> None:
        self.database = database
        listed = [{"name": each, "port": f"/dev/{each}"} for each in modem_names]
        self.rules = rules_of(
            gateway={"name": name, "country": "BE", "timezone": "UTC"}, modems={"list": listed}, **sections
        )
        self.now = START
        database.act_as(name)
        self.start()

    def run(self, job: Callable[[Tx], T]) -> T:
        return self.database.transact(job)

    def start(self) -> None:
        at_us = to_us(self.now)
        self.run(lambda tx: modems.gateway_started(tx, self.rules.gateway, 1, "", at_us))
        self.ids = self.run(lambda tx: routing.sync(tx, self.rules))

    def later(self, **pause: float) -> None:
        """Time goes by, and it is seen."""
        self.now += timedelta(**pause)
        self.run(lambda tx: modems.gateway_seen(tx, self.rules.gateway, to_us(self.now)))

    def members(self, key: str) -> set[str]:
        found = rows(
            self.database,
            "SELECT modem.name FROM route_modem JOIN modem ON modem.id = modem_id"
            f" JOIN route ON route.id = route_id WHERE route.key = '{key}'",
        )
        return {str(name) for (name,) in found}

    def send(self, text: str = "Hello", **wish: Any) -> int:
        prepared = intake.prepare(SendRequest(to=TO, text=text, **wish), self.rules, self.now)

        def job(tx: Tx) -> int:
            file_id = spool.next_file_id(tx)
            spool.add_files(tx, [spool.SpoolRow(file_id, f"key {file_id}", b"name", "smstools3")])
            [answer] = intake.accept(tx, [prepared], self.rules, self.now, source="spool", file_ids=[file_id])
            assert isinstance(answer, intake.Accepted), answer
            return answer.id

        return self.run(job)

    def seat(self, name: str) -> Seat:
        return Seat(self.ids[name], name, f"sim of {name}")

    def claim(self, name: str) -> ClaimedPart | None:
        return self.run(lambda tx: dispatch.next_part(tx, self.rules, self.seat(name), self.now))

    def record(self, name: str, part: ClaimedPart, outcome: Outcome) -> None:
        self.run(lambda tx: dispatch.record(tx, self.rules, self.seat(name), part, outcome, self.now))

    def untold(self) -> list[tuple[str, int | None]]:
        """What this gateway's spool is to be told."""
        found = self.run(lambda tx: outbox.untold(tx, "spool", 0, 100))
        return [(each.event, each.message_id) for each in found]


@pytest.fixture
def one(database: Database) -> Gate:
    return Gate(database, "gw1", "gsm1", "gsm2")


@pytest.fixture
def two(one: Gate) -> Gate:
    return Gate(beside(one.database), "gw2", "gsm3")


def test_a_route_has_the_modems_of_both_and_each_makes_its_own_anew(one: Gate, two: Gate) -> None:
    assert one.members("any") == {"gsm1", "gsm2", "gsm3"}
    one.rules = rules_of(gateway={"name": "gw1"}, modems={"list": [{"name": "gsm1", "port": "/dev/1"}]})
    one.start()
    assert one.members("any") == {"gsm1", "gsm3"}
    two.start()
    assert one.members("any") == {"gsm1", "gsm3"}
    assert one.members("modem:gsm3") == {"gsm3"}


def test_a_prefix_that_one_has_a_route_for_is_not_the_other_s(database: Database) -> None:
    one = Gate(database, "gw1", "gsm1", "gsm2", routes=[{"prefix": "+324", "modems": ["gsm2"]}])
    two = Gate(beside(database), "gw2", "gsm3")
    assert one.members("prefix:+324") == {"gsm2"}
    two.send()
    assert two.members("any") == {"gsm1", "gsm2", "gsm3"}


def test_what_one_accepts_the_other_sends_and_the_one_tells(one: Gate, two: Gate) -> None:
    message_id = one.send()
    part = two.claim("gsm3")
    assert part is not None
    assert part.message_id == message_id
    two.record("gsm3", part, Taken(7))
    assert two.untold() == []
    assert one.untold() == [("SENT", message_id)]


def test_a_part_is_claimed_once(one: Gate, two: Gate) -> None:
    ids = [one.send(), two.send(), one.send()]
    claimed = [one.claim("gsm1"), two.claim("gsm3"), one.claim("gsm2"), two.claim("gsm3")]
    assert [None if each is None else each.message_id for each in claimed] == [*ids, None]


def test_what_a_modem_cannot_send_goes_by_the_other_gateway_s(one: Gate, two: Gate) -> None:
    one.send(modem=None)
    for name in ("gsm1", "gsm2"):
        part = one.claim(name)
        assert part is not None
        one.record(name, part, REFUSED_BY_THIS_SIM)
        assert one.claim(name) is None, "another modem is to try it"
    part = two.claim("gsm3")
    assert part is not None
    two.record("gsm3", part, Taken(1))
    assert one.untold() == [("SENT", part.message_id)]


def test_what_waits_for_a_gateway_s_modem_goes_by_others_once_that_gateway_is_gone(
    one: Gate, two: Gate
) -> None:
    message_id = one.send()
    route = one.run(lambda tx: routing.pinned(tx, two.rules, "gsm3"))
    one.database.connection.execute(f"UPDATE part SET route_id = {route}")
    one.later(minutes=1)
    assert one.run(lambda tx: routing.release(tx, one.rules)) == 0
    one.later(minutes=2)
    assert one.run(lambda tx: routing.release(tx, one.rules)) == 1
    part = one.claim("gsm1")
    assert part is not None
    assert part.message_id == message_id


def test_a_modem_s_name_is_of_one_gateway(one: Gate, two: Gate) -> None:
    with pytest.raises(ConfigError, match="gateway gw1 on this store has a modem gsm1 as well"):
        Gate(beside(one.database), "gw3", "gsm1")
    one.run(lambda tx: modems.gateway_stopped(tx, "gw1", to_us(one.now)))
    assert Gate(beside(one.database), "gw3", "gsm1").members("modem:gsm1") == {"gsm1"}
    assert two.members("modem:gsm3") == {"gsm3"}


def test_a_doubt_is_settled_by_whose_modem_it_was_unless_that_is_gone(one: Gate, two: Gate) -> None:
    two.send()
    assert two.claim("gsm3") is not None
    assert two.run(lambda tx: upkeep.recover(tx, two.rules, two.now)) == 1
    one.later(hours=2)
    two.later(hours=2)
    assert one.run(lambda tx: upkeep.resolve_doubts(tx, one.rules, one.now)) == 0
    due_at = one.run(lambda tx: upkeep.next_due(tx, one.now))
    assert due_at is None or due_at > one.now, "it is not looked at again and again"
    one.later(minutes=11)
    assert one.run(lambda tx: upkeep.resolve_doubts(tx, one.rules, one.now)) == 1
    assert one.claim("gsm1") is not None


def test_what_a_gateway_had_in_hand_does_not_hang_when_it_never_comes_back(one: Gate, two: Gate) -> None:
    two.send()
    assert two.claim("gsm3") is not None
    one.later(minutes=9)
    assert one.run(lambda tx: upkeep.doubt_lost(tx, one.rules, one.now)) == 0
    one.later(minutes=2)
    assert one.run(lambda tx: upkeep.doubt_lost(tx, one.rules, one.now)) == 1
    assert one.run(lambda tx: upkeep.doubt_lost(tx, one.rules, one.now)) == 0
    one.later(hours=30)
    assert one.run(lambda tx: upkeep.resolve_doubts(tx, one.rules, one.now)) == 1


def test_a_file_is_known_by_its_own_gateway_only(one: Gate, two: Gate) -> None:
    for gate in (one, two):
        file_id = gate.run(spool.next_file_id)
        row = spool.SpoolRow(file_id, "the same key", b"name", "smstools3")
        assert gate.run(lambda tx: spool.find_file(tx, "the same key")) is None
        gate.run(lambda tx, row=row: spool.add_files(tx, [row]))  # type: ignore[misc]
        assert gate.run(lambda tx: spool.find_file(tx, "the same key")) == row


def test_events_of_a_gateway_that_is_gone_are_taken_over(one: Gate, two: Gate) -> None:
    for gate in (one, two):
        gate.run(lambda tx: outbox.add(tx, "mqtt", "call", 1, body="{}"))
    gone_us = to_us(START - timedelta(minutes=2))
    assert one.run(lambda tx: outbox.take_over(tx, "mqtt", gone_us)) == 0
    one.later(minutes=5)
    gone_us = to_us(one.now - timedelta(minutes=2))
    assert one.run(lambda tx: outbox.take_over(tx, "mqtt", gone_us)) == 1
    assert len(one.run(lambda tx: outbox.untold(tx, "mqtt", 0, 10))) == 2
    assert two.run(lambda tx: outbox.untold(tx, "mqtt", 0, 10)) == []


def test_a_gateway_without_a_broker_leaves_its_events_to_one_that_has(one: Gate, two: Gate) -> None:
    two.run(lambda tx: outbox.add(tx, "mqtt", "call", 1, body="{}"))
    gone_us = to_us(START - timedelta(minutes=2))
    assert one.run(lambda tx: outbox.take_over(tx, "mqtt", gone_us, by_broker=True)) == 1


def test_a_gateway_that_got_another_name_tells_what_the_old_one_left(one: Gate) -> None:
    one.run(lambda tx: spool_places.settle(tx, "gw1", "machine:/spool"))
    message_id = one.send()
    part = one.claim("gsm1")
    assert part is not None
    one.record("gsm1", part, Taken(1))
    one.run(lambda tx: modems.gateway_stopped(tx, "gw1", to_us(one.now)))
    renamed = Gate(beside(one.database), "gw9", "gsm1")
    assert renamed.untold() == []
    assert renamed.run(lambda tx: spool_places.settle(tx, "gw9", "machine:/another")) == []
    assert renamed.run(lambda tx: spool_places.settle(tx, "gw9", "machine:/spool")) == ["gw1"]
    assert renamed.untold() == [("SENT", message_id)]
    assert renamed.run(lambda tx: spool.find_file(tx, "key 1")) is not None
    assert renamed.run(lambda tx: spool_places.settle(tx, "gw9", "machine:/spool")) == []


def test_a_recipient_keeps_a_sim_that_is_at_the_other_gateway(database: Database) -> None:
    one = Gate(database, "gw1", "gsm1", sending={"sticky": "1d"})
    two = Gate(beside(database), "gw2", "gsm3", sending={"sticky": "1d"})
    facts: dict[str, object] = {"state": "ready", "iccid": "sim of gsm3"}
    two.run(lambda tx: modems.write_modem(tx, two.ids["gsm3"], facts))
    one.send()
    part = two.claim("gsm3")
    assert part is not None
    two.record("gsm3", part, Taken(7))
    one.send()
    assert one.claim("gsm1") is None
    assert two.claim("gsm3") is not None
    one.later(seconds=121)  # the other has not been seen for long
    one.send()
    assert one.claim("gsm1") is not None
