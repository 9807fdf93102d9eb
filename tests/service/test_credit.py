"""The life of a credit: held at acceptance, captured with each part, released with what is not sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.model import MessageState, PartState, SendRequest
from modemd.service import orders, upkeep
from modemd.service.accounts import accounts
from modemd.service.credits import credit
from modemd.service.outcomes import Denied, Taken
from tests.service.credits import Counter
from tests.service.office import LONG, TO
from tests.store.files import rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.store.database import Database


def asked(text: str = "Hello", account: str = "acme") -> SendRequest:
    return SendRequest(to=TO, text=text, account=account)


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Counter:
    return Counter(tmp_path, database)


def test_a_part_is_held_at_acceptance_and_captured_when_the_network_has_it(office: Counter) -> None:
    office.grant(5)
    one = office.send(account="acme")
    assert office.has() == (4, 1, 0)
    office.taken()
    assert office.has() == (4, 0, 1)
    assert office.facts(one).message.credits == 1
    assert office.entries("kind", "credits", "held") == [("grant", 5, 0), ("hold", -1, 1), ("capture", 0, -1)]


def test_what_the_balance_does_not_cover_is_refused_whole(office: Counter) -> None:
    office.grant(2)
    refused = office.refused(asked(LONG))
    assert refused.code == "insufficient_credit"
    assert "needs 3 credits" in refused.reason
    assert "has 2" in refused.reason
    assert office.has() == (2, 0, 0)
    assert office.claim() is None


def test_of_two_in_one_batch_the_first_gets_the_last_credit(office: Counter) -> None:
    office.grant(1)
    first, second = office.accept(asked("one"), asked("two"))
    assert not isinstance(first, Rejected)
    assert isinstance(second, Rejected)
    assert office.has() == (0, 1, 0)


def test_accounts_that_come_mixed_in_one_batch_each_pay_their_own(office: Counter) -> None:
    office.grant(2)
    office.grant(9)
    office.grant(5, "clinic")
    names = ["acme", "clinic", "free", "acme", "clinic", "acme"]
    texts = ["a", LONG, "c", LONG, "e", "f"]
    answers = office.accept(*[asked(text, name) for text, name in zip(texts, names, strict=True)])
    assert not any(isinstance(answer, Rejected) for answer in answers)
    assert office.has() == (6, 5, 0)
    assert office.has("clinic") == (1, 4, 0)
    assert [(unspent, held) for _, unspent, held, _ in lots(office)] == [(0, 2), (6, 3), (1, 4)]
    held = "SELECT message_id, part_no FROM ledger WHERE kind = 'hold' ORDER BY part_id"
    assert rows(office.database, held) == [
        (1, 1),
        (2, 1),
        (2, 2),
        (2, 3),
        (4, 1),
        (4, 2),
        (4, 3),
        (5, 1),
        (6, 1),
    ]


def test_an_account_that_does_not_pay_is_not_in_the_books(office: Counter) -> None:
    office.send(account="free")
    office.taken()
    assert office.entries("id") == []
    assert rows(office.database, "SELECT count(*) FROM balance") == [(0,)]


def test_each_part_of_a_long_message_is_captured_by_itself(office: Counter) -> None:
    office.grant(3)
    office.send(LONG, account="acme")
    for sent in (1, 2, 3):
        office.taken(sent)
        assert office.has() == (0, 3 - sent, sent)


def test_what_fails_is_released_and_what_went_before_stays_paid(office: Counter) -> None:
    office.grant(5)
    long = office.send(LONG, account="acme")
    office.taken(1)
    assert office.denied(1).state is PartState.FAILED
    assert office.has() == (4, 0, 1)
    assert office.facts(long).message.credits == 1
    assert office.state(long) == MessageState.FAILED


def test_what_is_tried_again_later_stays_held(office: Counter) -> None:
    office.grant(1)
    office.send(account="acme")
    office.denied(41)
    assert office.has() == (0, 1, 0)


def test_cancelling_releases_what_waits(office: Counter) -> None:
    office.grant(3)
    long = office.send(LONG, account="acme")
    office.run(lambda tx: orders.cancel(tx, office.rules, long, office.now))
    assert office.has() == (3, 0, 0)
    assert office.facts(long).message.credits == 0


def test_expiry_releases_what_waits(office: Counter) -> None:
    office.grant(1)
    office.send(account="acme", validity_s=60)
    office.later(minutes=2)
    assert office.run(lambda tx: upkeep.expire(tx, office.rules, office.now)) == 1
    assert office.has() == (1, 0, 0)


@pytest.mark.parametrize(("tp_status", "state"), [(0x46, "expired"), (0x41, "undelivered"), (0, "delivered")])
def test_what_the_network_took_is_paid_whatever_becomes_of_it(
    office: Counter, tp_status: int, state: str
) -> None:
    """S §5.2, L §10.2."""
    office.grant(1)
    one = office.send(account="acme")
    office.taken(1)
    office.reported(1, tp_status)
    assert office.state(one) == state
    assert office.has() == (0, 0, 1)


def resolve_by(office: Counter, policy: str) -> None:
    """No evidence has come, and it is done what ``uncertain:`` says."""
    sending = office.rules.sending.model_copy(update={"uncertain": policy})
    office.rules = replace(office.rules, sending=sending)
    office.later(hours=1)
    assert office.run(lambda tx: upkeep.resolve_doubts(tx, office.rules, office.now)) == 1


@pytest.mark.parametrize(
    ("policy", "has"),
    [("sent", (0, 0, 1)), ("failed", (1, 0, 0)), ("hold", (0, 1, 0)), ("resend", (0, 1, 0))],
)
def test_a_part_in_doubt_stays_held_until_it_is_resolved(
    office: Counter, policy: str, has: tuple[int, int, int]
) -> None:
    office.grant(1)
    one = office.send(account="acme")
    part = office.doubted()
    assert office.has() == (0, 1, 0)
    if policy == "failed":  # a person's word
        route = office.part(part.id, "route_id")
        office.run(lambda tx: upkeep.resolve(tx, office.rules, part.id, one, route, "failed", office.now))
    else:
        resolve_by(office, policy)
    assert office.has() == has


def test_a_report_settles_a_doubt_and_captures(office: Counter) -> None:
    office.grant(1)
    one = office.send(account="acme")
    office.doubted()
    assert office.reported(1, 0)
    assert office.state(one) == "delivered"
    assert office.has() == (0, 0, 1)


def test_sent_again_in_doubt_is_captured_once(office: Counter) -> None:
    office.grant(1)
    office.send(account="acme")
    office.doubted()
    resolve_by(office, "resend")
    again = office.taken(2)
    office.record(again, Taken(2))
    assert office.has() == (0, 0, 1)


def test_what_is_tried_again_is_held_anew_and_captured_once(office: Counter) -> None:
    office.grant(3)
    long = office.send(LONG, account="acme")
    office.taken(1)
    office.denied(1)
    assert office.has() == (2, 0, 1)
    office.retried.add(long)
    office.run(lambda tx: orders.retry(tx, office.rules, long, office.now))
    assert office.has() == (0, 2, 1)
    assert office.facts(long).message.credits == 3
    office.taken(2)
    office.taken(3)
    assert office.has() == (0, 0, 3)


def test_a_retry_that_is_not_covered_is_refused_and_changes_nothing(office: Counter) -> None:
    office.grant(3)
    long = office.send(LONG, account="acme")
    office.run(lambda tx: orders.cancel(tx, office.rules, long, office.now))
    office.send(account="acme")
    with pytest.raises(Rejected, match="needs 3 credits, and account 'acme' has 2"):
        office.run(lambda tx: orders.retry(tx, office.rules, long, office.now))
    assert office.state(long) == MessageState.CANCELLED
    assert office.has() == (2, 1, 0)


def test_a_late_refusal_of_what_was_in_doubt_releases(office: Counter) -> None:
    office.grant(1)
    one = office.send(account="acme")
    part = office.doubted()
    office.record(part, Denied("CMS", 1, "+CMS ERROR: 1"))
    assert office.state(one) == MessageState.FAILED
    assert office.has() == (1, 0, 0)


# --- lots --------------------------------------------------------------------------------------------------
def lots(office: Counter) -> list[tuple[int, int, int, int]]:
    return rows(office.database, "SELECT id, unspent, held, captured FROM lot ORDER BY id")


def test_the_lot_that_expires_first_is_spent_first(office: Counter) -> None:
    never = office.grant(2)
    late = office.grant(2, expires_at=office.now + timedelta(days=20))
    early = office.grant(2, expires_at=office.now + timedelta(days=10))
    office.send(LONG, account="acme")
    assert lots(office) == [(never, 2, 0, 0), (late, 1, 1, 0), (early, 0, 2, 0)]
    office.send(account="acme")
    office.send(account="acme")
    assert lots(office) == [(never, 1, 1, 0), (late, 0, 2, 0), (early, 0, 2, 0)]


def test_what_is_released_goes_back_to_its_lots(office: Counter) -> None:
    early = office.grant(2, expires_at=office.now + timedelta(days=10))
    late = office.grant(2, expires_at=office.now + timedelta(days=20))
    long = office.send(LONG, account="acme")
    office.taken(1)
    office.run(lambda tx: orders.cancel(tx, office.rules, long, office.now))
    assert lots(office) == [(early, 1, 0, 1), (late, 2, 0, 0)]


def test_a_part_that_costs_more_may_take_from_several_lots(tmp_path: Path, database: Database) -> None:
    office = Counter(tmp_path, database)
    office.prices(TO[:5], 5)
    first, second = office.grant(3), office.grant(4)
    one = office.send(account="acme")
    assert office.entries("kind", "held", "lot_id", "share")[2:] == [
        ("hold", 3, first, 0), ("hold", 2, second, 1),
    ]  # fmt: skip
    assert office.facts(one).message.credits == 5
    office.denied(1)
    assert lots(office) == [(first, 3, 0, 0), (second, 4, 0, 0)]
    office.retried.add(one)
    office.run(lambda tx: orders.retry(tx, office.rules, one, office.now))
    office.taken()
    assert lots(office) == [(first, 0, 0, 3), (second, 2, 0, 2)]


def take_away(office: Counter, lot_id: int, kind: credit.Taking = "forfeit") -> int:
    account_id = office.id_of()
    return office.run(
        lambda tx: credit.take_away(
            tx, account_id, lot_id, kind, by="op", reason="it is over", now=office.now
        )
    )


def test_what_is_held_of_a_closed_lot_is_taken_away_when_it_is_released(office: Counter) -> None:
    lot = office.grant(4)
    office.send(LONG, account="acme")
    office.taken(1)
    assert take_away(office, lot) == 1
    assert take_away(office, lot) == 0
    assert office.has() == (0, 2, 1)
    office.taken(2)
    office.denied(1)
    balance = office.balance()
    assert (balance.balance, balance.held, balance.captured, balance.forfeited) == (0, 0, 2, 2)
    assert office.entries("kind", "credits")[-2:] == [("release", 1), ("forfeit", -1)]


# --- what people do ----------------------------------------------------------------------------------------
def adjust(office: Counter, credits_: int) -> int:
    account_id = office.id_of()
    return office.run(
        lambda tx: credit.adjust(tx, account_id, credits_, by="op", reason="a mistake", now=office.now)
    )


def test_an_adjustment_adds_a_lot_or_takes_from_those_that_expire_first(office: Counter) -> None:
    never = office.grant(3)
    early = office.grant(2, expires_at=office.now + timedelta(days=10))
    adjust(office, -4)
    assert lots(office) == [(never, 1, 0, 0), (early, 0, 0, 0)]
    assert office.balance().granted == 1
    adjust(office, 7)
    assert office.has() == (8, 0, 0)
    with pytest.raises(Rejected, match="only 8 are left unspent"):
        adjust(office, -9)
    notes = rows(office.database, 'SELECT "by", reason FROM ledger_note ORDER BY entry_id')
    assert notes[2:] == [("op", "a mistake")] * 3


@pytest.mark.parametrize("credits_", [0, -1, 1_000_000_001, 10**30, 2.5, True, "7"])
def test_only_whole_numbers_of_credits_are_granted(office: Counter, credits_: int) -> None:
    with pytest.raises(Rejected, match="whole numbers from 1 to 1,000,000,000"):
        office.grant(credits_)
    assert lots(office) == []


@pytest.mark.parametrize("credits_", [0, 1_000_000_001, -1_000_000_001, 2.5])
def test_only_whole_numbers_of_credits_are_adjusted(office: Counter, credits_: int) -> None:
    with pytest.raises(Rejected, match="whole numbers"):
        adjust(office, credits_)


def test_a_clock_that_was_set_back_is_told_and_nothing_is_written(office: Counter) -> None:
    lot = office.grant(3)
    office.later(seconds=-60)
    office.grant(1)
    office.later(seconds=-1)
    before = office.entries("*")
    verbs: list[Callable[[], int]] = [
        lambda: office.grant(1), lambda: adjust(office, -1), lambda: take_away(office, lot),
    ]  # fmt: skip
    for verb in verbs:
        with pytest.raises(Rejected, match="the clock is set back"):
            verb()
    assert office.entries("*") == before


def test_nothing_is_granted_to_an_account_that_does_not_exist_or_is_closed(office: Counter) -> None:
    with pytest.raises(Rejected, match="no account") as unknown:
        office.run(lambda tx: credit.grant(tx, 999, 1, source="grant", by="op", reason="r", now=office.now))
    assert unknown.value.code == "account_unknown"
    office.run(
        lambda tx: accounts.close(tx, office.rules, "acme", reason="customer", by="op", now=office.now)
    )
    with pytest.raises(Rejected, match="is closed") as closed:
        office.grant(1)
    assert closed.value.code == "account_closed"
