"""A run of messages through the broker while something is broken again and again, and what came of them.

Each message's text is its own, so that the simulator's log says how often the network took it; the events
say the rest. A user who is honest publishes again, with the same id, what was never answered.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, Final, Self

from modemd.model import LEGAL_EVENTS, MessageState
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

PHONES: Final = 400
_AGAIN_S: Final = 5.0
_UNCERTAIN_S: Final = 8
"""Longer than a report takes, restarts included."""
_ENDED: Final = {"delivered", "undelivered", "failed", "expired", "cancelled", "rejected"}


@dataclass(slots=True)
class Told:
    """What the events said, repeats dropped: for each message (by modemd's id) its states in their order."""

    walks: dict[str, list[str]] = field(default_factory=dict)
    client_ids: dict[str, str] = field(default_factory=dict)
    """Which message a client's id belongs to."""
    contents: dict[str, bytes] = field(default_factory=dict)
    """Each event's octets by its ``event_id``."""
    repeats: int = 0
    changed: list[str] = field(default_factory=list)
    """Events that were told again with other contents."""
    twins: list[str] = field(default_factory=list)
    """Client's ids that two messages have."""
    received: Counter[str] = field(default_factory=Counter)
    """Texts of incoming messages, each event counted once."""
    _read: int = 0

    def read(self, user: MqttUser) -> Self:
        """Take in what has come since the last time."""
        heard = user.heard
        while self._read < len(heard):
            each = heard[self._read]
            self._read += 1
            if each.topic.startswith("modemd/status/") and self._is_new(each.payload, each.body):
                self._follow(each.body)
            elif each.topic.startswith("modemd/received/") and self._is_new(each.payload, each.body):
                self.received[each.body["text"]] += 1
        return self

    def _is_new(self, payload: bytes, body: dict[str, Any]) -> bool:
        name = body["event_id"]
        known = self.contents.setdefault(name, payload)
        if known is payload:
            return True
        self.repeats += 1
        if known != payload:
            self.changed.append(name)
        return False

    def _follow(self, body: dict[str, Any]) -> None:
        self.walks.setdefault(body["id"], []).append(body["event"])
        client_id = body["client_id"]
        if client_id is not None and self.client_ids.setdefault(client_id, body["id"]) != body["id"]:
            self.twins.append(client_id)

    @property
    def ended(self) -> int:
        """How many messages have come to their end."""
        return sum(walk[-1] in _ENDED for walk in self.walks.values())

    @property
    def disordered(self) -> list[tuple[str, list[str]]]:
        """Messages whose states were told in an order that cannot be."""
        return [(name, walk) for name, walk in self.walks.items() if not _legal(walk)]


def _legal(walk: list[str]) -> bool:
    states = [MessageState(each) for each in walk]
    return states[0] is MessageState.ACCEPTED and all(
        later is earlier or later in LEGAL_EVENTS[earlier] for earlier, later in pairwise(states)
    )


def connected(site: Site, times: int = 1) -> None:
    """Wait until the gateway has a connection with the broker, and its subscriptions."""
    site.until(lambda: site.log.count("connected with the broker") >= times, "it is connected")


@dataclass(slots=True)
class Run:
    """One gateway, one broker, one user who publishes and one who listens; ``with_ids``: messages have ids.

    ``line`` is the port that the gateway connects to, where it is not the broker's own.
    """

    site: Site
    broker: Broker
    chance: Random
    messages: int = 1000
    with_ids: bool = True
    modems: int = 2
    line: int | None = None
    mqtt: dict[str, Any] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    published: list[str] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    faults: int = 0
    again: int = 0
    speaker: MqttUser = field(init=False)
    listener: MqttUser = field(init=False)
    _handed: list[Any] = field(default_factory=list)
    _to: dict[str, str] = field(default_factory=dict)
    _quiet_since: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.speaker = MqttUser(self.broker.port, name="speaker")
        self.listener = MqttUser(self.broker.port, "modemd/status/#", "modemd/received/#", name="listener")

    def through(self, steps: int, fault: Callable[[], None]) -> None:
        """Publish all in ``steps`` portions, a fault in the middle of each; wait until all have ended."""
        self.site.simulate(
            "--airtime", "0-0.004", "--report-delay", "0.02-0.1", "--reports", modems=self.modems
        )  # fmt: skip
        settings = self.broker.settings(**self.mqtt)
        if self.line is not None:
            settings["port"] = self.line
        self.site.configure(mqtt=settings, sending={"uncertain_after": _UNCERTAIN_S})
        self.site.start()
        connected(self.site)
        with self.listener, self.speaker:
            for step in range(steps):
                self._publish((self.messages * (step + 1)) // steps)
                self._give(step)
                self._progress()
                fault()
                self.faults += 1
            self._settle()

    def _publish(self, until: int) -> None:
        while len(self.published) < until:
            name = f"m{len(self.published):05d}"
            self.published.append(name)
            self._to[name] = f"+3247600{self.chance.randrange(PHONES):04d}"
            self._post(name)

    def _post(self, name: str) -> None:
        payload = {"to": self._to[name], "text": name} | ({"id": name} if self.with_ids else {})
        self._handed.append(self.speaker.post("modemd/send", payload))

    def _give(self, step: int) -> None:
        text = f"incoming {step}"
        self.site.ask("incoming", text=text, modem=f"gsm{step % self.modems + 1}")
        self.given.append(text)

    def _progress(self) -> None:
        """Let a random share of what is under way come through, so that faults meet every moment."""
        self.look()
        left = len(self.published) - self.told.ended
        goal = self.told.ended + int(left * self.chance.random() * 0.8)
        self.site.until(lambda: self.look() and self.told.ended >= goal, "some go through", 60)

    def look(self) -> bool:
        """Take in what the listener heard; what nobody answered for some seconds is published again."""
        known = len(self.told.walks)
        self.told.read(self.listener)
        if len(self.told.walks) > known:
            self._quiet_since = time.monotonic()
        elif self.with_ids and time.monotonic() - self._quiet_since > _AGAIN_S:
            self._quiet_since = time.monotonic()
            self._ask_again()
        return True

    def _settle(self) -> None:
        def all_ended() -> bool:
            self.look()
            return self.told.ended >= len(self.published) and all(each._published for each in self._handed)

        self.site.until(all_ended, "all are told to their end", 60 + self.messages / 10)
        self.site.until(
            lambda: self.look() and set(self.told.received) >= set(self.given), "all that came in is told", 60
        )

    def _ask_again(self) -> None:
        """What the broker has taken and nobody has answered is published again, as an honest user does."""
        if all(each._published for each in self._handed):
            for name in self.published:
                if name not in self.told.client_ids:
                    self.again += 1
                    self._post(name)

    @property
    def went(self) -> Counter[str]:
        """How often the network took each text."""
        return Counter(each["text"] for each in self.site.air())

    def wrongs(self) -> dict[str, Any]:
        """All that was not as promised; empty when all was."""
        went = self.went
        found: dict[str, Any] = {
            "lost": [name for name in self.published if name not in went],
            "sent more than once": [name for name, count in went.items() if count > 1],
            "made up": sorted(set(went) - set(self.published)),
            "events that changed": self.told.changed,
            "two messages for one id": self.told.twins,
            "messages told": [] if len(self.told.walks) == len(self.published) else [len(self.told.walks)],
            "not delivered": [walk for walk in self.told.walks.values() if walk[-1] != "delivered"],
            "out of order": self.told.disordered,
            "received": Counter(self.given) - self.told.received + (self.told.received - Counter(self.given)),
            "said": [line for line in self.site.log.splitlines() if "Traceback" in line],
        }
        return {name: wrong for name, wrong in found.items() if wrong}

    def figures(self) -> str:
        """A line about it."""
        return (
            f"{len(self.published)} messages, {self.faults} faults; {len(self.told.contents)} events and "
            f"{self.told.repeats} repeats of them; published again {self.again}; "
            f"wrong: {self.wrongs() or 'nothing'}"
        )
