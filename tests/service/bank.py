"""A store with accounts that pay, a clock, and every verb that moves credits; the books are kept beside it.

After each verb the model of :mod:`tests.service.books` is told what was done and reads how the parts are now;
``check`` holds it against the store's sums and against the ledger, row by row. A verb that is refused, or
whose transaction could not be committed, must have changed nothing.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from modemd.errors import Rejected
from modemd.model import MessageState, PartState, SendRequest
from modemd.service import dispatch, intake, routing, upkeep
from modemd.service import orders as verbs
from modemd.service.accounts import accounts
from modemd.service.credits import credit, credit_verify, suspension
from modemd.service.money import ordering, payments
from modemd.service.outcomes import Outcome, Seat
from modemd.service.terms import daily, objections, transfers
from modemd.store import modems
from tests.service.bank_customers import DEARER, START, expiry, price
from tests.service.books import Auditor, Message, Model, Order

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from modemd.service.money.ordering import Ordered
    from modemd.service.rules import Rules
    from modemd.store.database import Database
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

T = TypeVar("T")


class CommitFailed(Exception):
    """What stands for a disk that is full when a transaction is to be committed."""


def opened(database: Database, given: Rules, now: datetime) -> None:
    """Accounts and modems have their rows, as at a daemon's first start."""
    database.transact(lambda tx: accounts.sync(tx, given, now))
    database.transact(lambda tx: routing.sync(tx, given))


