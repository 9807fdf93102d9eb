"""A run of messages through a daemon that is killed again and again, and what came of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.system.gateway import Site

NUMBERS: Final = 60
"""So many phones share the messages, so that several messages to one are on their way at a time."""
_PART: Final = 153  # 3GPP TS 23.040, 9.2.3.24.1: septets a part beside an 8-bit reference
_UNCERTAIN_S: Final = {True: 15, False: 1}
"""With reports: longer than a report takes, restarts included. Without: nothing is waited for."""


@dataclass(slots=True)
class Figures:
    """What a run came to. ``expected`` are the parts' texts; each says whose part it is."""

    kills: int = 0
    modems: int = 0
    expected: list[str] = field(default_factory=list)
    went: Counter[str] = field(default_factory=Counter)
    sent_files: list[str] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)
    states: Counter[str] = field(default_factory=Counter)
    doubts: int = 0
    given: list[str] = field(default_factory=list)
    """Texts that were sent to the modems meanwhile."""
    received: Counter[str] = field(default_factory=Counter)

    @property
    def lost(self) -> list[str]:
        """Parts that the network never got."""
        return [text for text in self.expected if text not in self.went]

    @property
    def repeated(self) -> int:
        """How many times more than once the network got a part."""
        return sum(count - 1 for count in self.went.values())

    @property
    def received_wrongly(self) -> list[str]:
        """Incoming messages that were lost, told twice, or made up."""
        return sorted(
            ((Counter(self.given) - self.received) + (self.received - Counter(self.given))).elements()
        )

    @property
    def strange(self) -> list[str]:
        """What the network got and nobody sent."""
        return sorted(set(self.went) - set(self.expected))


def contents(name: str, parts: int) -> list[str]:
    """The texts of a message's parts: each fills its part, so that they are cut where they were made."""
    if parts == 1:
        return [name]
    return [f"{name}/{part} ".ljust(_PART, "abcdefgh"[part % 8]) for part in range(1, parts)] + [
        f"{name}/{parts}"
    ]


def _give(site: Site, figures: Figures, chance: Random) -> None:
    """A message comes in, in one part or in three of any order."""
    text = "".join(contents(f"i{len(figures.given):05d}", chance.choice((1, 1, 3))))
    order = [1] if len(text) <= _PART else chance.sample((1, 2, 3), 3)
    site.ask("incoming", text=text, modem=f"gsm{chance.randrange(figures.modems) + 1}", order=order)
    figures.given.append(text)


def run(site: Site, *, kills: int, messages: int, reports: bool, seed: int, modems: int = 2) -> Figures:
    """Drop the messages while the daemon is killed at random moments; wait until all have ended."""
    chance = Random(seed)
    site.simulate(
        "--airtime", "0.01-0.08", "--report-delay", "0.05-0.3",
        "--reports" if reports else "--no-reports", modems=modems,
    )  # fmt: skip
    site.configure(sending={"reports": reports, "uncertain_after": _UNCERTAIN_S[reports]})
    figures = Figures(kills=kills, modems=modems)
    waiting = [(f"m{one:05d}", chance.choice((1, 1, 1, 2, 3))) for one in range(messages)]
    site.start()
    for done in range(kills):
        for _ in range(-(-len(waiting) // (kills - done))):
            name, parts = waiting.pop()
            texts = contents(name, parts)
            figures.expected += texts
            site.drop(name, f"To: 3247600{chance.randrange(NUMBERS):04d}\n\n{''.join(texts)}")
        for _ in range(2):
            _give(site, figures, chance)
        site.pass_by(chance.uniform(0.0, 0.6) ** 2 * 2)
        site.kill()
        if chance.random() < 0.3:  # a second one while it starts: the moments of recovery are tried too
            site.begin()
            site.pass_by(chance.uniform(0.1, 0.8))
            site.kill()
            figures.kills += 1
        site.start()
    site.until(lambda: len(site.names("sent")) >= messages, "all are in sent/", 60 + messages / 10)
    if reports:
        site.until(lambda: set(site.states()) == {"delivered"}, "all are delivered", 60)
    site.until(lambda: len(site.names("incoming")) >= len(figures.given), "all came in", 60)
    figures.doubts = site.log.count(": in doubt")
    site.stop()
    figures.went = Counter(one["text"] for one in site.air())
    figures.received = Counter(
        site.text("incoming", name).partition("\n\n")[2] for name in site.names("incoming")
    )
    figures.sent_files = site.names("sent")
    figures.left = {name: site.names(name) for name in ("outgoing", "checked", "failed")}
    figures.states = Counter(site.states())
    return figures
