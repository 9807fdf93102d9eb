"""AT commands on a port: one at a time, each with one fixed deadline.

A missed deadline leaves the link out of step; :meth:`Link.resync` brings it back, and is done by
itself before the next command. Nothing here decides what an answer means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from modemd.errors import NoReply, PortLost, Refused
from modemd.gsm.at import ESCAPE, AtCore, Command, LateReply, Prompt, Reply, Urc
from modemd.modem.port import Port
from modemd.modem.timing import Timing

_PROBES: Final = (
    Command("AT+CMEE?", anchored=True),
    Command("AT+CSQ", anchored=True),  # for a modem that leaves the first unanswered
    Command("AT+CMEE?", anchored=True),
)


class _Firm(asyncio.Future[Reply]):
    """A future that who waits for it cannot cancel; the task is told when it is done."""

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 - the base's signature
        """Leave it pending."""
        return False


class Link:
    """A modem that answers commands. One task calls it; callbacks run in the loop."""

    def __init__(
        self,
        *,
        timing: Timing,
        on_urc: Callable[[Urc], None],
        on_late: Callable[[LateReply], None],
        on_lost: Callable[[PortLost], None],
    ) -> None:
        self.timing = timing
        self.lost: PortLost | None = None
        self._core = AtCore()
        self._on_urc = on_urc
        self._on_late = on_late
        self._on_lost = on_lost
        self._answer: asyncio.Future[Reply] | None = None
        self._changed: asyncio.Future[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._body: str | None = None
        self._port: Port | None = None
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def open(
        cls,
        spec: str,
        *,
        baudrate: int = 115200,
        timing: Timing,
        on_urc: Callable[[Urc], None],
        on_late: Callable[[LateReply], None],
        on_lost: Callable[[PortLost], None],
    ) -> Link:
        """Opens the port; nothing is sent yet.

        Raises:
            PortLost: it cannot be opened.
        """
        link = cls(timing=timing, on_urc=on_urc, on_late=on_late, on_lost=on_lost)
        link._port = await Port.open(
            spec,
            baudrate=baudrate,
            connect_s=timing.connect_s,
            on_octets=link._receive,
            on_lost=link._lose,
        )
        return link

    def close(self) -> None:
        """Gives the port back. A command that waits ends with :class:`PortLost`."""
        if self._port is not None:
            self._port.close()
        self._fail(PortLost("the port was closed"))

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The lines that came for the command whose deadline passed before its final result code."""
        return self._core.late_lines

    @property
    def in_step(self) -> bool:
        """Whether no command of before may still be answered."""
        return self._core.late is None

    async def command(
        self,
        text: str,
        *,
        timeout_s: float | None = None,
        prefix: str | None = None,
    ) -> Reply:
        """Asks one command and waits for its final result code.

        Raises:
            Refused: the modem said no.
            NoReply: it said nothing within ``timeout_s`` seconds (default: ``timing.command_s``).
            PortLost: the port is gone.
        """
        if self._core.late is not None:
            await self.resync()
        wait_s = self.timing.command_s if timeout_s is None else timeout_s
        reply = await self._exchange(Command(text, prefix), wait_s)
        if reply.final != "OK":
            raise _refused(reply)
        return reply

    async def submit(self, text: str, body: str) -> Reply:
        """Asks a command that takes a body after ``> ``, and hands the body over with Ctrl-Z.

        Once begun it goes on to its end: a cancellation is held back until the answer (or its deadline),
        since half a PDU would be taken for the next command. It is then asked for again.

        Raises:
            Refused: the modem or the network said no; ``after_body`` tells when.
            NoReply: ``after_body`` tells whether the network may have taken it.
            PortLost: the port is gone; ``after_body`` tells the same.
        """
        if self._core.late is not None:
            await self.resync()
        self._body = body
        answer = self._begin(Command(text, prompt=True), self.timing.prompt_s, _Firm(loop=self._loop))
        reply = await self._see_through(answer)
        if reply.final != "OK":
            raise _refused(reply)
        return reply

    async def resync(self) -> None:
        """Brings commands and answers back into step, or says that the modem is dead.

        First the grace for a late answer, since typing may abort a command in hand; then ESC where a
        prompt may be open; then probes, whose answers are known by their own word. Does one probe where
        nothing was out of step.

        Raises:
            NoReply: nothing answered, three times.
            PortLost: the port is gone.
        """
        await self._wait_for_late()
        for attempt, probe in enumerate(_PROBES):
            if attempt or self._core.prompt_pending:
                self.write(ESCAPE)
            if await self._probe(probe):
                if attempt:  # the answers to the probes before it may still come
                    await self._pause(self.timing.quiet_s)
                self._core.forget()
                return
        raise NoReply("AT")

    async def come_back(self, within_s: float) -> None:
        """Waits for a modem that restarts, ``within_s`` seconds at most.

        Raises:
            NoReply: it did not come back.
            PortLost: the port is gone, as that of a restarting USB modem is.
        """
        ends = self._loop.time() + within_s
        while True:
            try:
                await self.resync()
            except NoReply:
                if self._loop.time() >= ends:
                    raise
            else:
                return

    async def wake(self) -> None:
        """For a port just opened: leaves a prompt that somebody else left open, and gets into step.

        Raises:
            NoReply: nothing answered.
            PortLost: the port is gone.
        """
        self.write(ESCAPE)
        await self._pause(min(self.timing.quiet_s, 0.05))
        await self.resync()

    def check(self) -> None:
        """Does nothing while the port is there.

        Raises:
            PortLost: the port is gone.
        """
        if self.lost is not None:
            raise PortLost(str(self.lost), self.lost)

    def write(self, octets: bytes) -> None:
        """Sends octets that are no command.

        Raises:
            PortLost: the port is gone.
        """
        self.check()
        assert self._port is not None
        self._port.write(octets)

    async def _exchange(self, command: Command, wait_s: float) -> Reply:
        answer = self._begin(command, wait_s)
        try:
            return await answer
        except asyncio.CancelledError:
            self._abandon()
            raise

    def _begin(
        self,
        command: Command,
        wait_s: float,
        answer: asyncio.Future[Reply] | None = None,
    ) -> asyncio.Future[Reply]:
        if self._answer is not None:
            raise RuntimeError(f"{command.text}: another command is in flight; one task talks to a modem")
        octets = self._core.send(command)
        answer = self._answer = answer or self._loop.create_future()
        self._deadline = self._loop.call_later(wait_s, self._expire, command.text)
        if self.lost is not None:
            self._settle(self.lost)
        else:
            self.write(octets)  # a port that is lost by this settles the answer
        return answer

    async def _see_through(self, answer: asyncio.Future[Reply]) -> Reply:
        try:
            return await answer
        except asyncio.CancelledError:
            # It was asked for meanwhile. The outcome is handed back first; the task stops at its next wait.
            task = asyncio.current_task()
            assert task is not None
            task.uncancel()
            self._loop.call_soon(task.cancel)
            return answer.result()

    def _expire(self, text: str) -> None:
        after_body = self._core.expire()
        self._settle(NoReply(text, after_body=after_body))

    def _receive(self, octets: bytes) -> None:
        core = self._core
        core.receive(octets)
        while (event := core.next_event()) is not None:
            if isinstance(event, Reply):
                self._settle(event)
            elif isinstance(event, Prompt):
                self._prompted(event)
            elif isinstance(event, LateReply):
                self._on_late(event)
            else:
                self._on_urc(event)
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def _prompted(self, prompt: Prompt) -> None:
        if prompt.late or self._body is None:
            self.write(ESCAPE)
            return
        body, self._body = self._body, None
        self._stop_clock()
        self._deadline = self._loop.call_later(self.timing.answer_s, self._expire, prompt.command.text)
        self.write(self._core.body(body))

    def _settle(self, outcome: Reply | Exception) -> None:
        self._stop_clock()
        answer, self._answer = self._answer, None
        if answer is None or answer.done():
            return
        if isinstance(outcome, Reply):
            answer.set_result(outcome)
        else:
            answer.set_exception(outcome)

    def _stop_clock(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _lose(self, failure: PortLost) -> None:
        self._fail(failure)
        self._on_lost(failure)

    def _fail(self, failure: PortLost) -> None:
        if self.lost is None:
            self.lost = failure
        after_body = self._answer is not None and self._core.body_sent
        self._settle(PortLost(str(failure), failure, after_body=after_body))
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    async def _probe(self, probe: Command) -> bool:
        """One try: whether the modem answers, by the probe's own word or at least by some final code."""
        late = self._core.late
        if late is not None and late.text == probe.text:
            probe = Command("AT+CSQ", anchored=True)
        answer = self._begin(probe, self.timing.probe_s)
        try:
            await self._until_quiet(answer, surplus=1 if late is None else 2)
        except NoReply:
            return self._core.strays > 0
        except asyncio.CancelledError:
            self._abandon()
            raise
        return True

    async def _until_quiet(self, answer: asyncio.Future[Reply], surplus: int) -> None:
        """Waits for the probe's answer; ``surplus`` bare final codes and then silence count as one too.

        So modems that refuse the probe, or answer it by ``OK`` alone, are told from those whose late
        answer ends just now.
        """
        while not answer.done():
            strays = self._core.strays
            enough = strays >= surplus
            await self._change(answer, self.timing.quiet_s if enough else self.timing.probe_s)
            if enough and strays == self._core.strays and not answer.done():
                self._abandon()
                return
        answer.result()

    def _abandon(self) -> None:
        """The command in flight is waited for no more; its answer may still come."""
        self._stop_clock()
        self._core.expire()
        self._answer = None

    async def _change(self, answer: asyncio.Future[Reply], wait_s: float) -> None:
        """Waits for octets, the answer, or ``wait_s`` seconds, whichever is first."""
        self._changed = changed = self._loop.create_future()
        either: list[asyncio.Future[Any]] = [answer, changed]
        try:
            await asyncio.wait(either, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            self._changed = None

    async def _wait_for_late(self) -> None:
        if self._core.late is None:
            return
        after_body = self._core.body_sent
        grace_s = self.timing.grace_body_s if after_body else self.timing.grace_s
        ends = self._loop.time() + grace_s
        while self._core.late is not None and (left := ends - self._loop.time()) > 0:
            self.check()
            await self._pause(left, until_octets=True)

    async def _pause(self, wait_s: float, *, until_octets: bool = False) -> None:
        """Lets ``wait_s`` seconds pass, or less where octets come and that is enough."""
        never: asyncio.Future[Reply] = self._loop.create_future()
        ends = self._loop.time() + wait_s
        while (left := ends - self._loop.time()) > 0 and self.lost is None:
            await self._change(never, left)
            if until_octets:
                break
        never.cancel()
        self.check()


def _refused(reply: Reply) -> Refused:
    said = reply.refusal
    if said is None:
        return Refused(reply.command.text, "ERROR", None, reply.final)
    return Refused(reply.command.text, said.kind, said.code, said.text, after_body=reply.after_body)
