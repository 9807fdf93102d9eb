"""Accepting messages of an account that pays, and of one that does not: the same messages, in turns.

From the request to the commit, as a door does it: checks and encoding, then a batch in one transaction.
Without what the doors themselves cost (files, the broker), so that the difference is not hidden in that.
"""

from __future__ import annotations

import statistics
import time
from datetime import UTC, datetime
from pathlib import Path

from modemd.config import load
from modemd.model import SendRequest
from modemd.service import dispatch, intake, routing
from modemd.service.accounts import accounts
from modemd.service.credits import credit
from modemd.service.outcomes import Seat, Taken
from modemd.service.rules import Rules
from modemd.store.database import Database
from modemd.store.transaction import Tx
from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.rig import TEXT, folder

_BATCH = 200
_TURNS = 80
_WARM = 5
_CAPTURES = 1500
_CONFIG = """
gateway: {country: BE, timezone: Europe/Brussels}
store: {url: 'sqlite:///%s/modemd.db'}
modems: {discover: false, list: [{name: gsm1, port: /dev/gsm1}]}
mqtt: {host: 127.0.0.1}
sending: {reports: false}
accounts: {free: {terms: unlimited}, payer: {terms: smstools}}
"""


class Till:
    """A store with an account that pays, and one that does not."""

    def __init__(self, place: Path) -> None:
        (place / "config.yaml").write_text(_CONFIG % place)
        config = load(place / "config.yaml")
        self.database = Database(config.store.url)
        now = datetime.now(UTC)
        self.rules = self.database.transact(lambda tx: accounts.known(tx, Rules.of(config), now))
        ids = self.database.transact(lambda tx: routing.sync(tx, self.rules))
        self.seat = Seat(ids["gsm1"], "gsm1", "8932")
        self.database.transact(self._fund)
        self._count = 0

    def _fund(self, tx: Tx) -> None:
        payer = accounts.find(tx, "payer").id
        credit.grant(tx, payer, 1_000_000, source="grant", by="bench", reason="bench", now=datetime.now(UTC))

    def accept(self, account: str) -> float:
        """Accept a batch; return the µs that one message took."""
        self._count += 1
        texts = [TEXT.format(self._count * _BATCH + each) for each in range(_BATCH)]
        now = datetime.now(UTC)
        began = time.perf_counter()
        prepared = [
            intake.prepare(SendRequest(to=f"+32475{each:06d}", text=text, account=account), self.rules, now)
            for each, text in enumerate(texts)
        ]
        answers = self.database.transact(
            lambda tx: intake.accept(tx, prepared, self.rules, now, source="mqtt")
        )
        took_s = time.perf_counter() - began
        assert all(isinstance(each, intake.Accepted) for each in answers), answers[0]
        assert {each.credits for each in prepared} == {int(account == "payer")}
        return took_s * 1e6 / _BATCH

    def send(self, tx: Tx) -> float:
        """Claim a part, and record that the network took it; return the µs of both, without the commit."""
        now = datetime.now(UTC)
        began = time.perf_counter()
        part = dispatch.next_part(tx, self.rules, self.seat, now)
        assert part is not None, "there is nothing to claim"
        dispatch.record(tx, self.rules, self.seat, part, Taken(part.id % 256), now)
        return (time.perf_counter() - began) * 1e6


def _ratios(free: list[float], paid: list[float]) -> dict[str, float]:
    """Each turn is held against its neighbour: a machine's speed drifts."""
    each = [dear / cheap for cheap, dear in zip(free, paid, strict=True)]
    return {
        "free": statistics.median(free),
        "paid": statistics.median(paid),
        "ratio": statistics.median(each),
    }


def _accept(_options: Options) -> Figures:
    with folder() as place:
        till = Till(place)
        took = [(till.accept("free"), till.accept("payer")) for _ in range(_WARM + _TURNS)]
        till.database.close()
    free, paid = zip(*took[_WARM:], strict=True)
    return _ratios(list(free), list(paid))


def _dispatch(_options: Options) -> Figures:
    with folder() as place:
        till = Till(place)
        took: dict[str, list[float]] = {}
        for account in ("free", "payer"):
            while len(took.setdefault(account, [])) < _CAPTURES:
                till.accept(account)
                took[account] += till.database.transact(lambda tx: [till.send(tx) for _ in range(_BATCH)])
        till.database.close()
    free, paid = (statistics.median(took[account]) for account in ("free", "payer"))
    return {"free": free, "paid": paid, "more": paid - free}


ROWS = (
    Row(
        "credit-accept",
        (
            Measure("free", "accepting a message that costs no credits, of 200", "µs", digits=1),
            Measure("paid", "accepting one that is paid for", "µs", digits=1),
            Measure("ratio", "the second by the first", "×", 1.25, most=True, digits=3),
        ),
        _accept,
    ),
    Row(
        "credit-send",
        (
            Measure("free", "claiming a part and recording that it went, free", "µs", digits=1),
            Measure("paid", "the same, with its credits taken", "µs", digits=1),
            Measure("more", "what taking its credits costs", "µs", digits=1),
        ),
        _dispatch,
    ),
)
