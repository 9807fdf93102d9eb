"""A commit that fails at the n-th time, for every n: no credit is lost, taken twice, or left held."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from modemd.errors import StoreError
from modemd.model import SendRequest
from modemd.service import dispatch, intake, orders, upkeep
from modemd.service.accounts import accounts
from modemd.service.credits import credit, suspension
from modemd.service.outcomes import Denied, Taken, Unanswered
from modemd.store import parts, queue
from tests.service.credits import Counter
from tests.service.office import LONG, TO
from tests.store.files import dump, full_disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from modemd.service.outcomes import Outcome
    from modemd.store.transaction import Tx


def a_day(office: Counter) -> Iterator[Callable[[Tx], object]]:
    """One verb after the other, each a transaction of its own; nothing is remembered between them."""
    rules, one, account_id = office.rules, office.seat("gsm1"), office.id_of()

    def accept(*texts: str) -> Callable[[Tx], object]:
        requests = [SendRequest(to=TO, text=text, account="acme") for text in texts]
        prepared = [intake.prepare(request, rules, office.now) for request in requests]
        return lambda tx: intake.accept(tx, prepared, rules, office.now, source="mqtt")

    def grant(credits_: int) -> Callable[[Tx], object]:
        return lambda tx: credit.grant(
            tx, account_id, credits_, source="grant", by="op", reason="r", now=office.now
        )

    def claim(tx: Tx) -> object:
        return dispatch.next_part(tx, rules, one, office.now)

    def record(outcome: Outcome) -> Callable[[Tx], object]:
        def job(tx: Tx) -> object:
            [(part_id, *_)] = parts.submitting(tx, one.modem_id)
            dispatch.record(tx, rules, one, queue.claimed_part(tx, part_id), outcome, office.now)
            return claim(tx)

        return job

    def stop(tx: Tx) -> object:
        return accounts.suspend(tx, rules, "acme", reason="bad words", by="op", now=office.now)

    yield grant(2)
    yield grant(6)
    yield accept(LONG, "two", LONG, LONG, "five")
    yield claim
    yield record(Taken(1))
    yield record(Denied("CMS", 1, "unassigned number"))
    yield lambda tx: orders.retry(tx, rules, 1, office.now)
    yield record(Unanswered("no answer", after_body=True))
    yield stop
    yield claim
    yield lambda tx: accounts.resume(tx, rules, "acme", by="op", now=office.now)
    yield lambda tx: suspension.go_on(tx, rules, office.now)
    yield claim
    yield lambda tx: upkeep.recover(tx, rules, office.now)
    yield lambda tx: credit.take_away(tx, account_id, 2, "forfeit", by="op", reason="r", now=office.now)
    yield grant(20)
    yield lambda tx: credit.cover(tx, rules, office.now)
    office.later(days=2)
    yield lambda tx: upkeep.resolve_doubts(tx, rules, office.now)
    yield lambda tx: upkeep.expire(tx, rules, office.now)
    yield lambda tx: accounts.close(tx, rules, "acme", reason="customer", by="op", now=office.now)


def play(folder: Path, failing: int | None) -> tuple[int, str]:
    """Play the day, with a full disk for the ``failing``-th commit; return how many, and the end."""
    folder.mkdir()
    office = Counter(folder, on_insufficient="wait")
    office.retried.add(1)
    count = 0
    for verb in a_day(office):
        count += 1
        if count == failing:
            before = dump(office.database)
            with full_disk(office.database), pytest.raises(StoreError):
                office.database.transact(verb)
            assert dump(office.database) == before
        office.run(verb)
    balance = office.balance()
    assert balance.balance == balance.held == 0
    assert balance.granted == balance.captured + balance.forfeited + balance.revoked
    assert balance.captured
    return count, dump(office.database)


def test_a_failed_commit_writes_nothing_and_the_same_again_ends_the_same(tmp_path: Path) -> None:
    count, end = play(tmp_path / "well", None)
    assert count > 15
    for failing in range(1, count + 1):
        assert play(tmp_path / str(failing), failing) == (count, end), f"the {failing}. commit failed"
