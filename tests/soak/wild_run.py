"""Modems for hours, by a clock that runs faster: messages both ways, and trouble all the time."""

from __future__ import annotations

import json
import os
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any, Final

from tests.soak.wild_mischief import Mischief
from tests.system.faults.clock import FACTOR
from tests.system.kills import contents

if TYPE_CHECKING:
    from tests.system.faults.runner import FaultSite

DIALECTS: Final = ("generic", "huawei", "zte", "simcom", "quectel")
SMSC: Final = "+32475161616"
_BATCH: Final = 20
_TURN_S: Final = 0.5
_PHONES: Final = 400
_WRONG: Final = ("no sign of life", "a turn failed", "Traceback", "could not put everything away")
_UNCERTAIN_S: Final = 600
_NOT_OURS: Final = "Old message"
"""What lies in a modem whose storage is full."""
_NETWORK: Final = {"airtime_s": (1.0, 4.0), "report_delay_s": (2.0, 30.0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for; ``minutes`` are of the real clock, and messages are spread over them."""

    modems: int
    messages: int
    incoming: int
    minutes: float
    seed: int


@dataclass(slots=True)
class Sample:
    """How the process stood ``at`` so many seconds after its start (by the real clock)."""

    at: float
    rss_kib: int
    descriptors: int


@dataclass(slots=True)
class Found:
    """What a run came to."""

    expected: set[str] = field(default_factory=set)
    went: Counter[str] = field(default_factory=Counter)
    given: Counter[str] = field(default_factory=Counter)
    received: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    evidence: Counter[str] = field(default_factory=Counter)
    by_policy: set[str] = field(default_factory=set)
    failed: list[str] = field(default_factory=list)
    given_up: set[str] = field(default_factory=set)
    samples: list[Sample] = field(default_factory=list)
    mischief: dict[str, int] = field(default_factory=dict)
    wrong_lines: list[str] = field(default_factory=list)
    alarms: Counter[str] = field(default_factory=Counter)
    modems: Counter[str] = field(default_factory=Counter)
    idle: list[str] = field(default_factory=list)
    """Modems that sent nothing when all was well again."""
    fed: bool = False
    took_s: float = 0.0

    @property
    def lost(self) -> list[str]:
        """Parts that the network never got, and of which nobody was told that."""
        return sorted(self.expected - set(self.went) - self.given_up)

    @property
    def repeated(self) -> list[str]:
        """Parts that went more than once, and not because the policy said so."""
        return sorted(text for text, count in self.went.items() if count > 1 and text not in self.by_policy)

    @property
    def repeated_by_policy(self) -> int:
        """Parts of which no evidence came in time, and which had gone."""
        return sum(count > 1 and text in self.by_policy for text, count in self.went.items())

    @property
    def received_wrongly(self) -> list[str]:
        """What came in and was lost, told twice, or made up."""
        return sorted(((self.given - self.received) + (self.received - self.given)).elements())


class Soak:
    """One run."""

    def __init__(self, site: FaultSite, wanted: Wanted) -> None:
        self.site, self.wanted = site, wanted
        self.found = Found()
        self.mischief = Mischief(Random(wanted.seed + 1))
        self._chance = Random(wanted.seed)
        self._began = time.monotonic()
        self._dropped = self._given = 0
        self._log_at = 0

    @property
    def names(self) -> list[str]:
        """The modems'."""
        return [f"gsm{place + 1}" for place in range(self.wanted.modems)]

    def go(self) -> Found:
        """All of it.

        Raises:
            Gave: the messages did not end in time.
        """
        self._start()
        spread_s = self.wanted.minutes * 60
        while self._share(spread_s) < 1:
            share = self._share(spread_s)
            self._feed(share)
            self._trouble()
            self._sample()
            self.site.pass_by(_TURN_S)
        self._feed(1)
        self._mend()
        self.site.until(self._all_ended, "all messages end", 180 + spread_s / 2, look_s=1.0)
        self.found.idle = self._idle()
        self._sample()
        self._judge()
        return self.found

    def _share(self, spread_s: float) -> float:
        return min(1.0, (time.monotonic() - self._began) / spread_s)

    def _start(self) -> None:
        modems = [
            {
                "name": name, "dialect": DIALECTS[place % len(DIALECTS)],
                "pin": "1234" if place % 4 == 3 else None,
                "boot_s": 4.0, "chatter_s": 30.0 if place % 3 == 0 else 0.0,
            }
            for place, name in enumerate(self.names)
        ]  # fmt: skip
        self.site.simulate_all(modems, _NETWORK)
        listed = [
            {"name": each["name"], "port": each["path"], "smsc": SMSC, "pin": "1234"}
            for each in self.site.simulated
        ]
        self.site.configure(
            modems=listed, sending={"uncertain_after": _UNCERTAIN_S, "uncertain": "resend", "retries": 20},
            log={"level": "info", "format": "json"},
        )  # fmt: skip
        self.site.start()

    def _feed(self, share: float) -> None:
        while self._dropped < int(self.wanted.messages * share):
            batch = []
            for _ in range(min(_BATCH, self.wanted.messages - self._dropped)):
                batch.append(self._message(self._dropped))
                self._dropped += 1
            self.site.drop(f"b{self._dropped:06d}.json", json.dumps(batch))
        while self._given < int(self.wanted.incoming * share):
            self._give()

    def _message(self, count: int) -> dict[str, Any]:
        texts = contents(f"m{count:06d}", self._chance.choice((1, 1, 1, 1, 1, 1, 1, 2, 3)))
        self.found.expected.update(texts)
        phone = f"+3247600{self._chance.randrange(_PHONES):04d}"
        return {"to": phone, "text": "".join(texts), "id": f"m{count:06d}"}

    def _give(self) -> None:
        texts = contents(f"i{self._given:06d}", self._chance.choice((1, 1, 1, 3)))
        order = self._chance.sample(range(1, len(texts) + 1), len(texts))
        name = self._chance.choice(self.names)
        self.site.ask("incoming", text="".join(texts), modem=name, order=order)
        self.found.given["".join(texts)] += 1
        self._given += 1

    def _trouble(self) -> None:
        """On average each modem meets something every 20 s of the real clock: 7 minutes of its own."""
        for name in self.names:
            if self._chance.random() < _TURN_S / 20:
                self.site.ask(modem=name, **self.mischief.one())

    def _mend(self) -> None:
        for name in self.names:
            self.site.ask("heal", modem=name)
            self.site.ask("plug", modem=name)
            self.site.ask("set", modem=name, registration=1)

    def _sample(self) -> None:
        daemon = self.site.daemon
        assert daemon is not None
        count = len(os.listdir(f"/proc/{daemon.pid}/fd"))  # noqa: PTH208 - /proc
        at = time.monotonic() - self._began
        if not self.found.samples or at - self.found.samples[-1].at > 2:
            self.found.samples.append(Sample(at, self.site.memory_kib("VmRSS"), count))
        del self.site.said[:-50]

    def _all_ended(self) -> bool:
        self._sample()
        open_ = self.site.rows(
            "SELECT count(*) FROM message "
            "WHERE state NOT IN ('sent', 'delivered', 'failed', 'undelivered', 'expired')"
        )[0][0]
        total = self.site.rows("SELECT count(*) FROM message")[0][0]
        came = self.site.rows("SELECT count(*) FROM inbound WHERE text LIKE 'i0%'")[0][0]
        return not open_ and total >= self.wanted.messages and came >= self.wanted.incoming

    def _idle(self) -> list[str]:
        """One message by each modem, now that all is well."""
        last = [
            {"to": "+32476009999", "text": f"last of {name}", "id": f"last-{name}", "modem": name}
            for name in self.names
        ]
        self.site.drop("last.json", json.dumps(last))
        self.found.expected.update(each["text"] for each in last)
        done = "SELECT count(*) FROM message WHERE client_id LIKE 'last-%' AND state IN ('delivered', 'sent')"
        self.site.pass_by(1.0)
        deadline = time.monotonic() + 900 / FACTOR
        while self.site.rows(done)[0][0] < len(last) and time.monotonic() < deadline:
            self.site.pass_by(0.5)
        rows = self.site.rows("SELECT client_id FROM message WHERE client_id LIKE 'last-%' AND state IN "
                              "('delivered', 'sent')")  # fmt: skip
        return sorted(set(self.names) - {str(row[0]).removeprefix("last-") for row in rows})

    def _judge(self) -> None:
        site, found = self.site, self.found
        site.said.clear()
        site.pass_by(1.0)
        found.fed = "WATCHDOG=1" in site.said
        found.went = Counter(str(one["text"]) for one in site.air())
        bodies = (site.text("incoming", name).partition("\n\n")[2] for name in site.names("incoming"))
        found.received = Counter(body for body in bodies if not body.startswith(_NOT_OURS))
        found.states = Counter(site.states())
        found.modems = Counter(str(row[0]) for row in site.rows("SELECT state FROM modem"))
        found.alarms = Counter(str(row[0]) for row in site.rows("SELECT code FROM alarm"))
        found.mischief = self.mischief.done
        found.wrong_lines = [line for line in site.log.splitlines() if any(word in line for word in _WRONG)]
        self._doubts()
        found.took_s = time.monotonic() - self._began

    def _doubts(self) -> None:
        rows = self.site.rows(
            "SELECT message.client_id, part.part_no, part.part_count, part.evidence, message.state, "
            "part.error_code, part.error_reason FROM part JOIN message ON message.id = part.message_id "
            "WHERE part.doubted OR message.state IN ('failed', 'expired', 'undelivered')"
        )
        for client_id, part_no, part_count, evidence, state, code, reason in rows:
            text = contents(str(client_id), part_count)[part_no - 1]
            if evidence is not None:
                self.found.evidence[str(evidence)] += 1
            if state in {"failed", "expired", "undelivered"}:
                self.found.failed.append(f"{client_id}/{part_no} {state}: {code} {reason}")
                self.found.given_up.add(text)
            if evidence == "policy":
                self.found.by_policy.add(text)


def keep(folder: Path, site: FaultSite) -> None:
    """Copy what is needed to find out why a run went wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("daemon.log", "air.jsonl", "modemd.db", "modemd.db-wal", "config.yaml"):
        source = site.folder / name
        if source.exists():
            (folder / name).write_bytes(source.read_bytes())
