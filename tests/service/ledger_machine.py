"""A machine that does everything that moves credits, in any order."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, ClassVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from modemd.gsm.terminated import encode_status_report
from modemd.model import SendRequest
from modemd.service import dispatch, orders, reports
from modemd.service.outcomes import Denied, Outcome, Taken, Unanswered
from tests.service import bank_customers
from tests.service.bank_customers import BELGIUM, FRANCE, MODEMS, PAYING
from tests.service.ledger_place import Place
from tests.service.ledger_steps import (
    LEAPS,
    MOMENTS,
    Batch,
    accounts,
    batches,
    few,
    modems,
    outcomes,
    paying,
)
from tests.service.office import with_sending

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.service.rules import Rules
    from modemd.store.queue import ClaimedPart

STEPS = 18
"""So many rules an example, and then everything is brought to an end."""
_FEW_MRS = 3
"""TP-MRs come round soon, so that a report may fit several parts."""


@cache
def _rules() -> Rules:
    return bank_customers.rules()


class Ledger(RuleBasedStateMachine):
    """Four accounts, two modems, one store; ``Bank`` looks at the books after every verb."""

    place: ClassVar[Place]
    counted: ClassVar[Counter[str]]
    """How often each thing happened."""

    @initialize(
        begin=st.sampled_from(sorted(MOMENTS)),
        policy=st.sampled_from(["resend", "hold", "sent"]),
        retries=st.integers(0, 1),
        gifts=st.tuples(*[st.sampled_from([30, 100, 3, 0])] * 3),
    )
    def open(self, begin: str, policy: str, retries: int, gifts: tuple[int, int, int]) -> None:
        rules = with_sending(_rules(), uncertain=policy, retries=retries)
        self.bank = self.place.begin(rules, MOMENTS[begin])
        self.held: dict[str, ClaimedPart] = {}
        self.silent: dict[str, str] = {}
        self.mrs = dict.fromkeys(MODEMS, 0)
        self.refs = 0
        self.latest = self.bank.now
        for name, credits_ in zip(PAYING, gifts, strict=True):
            if credits_:
                self.bank.grant(name, credits_, None)

    @invariant()
    def the_books_are_right(self) -> None:
        if hasattr(self, "bank"):
            self.bank.check()

    def _did(self, what: str) -> None:
        self.counted[what] += 1

    # -- money ---------------------------------------------------------------------------------------------

    @rule(name=paying, credits_=st.integers(1, 30), days=st.sampled_from([None, None, 5, 40]))
    def grant(self, name: str, credits_: int, days: int | None) -> None:
        self._did("grant")
        at = (
            None
            if days is None or self.bank.terms[name] != "sms4less"
            else self.bank.now + timedelta(days=days)
        )
        self.bank.grant(name, credits_, at)

    @rule(name=paying, credits_=st.sampled_from([-40, -7, -1, 0, 1, 9]))
    def adjust(self, name: str, credits_: int) -> None:
        self._did("adjust")
        self.bank.adjust(name, credits_)

    @rule(
        name=paying,
        credits_=st.sampled_from([1, 7, 20, 21, 400, 401]),
        named=st.booleans(),
        tenths=st.lists(st.sampled_from([1, 5, 10, 10, 10]), max_size=3),
    )
    def order(self, name: str, credits_: int, named: bool, tenths: list[int]) -> None:
        """And some of it, or all, is paid at once."""
        self._did("order")
        made = self.bank.order(name, credits_, f"order of {credits_}" if named else None)
        if made is not None:
            for each in tenths:
                self._pay(made, each, again=False)

    @rule(pick=few, tenths=st.sampled_from([1, 5, 10, 10, 10, 11]), again=st.booleans())
    def pay(self, pick: int, tenths: int, again: bool) -> None:
        """A part of it, the rest, or more; sometimes under a mark that was booked already."""
        if found := sorted(self.bank.orders):
            self._pay(found[pick % len(found)], tenths, again=again)

    def _pay(self, order_id: int, tenths: int, *, again: bool) -> None:
        self._did("pay")
        order = self.bank.orders[order_id]
        self.refs += not again
        self.bank.pay(order_id, Decimal((order.total - order.paid) * tenths // 10) / 100, f"bank {self.refs}")

    @rule(pick=few)
    def charge_back(self, pick: int) -> None:
        if found := sorted(self.bank.payments):
            self._did("charge back")
            self.bank.charge_back(found[pick % len(found)])

    @rule(pick=few, credits_=st.sampled_from([None, 0, 2]))
    def object(self, pick: int, credits_: int | None) -> None:
        if found := sorted(self.bank.orders):
            self._did("object")
            self.bank.object(found[pick % len(found)], credits_)

    @rule(pick=few)
    def cancel_order(self, pick: int) -> None:
        if found := sorted(self.bank.orders):
            self._did("cancel an order")
            self.bank.cancel_order(found[pick % len(found)])

    # -- accounts ------------------------------------------------------------------------------------------

    @rule(name=accounts, resumes=st.booleans())
    def suspend_or_resume(self, name: str, resumes: bool) -> None:
        self._did("suspend or resume")
        (self.bank.resume if resumes else self.bank.suspend)(name)

    @rule(name=accounts, sure=st.booleans())
    def close(self, name: str, sure: bool) -> None:
        if sure:
            self._did("close")
            self.bank.close(name)

    @rule(name=paying, to=accounts, sure=few)
    def transfer(self, name: str, to: str, sure: int) -> None:
        if sure < 2:
            self._did("transfer")
            self.bank.transfer(name, to)

    # -- messages ------------------------------------------------------------------------------------------

    def _send(self, batch: Batch) -> None:
        self._did("send")
        at = None if batch.wait_s is None else self.bank.now + timedelta(seconds=batch.wait_s)
        requests = [
            SendRequest(to=batch.to, text=text, not_before_at=at, client_id=batch.client_id)
            for text in batch.texts
        ]
        self.bank.send(batch.name, *requests)
        self.bank.check()
        self.work(batch.modem, batch.ends)

    # Which rule comes next is left to chance: what all is about is there more than once.
    @rule(batch=batches)
    def send(self, batch: Batch) -> None:
        self._send(batch)

    @rule(batch=batches)
    def send_more(self, batch: Batch) -> None:
        self._send(batch)

    @rule(batch=batches)
    def send_even_more(self, batch: Batch) -> None:
        self._send(batch)

    def _message(self, pick: int) -> int | None:
        found = sorted(self.bank.model.messages)
        return found[pick % len(found)] if found else None

    @rule(pick=few)
    def cancel(self, pick: int) -> None:
        if (message := self._message(pick)) is not None:
            self._did("cancel")
            self.bank.do(lambda tx: orders.cancel(tx, self.bank.rules, message, self.bank.now))

    @rule(pick=few)
    def retry(self, pick: int) -> None:
        found = [
            message
            for message, each in sorted(self.bank.model.messages.items())
            if {5, 9, 10} & set(each.parts.values())
        ]
        if found:
            self._did("retry")
            self.bank.retry(found[pick % len(found)])

    @rule(pick=few, verdict=st.sampled_from(["sent", "failed"]))
    def resolve(self, pick: int, verdict: str) -> None:
        found = [
            message for message, each in sorted(self.bank.model.messages.items()) if 7 in each.parts.values()
        ]
        if found:
            self._did("resolve")
            message = found[pick % len(found)]
            self.bank.do(
                lambda tx: orders.resolve(
                    tx, self.bank.rules, message, "sent" if verdict == "sent" else "failed", self.bank.now
                )
            )

    # -- modems --------------------------------------------------------------------------------------------

    def _hand(self, modem: str) -> ClaimedPart | None:
        """The part that a modem has in hand, or its next one."""
        if modem not in self.held and (part := self.bank.claim(modem)) is not None:
            self.held[modem] = part
        return self.held.get(modem)

    @rule(modem=modems, ends=outcomes)
    def work(self, modem: str, ends: list[str]) -> None:
        """A modem takes parts in hand, one after the other, and this becomes of them."""
        for end in ends:
            if (part := self._hand(modem)) is None:
                break
            self._did(end)
            if end == "is on the air":
                break
            del self.held[modem]
            self._end(modem, part, end)

    def _end(self, modem: str, part: ClaimedPart, end: str) -> None:
        it = self.bank
        if end == "is given back":
            it.do(lambda tx: dispatch.give_back(tx, it.rules, part, it.now))
            return
        outcome: Outcome
        if end.startswith("is taken"):
            outcome = Taken(None if end.endswith("unsaid") else self._next_mr(modem))
        elif end.startswith("is refused"):
            outcome = Denied("CMS", int(end.rsplit(maxsplit=1)[-1]), "refused")
        else:
            outcome = Unanswered("no answer", after_body=end != "is never asked for")
            self.silent[modem] = part.pdu
        it.record(part, outcome, modem)

    @rule(modem=modems, refused=st.booleans())
    def answer_late(self, modem: str, refused: bool) -> None:
        outcome = Denied("CMS", 38, "refused") if refused else Taken(self._next_mr(modem))
        pdu, it = self.silent.pop(modem, None), self.bank
        if it.do(lambda tx: dispatch.late(tx, it.rules, it.seat(modem), outcome, pdu, it.now)):
            self._did("answer late")

    @rule(
        modem=modems,
        tp_mr=st.integers(0, _FEW_MRS - 1),
        tp_status=st.sampled_from([0x00, 0x00, 0x02, 0x20, 0x46]),
        to=st.sampled_from([BELGIUM, FRANCE]),
    )
    def report(self, modem: str, tp_mr: int, tp_status: int, to: str) -> None:
        it = self.bank
        made = encode_status_report(
            tp_mr=tp_mr, recipient=to, tp_status=tp_status, sc_at=it.now, discharged_at=it.now
        )
        if it.do(lambda tx: reports.apply(tx, it.rules, it.seat(modem), made.pdu, it.now)):
            self._did("report")

    def _next_mr(self, modem: str) -> int:
        self.mrs[modem] = (self.mrs[modem] + 1) % _FEW_MRS
        return self.mrs[modem]

    # -- time, and what goes wrong -------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 60, 700, 8000]))
    def wait(self, seconds: int) -> None:
        self._did("wait")
        self.bank.now += timedelta(seconds=seconds)
        self.bank.tick()

    @rule(leap=st.sampled_from(LEAPS))
    def days_pass(self, leap: timedelta) -> None:
        """The gateway may have been off meanwhile: what was due is caught up with."""
        self._did("days pass")
        self.bank.now += leap
        self.bank.apply_terms()
        self.bank.tick()

    @rule(back=st.sampled_from([timedelta(seconds=30), timedelta(hours=1), timedelta(days=40)]))
    def clock_is_set_back(self, back: timedelta) -> None:
        self._did("clock set back")
        self.latest = max(self.latest, self.bank.now)
        self.bank.now -= back

    @rule(begun=st.booleans())
    def crash(self, begun: bool) -> None:
        """What the modems had in hand is in doubt; sometimes in the midst of a commit."""
        self._did("crash")
        self.held.clear()
        self.bank.failing = begun
        self.bank.crash()

    @rule(sure=st.booleans())
    def disk_is_full(self, sure: bool) -> None:
        """The next commit fails, and is tried again."""
        if sure:
            self._did("commit fails")
            self.bank.failing = True

    def teardown(self) -> None:
        """In the end the modems do their work, and nothing is held but what is in doubt for a person."""
        if not hasattr(self, "bank") or sys.exc_info()[0] is not None:
            return
        it = self.bank
        it.failing = False
        it.now = max(it.now, self.latest)
        self.held.clear()
        it.crash()
        for _ in range(3):
            it.now += timedelta(minutes=11)
            it.tick()
            for modem in MODEMS:
                while (part := it.claim(modem)) is not None:
                    it.record(part, Taken(None), modem)
        it.now += timedelta(days=3)
        it.tick()
        states = {
            part: each for message in it.model.messages.values() for part, each in message.parts.items()
        }
        for held in it.model.holds:
            assert states[held] == 7, f"part {held} is {states[held]!r}, and still held"
        it.check()


def run(
    dialect: str,
    examples: int,
    *,
    decorate: Callable[[type[Ledger]], type[Ledger]] | None = None,
    **more: Any,
) -> Counter[str]:
    """So many examples; return how often each thing happened. The first that fails is told by its steps.

    ``more`` goes to hypothesis's settings; ``decorate`` may be its ``seed``.
    """
    happened: Counter[str] = Counter()
    with Place(dialect) as place:
        machine = type("Ledger", (Ledger,), {"place": place, "counted": happened})
        how = settings(
            max_examples=examples, stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), **more,
        )  # fmt: skip
        run_state_machine_as_test(machine if decorate is None else decorate(machine), settings=how)
    return happened
