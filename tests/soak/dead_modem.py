"""``python -m tests.soak.dead_modem``: one of eight modems dies for good, and others take its messages.

For each way of dying a gateway with the deadlines of every day is given messages for half a minute, short
ones and long ones, while its first modem dies. What is measured for each message that others sent: seconds
from its drop, or from the death where that came later, to the air. What the dead modem had in hand after
Ctrl-Z is in doubt, and the policy's; a long message of which it sent a part waits for its SIM, since to the
phone another sender's number is another message. Both are counted, and not waited for.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from typing import Final

from tests.system.gateway import Site

_LONG: Final = "These words are repeated until the message needs three parts. " * 6
_WAYS: Final[dict[str, dict[str, object]]] = {
    "after Ctrl-Z": {"on": "AT+CMGS*", "at": "body"},
    "before the prompt": {"on": "AT+CMGS*"},
    "in a sweep": {"on": "AT+CMGL*"},
    "at any command": {},
    "unplugged": {},
}
_AT: Final = 10
_BEGUN: Final = "SELECT id FROM message WHERE state = 'sending' AND parts_done > 0 AND modem = 'gsm1'"
_GIVEN_S: Final = 150.0


@dataclass(frozen=True)
class Lag:
    """How long others took for what was dropped; the longest in seconds."""

    longest_s: float
    count: int
    doubts: int
    begun: int


def measure(way: str, seconds: int = 30, *, hasty: bool = False) -> Lag:
    """Let the first of eight modems die ten seconds after the start of the drops, and watch the air."""
    with Site() as site:
        site.hasty = hasty
        site.simulate("--airtime", "0.3", modems=8)
        site.configure(sending={"uncertain": "hold"})
        site.start()
        dropped: dict[str, float] = {}
        died = 0.0
        for second in range(seconds):
            for place in range(6):
                to = f"+32475{second:03d}{place:03d}"
                site.drop(f"m{second:03d}x{place}", f"To: {to[1:]}\n\n{_LONG if place == 0 else 'Hello'}")
                dropped[to] = time.time()
            if second == _AT:
                died = time.time()
                _kill(site, way)
            site.pass_by(1.0)
        site.until(lambda: _waiting(site) == 0, "all is sent or in doubt", _GIVEN_S, look_s=0.5)
        doubts = site.rows("SELECT count(DISTINCT message_id) FROM part WHERE state = 7")[0][0]
        begun = site.rows(f"SELECT count(*) FROM message WHERE id IN ({_BEGUN})")[0][0]
        last: dict[str, float] = {}
        for one in site.air():
            if one["modem"] != "gsm1":
                last[one["destination"]] = float(one["at"])
        lags = [at - max(dropped[to], died) for to, at in last.items() if at > died]
        return Lag(max(lags), len(lags), int(doubts), int(begun))


def _kill(site: Site, way: str) -> None:
    if way == "unplugged":
        site.ask("unplug", modem="gsm1")
    else:
        site.ask("fault", modem="gsm1", spec={"kind": "dead", "times": 0, **_WAYS[way]})


def _waiting(site: Site) -> int:
    """Parts that are neither sent nor of a message that is in doubt or begun."""
    [(count,)] = site.rows(
        "SELECT count(*) FROM part WHERE state IN (0, 1, 2, 8) AND message_id NOT IN"
        f" (SELECT message_id FROM part WHERE state = 7) AND message_id NOT IN ({_BEGUN})"
    )
    return int(count)


def main() -> None:
    """Print a row for each way."""
    hasty = "--hasty" in sys.argv
    for way in _WAYS:
        lag = measure(way, hasty=hasty)
        left = f"{lag.doubts} in doubt, {lag.begun} half sent"
        said = f"{lag.count:4} by others, the slowest after {lag.longest_s:5.1f} s; {left}"
        sys.stdout.write(f"{way:20} {said}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
