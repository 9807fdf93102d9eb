"""The network between the modems: it carries, reports, answers, and writes down all it took."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Literal, TypeAlias

from modemd.errors import PduError, Refused
from modemd.gsm.incoming import decode_submit
from modemd.gsm.outgoing import SubmitPart
from modemd.gsm.terminated import encode_deliver, encode_status_report, forward
from modemd.simulator.acceptance import AcceptanceLog, Accepted
from modemd.simulator.answers import refused
from modemd.simulator.replies import Replies

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from modemd.simulator.answers import Outcome
    from modemd.simulator.call_values import Call, Ending
    from modemd.simulator.equipment import Equipment

Seconds: TypeAlias = "float | tuple[float, float]"
"""A constant, or the least and the most of a random one."""


@dataclass(slots=True, kw_only=True)
class NetworkSpec:
    """How the network behaves; times are in seconds.

    ``setup_s`` is what a message costs more when the link must be opened for it (AT+CMMS keeps it open).
    ``tp_status`` are the TP-ST of the reports, one after the other (the last is the final one).
    ``reply`` answers those who are not simulated: ``"echo"``, or this text.
    ``refuse`` maps the beginning of a destination to the CMS error that it gets.
    ``calls`` maps the beginning of a destination to what is done with a call there; others are answered.
    A call rings for ``ring_s``; who answered hangs up after ``talk_s`` (0: never); a text that a modem says
    takes ``speech_s``.
    """

    airtime_s: Seconds = 0.0
    setup_s: float = 0.0
    reports: bool = True
    report_delay_s: Seconds = 0.0
    tp_status: Sequence[int] = (0,)
    lost_reports: float = 0.0
    report_order: Literal["as-sent", "swapped", "before-answer"] = "as-sent"
    reply: str | None = None
    reply_delay_s: Seconds = 0.0
    refuse: Mapping[str, int] = field(default_factory=dict)
    smsc: str = "+32475161616"
    seed: int = 1
    calls: Mapping[str, Ending] = field(default_factory=dict)
    ring_s: float = 0.0
    talk_s: float = 0.0
    speech_s: float = 0.0


class Network:
    """One service centre with all its subscribers."""

    def __init__(
        self,
        spec: NetworkSpec,
        accepted: AcceptanceLog,
        *,
        later: Callable[[float, Callable[[], None]], object],
    ) -> None:
        self.spec = spec
        self.accepted = accepted
        self._later = later
        self._random = Random(spec.seed)  # noqa: S311 - airtimes, not keys
        self._subscribers: list[Equipment] = []
        self._queues: dict[tuple[int, bool], deque[SubmitPart]] = {}
        self._warm: set[int] = set()
        self._replies = Replies()
        self._swapped: list[Callable[[], None]] = []
        self._refs = 0
        self._stopped = False

    def attach(self, me: Equipment) -> None:
        """A subscriber more."""
        self._subscribers.append(me)
        self._queues[id(me), True] = deque()
        self._queues[id(me), False] = deque()

    def stop(self) -> None:
        """Nothing happens any more."""
        self._stopped = True

    # -- from a modem ----------------------------------------------------------------------------------

    def submit(self, sender: Equipment, pdu: str, done: Callable[[Outcome], None], *, prefix: str) -> None:
        """Carry one part; ``done`` gets the TP-MR behind ``prefix``, at once where there is no airtime."""
        wait_s = self._seconds(self.spec.airtime_s)
        if self.spec.setup_s and id(sender) not in self._warm:
            wait_s += self.spec.setup_s
        if sender.settings.cmms:
            self._warm.add(id(sender))
        else:
            self._warm.discard(id(sender))
        if wait_s:
            self._after(wait_s, lambda: done(self._take(sender, pdu, prefix)))
        else:
            done(self._take(sender, pdu, prefix))

    def _take(self, sender: Equipment, pdu: str, prefix: str) -> Outcome:
        card = sender.card
        if card is None:
            return refused("CMS", 310)
        try:
            submit = decode_submit(pdu)
        except PduError:
            return refused("CMS", 304)
        if (refusal := self._refusal(submit.destination)) is not None:
            return refusal
        tp_mr = card.next_mr()
        one = Accepted(time.time(), sender.name, card.msisdn, card.iccid, tp_mr, pdu, submit, sender.asked_at)
        self.accepted.add(one)
        self._go_on(sender, one)
        return (f"{prefix}{tp_mr}",)

    def _refusal(self, destination: str) -> Refused | None:
        for prefix, code in self.spec.refuse.items():
            if destination.startswith(prefix):
                return refused("CMS", code)
        return None

    def _go_on(self, sender: Equipment, one: Accepted) -> None:
        spec, submit = self.spec, one.submit
        if spec.reports and submit.report:
            self._report(sender, one)
        for other in self._subscribers:
            if other.card and other.card.msisdn == submit.destination:
                part = forward(submit, originator=one.sender, sc_at=_now(), smsc=self.spec.smsc)
                self._after(0, partial(self._give, other, part))
                return
        text = self._replies.to(one.sender, submit, spec.reply) if spec.reply else None
        if text is not None:
            answer = partial(self.inject, sender, text, originator=submit.destination)
            self._after(self._seconds(spec.reply_delay_s), answer)

    # -- calls -----------------------------------------------------------------------------------------

    def rings(self, destination: str) -> tuple[Ending, float]:
        """What becomes of a call, and after how long."""
        decisions = (does for prefix, does in self.spec.calls.items() if destination.startswith(prefix))
        return next(decisions, "answer"), self.spec.ring_s

    def called(self, call: Call) -> None:
        """A call is over: it is written down."""
        self.accepted.add_call(call)

    @property
    def talks_s(self) -> float:
        """Seconds until who answered hangs up; 0: never."""
        return self.spec.talk_s

    @property
    def speech_s(self) -> float:
        """Seconds that a text takes."""
        return self.spec.speech_s

    # -- reports ---------------------------------------------------------------------------------------

    def _report(self, sender: Equipment, one: Accepted) -> None:
        if self.spec.lost_reports and self._random.random() < self.spec.lost_reports:
            return
        wait_s = 0.0
        for tp_status in self.spec.tp_status:
            wait_s += self._seconds(self.spec.report_delay_s)
            self._schedule(wait_s, partial(self._tell, sender, one, tp_status))

    def _schedule(self, wait_s: float, tell: Callable[[], None]) -> None:
        order = self.spec.report_order
        if order == "before-answer" and not wait_s:
            tell()
        elif order == "swapped":
            self._after(wait_s, lambda: self._swap(tell))
        else:
            self._after(wait_s, tell)

    def _swap(self, tell: Callable[[], None]) -> None:
        """Keep one back until the next has overtaken it, or for half a second."""
        self._swapped.append(tell)
        if len(self._swapped) > 1:
            self._tell_swapped()
        else:
            self._after(0.5, self._tell_swapped)

    def _tell_swapped(self) -> None:
        waiting, self._swapped = self._swapped, []
        for tell in reversed(waiting):
            tell()

    def _tell(self, sender: Equipment, one: Accepted, tp_status: int) -> None:
        part = encode_status_report(
            tp_mr=one.tp_mr,
            recipient=one.destination,
            sc_at=datetime.fromtimestamp(int(one.at), UTC),
            discharged_at=_now(),
            tp_status=tp_status,
            smsc=self.spec.smsc,
        )
        self._give(sender, part, report=True)

    # -- to a modem ------------------------------------------------------------------------------------

    def inject(
        self,
        to: Equipment,
        text: str,
        *,
        originator: str,
        order: Sequence[int] | None = None,
    ) -> None:
        """A message from outside, its parts in the ``order`` given (from 1), or as they are."""
        self._refs = self._refs % 255 + 1
        parts = encode_deliver(originator, text, sc_at=_now(), smsc=self.spec.smsc, concat_ref=self._refs)
        for place in order or range(1, len(parts) + 1):
            self._give(to, parts[place - 1])

    def inject_pdu(self, to: Equipment, pdu: str, *, report: bool = False) -> None:
        """Any octets at all, as a modem would store them."""
        length = max(0, len(pdu) // 2 - 1 - int(pdu[:2] or "0", 16))
        self._give(to, SubmitPart(pdu, length), report=report)

    def _give(self, to: Equipment, part: SubmitPart, *, report: bool = False) -> None:
        self._queues[id(to), report].append(part)
        self.room(to)

    def give_back(self, receiver: Equipment, pdu: str, length: int, *, report: bool) -> None:
        """Not acknowledged: first in the queue again."""
        self._queues[id(receiver), report].appendleft(SubmitPart(pdu, length))
        self._after(0, lambda: self.room(receiver))

    def room(self, receiver: Equipment) -> None:
        """Give a modem what waits for it, as far as it takes it."""
        for report, take in ((True, receiver.report), (False, receiver.deliver)):
            queue = self._queues[id(receiver), report]
            while queue and take(queue[0].pdu, queue[0].tpdu_length):
                queue.popleft()

    # -- time -------------------------------------------------------------------------------------------

    def _after(self, wait_s: float, act: Callable[[], None]) -> None:
        self._later(wait_s, lambda: None if self._stopped else act())

    def _seconds(self, given: Seconds) -> float:
        return self._random.uniform(*given) if isinstance(given, tuple) else given


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
