"""How fast an account may send (S §5.1, 6.2): never more than the limit in any span of its length."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.model import SendRequest
from tests.service.office import TO
from tests.service.senders import Senders
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


def office_of(folder: Path, database: Database, **limits: Any) -> Senders:
    return Senders(folder, database, accounts={"clinic": limits})


def test_one_message_more_than_the_limit_is_refused_until_it_has_slid_out(
    tmp_path: Path, database: Database
) -> None:
    office = office_of(tmp_path, database, per_minute=3)
    assert [office.code("clinic") for _ in range(4)] == ["ok", "ok", "ok", "rate_limited"]
    assert office.code("default") == "ok"
    office.later(seconds=60)
    assert office.code("clinic") == "rate_limited"
    office.later(seconds=1)
    assert office.code("clinic") == "ok"


@pytest.mark.parametrize(
    ("key", "pause_s", "word"),
    [("per_minute", 61, "a minute"), ("per_hour", 3660, "an hour"), ("per_day", 87840, "24 hours")],
)
def test_the_sentence_says_when_again_and_it_is_so(
    tmp_path: Path, database: Database, key: str, pause_s: int, word: str
) -> None:
    office = office_of(tmp_path, database, **{key: 1})
    assert office.code("clinic") == "ok"
    answer = office.ask_for("clinic")
    assert isinstance(answer, Rejected)
    assert answer.reason.startswith(f"more than 1 messages in {word} are not allowed; again at ")
    again_at = datetime.strptime(answer.reason.rpartition(" at ")[2], "%Y-%m-%d %H:%M:%S%z")
    assert again_at - office.now == timedelta(seconds=pause_s)
    office.now = again_at - timedelta(seconds=1)
    assert office.code("clinic") == "rate_limited"
    office.now = again_at
    assert office.code("clinic") == "ok"


def test_a_batch_is_counted_as_it_goes_and_written_once(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, per_minute=2, per_day=100)
    answers = office.accept(*[SendRequest(to=TO, text="Hello", account="clinic")] * 5)
    assert [isinstance(each, Rejected) for each in answers] == [False, False, True, True, True]
    kept = rows(office.database, "SELECT span_s, messages FROM pace ORDER BY span_s")
    assert [tuple(row) for row in kept] == [(60, 2), (86400, 2)]


def test_what_is_refused_for_another_reason_does_not_count(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, per_minute=1, consent="required")
    assert [office.code("clinic") for _ in range(2)] == ["no_consent", "no_consent"]
    assert rows(office.database, "SELECT * FROM pace") == []


def test_a_clock_that_was_put_back_lets_go_after_one_span(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, per_minute=1)
    assert office.code("clinic") == "ok"
    office.now -= timedelta(hours=1)
    assert office.code("clinic") == "ok"


def test_old_slots_are_forgotten(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, per_minute=5)
    for _ in range(10):
        office.later(minutes=1)
        assert office.code("clinic") == "ok"
    assert len(rows(office.database, "SELECT * FROM pace")) <= 2


def test_the_same_text_goes_to_so_many_recipients_a_day(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, same_text=2)
    offers = [office.code("clinic", "Offer!", to=f"+3247500000{each}") for each in range(3)]
    assert offers == ["ok", "ok", "rate_limited"]
    assert office.code("clinic", "Another") == "ok"
    office.now = datetime(2026, 11, 23, 0, 0, 1, tzinfo=UTC)
    assert office.code("clinic", "Offer!") == "ok"


def test_texts_are_not_kept_for_it(tmp_path: Path, database: Database) -> None:
    office = office_of(tmp_path, database, same_text=2)
    office.code("clinic", "Offer!")
    [(digest,)] = rows(office.database, "SELECT digest FROM same_text")
    assert len(bytes(digest)) == 16


@given(pauses=st.lists(st.floats(0, 90), min_size=1, max_size=40), limit=st.integers(1, 5))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_minute_ever_holds_more_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, pauses: list[float], limit: int
) -> None:
    folder = tmp_path_factory.mktemp("pace")
    office = office_of(folder, fresh(folder), per_minute=limit)
    taken: list[datetime] = []
    for pause in pauses:
        office.later(seconds=pause)
        if office.code("clinic") == "ok":
            taken.append(office.now)
    for moment in taken:
        within = [each for each in taken if moment <= each < moment + timedelta(minutes=1)]
        assert len(within) <= limit
    assert taken
