"""Takes e-mail to accounts: one row of the outbox after the other, each gone once the mail server has it."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from modemd.errors import ConfigError, MailLost
from modemd.formats.mail import letter
from modemd.service.accounts.account_events import MAIL
from modemd.store import mark, outbox
from modemd.store.times import from_us, to_us
from modemd.workers.blocking import in_thread
from modemd.workers.mail_server import MailServer
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from email.message import EmailMessage

    from modemd.config.mail import MailConfig
    from modemd.store.outbox import Untold
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_IDLE_S: Final = 10.0
_LONGEST_S: Final = 120.0
_AHEAD: Final = 200
_SELDOM_S: Final = 60.0
_GONE: Final = timedelta(minutes=2)
_BACK_OFF_S: Final = (5.0, 30.0, 120.0, 600.0, 1800.0)
KEPT: Final = timedelta(days=4)
"""A letter is tried for so long (RFC 5321, 4.5.4.1), and at least once."""


class Mailer(Worker):
    """Sends letters while there are any. A server in trouble holds up all of them, a letter only itself."""

    name = "mail"
    patience_s = 300.0

    def __init__(
        self,
        floor: Floor,
        config: MailConfig,
        *,
        back_off_s: tuple[float, ...] = _BACK_OFF_S,
        longest_s: float = _LONGEST_S,
    ) -> None:
        super().__init__()
        self._floor = floor
        self._config = config
        self._back_off_s = back_off_s
        self._longest_s = longest_s
        self._tag = ""
        self._failures = 0
        self._closed_until = 0.0
        self._take_over_at = 0.0
        self._later: dict[int, tuple[int, float]] = {}
        """Letters that are to be tried again: how often they were, and when next."""
        self._said = ""

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.mail.ring()

    async def step(self) -> None:
        """Send the next letter that may go; wait where there is none."""
        if time.monotonic() >= self._take_over_at and self._floor.timepiece.steady:
            await self._take_over()
        row = await self._next() if time.monotonic() >= self._closed_until else None
        if row is None:
            await self._floor.mail.wait(self._wait_s())
            return
        try:
            made = await self._letter(row)
            await self._hand_over(made)
        except MailLost as lost:
            await self._keep_or_drop(row, lost)
        else:
            await self._floor.store.run(lambda tx: outbox.told(tx, [row.id]))
            self._later.pop(row.id, None)
            self._all_well()

    async def _hand_over(self, made: EmailMessage) -> None:
        """In time, or not: a server that says a word now and then must not stop the gateway's heart.

        Raises:
            MailLost: the server has not taken it.
        """
        try:
            async with asyncio.timeout(self._longest_s):
                await in_thread(partial(self._deliver, made), lambda: None, "mail")
        except TimeoutError as error:
            where = f"{self._config.host}:{self._config.door}"
            raise MailLost(f"{where} did not take a letter within {self._longest_s:g} s") from error

    async def _take_over(self) -> None:
        """Letters of gateways that share the store and are gone are ours."""
        self._take_over_at = time.monotonic() + _SELDOM_S
        before_us = to_us(self._floor.now() - _GONE)
        await self._floor.store.run(lambda tx: outbox.take_over(tx, MAIL, before_us))

    def _deliver(self, made: EmailMessage) -> None:
        """In a thread of its own. Password and certificates are read anew: they may have been put right."""
        try:
            server = MailServer.of(self._config)
        except ConfigError as error:
            raise MailLost(str(error), permanent=True) from error
        server.deliver(made)

    async def _next(self) -> Untold | None:
        """The oldest letter that is not to wait."""
        behind, now, there = 0, time.monotonic(), set[int]()
        while True:
            rows = await self._floor.store.run(
                partial(outbox.untold, consumer=MAIL, behind=behind, most=_AHEAD)
            )
            for row in rows:
                if self._later.get(row.id, (0, 0.0))[1] <= now:
                    return row
            there.update(row.id for row in rows)
            if len(rows) < _AHEAD:
                self._later = {row: when for row, when in self._later.items() if row in there}
                return None
            behind = rows[-1].id

    async def _letter(self, row: Untold) -> EmailMessage:
        self._tag = self._tag or await self._floor.store.run(mark.tag)
        body = json.loads(row.body or "{}")
        return letter(
            body["told"],
            sender=self._config.sender,
            address=body["address"],
            event_id=f"{self._tag}-{row.id}",
            zone=self._floor.zone,
        )

    async def _keep_or_drop(self, row: Untold, lost: MailLost) -> None:
        """No address is logged: the event's row tells which letter it was, as long as that is there."""
        tries = self._later.get(row.id, (0, 0.0))[0] + 1
        floor = self._floor
        over = floor.timepiece.steady and floor.now() - (from_us(row.at) or floor.now()) > KEPT
        if over or (lost.letter and lost.permanent):
            log.error("letter %d (%s) is not sent: %s", row.id, row.event, lost)
            await self._floor.store.run(lambda tx: outbox.told(tx, [row.id]))
            self._later.pop(row.id, None)
        elif lost.letter:
            self._later[row.id] = (tries, time.monotonic() + self._pause_s(tries))
            log.warning("letter %d (%s) is tried again later: %s", row.id, row.event, lost)
        if not lost.letter:
            self._failures += 1
            self._closed_until = time.monotonic() + self._pause_s(self._failures)
            self._say(lost)

    def _pause_s(self, tries: int) -> float:
        return self._back_off_s[min(tries, len(self._back_off_s)) - 1]

    def _say(self, lost: MailLost) -> None:
        """Once for each reason, until a letter has gone."""
        if lost.reason != self._said:
            self._said = lost.reason
            level = logging.ERROR if lost.permanent else logging.WARNING
            log.log(level, "no mail is sent: %s; letters wait for up to %d days", lost, KEPT.days)

    def _all_well(self) -> None:
        if self._said:
            log.info("mail is sent again")
        self._said, self._failures = "", 0

    def _wait_s(self) -> float:
        due = [until for _, until in self._later.values()]
        if self._closed_until > time.monotonic():
            due = [self._closed_until]
        return max(0.0, min([_IDLE_S, *(at - time.monotonic() for at in due)]))