class Bank:
    """The verbs, at a time of one's choosing."""

    def __init__(self, database: Database, given: Rules, now: datetime = START) -> None:
        """The store is one that :func:`opened` has prepared."""
        self.database = database
        self.now = now
        self.rules = database.transact(lambda tx: accounts.merged(tx, given))
        self.modems = database.transact(lambda tx: modems.modem_ids(tx, given.gateway))
        self.ids: dict[str, int] = {}
        self.terms: dict[str, str] = {}
        for name, account, terms in self._rows("SELECT name, id, terms FROM account"):
            self.ids[name], self.terms[name] = account, terms
        self.model = Model()
        self.auditor = Auditor(database)
        self._looked: int | None = None
        self.failing = False
        """Whether the next transaction cannot be committed at first."""
        self.closed: set[str] = set()
        self.orders: dict[int, Order] = {}
        self.payments: dict[int, tuple[int, int]] = {}
        """``(order, cents)`` of what was paid and not taken back."""

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.database.connection.execute(sql).fetchall()]

    # -- a verb --------------------------------------------------------------------------------------------

    def run(self, job: Callable[[Tx], T]) -> T:
        """One transaction; where the disk is full it leaves nothing, and is done again."""
        if self.failing:
            self.failing = False
            with suppress(CommitFailed):
                self.database.transact(lambda tx: self._fail(job(tx)))
            self.check()
        return self.database.transact(job)

    @staticmethod
    def _fail(_result: object) -> None:
        raise CommitFailed

    def do(self, job: Callable[[Tx], T]) -> T | None:
        """A verb that only moves parts; ``None`` where it is refused."""
        try:
            result = self.run(job)
        except Rejected:
            return None
        self.follow()
        return result

    def follow(self) -> None:
        """The model reads what became of the parts."""
        found: dict[int, dict[int, PartState]] = defaultdict(dict)
        for message_id, part, state in self._rows("SELECT message_id, id, state FROM part ORDER BY id"):
            found[message_id][part] = PartState(state)
        for message_id, states in found.items():
            message = self.model.messages[message_id]
            if states != message.parts:
                self.model.follow(message_id, states, self.rate(message))

    def check(self) -> None:
        """The ledger, the store's sums and the model agree, and ``verify`` finds nothing."""
        changes = getattr(self.database.connection, "total_changes", None)
        if changes is not None and changes == self._looked:
            return  # nothing was written since
        self._looked = changes
        self.auditor.check(self.model)
        waiting = {message for (message,) in self._rows("SELECT message_id FROM credit_wait")}
        assert waiting == set(self.model.waiting)
        for message_id, credits_ in self._rows("SELECT id, credits FROM message"):
            assert credits_ == self.owed(message_id), f"message {message_id} says {credits_} credits"
        differences = self.database.transact(credit_verify.verify)
        assert not differences, differences

    def owed(self, message_id: int) -> int:
        """What a message costs as it is now: what is held for it, and what was taken."""
        model, message = self.model, self.model.messages[message_id]
        held = sum(share for part in message.parts for _, share in model.holds.get(part, ()))
        return held + sum(model.spent.get(part, 0) for part in message.parts)

    def rate(self, message: Message) -> int:
        """Credits for one part."""
        if message.account in self._free:
            return 0
        if message.to.startswith("+33"):
            return 2 if self.now < DEARER else 3
        return 1

    @property
    def _free(self) -> set[int]:
        return {self.ids[name] for name, terms in self.terms.items() if terms == "unlimited"}

    # -- sending -------------------------------------------------------------------------------------------

    def send(self, name: str, *requests: SendRequest) -> None:
        """One batch; each message is covered whole, or not accepted, or waits."""
        prepared = []
        for request in requests:
            with suppress(Rejected):  # too long
                prepared.append(intake.prepare(replace(request, account=name), self.rules, self.now))
        answers = self.run(lambda tx: intake.accept(tx, prepared, self.rules, self.now, source="cli"))
        for each, answer in zip(prepared, answers, strict=True):
            self._answered(self.ids[name], each, answer)
        self.follow()

    def _answered(self, account: int, each: intake.Prepared, answer: intake.Accepted | Rejected) -> None:
        model, message = self.model, Message(account, each.outgoing.destination)
        needed = self.rate(message) * len(each.encoded.parts)
        if isinstance(answer, Rejected):
            if answer.code == "insufficient_credit":
                assert str(needed) in str(answer)
                assert model.available(account) < needed, str(answer)
            return
        if answer.known:
            return
        model.messages[answer.id] = message
        if answer.state == MessageState.ACCEPTED:
            assert model.available(account) < needed or model.waits(account)
            model.waiting[answer.id] = self.rate(message)
        states = {part: PartState(state) for part, state in self._rows(
            f"SELECT id, state FROM part WHERE message_id = {answer.id} ORDER BY id")}  # fmt: skip
        assert len(states) == len(each.encoded.parts)
        model.follow(answer.id, states, self.rate(message))

    def seat(self, modem: str) -> Seat:
        return Seat(self.modems[modem], modem, f"sim of {modem}")

    def claim(self, modem: str) -> ClaimedPart | None:
        claimed = self.do(lambda tx: dispatch.next_part(tx, self.rules, self.seat(modem), self.now))
        return None if claimed is None or claimed.stopped is not None else claimed

    def record(self, part: ClaimedPart, outcome: Outcome, modem: str) -> None:
        self.do(lambda tx: dispatch.record(tx, self.rules, self.seat(modem), part, outcome, self.now))

    def retry(self, message_id: int) -> None:
        """Once more, at today's tariff; where the credits do not cover it, nothing happens."""
        message = self.model.messages[message_id]
        try:
            self.run(lambda tx: verbs.retry(tx, self.rules, message_id, self.now))
        except Rejected as refusal:
            if refusal.code == "insufficient_credit":
                again = [each for each in message.parts.values() if each in {5, 9, 10}]
                assert self.model.available(message.account) < self.rate(message) * len(again)
        else:
            self.follow()

    # -- what people do to credits -------------------------------------------------------------------------

    def grant(self, name: str, credits_: int, expires_at: datetime | None) -> None:
        account = self.ids[name]
        lot = self._administer(
            lambda tx: credit.grant(
                tx, account, credits_, source="grant", expires_at=expires_at, by="me", reason="a gift",
                now=self.now,
            )
        )  # fmt: skip
        if lot is not None:
            self.model.open(lot, account, credits_, expires_at)

    def adjust(self, name: str, credits_: int) -> None:
        account = self.ids[name]
        before = self.model.available(account)
        done = self._administer(
            lambda tx: credit.adjust(tx, account, credits_, by="me", reason="a mistake", now=self.now)
        )
        if done is not None and credits_ > 0:
            [(lot,)] = self._rows("SELECT max(id) FROM lot")
            self.model.open(lot, account, credits_, None)
        elif done is not None:
            assert before >= -credits_
            self.model.spend(account, -credits_)

    def order(self, name: str, credits_: int, client_id: str | None) -> int | None:
        made = self._administer(
            lambda tx: ordering.order(
                tx, self.rules, name, credits_, client_id=client_id, by="me", now=self.now
            )
        )
        if made is not None and made.id not in self.orders:
            total = int(made.total * 100)
            self.orders[made.id] = Order(self.ids[name], name, made.credits, total)
            assert total == price(credits_)
        self._see(made)
        return None if made is None else made.id

    def _see(self, made: Ordered | None) -> None:
        """Where an order has a lot now, it is one more."""
        if made is None:
            return
        known = self.orders[made.id]
        known.paid, known.state = int(made.paid * 100), made.state
        if made.lot is not None and known.lot is None:
            known.lot = made.lot
            months = 24 if self.terms[known.name] == "sms4less" else None
            self.model.open(made.lot, known.account, known.credits, expiry(months, self.now))

    def pay(self, order_id: int, amount: Decimal, ref: str) -> None:
        known = self.orders[order_id]
        paid = self._administer(
            lambda tx: payments.pay(tx, self.rules, order_id, amount, ref, by="me", now=self.now)
        )
        if paid is not None:
            cents = int(amount * 100)
            assert known.paid + cents <= known.total
            self.payments[paid.id] = (order_id, cents)
            self._see(paid.order)
            assert (known.state == "paid") == (known.paid == known.total)
            assert known.state != "paid" or known.lot is not None

    def charge_back(self, payment_id: int) -> None:
        """Under S §7.5 the order's lot is revoked, the others forfeited, and the account is closed."""
        order_id, cents = self.payments[payment_id]
        known = self.orders[order_id]
        taken = self._administer(
            lambda tx: payments.chargeback(tx, self.rules, payment_id, by="me", now=self.now)
        )
        if taken is not None:
            del self.payments[payment_id]
            self._see(taken.order)
            assert taken.amount * 100 == cents
            if self.terms[known.name] == "smstools" and known.name not in self.closed:
                if known.lot is not None:
                    self.model.end(known.lot, "revoke")
                self._end_all(known.name)

    def object(self, order_id: int, credits_: int | None) -> None:
        """To an order's invoice; with credits it is upheld, and made good with them (L §9)."""
        known, now = self.orders[order_id], self.now
        [(invoice,)] = self._rows(f"SELECT number FROM invoice WHERE order_id = {order_id}")
        found = self._administer(
            lambda tx: objections.object_to(
                tx, self.rules, known.name, "invoice", invoice, "too much", by="me", now=now
            )
        )
        if found is None:
            return
        verdict: objections.Verdict = "dismissed" if credits_ is None else "upheld"
        decided = self._administer(
            lambda tx: objections.decide(
                tx, self.rules, found.id, verdict, credits_=credits_, by="me", reason="it was", now=now
            )
        )
        if decided is not None and credits_ is not None:
            [(lot,)] = self._rows(f"SELECT lot_id FROM ledger WHERE id = {decided.entry_id}")
            self.model.open(lot, known.account, credits_, None)

    def cancel_order(self, order_id: int) -> None:
        known = self.orders[order_id]
        cancelled = self._administer(
            lambda tx: ordering.cancel_order(tx, self.rules, order_id, by="me", now=self.now)
        )
        if cancelled is not None:
            assert (known.paid, known.lot) == (0, None), "there are no refunds"
        self._see(cancelled)

    def close(self, name: str) -> None:
        done = self._administer(
            lambda tx: accounts.close(tx, self.rules, name, reason="customer", by="me", now=self.now)
        )
        if done is not None:
            self._end_all(name)

    def _end_all(self, name: str, *, closed: bool = True) -> None:
        if closed:
            self.closed.add(name)
        for lot_id, lot in self.model.lots.items():
            if lot.account == self.ids[name]:
                self.model.end(lot_id, "forfeit")

    def suspend(self, name: str) -> None:
        self._administer(
            lambda tx: accounts.suspend(
                tx, self.rules, name, reason="obligation_unmet", by="me", now=self.now
            )
        )

    def resume(self, name: str) -> None:
        self._administer(lambda tx: accounts.resume(tx, self.rules, name, by="me", now=self.now))

    def _administer(self, job: Callable[[Tx], T]) -> T | None:
        """What a person does; refused, it has changed nothing."""
        try:
            result = self.run(job)
        except Rejected:
            return None
        self.follow()
        return result

    def transfer(self, name: str, to: str) -> None:
        """What can be spent goes along, lot by lot; the first account is closed (L §18.2)."""
        [(newest,)] = self._rows("SELECT coalesce(max(id), 0) FROM lot")
        went = self._administer(
            lambda tx: transfers.transfer(tx, self.rules, name, to, by="me", now=self.now)
        )
        if went is not None:
            assert self.terms[name] == "sms4less", "S §1.2"
            self.terms[to] = self.terms[name]
            self.rules = self.database.transact(lambda tx: accounts.merged(tx, self.rules))
            model, source = self.model, self.ids[name]
            found = self._rows(f"SELECT id FROM lot WHERE id > {newest} ORDER BY id")
            lots = model.in_order(source)
            assert went.credits == sum(model.lots[lot_id].unspent for lot_id in lots)
            for lot_id, (new_id,) in zip(lots, found, strict=True):
                lot = model.lots[lot_id]
                model.open(new_id, self.ids[to], lot.unspent, lot.expires_at)
                model.end(lot_id, "transfer")
            self._end_all(name)

    # -- time ----------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """What the clock worker does, one verb after the other."""
        now, rules_ = self.now, self.rules
        self.do(lambda tx: upkeep.promote(tx, rules_, now))
        self.do(lambda tx: suspension.go_on(tx, rules_, now))
        self.do(lambda tx: upkeep.resolve_doubts(tx, rules_, now))
        self.do(lambda tx: upkeep.expire(tx, rules_, now))
        self._cover()
        self.do(lambda tx: accounts.cancel_closed(tx, rules_, now))
        self.do(lambda tx: upkeep.stop_waiting(tx, now))

    def _cover(self) -> None:
        self.run(lambda tx: credit.cover(tx, self.rules, self.now))
        active = [account for (account,) in self._rows("SELECT id FROM account WHERE state = 'active'")]
        self.model.cover(active)
        self.follow()

    def apply_terms(self) -> None:
        """The daily application: each step that is due, in a transaction of its own."""
        for _ in range(daily.ROUNDS):
            steps = self.database.transact(lambda tx: daily.due(tx, self.rules, self.now))
            if not sum(self._carry_out(step) for step in steps):
                break
        else:
            raise AssertionError("there is always something due")
        left = self.database.transact(lambda tx: daily.due(tx, self.rules, self.now))
        refused = [step for step in left if step.kind == "expire"]
        for lot_id, lot in self.model.lots.items():
            over = lot.expires_at is not None and lot.expires_at <= self.now and lot.closed_as is None
            kept = {step.target for step in refused}
            assert not over or not lot.unspent + lot.held or lot_id in kept, f"lot {lot_id} is over: {lot}"

    def _carry_out(self, step: daily.Step) -> bool:
        unspent = self.model.available(step.account_id)
        done = self._administer(lambda tx: daily.carry_out(tx, self.rules, step, self.now))
        if done and step.kind == "expire":
            assert step.target is not None
            lot = self.model.lots[step.target]
            assert lot.expires_at is not None
            assert lot.expires_at <= self.now
            assert step.credits == self.model.end(step.target, "forfeit")
        elif done and step.kind == "forfeit":
            assert step.credits == unspent
            self._end_all(step.account, closed=False)
        elif done and step.kind == "close":
            self._end_all(step.account)
        return bool(done)

    def crash(self) -> None:
        """The gateway starts anew: what was in hand is in doubt."""
        self.do(lambda tx: routing.sync(tx, self.rules))
        self.do(lambda tx: upkeep.recover(tx, self.rules, self.now))
