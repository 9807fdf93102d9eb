"""One command at a time on a port, each with one fixed deadline: the machinery under the link.

Octets are taken by callbacks of the loop; who waits is woken by a future. The body of a submit is
handed over by the callback that sees the prompt, with no task in between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from modemd.errors import NoReply, PortLost
from modemd.gsm.at import ESCAPE, AtCore, Command, LateReply, Prompt, Reply, Urc
from modemd.modem.port import Port
from modemd.modem.timing import Timing
from modemd.modem.trouble import Trace

wire = logging.getLogger("modemd.wire")
"""Every line that goes to or comes from a modem, at DEBUG. It holds numbers and texts, but no PIN."""


class Firm(asyncio.Future[Reply]):
    """A future that who waits for it cannot cancel; the task is told when it is done."""

    def cancel(self, msg: Any | None = None) -> bool:  # noqa: ARG002 - the base's signature
        """Leave it pending."""
        return False


class Exchange:
    """An open port with an AT core behind it. One task calls it; the callbacks run in the loop."""

    def __init__(
        self,
        *,
        timing: Timing,
        on_urc: Callable[[Urc], None],
        on_late: Callable[[LateReply], None],
        on_lost: Callable[[PortLost], None],
        trace: Trace | None = None,
    ) -> None:
        """``trace`` keeps the last of what is said."""
        self.timing = timing
        self.core = AtCore()
        self.lost: PortLost | None = None
        self._on_urc = on_urc
        self._on_late = on_late
        self._on_lost = on_lost
        self._answer: asyncio.Future[Reply] | None = None
        self._changed: asyncio.Future[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self._body: str | None = None
        self._asked = ""
        self._port: Port | None = None
        self._loop = asyncio.get_running_loop()
        self._name = ""
        self._trace = trace or Trace()
        self._secret = False

    async def open(self, spec: str, baudrate: int) -> None:
        """Opens the port; nothing is sent yet.

        Raises:
            PortLost: it cannot be opened.
        """
        self._name = spec
        self._port = await Port.open(
            spec,
            baudrate=baudrate,
            connect_s=self.timing.connect_s,
            on_octets=self._receive,
            on_lost=self._lose,
        )

    def close(self) -> None:
        """Gives the port back. A command that waits ends with :class:`PortLost`."""
        if self._port is not None:
            self._port.close()
        self._fail(PortLost("the port was closed"))

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
        self._trace.sent(octets)
        self._secret = octets.startswith(b"AT+CPIN=")
        if wire.isEnabledFor(logging.DEBUG):
            shown = b'AT+CPIN="****"\r' if self._secret else octets
            wire.debug("%s > %r", self._name, shown)
        self._port.write(octets)

    def begin(
        self,
        command: Command,
        wait_s: float,
        answer: asyncio.Future[Reply] | None = None,
    ) -> asyncio.Future[Reply]:
        """Sends the command and gives the future of its reply, which fails with NoReply or PortLost.

        Raises:
            RuntimeError: another command is in flight: two tasks talk to one modem.
        """
        if self._answer is not None:
            raise RuntimeError(f"{command.text}: another command is in flight; one task talks to a modem")
        octets = self.core.send(command)
        self._asked = command.text
        answer = self._answer = answer or self._loop.create_future()
        self._deadline = self._loop.call_later(wait_s, self._expire, command.text)
        if self.lost is not None:
            self._settle(self.lost)
        else:
            self.write(octets)  # a port that is lost by this settles the answer
        return answer

    def begin_submit(self, command: Command, body: str) -> asyncio.Future[Reply]:
        """As :meth:`begin`; ``body`` and Ctrl-Z are handed over at the prompt. It cannot be cancelled."""
        self._body = body
        return self.begin(command, self.timing.prompt_s, Firm(loop=self._loop))

    def abandon(self) -> None:
        """The command in flight is waited for no more; its answer may still come."""
        self._stop_clock()
        self.core.expire()
        self._answer = None

    def forget(self) -> None:
        """The late command's answer is waited for no more; what there is of it is told."""
        self.core.forget()
        self._dispatch()

    def started_anew(self) -> None:
        """The modem has restarted: what it was asked before that it never answers."""
        if self._answer is not None:
            self._expire(self._asked)
        self.core.forget()

    async def change(self, answer: asyncio.Future[Reply], wait_s: float) -> None:
        """Waits for octets, the answer, or ``wait_s`` seconds, whichever is first."""
        self._changed = changed = self._loop.create_future()
        either: list[asyncio.Future[Any]] = [answer, changed]
        try:
            await asyncio.wait(either, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            changed.cancel()
            self._changed = None

    async def pause(self, wait_s: float, *, until_octets: bool = False) -> None:
        """Lets ``wait_s`` seconds pass, or less where octets come and that is enough."""
        never: asyncio.Future[Reply] = self._loop.create_future()
        ends = self._loop.time() + wait_s
        while (left := ends - self._loop.time()) > 0 and self.lost is None:
            await self.change(never, left)
            if until_octets:
                break
        never.cancel()
        self.check()

    def _expire(self, text: str) -> None:
        after_body = self.core.expire()
        self._settle(NoReply(text, after_body=after_body))

    def _receive(self, octets: bytes) -> None:
        self._trace.heard(octets)
        if wire.isEnabledFor(logging.DEBUG):
            wire.debug("%s < %r", self._name, self._told(octets))
        self.core.receive(octets)
        self._dispatch()
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)

    def _told(self, octets: bytes) -> bytes:
        """What may be shown: the echo of a PIN may come in pieces."""
        return b"(PIN)" if self._secret or b"+CPIN=" in octets else octets

    def _dispatch(self) -> None:
        core = self.core
        while (event := core.next_event()) is not None:
            if isinstance(event, Reply):
                self._settle(event)
            elif isinstance(event, Prompt):
                self._prompted(event)
            elif isinstance(event, LateReply):
                self._on_late(event)
            else:
                self._on_urc(event)

    def _prompted(self, prompt: Prompt) -> None:
        if prompt.late or self._body is None:
            self.write(ESCAPE)
            return
        body, self._body = self._body, None
        self._stop_clock()
        self._deadline = self._loop.call_later(self.timing.answer_s, self._expire, prompt.command.text)
        self.write(self.core.body(body))

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
        after_body = self._answer is not None and self.core.body_sent
        self._settle(PortLost(str(failure), failure, after_body=after_body))
        if self._changed is not None and not self._changed.done():
            self._changed.set_result(None)
