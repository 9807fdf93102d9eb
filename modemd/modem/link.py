"""AT commands on a port, and how commands and answers are kept in step.

A missed deadline leaves the link out of step; :meth:`Link.resync` brings it back, and is done by
itself before the next command. Nothing here decides what an answer means.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from modemd.errors import NoReply, PortLost, Refused
from modemd.gsm.at import ESCAPE, Command, LateReply, Reply, Urc
from modemd.modem.exchange import Exchange
from modemd.modem.timing import Timing
from modemd.modem.trouble import Trace

_PROBES: Final = (
    Command("AT+CMEE?", anchored=True),
    Command("AT+CSQ", anchored=True),  # for a modem that leaves the first unanswered
    Command("AT+CMEE?", anchored=True),
)


class Link:
    """A modem that answers commands. One task calls it; callbacks run in the loop."""

    def __init__(self, exchange: Exchange) -> None:
        self.timing = exchange.timing
        self._exchange = exchange
        self._core = exchange.core
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
        trace: Trace | None = None,
    ) -> Link:
        """Opens the port; nothing is sent yet. ``trace`` keeps the last of what is said.

        Raises:
            PortLost: it cannot be opened.
        """
        exchange = Exchange(timing=timing, on_urc=on_urc, on_late=on_late, on_lost=on_lost, trace=trace)
        await exchange.open(spec, baudrate)
        return cls(exchange)

    def close(self) -> None:
        """Gives the port back. A command that waits ends with :class:`PortLost`."""
        self._exchange.close()

    @property
    def lost(self) -> PortLost | None:
        """Why the port is gone; ``None`` while it is there."""
        return self._exchange.lost

    def check(self) -> None:
        """Does nothing while the port is there.

        Raises:
            PortLost: the port is gone.
        """
        self._exchange.check()

    @property
    def unfinished(self) -> tuple[str, ...]:
        """The lines that came for the command whose deadline passed before its final result code."""
        return self._core.late_lines

    @property
    def echoes(self) -> int:
        """How many lines the modem has echoed."""
        return self._core.echoes

    @property
    def echoed(self) -> bool:
        """Whether the modem echoed anything since it was handed a PDU: so does one that has started anew."""
        return self._core.echoed

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
        call: bool = False,
    ) -> Reply:
        """Asks one command and waits for its final result code; ``call``: call results end it (V.250, 5.7.1).

        Raises:
            Refused: the modem said no.
            NoReply: it said nothing within ``timeout_s`` seconds (default: ``timing.command_s``).
            PortLost: the port is gone.
        """
        if self._core.late is not None:
            await self.resync()
        wait_s = self.timing.command_s if timeout_s is None else timeout_s
        answer = self._exchange.begin(Command(text, prefix, call=call), wait_s)
        try:
            reply = await answer
        except asyncio.CancelledError:
            self._exchange.abandon()
            raise
        if reply.final != "OK" and reply.refusal is not None:
            raise _refused(reply)
        return reply

    async def rest(self, wait_s: float) -> None:
        """Lets ``wait_s`` seconds pass, or less where the modem says something.

        Raises:
            PortLost: the port is gone.
        """
        await self._exchange.pause(wait_s, until_octets=True)

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
        reply = await self._see_through(self._exchange.begin_submit(Command(text, prompt=True), body))
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
                self._exchange.write(ESCAPE)
            if await self._probe(probe):
                if attempt:  # the answers to the probes before it may still come
                    await self._exchange.pause(self.timing.quiet_s)
                self._exchange.forget()
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

    def started_anew(self) -> None:
        """The modem says that it has restarted: a command in flight ends with NoReply, now."""
        self._exchange.started_anew()

    async def wake(self) -> None:
        """For a port just opened: leaves a prompt that somebody else left open, and gets into step.

        Raises:
            NoReply: nothing answered.
            PortLost: the port is gone.
        """
        self._exchange.write(ESCAPE)
        await self._exchange.pause(min(self.timing.quiet_s, 0.05))
        await self.resync()

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

    async def _probe(self, probe: Command) -> bool:
        """One try: whether the modem answers, by the probe's own word or at least by some final code."""
        late = self._core.late
        if late is not None and late.text == probe.text:
            probe = Command("AT+CSQ", anchored=True)
        answer = self._exchange.begin(probe, self.timing.probe_s)
        try:
            await self._until_quiet(answer, surplus=1 if late is None else 2)
        except NoReply:
            return self._core.strays > 0
        except asyncio.CancelledError:
            self._exchange.abandon()
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
            await self._exchange.change(answer, self.timing.quiet_s if enough else self.timing.probe_s)
            if enough and strays == self._core.strays and not answer.done():
                self._exchange.abandon()
                return
        answer.result()

    async def _wait_for_late(self) -> None:
        if self._core.late is None:
            return
        after_body = self._core.body_sent
        grace_s = self.timing.grace_body_s if after_body else self.timing.grace_s
        ends = self._loop.time() + grace_s
        while self._core.late is not None and (left := ends - self._loop.time()) > 0:
            self.check()
            await self._exchange.pause(left, until_octets=True)


def _refused(reply: Reply) -> Refused:
    said = reply.refusal
    if said is None:
        return Refused(reply.command.text, "ERROR", None, reply.final)
    return Refused(reply.command.text, said.kind, said.code, said.text, after_body=reply.after_body)
