"""A store, rules and a clock of one's own. After every verb the office looks whether the books are right.

Each move of a part and each event is noted by triggers on the real database (``tests/store/watch.py``): what
happens within one transaction is held against ``model.LEGAL_MOVES``, too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from modemd.config.model import Config
from modemd.errors import Rejected
from modemd.gsm.incoming import decode_submit
from modemd.gsm.terminated import encode_status_report
from modemd.model import ENDED, LEGAL_EVENTS, LEGAL_MOVES, MessageState, PartState, SendRequest
from modemd.service import dispatch, intake, reports, routing, upkeep
from modemd.service.outcomes import Denied, Outcome, Seat, Taken, Unanswered
from modemd.service.rollup import message_state
from modemd.service.rules import Rules
from modemd.store import modems, outbound, parts, spool
from modemd.store.outbound import MessageRow
from tests.store import watch
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.model import Reply
    from modemd.service.trouble import Decision
    from modemd.store.database import Database
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

T = TypeVar("T")
START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TO = "+32475123456"
LONG = "Twelve words of this sentence are repeated until three parts are needed. " * 5
"""Three parts."""
WAITING = {PartState.QUEUED, PartState.SCHEDULED, PartState.SUBMITTING}
TAKEN = {PartState.SENT, PartState.DELIVERED, PartState.UNDELIVERED}


def rules_of(**sections: Any) -> Rules:
    """Rules as a configuration with these sections gives them; two modems where none are named."""
    given: dict[str, Any] = {
        "gateway": {"name": "gw1", "country": "BE", "timezone": "UTC"},
        "modems": {"list": [{"name": name, "port": f"/dev/{name}"} for name in ("gsm1", "gsm2")]},
    }
    return Rules.of(Config.model_validate(given | sections))


def with_broker(rules: Rules) -> Rules:
    """The same rules where a broker is told as well."""
    return replace(rules, consumers=rules.consumers | {"mqtt"})


@dataclass(frozen=True)
class Facts:
    """What can be seen of a message and its parts."""

    message: MessageRow
    states: tuple[PartState, ...]
    ended: bool

    @property
    def state(self) -> str:
        return self.message.state


class Office:
    """The verbs of ``service`` at a time of one's choosing."""

    def __init__(
        self,
        folder: Path,
        rules: Rules | None = None,
        *,
        broker: bool = True,
        database: Database | None = None,
    ) -> None:
        """``database``: a fresh store of either kind; a file in ``folder`` without."""
        self.database = fresh(folder) if database is None else database
        if self.database.dialect == "sqlite":
            self.database.connection.executescript(watch.SQLITE)
        self.rules = with_broker(rules or rules_of()) if broker else rules or rules_of()
        self.database.act_as(self.rules.gateway)
        self.now = START
        self.retried: set[int] = set()
        self._looked = ""
        self.ids = self.run(lambda tx: routing.sync(tx, self.rules))

    def run(self, job: Callable[[Tx], T]) -> T:
        """One transaction; then the books are looked at."""
        result = self.database.transact(job)
        self.check()
        return result

    def later(self, **pause: float) -> datetime:
        self.now += timedelta(**pause)
        return self.now

    def seat(self, name: str = "gsm1", sim: str | None = None) -> Seat:
        return Seat(self.ids[name], name, sim or f"sim of {name}")

    # -- verbs -----------------------------------------------------------------------------------------

    def send(self, text: str = "Hello", *, to: str = TO, file: bool = True, **wish: Any) -> int:
        """Accept one message; return its id."""
        [answer] = self.accept(SendRequest(to=to, text=text, **wish), file=file)
        assert isinstance(answer, intake.Accepted), answer
        return answer.id

    def accept(self, *requests: SendRequest, file: bool = False) -> list[intake.Accepted | Rejected]:
        """Accept a batch, each request as a file of its own where ``file``."""
        prepared = [intake.prepare(request, self.rules, self.now) for request in requests]
        return self.run(lambda tx: self._accept(tx, prepared, file=file))

    def _accept(
        self, tx: Tx, prepared: list[intake.Prepared], *, file: bool
    ) -> list[intake.Accepted | Rejected]:
        first = spool.next_file_id(tx, len(prepared))
        ids = list(range(first, first + len(prepared))) if file else []
        spool.add_files(tx, [spool.SpoolRow(each, f"key {each}", b"name", "smstools3") for each in ids])
        return intake.accept(tx, prepared, self.rules, self.now, source="spool", file_ids=ids)

    def ask(self, *requests: SendRequest, reply: Reply | None = None) -> list[intake.Accepted | Rejected]:
        """Accept a batch that came by the broker."""
        prepared = [intake.prepare(request, self.rules, self.now) for request in requests]
        replies = [reply] * len(prepared)
        return self.run(
            lambda tx: intake.accept(tx, prepared, self.rules, self.now, source="mqtt", replies=replies)
        )

    def claim(self, name: str = "gsm1") -> ClaimedPart | None:
        return self.run(lambda tx: dispatch.next_part(tx, self.rules, self.seat(name), self.now))

    def claimed(self, name: str = "gsm1") -> ClaimedPart:
        part = self.claim(name)
        assert part is not None, f"nothing for {name}"
        return part

    def record(self, part: ClaimedPart, outcome: Outcome, name: str = "gsm1") -> Decision | None:
        return self.run(lambda tx: dispatch.record(tx, self.rules, self.seat(name), part, outcome, self.now))

    def taken(self, tp_mr: int | None = 1, name: str = "gsm1") -> ClaimedPart:
        """The next part goes out."""
        part = self.claimed(name)
        self.record(part, Taken(tp_mr), name)
        return part

    def denied(
        self, code: int | None, kind: Literal["CMS", "CME", "ERROR"] = "CMS", name: str = "gsm1"
    ) -> Decision:
        """The next part is refused."""
        decision = self.record(self.claimed(name), Denied(kind, code, f"+{kind} ERROR: {code}"), name)
        assert decision is not None
        return decision

    def doubted(self, name: str = "gsm1") -> ClaimedPart:
        """The next part is handed over, and nothing is said of it."""
        part = self.claimed(name)
        self.record(part, Unanswered("no answer", after_body=True), name)
        return part

    def report(self, pdu: str, name: str = "gsm1") -> bool:
        return self.run(lambda tx: reports.apply(tx, self.rules, self.seat(name), pdu, self.now))

    def reported(
        self, tp_mr: int = 1, tp_status: int = 0, *, to: str = TO, name: str = "gsm1", **when: Any
    ) -> bool:
        """A status report comes in."""
        return self.report(self.report_pdu(tp_mr, tp_status, to=to, **when), name)

    def report_pdu(self, tp_mr: int = 1, tp_status: int = 0, *, to: str = TO, **when: Any) -> str:
        stamps = {"sc_at": self.now, "discharged_at": self.now} | when
        part = encode_status_report(tp_mr=tp_mr, recipient=to, tp_status=tp_status, **stamps)
        return part.pdu

    def be(self, name: str, state: str) -> None:
        """A modem's worker writes down how it is; the others may then go on with what waited for it."""
        self.run(lambda tx: self._be(tx, name, state))

    def _be(self, tx: Tx, name: str, state: str) -> None:
        modems.write_modem(tx, self.ids[name], {"state": state})
        routing.release(tx, self.rules)

    # -- what there is ----------------------------------------------------------------------------------

    def facts(self, message_id: int) -> Facts:
        message = self.database.transact(lambda tx: outbound.find_message(tx, message_id))
        assert message is not None
        found = self.database.transact(lambda tx: parts.parts_of(tx, message_id))
        [(ended_at,)] = rows(self.database, f"SELECT ended_at FROM message WHERE id = {message_id}")
        return Facts(message, tuple(PartState(row[2]) for row in found), ended_at is not None)

    def state(self, message_id: int) -> str:
        return self.facts(message_id).state

    def part(self, part_id: int, column: str) -> Any:
        [(value,)] = rows(self.database, f"SELECT {column} FROM part WHERE id = {part_id}")
        return value

    def route_of(self, part_id: int) -> str:
        sql = f"SELECT route.key FROM part JOIN route ON route.id = part.route_id WHERE part.id = {part_id}"
        [(key,)] = rows(self.database, sql)
        return str(key)

    def told(self, message_id: int) -> list[str]:
        """The events that the spool was ever told of a message."""
        sql = (
            f"SELECT event FROM told WHERE message_id = {message_id} AND consumer = 'spool'"
            " AND report_id IS NULL"
        )
        return [str(event) for (event,) in rows(self.database, sql)]

    def events(self, message_id: int) -> list[MessageState]:
        """The states that the broker was ever told of a message."""
        sql = (
            f"SELECT event FROM told WHERE message_id = {message_id} AND consumer = 'mqtt'"
            " AND event <> 'channel' ORDER BY n"
        )
        return [MessageState(event) for (event,) in rows(self.database, sql)]

    def moves(self, part_id: int) -> list[tuple[PartState, PartState]]:
        found = rows(self.database, f"SELECT was, went FROM moved WHERE part_id = {part_id}")
        return [(PartState(was), PartState(went)) for was, went in found]

    # -- the books ---------------------------------------------------------------------------------------

    def check(self) -> None:
        """Every rule that holds between two transactions."""
        for part_id, was, went in rows(self.database, f"SELECT part_id, was, went FROM moved{self._looked}"):
            legal = LEGAL_MOVES[PartState(was)]
            assert went in legal, f"part {part_id}: {PartState(was)!r} to {PartState(went)!r}"
        [(last,)] = rows(self.database, "SELECT coalesce(max(n), 0) FROM moved")
        self._looked = f" WHERE n > {last}"
        for (message_id,) in rows(self.database, "SELECT DISTINCT message_id FROM touched"):
            self._check_message(message_id)
        self.database.connection.execute("DELETE FROM touched")

    def _check_message(self, message_id: int) -> None:
        every = ", ".join(MessageRow._fields)
        [(ended_at, *values)] = rows(
            self.database, f"SELECT ended_at, {every} FROM message WHERE id = {message_id}"
        )
        message, ended = MessageRow._make(values), ended_at is not None
        found = rows(
            self.database, f"SELECT state, awaiting, tp_status FROM part WHERE message_id = {message_id}"
        )
        states: Counter[int] = Counter(PartState(state) for state, _, _ in found)
        awaited = sum(awaiting for _, awaiting, _ in found)
        expired = sum(state == PartState.UNDELIVERED and said == 0x46 for state, _, said in found)
        which = f"message {message.id} ({message.state}) with {dict(states)}"
        state = MessageState(message.state)
        assert sum(states.values()) == message.part_count, which
        assert message.parts_done == sum(states[each] for each in TAKEN), which
        if state is MessageState.ACCEPTED:
            assert set(states) == {PartState.SCHEDULED}, f"{which} waits for credits"
        else:
            assert state == message_state(states, awaited=awaited, expired=expired), which
        assert ended or state not in ENDED, f"{which} has no end"
        sims = (
            f"SELECT count(DISTINCT sim) FROM part WHERE message_id = {message.id} AND state IN (3, 4, 6, 7)"
        )
        assert rows(self.database, sims)[0][0] in {0, 1}, f"{which} goes by several SIMs"
        if ended:
            assert not WAITING & set(states), f"{which} goes on though it ended"
        if state in ENDED - {MessageState.DELIVERED}:
            assert message.error_code, f"{which}: nobody says why"
        told = self.told(message.id)
        if message.id not in self.retried:
            assert len(told) <= 1, f"{which} was told {told}"
        self._check_walk(message.id, state)
        if message.file_id is not None and (ended or state is MessageState.SENT):
            assert told, f"{which} was never told"

    def _check_walk(self, message_id: int, state: MessageState) -> None:
        """What the broker was told is a walk that a message can make, and ends where this one is."""
        walk = self.events(message_id)
        if "mqtt" not in self.rules.consumers:
            assert not walk, f"message {message_id}: nobody wants to be told {walk}"
            return
        assert walk[0] is MessageState.ACCEPTED, f"message {message_id} begins as {walk}"
        assert walk[-1] is state, f"message {message_id} is {state}, and was told {walk}"
        for was, went in pairwise(walk):
            assert went is was or went in LEGAL_EVENTS[was], f"message {message_id}: {walk}"


def at(office: Office, **pause: float) -> Office:
    """The same office after a pause; for chains in tests."""
    office.later(**pause)
    return office


def promote(office: Office, **pause: float) -> None:
    """Later, what waits for its time is queued."""
    office.later(**pause)
    office.run(lambda tx: upkeep.promote(tx, office.rules, office.now))


def with_sending(rules: Rules, **keys: Any) -> Rules:
    """The same rules, sending otherwise."""
    return replace(rules, sending=rules.sending.model_copy(update=keys))


def text_of(part: ClaimedPart) -> str | None:
    """What a claimed part says."""
    return decode_submit(part.pdu).text
