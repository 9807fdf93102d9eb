"""What the workers share: the store, the rules in force, the clock, and each other's bells."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

from modemd.config.sections import RecoveryConfig
from modemd.modem.discovery.machine import Machine
from modemd.workers.bell import Bell
from modemd.workers.modems.finding.rack import Rack
from modemd.workers.tally import Tally
from modemd.workers.timepiece import Timepiece

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.writer import Store


def utc_now() -> datetime:
    """Return the time, aware, in UTC."""
    return datetime.now(UTC)


@dataclass(slots=True)
class Floor:
    """Handed to every worker. ``rules`` is replaced at a reload, so it is read anew for each verb."""

    store: Store
    rules: Rules
    zone: tzinfo = UTC
    machine: Machine = field(default_factory=Machine)
    """Where the kernel shows ports, devices and processes."""
    rack: Rack = field(default_factory=Rack)
    """Which modem is on which port."""
    recovery: RecoveryConfig = field(default_factory=lambda: RecoveryConfig.model_validate({}))
    """What may be done about a modem that does not work; replaced at a reload."""
    ignore: tuple[str, ...] = ()
    """Patterns of ports that are never opened unless an entry names them; replaced at a reload."""
    trouble: Path | None = None
    """Where it is written down what a modem said before something went wrong; ``None``: nowhere."""
    now: Callable[[], datetime] = utc_now
    timepiece: Timepiece = field(default_factory=Timepiece)
    """Whether the clock that tells ``now`` was set."""
    stuck: set[bytes] = field(default_factory=set)
    """Files that were accepted and cannot leave ``outgoing/``: who they are must never be forgotten."""
    unread: set[str] = field(default_factory=set)
    """Modems that were not looked through since the start: they may hold the report that settles a doubt."""
    queue_bells: dict[str, Bell] = field(default_factory=dict)
    """By modem: there may be a part to submit."""
    results: Bell = field(default_factory=Bell)
    """There may be something to tell the spool."""
    hooks: Bell = field(default_factory=Bell)
    """There may be a program to call."""
    mqtt: Bell = field(default_factory=Bell)
    """There may be something to tell the broker."""
    mail: Bell = field(default_factory=Bell)
    """There may be a letter to send; it is not rung for each message."""
    alarms: Bell = field(default_factory=Bell)
    """There may be a program to call about an alarm."""
    states: Bell = field(default_factory=Bell)
    """Modems, queues or accounts may stand otherwise than the broker has it."""
    clock: Bell = field(default_factory=Bell)
    """Something may fall due earlier than was known."""
    orders: Bell = field(default_factory=Bell)
    """A modem was asked to do something, and somebody waits for the answer."""
    tally: Tally = field(default_factory=Tally)
    """What this process has seen, for whoever watches over it."""
    asked: set[str] = field(default_factory=set)
    """Modems that were asked to do something, or paused, and have not looked yet."""

    def looked_through(self, modem: str) -> None:
        """What a modem kept while the gateway was away is known now, or is not to be had."""
        if modem in self.unread:
            self.unread.remove(modem)
            if not self.unread:
                self.clock.ring()

    def ring_queue(self) -> None:
        """Wake every modem that waits for a part."""
        for bell in self.queue_bells.values():
            bell.ring()

    def ring_tellers(self) -> None:
        """Wake those who tell what has happened."""
        self.results.ring()
        self.mqtt.ring()

    def ring_alarms(self) -> None:
        """Wake those who tell of alarms."""
        self.alarms.ring()
        self.mqtt.ring()
        self.states.ring()

    def ask(self, modem: str) -> None:
        """Let a modem look what it was asked to do; another gateway's looks by itself."""
        if modem in self.queue_bells:
            self.asked.add(modem)
            self.queue_bells[modem].ring()
        self.orders.ring()

    def ring_all(self) -> None:
        """Wake everybody: another process has written to the store."""
        self.asked.update(self.queue_bells)
        self.ring_queue()
        tellers = (self.results, self.hooks, self.alarms, self.mqtt, self.mail, self.states)
        for bell in (*tellers, self.clock, self.orders):
            bell.ring()
