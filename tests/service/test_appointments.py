"""Appointments in the store: planned, sent again, moved, cancelled; their reminders are messages."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modemd.errors import Rejected
from modemd.model import SendRequest
from modemd.service import intake, orders
from modemd.store import accounts, outbound
from modemd.store import appointments as store
from modemd.store.times import from_us, to_us
from tests.service.clinic import AT, DAY, Desk, H, accepted, refused
from tests.service.office import START, TO, text_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.database import Database


@pytest.fixture
def desk(tmp_path: Path, database: Database) -> Desk:
    return Desk(tmp_path, database=database)


# -- planned ----------------------------------------------------------------------------------
def test_l_1_3_a_message_for_each_lead(desk: Desk) -> None:
    answer = accepted(desk.plan(text="On {date} at {time}"))
    assert (answer.state, answer.known) == ("scheduled", False)
    assert desk.waiting() == [("a1/2d", DAY), ("a1/2h", 3 * DAY - 2 * H)]
    desk.go_on(DAY)
    assert text_of(desk.taken()) == "On 25/11/2026 at 12:00"
    desk.go_on(2 * DAY - 2 * H)
    assert text_of(desk.taken()) == "On 25/11/2026 at 12:00"
    assert desk.waiting() == []


def test_its_own_leads_win_over_the_accounts(desk: Desk) -> None:
    accepted(desk.plan(remind_s=(3600,)))
    assert desk.waiting() == [("a1/1h", 3 * DAY - H)]


def test_without_a_name_it_cannot_be_replaced(desk: Desk) -> None:
    for _ in range(2):
        accepted(desk.plan(key=None))
    assert desk.waiting() == [(None, DAY), (None, 3 * DAY - 2 * H)] * 2


def test_it_is_never_sent_after_the_appointment(desk: Desk) -> None:
    message = accepted(desk.plan(remind_s=(3600,))).id
    desk.go_on(3 * DAY)
    assert desk.claim() is None
    assert desk.state(message) == "expired"


def test_neither_does_the_network_try_longer(desk: Desk) -> None:
    prepared = intake.prepare(desk.asked(AT, remind_s=(3600, 7 * 86400)), desk.rules, START)
    assert prepared.plan is not None
    [last] = prepared.plan.messages
    assert (last.outgoing.validity_s, last.deadline_at) == (3600, AT)


@pytest.mark.parametrize("at", [START, START - H])
def test_a_past_one_is_too_late(desk: Desk, at: datetime) -> None:
    assert refused(desk.plan(at)) == "too_late"
    assert desk.waiting() == []


def test_what_is_wrong_with_it_is_said_before_anything_is_written(desk: Desk) -> None:
    for to, account, code in [("nobody", "clinic", "bad_number"), (TO, "nobody", "account_unknown")]:
        with pytest.raises(Rejected) as caught:
            desk.plan(to=to, account=account)
        assert caught.value.code == code


def test_quiet_hours_move_it(desk: Desk) -> None:
    accepted(desk.plan(START.replace(hour=23) + DAY, account="night", remind_s=(3600, 14 * 3600)))
    [first, second] = [START + pause for _, pause in desk.waiting()]
    assert (first.hour, first.minute, second.hour, second.minute) == (9, 0, 20, 45)


# -- sent again --------------------------------------------------------------------------------
def test_the_same_again_is_the_same(desk: Desk) -> None:
    first = accepted(desk.plan())
    again = accepted(desk.plan())
    assert (again.id, again.known) == (first.id, True)
    assert len(desk.waiting()) == 2
    desk.go_on(DAY + H)
    desk.taken()
    assert accepted(desk.plan()).id == first.id + 1  # the one that is to come
    desk.go_on(5 * DAY)
    assert accepted(desk.plan()).known  # though it is past by now


def test_the_same_again_in_one_batch(desk: Desk) -> None:
    one, two = map(accepted, desk.plan_all(desk.asked(AT), desk.asked(AT)))
    assert (one.id, one.known, two.id, two.known) == (two.id, False, one.id, True)


def test_messages_and_appointments_have_no_names_in_common(desk: Desk) -> None:
    accepted(desk.plan())
    [plain] = desk.plan_all(SendRequest(to=TO, text="x", client_id="a1", account="clinic"))
    assert refused(plain) == "duplicate_id"
    [other] = desk.plan_all(SendRequest(to=TO, text="x", client_id="a1"))
    accepted(other)  # another account's
    desk.send(client_id="a2", account="clinic", file=False)
    assert refused(desk.plan(key="a2")) == "duplicate_id"
    messages = desk.plan_all(
        desk.asked(AT, key="a3"), SendRequest(to=TO, text="x", client_id="a3", account="clinic")
    )
    assert [type(each) for each in messages] == [intake.Accepted, Rejected]


# -- moved and cancelled -----------------------------------------------------------------------
def test_it_moves(desk: Desk) -> None:
    accepted(desk.plan())
    accepted(desk.plan(AT + DAY))
    assert desk.waiting() == [("a1/2d/2", 2 * DAY), ("a1/2h/2", 4 * DAY - 2 * H)]
    accepted(desk.plan(AT))
    assert desk.waiting() == [("a1/2d/3", DAY), ("a1/2h/3", 3 * DAY - 2 * H)]


def test_what_went_already_goes_again_for_the_new_time(desk: Desk) -> None:
    accepted(desk.plan())
    desk.go_on(DAY)
    desk.taken()
    accepted(desk.plan(AT + 2 * DAY))
    assert desk.waiting() == [("a1/2d/2", 3 * DAY), ("a1/2h/2", 5 * DAY - 2 * H)]
    assert [desk.state(each) for each in (1, 2, 3, 4)] == ["sent", "cancelled", "scheduled", "scheduled"]


def test_another_text_number_or_lead_replaces_it_too(desk: Desk) -> None:
    accepted(desk.plan())
    wishes: list[dict[str, Any]] = [{"text": "Other"}, {"to": "+32475999999"}, {"remind_s": (3600,)}]
    for place, wish in enumerate(wishes, start=2):
        accepted(desk.plan(**wish))
        assert {(name or "").rpartition("/")[2] for name, _ in desk.waiting()} == {str(place)}


def test_moved_twice_in_one_batch(desk: Desk) -> None:
    answers = desk.plan_all(*(desk.asked(AT + n * DAY) for n in range(3)))
    assert [type(each) for each in answers] == [intake.Accepted] * 3
    assert [name for name, _ in desk.waiting()] == ["a1/2d/3", "a1/2h/3"]


def test_moved_into_the_past_the_old_one_goes_all_the_same(desk: Desk) -> None:
    accepted(desk.plan())
    assert refused(desk.plan(START - H)) == "too_late"
    assert desk.waiting() == []
    accepted(desk.plan())  # and back
    assert len(desk.waiting()) == 2


def test_a_part_in_hand_goes_on(desk: Desk) -> None:
    first = accepted(desk.plan())
    desk.go_on(DAY)
    part = desk.claimed()
    accepted(desk.plan(AT + 2 * DAY))
    assert desk.state(first.id) == "sending"
    assert part.message_id == first.id


def test_cancelled_nothing_waits(desk: Desk) -> None:
    first = accepted(desk.plan())
    assert desk.ask_cancel() is None
    assert desk.waiting() == []
    assert desk.ask_cancel() == "too_late"
    assert desk.ask_cancel("other") == desk.ask_cancel(account="nobody") == "bad_request"
    again = accepted(desk.plan())
    assert (again.known, again.state) == (True, "cancelled")
    assert again.id in {first.id, first.id + 1}
    accepted(desk.plan(AT + DAY))
    assert len(desk.waiting()) == 2


def test_a_reminder_is_not_tried_again_for_another_time(desk: Desk) -> None:
    first = accepted(desk.plan(remind_s=(3600,))).id
    second = accepted(desk.plan(AT + H, remind_s=(3600,))).id

    def retry(message_id: int) -> str:
        desk.retried.add(message_id)
        try:
            return desk.run(lambda tx: orders.retry(tx, desk.rules, message_id, desk.now)).state
        except Rejected as refusal:
            return refusal.reason

    assert "its appointment has changed" in retry(first)
    desk.run(lambda tx: orders.cancel(tx, desk.rules, second, desk.now))
    desk.now = AT
    assert retry(second) == "queued"
    times = desk.run(lambda tx: outbound.times_of(tx, second))
    assert from_us(times.deadline_at) == AT + H
    desk.run(lambda tx: orders.cancel(tx, desk.rules, second, desk.now))
    desk.now = AT + H
    assert "its appointment is past" in retry(second)


# -- credits -----------------------------------------------------------------------------------
def test_credits_are_held_for_each_reminder_and_released_with_it(desk: Desk) -> None:
    account_id = desk.grant(3)
    accepted(desk.plan(account="paid", remind_s=(3600, 7200)))
    assert desk.balance(account_id) == (1, 2)
    accepted(desk.plan(AT + DAY, account="paid", remind_s=(3600, 7200, 10_800)))
    assert desk.balance(account_id) == (0, 3)  # the old ones' were free for the new ones
    desk.ask_cancel(account="paid")
    assert desk.balance(account_id) == (3, 0)


def test_what_the_credits_do_not_cover_is_told(desk: Desk) -> None:
    account_id = desk.grant(1)
    accepted(desk.plan(account="paid", remind_s=(3600, 7200)))
    assert desk.balance(account_id) == (0, 1)
    assert [name for name, _ in desk.waiting()] == ["a1/2h"]
    assert refused(desk.plan(AT, "x" * 200, account="paid", remind_s=(3600,))) == "insufficient_credit"
    assert (desk.waiting(), desk.balance(account_id)) == ([], (1, 0))
    accepted(desk.plan(account="paid", remind_s=(3600,)))  # it may be tried again


# -- over any life -----------------------------------------------------------------------------
_STEPS = st.lists(
    st.tuples(st.sampled_from(["plan", "cancel", "wait", "send"]), st.integers(0, 200)), max_size=12
)


def no_old_one_waits(desk: Desk, tx: Any) -> bool:
    """Whether what waits is of the appointment as it is now, and is due before it."""
    owner = accounts.find(tx, "clinic")
    row = None if owner is None else store.find(tx, owner.id, "a1")
    waiting = desk.waiting()
    if row is None or row.state == "cancelled":
        return not waiting
    alive = {
        each.revision for each in store.reminders_of(tx, row.id) if each.state in {"scheduled", "queued"}
    }
    return alive <= {row.revision} and all(START + due < from_us(row.at) for _, due in waiting)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_STEPS)
def test_moves_never_leave_an_old_one_waiting(tmp_path_factory: Any, steps: list[tuple[str, int]]) -> None:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    for what, how_much in steps:
        if what == "plan":
            desk.plan(START + how_much * H)
        elif what == "cancel":
            desk.ask_cancel()
        elif what == "wait":
            desk.go_on(how_much * H / 4)
        else:
            desk.claim()
        assert desk.run(lambda tx: no_old_one_waits(desk, tx))


def test_past_ones_are_forgotten_with_the_numbers(desk: Desk) -> None:
    accepted(desk.plan())
    accepted(desk.plan(AT + DAY, key="a2"))
    assert desk.run(lambda tx: store.forget(tx, to_us(AT + H))) == 1
    assert rows(desk.database, "SELECT key FROM appointment") == [("a2",)]
    assert rows(desk.database, "SELECT count(*) FROM reminder") == [(2,)]
