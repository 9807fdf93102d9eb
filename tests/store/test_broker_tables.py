"""What the broker's door keeps in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import given
from hypothesis import strategies as st

from modemd.store import brokers, conversation, modem_orders, modems, outbox, pauses, receipts, retained
from modemd.store.upkeep import forget_numbers
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from modemd.store.transaction import Tx

T = TypeVar("T")


def test_a_packet_is_known_until_its_identifier_is_used_anew(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    assert not run(lambda tx: receipts.is_known(tx, "gw1", 7, b"a"))
    run(lambda tx: receipts.keep(tx, "gw1", [(7, b"a"), (8, b"b")], 1))
    assert run(lambda tx: receipts.is_known(tx, "gw1", 7, b"a"))
    assert not run(lambda tx: receipts.is_known(tx, "gw1", 8, b"a"))
    assert not run(lambda tx: receipts.is_known(tx, "gw2", 7, b"a")), "another session's identifiers"
    run(lambda tx: receipts.keep(tx, "gw1", [(7, b"c"), (7, b"d")], 2))
    assert not run(lambda tx: receipts.is_known(tx, "gw1", 7, b"a"))
    assert run(lambda tx: receipts.is_known(tx, "gw1", 7, b"d"))


def test_what_a_session_has_subscribed_to_is_known_after_a_restart(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", 5))
    run(lambda tx: brokers.keep_filters(tx, "gw1", ["modemd/send"]))
    run(lambda tx: brokers.note(tx, "gw1", "localhost:1883", "lost", 6))
    run(lambda tx: modems.gateway_stopped(tx, "gw1", 7))
    run(lambda tx: modems.gateway_started(tx, "gw1", 2, "2", 8))
    assert run(lambda tx: brokers.filters(tx, "gw1")) == {"modemd/send"}
    assert run(brokers.brokers) == {}
    assert run(modems.gateways) == [("gw1", 2, "2", 8, 8, None)]


def test_a_new_session_forgets_the_packets_of_the_old_one_only(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    run(lambda tx: receipts.keep(tx, "gw1", [(7, b"a")], 1))
    run(lambda tx: receipts.keep(tx, "gw2", [(7, b"a")], 1))
    run(lambda tx: receipts.forget(tx, "gw1"))
    assert not run(lambda tx: receipts.is_known(tx, "gw1", 7, b"a"))
    assert run(lambda tx: receipts.is_known(tx, "gw2", 7, b"a"))


def test_receipts_never_outgrow_one_session(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    packets = [(each % 50 + 1, b"%d" % each) for each in range(500)]
    database.transact(lambda tx: receipts.keep(tx, "gw1", packets, 1))
    assert rows(database, "SELECT count(*) FROM receipt") == [(50,)]


def test_retained_topics_are_noted_once_and_struck_when_cleared(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    run(lambda tx: retained.keep(tx, "gw1", ["b", "a"]))
    run(lambda tx: retained.keep(tx, "gw1", ["a", "c"]))
    run(lambda tx: retained.keep(tx, "gw2", ["a"]))
    assert run(lambda tx: retained.topics(tx, "gw1")) == ["a", "b", "c"]
    run(lambda tx: retained.forget(tx, "gw1", ["a", "no such"]))
    assert run(lambda tx: retained.topics(tx, "gw1")) == ["b", "c"]
    assert run(lambda tx: retained.topics(tx, "gw2")) == ["a"]


def test_a_conversation_is_with_the_last_message_and_ends(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    run = database.transact
    run(lambda tx: conversation.keep(tx, "clinic", "75123456", 1, 10))
    run(lambda tx: conversation.keep(tx, "clinic", "75123456", 2, 20))
    assert run(lambda tx: conversation.last(tx, "clinic", "75123456", 20)) == 2
    assert run(lambda tx: conversation.last(tx, "clinic", "75123456", 21)) is None
    assert run(lambda tx: conversation.last(tx, "default", "75123456", 0)) is None
    assert run(lambda tx: conversation.latest(tx, ["default", "clinic"], "75123456")) == "clinic"
    run(lambda tx: forget_numbers(tx, 21))
    assert rows(database, "SELECT * FROM conversation") == []


def order(tx: Tx, modem_id: int = 1, *, expires_us: int = 100) -> int:
    code = '{"code": "*100#"}'
    of = f"gw{modem_id}"
    return modem_orders.add(tx, modem_id, of, "ussd", code, reply=None, asked_us=1, expires_us=expires_us)


def test_an_order_is_begun_once_and_struck_once(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    first, second = run(lambda tx: (order(tx), order(tx)))
    run(lambda tx: order(tx, 2))
    waiting = run(lambda tx: modem_orders.waiting(tx, 1, 50))
    assert waiting is not None
    assert (waiting.id, waiting.verb, waiting.arguments) == (first, "ussd", '{"code": "*100#"}')
    assert run(lambda tx: modem_orders.begin(tx, first, 60))
    assert not run(lambda tx: modem_orders.begin(tx, first, 61)), "at most once"
    following = run(lambda tx: modem_orders.waiting(tx, 1, 50))
    assert following is not None
    assert following.id == second
    assert [each.id for each in run(lambda tx: modem_orders.begun(tx, "gw1"))] == [first]
    assert run(lambda tx: modem_orders.strike(tx, first))
    assert not run(lambda tx: modem_orders.strike(tx, first))
    assert run(lambda tx: modem_orders.begun(tx, "gw1")) == []


def test_an_order_whose_time_is_over_is_not_begun(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    late = run(lambda tx: order(tx, expires_us=100))
    assert run(lambda tx: modem_orders.waiting(tx, 1, 100)) is None
    assert run(lambda tx: modem_orders.overdue(tx, "gw1", 99)) == []
    assert [each.id for each in run(lambda tx: modem_orders.overdue(tx, "gw1", 100))] == [late]
    assert run(lambda tx: modem_orders.overdue(tx, "gw2", 100)) == []


def test_a_pause_outlasts_what_is_written_of_the_modem(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    ids = run(lambda tx: [modems.ensure_modem(tx, "gw1", name) for name in ("gsm1", "gsm2")])
    run(lambda tx: pauses.pause(tx, ids[0], "operator: SIM is changed", 5))
    run(lambda tx: modems.write_modem(tx, ids[0], {"state": "ready"}))
    assert run(lambda tx: pauses.paused(tx, "gw1")) == {"gsm1": (5, "operator: SIM is changed")}
    assert run(lambda tx: pauses.paused(tx, "gw2")) == {}
    run(lambda tx: pauses.resume(tx, ids[0]))
    assert run(lambda tx: pauses.paused(tx, "gw1")) == {}


def test_how_a_gateway_stands_with_its_broker(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    run(lambda tx: modems.gateway_started(tx, "gw1", 1, "1", 0))
    run(lambda tx: modems.gateway_started(tx, "gw2", 1, "1", 0))
    run(lambda tx: brokers.note(tx, "gw1", "127.0.0.1:1883", "connection refused", 5))
    assert run(brokers.brokers) == {"gw1": brokers.BrokerRow("127.0.0.1:1883", "connection refused", 5)}
    run(lambda tx: brokers.note(tx, "gw1", "127.0.0.1:1883", None, 6))
    assert run(brokers.brokers)["gw1"].broker_error is None
    run(lambda tx: brokers.note(tx, "gw1", None, None, 7))
    assert run(brokers.brokers) == {}


def notice(event: str, *, consumer: str = "mqtt", at_us: int = 0, topic: str = "status/x") -> outbox.Notice:
    return outbox.Notice(
        consumer=consumer, event=event, at=at_us, message_id=None, body="{}", topic=topic,
        correlation=b"\x00\xff", expires_at=9,
    )  # fmt: skip


def test_notices_are_told_in_the_order_in_which_they_were_written(tmp_path: Path) -> None:
    run = fresh(tmp_path).transact
    run(lambda tx: outbox.broadcast(tx, [notice("a"), notice("b", consumer="other"), notice("c")]))
    run(lambda tx: outbox.broadcast(tx, []))
    run(lambda tx: outbox.broadcast(tx, [notice("d", topic="=x/y")]))
    told = run(lambda tx: outbox.untold(tx, "mqtt", 0, 10))
    assert [each.event for each in told] == ["a", "c", "d"]
    assert told[-1][6:] == ("{}", "=x/y", b"\x00\xff", 9)
    assert [each.event for each in run(lambda tx: outbox.untold(tx, "mqtt", told[0].id, 1))] == ["c"]
    run(lambda tx: outbox.told(tx, [each.id for each in told]))
    assert run(lambda tx: outbox.untold(tx, "mqtt", 0, 10)) == []


@given(ages=st.lists(st.integers(0, 20), max_size=30), most=st.integers(1, 10))
def test_what_is_forgotten_is_the_oldest_and_is_counted(
    tmp_path_factory: pytest.TempPathFactory, ages: list[int], most: int
) -> None:
    database = fresh(tmp_path_factory.mktemp("forget"))
    ages.sort()
    database.transact(lambda tx: outbox.broadcast(tx, [notice("x", at_us=each) for each in ages]))
    database.transact(lambda tx: outbox.broadcast(tx, [notice("y", consumer="other")]))
    count = last = database.transact(lambda tx: outbox.forget(tx, "mqtt", 10, most))
    while last == most:
        last = database.transact(lambda tx: outbox.forget(tx, "mqtt", 10, most))
        count += last
    left = [at for (at,) in rows(database, "SELECT at FROM outbox WHERE consumer = 'mqtt' ORDER BY id")]
    assert left == [each for each in ages if each >= 10]
    assert count == len(ages) - len(left)
    assert len(rows(database, "SELECT id FROM outbox WHERE consumer = 'other'")) == 1
    database.close()
