"""The queue: priority, then age, over all routes of a modem, at the same cost whatever waits elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.model import PartState, Priority
from modemd.store import modems, outbound, outbox, parts, queue, spool
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

ANY, FAR, PINNED = 1, 2, 3


class Queue:
    """Two modems; route 1 has both, 2 the second only, 3 the first only."""

    def __init__(self, folder: Path) -> None:
        self.database: Database = fresh(folder)
        self.database.transact(self._open)

    def _open(self, tx: Tx) -> None:
        for key in ("any", "prefix:+1", "modem:gsm1"):
            modems.add_route(tx, key)
        for route_id, members in ((ANY, (1, 2)), (FAR, (2,)), (PINNED, (1,))):
            modems.add_members(tx, route_id, members)

    def put(
        self,
        route: int = ANY,
        priority: int = Priority.NORMAL,
        state: int = PartState.QUEUED,
        *,
        part_count: int = 1,
        until: int | None = None,
    ) -> int:
        """One message; return its id."""

        def job(tx: Tx) -> int:
            message_id = outbound.next_message_id(tx)
            row: dict[str, object] = dict.fromkeys(outbound.MESSAGE_COLUMNS) | {
                "id": message_id, "account": "default", "source": "spool", "destination": "+32475123456",
                "coding": "gsm7", "state": "scheduled" if state == PartState.SCHEDULED else "queued",
                "priority": priority, "route_id": route, "report": 1, "part_count": part_count, "retries": 5,
                "credits": 0, "accepted_at": 0, "deadline_at": 10,
            }  # fmt: skip
            tx.run(outbound.INSERT_MESSAGE, **row)
            tx.many(
                outbound.INSERT_PART,
                [
                    {
                        "message_id": message_id, "part_no": part_no, "part_count": part_count,
                        "state": state,
                        "route_id": route, "priority": priority, "pdu": "00", "tpdu_length": 1,
                        "recipient": "75123456", "not_before_at": until,
                    }
                    for part_no in range(1, part_count + 1)
                ],
            )  # fmt: skip
            return message_id

        return self.database.transact(job)

    def claim(self, modem: int = 1) -> int | None:
        """The message whose part the modem gets."""
        part = self.database.transact(lambda tx: queue.claim(tx, modem, f"gsm{modem}", "sim", 5))
        return None if part is None else part.message_id

    def claims(self, modem: int = 1) -> list[int]:
        found = []
        while (message_id := self.claim(modem)) is not None:
            found.append(message_id)
        return found


def test_the_urgent_goes_first_then_the_old(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    ids = [queued.put(priority=each) for each in (10, 30, 0, 10, 20, 0)]
    assert queued.claims() == [ids[place] for place in (2, 5, 0, 3, 4, 1)]


def test_the_order_holds_over_all_routes_of_a_modem(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    ids = [queued.put(PINNED), queued.put(ANY), queued.put(PINNED, Priority.HIGH), queued.put(ANY)]
    assert queued.claims(1) == [ids[2], ids[0], ids[1], ids[3]]


def test_a_modem_gets_only_what_is_on_its_routes(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    far = [queued.put(FAR, Priority.HIGH) for _ in range(3)]
    near = queued.put(ANY, Priority.BULK)
    assert queued.claims(1) == [near]
    assert queued.claims(2) == far
    assert queued.claims(3) == []


def test_a_part_is_claimed_once(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    ids = [queued.put() for _ in range(6)]
    got = [queued.claim(1 + place % 2) for place in range(6)]
    assert got == ids
    assert queued.claim(1) is None
    found = rows(queued.database, "SELECT state, modem_id, sim, submitted_at, attempts FROM part ORDER BY id")
    assert found == [(2, 1, "sim", 5, 1), (2, 2, "sim", 5, 1)] * 3
    assert rows(queued.database, "SELECT DISTINCT state FROM message") == [("sending",)]


def test_only_what_is_queued_is_claimed(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    for state in PartState:
        if state is not PartState.QUEUED:
            queued.put(state=state)
    assert queued.claim() is None


def test_the_cost_of_a_claim_does_not_depend_on_what_waits(tmp_path: Path) -> None:
    """Counted in SQLite's own steps, which do not depend on the machine."""

    def steps(queued: Queue) -> int:
        count = 0

        def step() -> int:
            nonlocal count
            count += 1
            return 0

        queued.database.connection.set_progress_handler(step, 1)
        assert queued.claim(1) is not None
        queued.database.connection.set_progress_handler(None, 1)
        return count

    queued = Queue(tmp_path)
    for _ in range(10):
        queued.put(ANY)
    few = steps(queued)
    with_others = (
        "INSERT INTO part (message_id, part_no, part_count, state, route_id, priority, pdu, tpdu_length) "
    )
    numbers = "WITH RECURSIVE n(i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 8000) "
    queued.database.connection.execute("PRAGMA foreign_keys=OFF")
    for route, priority in ((FAR, 0), (ANY, 10), (PINNED, 30)):
        queued.database.connection.execute(
            f"{with_others}{numbers}SELECT i + {route} * 10000, 1, 1, 0, {route}, {priority}, '00', 1 FROM n"
        )
    assert steps(queued) <= few * 1.5


