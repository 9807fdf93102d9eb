"""Anything in any order: after every step the books are right, and every accepted message comes to an end."""

from __future__ import annotations

import contextlib
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from modemd.errors import Rejected
from modemd.model import ENDED, MessageState, Priority, Reply, SendRequest
from modemd.service import dispatch, intake, orders, routing, upkeep
from modemd.service.outbox import MQTT
from modemd.service.outcomes import Denied, Taken, Unanswered
from tests.service.office import LONG, TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

MODEMS = ("gsm1", "gsm2")
OTHER = "+32475654321"
_FEW_MRS = 4
"""TP-MRs come round soon, so that a report may fit several parts."""

some_modem = st.sampled_from(MODEMS)
refusals = st.builds(
    Denied,
    st.just("CMS"),
    st.sampled_from([None, 1, 8, 21, 28, 38, 41, 69, 81, 197, 322, 330, 331, 332, 500, 512]),
    st.just("refused"),
    st.booleans(),
)
verdicts: st.SearchStrategy[Literal["sent", "failed"]] = st.sampled_from(["sent", "failed"])


class Gateway(RuleBasedStateMachine):
    """Two modems, one store, and everything that happens to them; ``Office`` looks at the books."""

    @initialize(
        policy=st.sampled_from(["resend", "hold", "sent"]),
        retries=st.integers(0, 2),
        broker=st.sampled_from([True, True, True, False]),
    )
    def open(self, policy: str, retries: int, broker: bool) -> None:
        self.folder = tempfile.TemporaryDirectory()
        sending = {"uncertain": policy, "retries": retries, "validity": "1h", "uncertain_after": "10m"}
        self.office = Office(Path(self.folder.name), rules_of(sending=sending), broker=broker)
        self.held: dict[str, ClaimedPart] = {}
        self.mrs = dict.fromkeys(MODEMS, 0)
        self.unanswered: dict[str, str] = {}

    def teardown(self) -> None:
        if hasattr(self, "office"):
            with self.folder:
                try:
                    self._bring_to_an_end()
                finally:
                    self.office.database.close()

    # -- those who send ------------------------------------------------------------------------------------

    @rule(
        text=st.sampled_from(["Hello", LONG]),
        to=st.sampled_from([TO, OTHER]),
        report=st.booleans(),
        modem=st.sampled_from([None, None, "gsm1"]),
        priority=st.sampled_from(Priority),
        wait_s=st.sampled_from([None, None, 300]),
    )
    def accept(
        self, text: str, to: str, report: bool, modem: str | None, priority: Priority, wait_s: int | None
    ) -> None:
        at = None if wait_s is None else self.office.now + timedelta(seconds=wait_s)
        self.office.send(text, to=to, report=report, modem=modem, priority=priority, not_before_at=at)

    @rule(
        client_ids=st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3),
        text=st.sampled_from(["Hello", LONG]),
        wait_s=st.sampled_from([None, 300]),
    )
    def ask(self, client_ids: list[str], text: str, wait_s: int | None) -> None:
        """By the broker, with an id: what is known is answered as it is, other contents are refused."""
        at = None if wait_s is None else self.office.now + timedelta(seconds=wait_s)
        requests = [SendRequest(to=TO, text=text, client_id=each, not_before_at=at) for each in client_ids]
        before = self._answered()
        answers = self.office.ask(*requests, reply=Reply("asker", b"1"))
        good = sum(isinstance(each, intake.Accepted) for each in answers)
        assert self._answered() == before + (good if MQTT in self.office.rules.consumers else 0)

    def _answered(self) -> int:
        [(count,)] = rows(self.office.database, "SELECT count(*) FROM outbox WHERE topic = '=asker'")
        return int(count)

    @rule(message=st.integers(1, 5))
    def cancel(self, message: int) -> None:
        with contextlib.suppress(Rejected):
            self.office.run(lambda tx: orders.cancel(tx, self.office.rules, message, self.office.now))

    @rule(message=st.integers(1, 5))
    def retry(self, message: int) -> None:
        self.office.retried.add(message)
        with contextlib.suppress(Rejected):
            self.office.run(lambda tx: orders.retry(tx, self.office.rules, message, self.office.now))

    @rule(pick=st.integers(0, 9))
    def retry_what_ended(self, pick: int) -> None:
        """One of those that a retry is for."""
        sql = "SELECT id FROM message WHERE state IN ('failed', 'expired', 'cancelled')"
        if ended := rows(self.office.database, sql):
            self.retry(ended[pick % len(ended)][0])

    @rule(message=st.integers(1, 5), verdict=verdicts)
    def resolve(self, message: int, verdict: Literal["sent", "failed"]) -> None:
        with contextlib.suppress(Rejected):
            self.office.run(
                lambda tx: orders.resolve(tx, self.office.rules, message, verdict, self.office.now)
            )

    # -- modems --------------------------------------------------------------------------------------------

    @rule(modem=some_modem)
    def claim(self, modem: str) -> None:
        if modem not in self.held and (part := self.office.claim(modem)) is not None:
            self.held[modem] = part

    @rule(modem=some_modem, told=st.booleans())
    def take(self, modem: str, told: bool) -> None:
        if modem in self.held:
            self.office.record(self.held.pop(modem), Taken(self._next_mr(modem) if told else None), modem)

    @rule(modem=some_modem, refusal=refusals)
    def refuse(self, modem: str, refusal: Denied) -> None:
        if modem in self.held:
            self.office.record(self.held.pop(modem), refusal, modem)

    @rule(modem=some_modem, after_body=st.booleans())
    def be_silent(self, modem: str, after_body: bool) -> None:
        if modem in self.held:
            part = self.held.pop(modem)
            self.unanswered[modem] = part.pdu
            self.office.record(part, Unanswered("no answer", after_body), modem)

    @rule(modem=some_modem, refused=st.booleans(), mine=st.booleans())
    def answer_late(self, modem: str, refused: bool, mine: bool) -> None:
        outcome = Denied("CMS", 38, "refused") if refused else Taken(self._next_mr(modem))
        pdu = self.unanswered.pop(modem, None) if mine else None
        office = self.office
        office.run(lambda tx: dispatch.late(tx, office.rules, office.seat(modem), outcome, pdu, office.now))

    @rule(modem=some_modem)
    def give_back(self, modem: str) -> None:
        if modem in self.held:
            part = self.held.pop(modem)
            self.office.run(lambda tx: dispatch.give_back(tx, self.office.rules, part, self.office.now))

    @rule(modem=some_modem, state=st.sampled_from(["ready", "absent", "paused"]))
    def be_there_or_not(self, modem: str, state: str) -> None:
        self.office.be(modem, state)

    @rule(
        modem=some_modem,
        tp_mr=st.integers(0, _FEW_MRS - 1),
        tp_status=st.sampled_from([0x00, 0x00, 0x01, 0x02, 0x20, 0x46, 0x60, 0x90]),
        to=st.sampled_from([TO, OTHER, "0475123456"]),
    )
    def report(self, modem: str, tp_mr: int, tp_status: int, to: str) -> None:
        self.office.reported(tp_mr, tp_status, to=to, name=modem)

    @rule(pick=st.integers(0, 9), tp_status=st.sampled_from([0x00, 0x00, 0x46, 0x41]))
    def report_what_is_awaited(self, pick: int, tp_status: int) -> None:
        """One that fits a part for sure."""
        sql = (
            "SELECT part.tp_mr, message.destination, modem.name FROM part"
            " JOIN message ON message.id = part.message_id JOIN modem ON modem.id = part.modem_id"
            " WHERE part.awaiting = 1"
        )
        if awaited := rows(self.office.database, sql):
            tp_mr, to, modem = awaited[pick % len(awaited)]
            self.office.reported(tp_mr, tp_status, to=to, name=modem)

    # -- time ----------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([1, 60, 700, 4000]))
    def wait(self, seconds: int) -> None:
        self.office.later(seconds=seconds)
        self.office.run(self._tick)

    @rule()
    def crash(self) -> None:
        self.held.clear()
        self.office.run(self._start)

    def _start(self, tx: Tx) -> None:
        routing.sync(tx, self.office.rules)
        upkeep.recover(tx, self.office.rules, self.office.now)

    def _tick(self, tx: Tx) -> None:
        rules, now = self.office.rules, self.office.now
        upkeep.promote(tx, rules, now)
        upkeep.expire(tx, rules, now)
        upkeep.resolve_doubts(tx, rules, now)
        upkeep.stop_waiting(tx, now)

    def _next_mr(self, modem: str) -> int:
        self.mrs[modem] = (self.mrs[modem] + 1) % _FEW_MRS
        return self.mrs[modem]

    # -- the end -------------------------------------------------------------------------------------------

    def _bring_to_an_end(self) -> None:
        """The modems do their work again: nothing is left over but what is held for a person."""
        office = self.office
        for modem in MODEMS:
            office.be(modem, "ready")
        self.crash()
        for _ in range(3):
            self.wait(700)
            for modem in MODEMS:
                while (part := office.claim(modem)) is not None:
                    office.record(part, Taken(self._next_mr(modem)), modem)
        self.wait(100_000)
        self.wait(100_000)
        held = {MessageState.UNCERTAIN} if office.rules.sending.uncertain == "hold" else set()
        for message_id, state, ended_at in rows(office.database, "SELECT id, state, ended_at FROM message"):
            done = state in ENDED or (state == MessageState.SENT and ended_at is not None)
            assert done or state in held, f"message {message_id} is left {state}"


Gateway.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
test_the_books_are_right_whatever_happens = Gateway.TestCase
