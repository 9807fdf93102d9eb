"""A commit that fails at the n-th time, for every n: nothing of it is written, and trying again mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.errors import StoreError
from modemd.model import Reply, SendRequest
from modemd.service import arrival, dispatch, intake, orders, upkeep
from modemd.service.outcomes import Denied, Taken, Unanswered
from modemd.store import parts, queue
from tests.service.office import LONG, TO, Office
from tests.service.test_arrival import parts_of
from tests.store.files import dump, full_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modemd.service.outcomes import Outcome
    from modemd.store.transaction import Tx


def a_day(office: Office) -> Iterator[Callable[[Tx], object]]:
    """One verb after the other, each a transaction of its own; nothing is remembered between them."""
    rules, one, two = office.rules, office.seat("gsm1"), office.seat("gsm2")

    def accept(*requests: SendRequest) -> Callable[[Tx], object]:
        prepared = [intake.prepare(request, rules, office.now) for request in requests]
        replies = [Reply("asker", b"1")] * len(prepared)
        return lambda tx: intake.accept(tx, prepared, rules, office.now, source="mqtt", replies=replies)

    def claim(tx: Tx) -> object:
        return dispatch.next_part(tx, rules, one, office.now)

    def record(outcome: Outcome) -> Callable[[Tx], object]:
        """Record the part in hand and claim the next, as a modem's worker does."""

        def job(tx: Tx) -> object:
            [(part_id, *_)] = parts.submitting(tx, one.modem_id)
            dispatch.record(tx, rules, one, queue.claimed_part(tx, part_id), outcome, office.now)
            return claim(tx)

        return job

    def report(tp_mr: int, tp_status: int = 0) -> Callable[[Tx], object]:
        pdu = office.report_pdu(tp_mr, tp_status)
        return lambda tx: arrival.take(tx, rules, one, "default", [pdu], office.now)

    yield accept(SendRequest(to=TO, text=LONG, client_id="a"), SendRequest(to=TO, text="two"))
    yield claim
    yield record(Taken(1))
    yield record(Denied("CMS", 38, "network out of order"))
    yield report(1)
    yield accept(SendRequest(to=TO, text=LONG, client_id="a"), SendRequest(to=TO, text="no", client_id="a"))
    yield record(Taken(2))
    office.later(minutes=1)
    yield lambda tx: upkeep.promote(tx, rules, office.now)
    yield record(Unanswered("no answer", after_body=True))
    yield lambda tx: dispatch.late(tx, rules, one, Taken(3), None, office.now)
    yield report(3)
    yield record(Denied("CMS", 38, "network out of order"))
    office.later(minutes=1)
    yield lambda tx: upkeep.promote(tx, rules, office.now)
    yield lambda tx: arrival.take(tx, rules, two, "default", parts_of(), office.now)
    yield accept(SendRequest(to=TO, text="three", not_before_at=office.later(hours=1)))
    yield claim
    yield lambda tx: upkeep.recover(tx, rules, office.now)
    office.later(days=2)
    yield lambda tx: upkeep.resolve_doubts(tx, rules, office.now)
    yield lambda tx: upkeep.expire(tx, rules, office.now)
    yield lambda tx: orders.retry(tx, rules, 3, office.now)


def play(folder: Path, failing: int | None) -> tuple[int, str]:
    """Play the day, with a full disk for the ``failing``-th commit; return how many, and the end."""
    folder.mkdir()
    office = Office(folder)
    count = 0
    for verb in a_day(office):
        count += 1
        if count == failing:
            before = dump(office.database)
            with full_disk(office.database), pytest.raises(StoreError):
                office.database.transact(verb)
            assert dump(office.database) == before
        office.run(verb)
    return count, dump(office.database)


def test_a_failed_commit_writes_nothing_and_the_same_again_ends_the_same(tmp_path: Path) -> None:
    count, end = play(tmp_path / "well", None)
    assert count > 15
    for failing in range(1, count + 1):
        assert play(tmp_path / str(failing), failing) == (count, end), f"the {failing}. commit failed"