def test_promotion_takes_what_is_due_and_names_the_messages(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    early, late = (queued.put(state=PartState.SCHEDULED, until=until) for until in (100, 200))
    assert queued.claim() is None
    assert queued.database.transact(queue.next_due) == 100
    assert queued.database.transact(lambda tx: queue.promote(tx, 99, 9)) == []
    assert queued.database.transact(lambda tx: queue.promote(tx, 100, 9)) == [early]
    assert queued.database.transact(queue.next_due) == 200
    assert queued.database.transact(lambda tx: queue.promote(tx, 100, 9)) == []
    assert queued.claims() == [early]
    assert queued.database.transact(lambda tx: queue.promote(tx, 1000, 9)) == [late]
    assert queued.database.transact(queue.next_due) is None


def test_a_message_s_parts_are_pinned_and_let_go_together(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    message_id, other = queued.put(part_count=3), queued.put()
    queued.claim(1)
    queued.database.transact(lambda tx: queue.pin(tx, message_id, PINNED))
    assert rows(queued.database, f"SELECT DISTINCT route_id FROM part WHERE message_id = {message_id}") == [
        (3,)
    ]
    assert queued.claims(2) == [other]
    assert queued.database.transact(lambda tx: queue.unpin(tx, PINNED)) == 0, "one of them is on the air"
    [(part_id,)] = rows(queued.database, "SELECT id FROM part WHERE state = 2 AND modem_id = 1")
    queued.database.transact(lambda tx: parts.unclaim(tx, part_id))
    assert queued.database.transact(lambda tx: queue.unpin(tx, PINNED)) == 3
    assert queued.claims(2) == [message_id] * 3


def test_a_message_that_asked_for_one_modem_stays_with_it(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    queued.put(PINNED)
    assert queued.database.transact(lambda tx: queue.unpin(tx, PINNED)) == 0


def test_what_waits_is_counted_by_route(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    for route in (ANY, ANY, FAR):
        queued.put(route)
    queued.put(ANY, state=PartState.SENT)
    assert queued.database.transact(queue.waiting) == {ANY: 2, FAR: 1}


def test_keys_are_given_once_also_after_rows_are_gone(tmp_path: Path) -> None:
    queued = Queue(tmp_path)
    first = queued.put()
    queued.database.connection.execute("DELETE FROM message")
    assert queued.put() == first + 1
    [file_id] = [queued.database.transact(spool.next_file_id)]
    row = spool.SpoolRow(file_id, "key", b"name", "smstools3")
    queued.database.transact(lambda tx: spool.add_files(tx, [row]))
    queued.database.transact(lambda tx: spool.forget_files(tx, [file_id]))
    assert queued.database.transact(spool.next_file_id) == file_id + 1


def test_the_outbox_tells_each_consumer_in_order_until_it_was_told(tmp_path: Path) -> None:
    database = fresh(tmp_path)

    def tell(tx: Tx) -> None:
        for place, consumer in enumerate(("spool", "hook", "spool", "spool")):
            outbox.add(tx, consumer, "SENT", 7, body=str(place))

    database.transact(tell)
    due = database.transact(lambda tx: outbox.untold(tx, "spool", 0, 2))
    assert [(each.event, each.at, each.body) for each in due] == [("SENT", 7, "0"), ("SENT", 7, "2")]
    behind = due[-1].id
    assert [each.body for each in database.transact(lambda tx: outbox.untold(tx, "spool", behind, 9))] == [
        "3"
    ]
    database.transact(lambda tx: outbox.told(tx, [each.id for each in due]))
    assert [each.body for each in database.transact(lambda tx: outbox.untold(tx, "spool", 0, 9))] == ["3"]
    assert [each.body for each in database.transact(lambda tx: outbox.untold(tx, "hook", 0, 9))] == ["1"]


def test_concatenation_references_count_per_destination(tmp_path: Path) -> None:
    database = fresh(tmp_path)

    def next_ref(destination: str) -> int:
        return database.transact(lambda tx: outbound.next_concat_ref(tx, destination, 1))

    assert [next_ref("+1"), next_ref("+1"), next_ref("+2"), next_ref("+1")] == [0, 1, 0, 2]
    database.connection.execute("UPDATE concat SET concat_ref = 65535")
    assert next_ref("+1") == 0


def test_a_gateway_is_known_while_it_lives(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    second = 1_000_000
    database.transact(lambda tx: modems.gateway_started(tx, "gw1", 41, "0.9", 1))
    database.transact(lambda tx: modems.gateway_started(tx, "gw1", 42, "1.0", 5))
    database.transact(lambda tx: modems.gateway_seen(tx, "gw1", 9 * second))
    assert database.transact(modems.gateways) == [("gw1", 42, "1.0", 5, 5, None)]
    database.transact(lambda tx: modems.gateway_seen(tx, "gw1", 11 * second))
    assert database.transact(modems.gateways) == [("gw1", 42, "1.0", 5, 11 * second, None)]
    database.transact(lambda tx: modems.gateway_stopped(tx, "gw1", 12 * second))
    database.transact(lambda tx: modems.gateway_seen(tx, "gw1", 40 * second))
    assert database.transact(modems.gateways) == [("gw1", 42, "1.0", 5, 11 * second, 12 * second)]


def test_a_modem_keeps_its_row_and_says_whether_it_can_send(tmp_path: Path) -> None:
    database = fresh(tmp_path)
    first = database.transact(lambda tx: modems.ensure_modem(tx, "gw1", "gsm1"))
    second = database.transact(lambda tx: modems.ensure_modem(tx, "gw1", "gsm2"))
    assert database.transact(lambda tx: modems.ensure_modem(tx, "gw1", "gsm1")) == first != second
    assert database.transact(lambda tx: modems.unable(tx, "gw1")) == set()

    def be(state: str) -> None:
        database.transact(lambda tx: modems.write_modem(tx, first, {"state": state, "iccid": "89"}))

    for state in ("absent", "lost", "silent", "searching", "paused", "pin_required", "stopped"):
        be(state)
        assert database.transact(lambda tx: modems.unable(tx, "gw1")) == {"gsm1"}
    database.transact(lambda tx: modems.write_modem(tx, first, {"state": "ready"}))
    assert database.transact(lambda tx: modems.unable(tx, "gw1")) == set()
    [facts, _] = database.transact(modems.all_modems)
    assert (facts["gateway"], facts["name"], facts["state"], facts["iccid"]) == ("gw1", "gsm1", "ready", None)
