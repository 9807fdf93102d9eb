"""Appointments and their reminders in the store: planned, moved, cancelled (L §1.3, 11.2).

A reminder is a message like any other: it is accepted, charged and told of as such. What is kept beside it is
whose reminder it is, so that an appointment that moves takes along what still waits.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.formats.leads import lead_word
from modemd.model import ENDED, MessageState, PartState
from modemd.service import intake, orders
from modemd.service.intake import Accepted
from modemd.service.outbox import announce_rejected
from modemd.service.rollup import settle_by_id
from modemd.service.told import rejected_event
from modemd.store import accounts, outbound, parts
from modemd.store import appointments as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.model import Reply
    from modemd.service.checks import Planned, Prepared
    from modemd.service.rules import Rules
    from modemd.store.appointments import AppointmentRow
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx

log = logging.getLogger(__name__)

Answer = Accepted | Rejected
_GONE: Final = ENDED | {MessageState.SENT}
"""Nothing is to come of a message in one of these states."""
MOVED: Final = "its appointment has moved"
CANCELLED: Final = "its appointment was cancelled"


def accept(
    tx: Tx,
    prepared: Sequence[Prepared],
    rules: Rules,
    now: datetime,
    *,
    source: str,
    file_ids: Sequence[int | None] = (),
    replies: Sequence[Reply | None] = (),
    calendar_id: int | None = None,
) -> list[Answer]:
    """Accept messages and appointments; the answers come in the order of the requests.

    An appointment's answer is that of its first reminder that is accepted, or why none is. One that is known
    by its ``id`` with the same contents is left as it is; with others, what waits of it is cancelled (and its
    credits are released) before it is planned anew, also where nothing new can be accepted.

    Args:
        tx: the transaction that all of it becomes.
        prepared: what :func:`modemd.service.intake.prepare` made of the requests.
        rules: the rules in force.
        now: aware.
        source: the door that they came through.
        file_ids: for each request its file; the messages of an appointment belong to none.
        replies: for each request where its answer is wanted.
        calendar_id: the calendar that they come from: it knows best, so what was cancelled is planned again.
    """
    named = any(each.request.client_id is not None for each in prepared)
    if all(each.plan is None for each in prepared) and not (named and store.are_any(tx)):
        return intake.accept(tx, prepared, rules, now, source=source, file_ids=file_ids, replies=replies)
    batch = _Batch(tx, rules, now, source, calendar_id)
    nobody = [None] * len(prepared)
    for slot, asked in enumerate(zip(prepared, file_ids or nobody, replies or nobody, strict=True)):
        batch.take(slot, *asked)
    batch.flush()
    return [batch.answers[slot] for slot in range(len(prepared))]


def cancel(tx: Tx, rules: Rules, account: str, key: str, now: datetime) -> MessageRow:
    """Cancel what waits of an appointment; return the last of its messages that ended by it.

    Raises:
        Rejected: ``bad_request``: there is no such appointment; ``too_late``: nothing of it waits any more.
    """
    owner = accounts.find(tx, account)
    row = None if owner is None else store.find(tx, owner.id, key)
    if row is None:
        raise Rejected("bad_request", f"client_id: there is no message {key!r}")
    ended = call_off(tx, rules, row, now)
    if not ended:
        raise Rejected("too_late", f"appointment {key!r} cannot be cancelled: none of its reminders waits")
    return ended[-1]


def cancel_named(tx: Tx, rules: Rules, account: str, name: str, now: datetime) -> MessageRow:
    """Cancel what waits of a message, or of an appointment, that an account knows by this name.

    Raises:
        Rejected: ``bad_request``: there is none; ``too_late``: nothing of it waits any more.
    """
    message = outbound.find_by_client(tx, account, name)
    if message is not None:
        return orders.cancel(tx, rules, int(message[0]), now)
    return cancel(tx, rules, account, name, now)


def call_off(tx: Tx, rules: Rules, row: AppointmentRow, now: datetime) -> list[MessageRow]:
    """Cancel what waits of an appointment, and note that it does not take place; return what ended."""
    ended = _cancel_waiting(tx, rules, row, CANCELLED, now)
    store.change(
        tx, row.id, at_us=row.at, revision=row.revision, digest=row.digest, state="cancelled"
    )  # fmt: skip
    return ended


def _cancel_waiting(
    tx: Tx, rules: Rules, row: AppointmentRow, reason: str, now: datetime
) -> list[MessageRow]:
    """A part that a modem has in hand goes on: nobody can call it back."""
    ended = []
    for each in store.reminders_of(tx, row.id):
        if each.state not in _GONE and parts.close_waiting(tx, each.message_id, PartState.CANCELLED):
            settle_by_id(tx, rules, each.message_id, to_us(now), code="cancelled", reason=reason)
            message = outbound.find_message(tx, each.message_id)
            assert message is not None, "it was settled just now"
            ended.append(message)
    return ended


@dataclass(slots=True)
class _Opened:
    """An appointment whose messages are in the line; ``row`` is what the store had of it."""

    plan: Planned
    account_id: int
    row: AppointmentRow | None
    revision: int
    known: bool = False
    messages: list[Prepared] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)


class _Batch:
    """Gathers messages, so that as many as possible are accepted at once."""

    def __init__(self, tx: Tx, rules: Rules, now: datetime, source: str, calendar_id: int | None) -> None:
        self.answers: dict[int, Answer] = {}
        self._tx = tx
        self._rules = rules
        self._now = now
        self._source = source
        self._calendar_id = calendar_id
        self._line: list[tuple[int, Prepared, int | None, Reply | None]] = []
        self._opened: dict[int, _Opened] = {}
        self._keys: set[tuple[str, str | None]] = set()
        self._ids: dict[str, int | None] = {}

    def take(self, slot: int, each: Prepared, file_id: int | None, reply: Reply | None) -> None:
        """Put the messages of one request into the line, or answer it at once."""
        name = (each.account, each.request.client_id)
        if name[1] is not None and name in self._keys:
            self.flush()  # it moves what came earlier in this batch
        self._keys.add(name)
        try:
            opened = None if each.plan is None else self._open(each, each.plan)
            if opened is None:
                self._check_name(each)
        except Rejected as refused:
            self.answers[slot] = refused
            return
        if opened is None:
            self._line.append((slot, each, file_id, reply))
            return
        self._opened[slot] = opened
        self._line.extend((slot, message, None, reply) for message in opened.messages)

    def flush(self) -> None:
        """Accept what is in the line, and write down whose reminders it is."""
        line, self._line = self._line, []
        answers = intake.accept(
            self._tx,
            [each for _, each, _, _ in line],
            self._rules,
            self._now,
            source=self._source,
            file_ids=[file_id for _, _, file_id, _ in line],
            replies=[reply for _, _, _, reply in line],
        )
        for (slot, _, _, _), answer in zip(line, answers, strict=True):
            if slot in self._opened:
                self._opened[slot].answers.append(answer)
            else:
                self.answers[slot] = answer
        for slot, opened in self._opened.items():
            self.answers[slot] = self._close(opened)
        self._opened = {}
        self._keys = set()

    def _find_account(self, account: str) -> int | None:
        if account not in self._ids:
            owner = accounts.find(self._tx, account)
            self._ids[account] = None if owner is None else owner.id
        return self._ids[account]

    def _account_id(self, account: str) -> int:
        account_id = self._find_account(account)
        if account_id is None:
            raise Rejected("account_unknown", f"there is no account {account!r}")
        return account_id

    def _check_name(self, each: Prepared) -> None:
        """A message may not go by an appointment's name: nobody could tell them apart."""
        key = each.request.client_id
        account_id = None if key is None else self._find_account(each.account)
        if account_id is not None and key is not None and store.find(self._tx, account_id, key) is not None:
            raise Rejected("duplicate_id", f"id {key!r} was used for an appointment")

    def _open(self, each: Prepared, plan: Planned) -> _Opened:
        account_id = self._account_id(each.account)
        row = None if plan.key is None else store.find(self._tx, account_id, plan.key)
        if row is None:
            if plan.key is not None and outbound.find_by_client(self._tx, each.account, plan.key):
                raise Rejected("duplicate_id", f"id {plan.key!r} was used for a message")
        elif row.calendar_id != self._calendar_id:
            raise Rejected("duplicate_id", f"id {plan.key!r} was used for an appointment from elsewhere")
        elif row.digest == plan.digest and (row.state == "planned" or self._calendar_id is None):
            return self._known(each, plan, row)
        else:
            _cancel_waiting(self._tx, self._rules, row, MOVED, self._now)
        if plan.refusal is not None:
            self._nothing_came(row, plan)
            raise plan.refusal
        revision = 1 if row is None else row.revision + 1
        messages = [
            _named(message, plan.key, lead_s, revision)
            for message, lead_s in zip(plan.messages, plan.leads_s, strict=True)
        ]
        return _Opened(plan, account_id, row, revision, messages=messages)

    def _known(self, each: Prepared, plan: Planned, row: AppointmentRow) -> _Opened:
        """The same again: it is answered with what is next of it."""
        mine = [one for one in store.reminders_of(self._tx, row.id) if one.revision == row.revision]
        next_one = next((one for one in mine if one.state not in _GONE), mine[-1])
        request = replace(each.request, client_id=next_one.client_id, appointment_at=None)
        message = replace(each, request=request, plan=None)
        return _Opened(plan, row.account_id, row, row.revision, known=True, messages=[message])

    def _close(self, opened: _Opened) -> Answer:
        """Write down what was accepted of an appointment; tell of what was refused beside it."""
        if opened.known:
            return opened.answers[0]
        plan, asked = (
            opened.plan,
            list(zip(opened.messages, opened.plan.leads_s, opened.answers, strict=True)),
        )
        taken = [(answer.id, lead_s) for _, lead_s, answer in asked if isinstance(answer, Accepted)]
        if not taken:
            self._nothing_came(opened.row, plan)
            return opened.answers[0]
        at_us = to_us(plan.at)
        if opened.row is None:
            row_id = store.add(self._tx, opened.account_id, plan.key, at_us, plan.digest, self._calendar_id)
        else:
            row_id = opened.row.id
            store.change(
                self._tx, row_id, at_us=at_us, revision=opened.revision, digest=plan.digest, state="planned"
            )
        store.add_reminders(self._tx, row_id, opened.revision, taken)
        for message, _, answer in asked:
            if isinstance(answer, Rejected):
                self._tell_refused(message, answer)
        return next(answer for answer in opened.answers if isinstance(answer, Accepted))

    def _nothing_came(self, row: AppointmentRow | None, plan: Planned) -> None:
        """What it was planned from is forgotten, so that the same may be tried again."""
        if row is not None:
            store.change(
                self._tx, row.id, at_us=to_us(plan.at), revision=row.revision, digest=b"", state="cancelled"
            )

    def _tell_refused(self, message: Prepared, refused: Rejected) -> None:
        request = message.request
        log.warning("a reminder of account %s is not sent: %s", message.account, refused.code)
        event = rejected_event(refused, message.account, request.client_id, request.to, self._now)
        announce_rejected(self._tx, self._rules, event, to_us(self._now), None)


def _named(message: Prepared, key: str | None, lead_s: int, revision: int) -> Prepared:
    """Each reminder has a name of its own: ``<id>/<lead>``, and how often it was planned from then on."""
    if key is None:
        return replace(message, digest=None)
    name = f"{key}/{lead_word(lead_s)}" + (f"/{revision}" if revision > 1 else "")
    return replace(message, request=replace(message.request, client_id=name))
