"""Runs cases together: one daemon, a modem or two for each case, and the network's log as the judge."""

from __future__ import annotations

import contextlib
import json
import re
import select
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from modemd.simulator.client import SimulatorClient
from tests.system import nursery
from tests.system.faults import clock
from tests.system.gateway import PATIENCE_S, Gave, Site
from tests.system.kills import contents

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.system.faults.cases import Act, Case

QUICK: Final = "tests.system.faults.quick"
INCOMING: Final = 3
STAGES: Final = (1, 10)
"""When so many messages have gone out, the next are given: what a SIM tells is believed after two looks."""
_LONG_EVERY: Final = 10
"""Each tenth message is of two parts; none where the modem is not to come back: what is left of a message
waits for the SIM that the rest went by."""
_ENDED: Final = frozenset({"delivered", "sent", "failed", "undelivered", "expired", "cancelled"})
_ENDED_BY_PREFIX: Final = (
    "SELECT substr(destination, 1, 8), count(*) FROM message "
    "WHERE state IN ('sent', 'delivered', 'failed', 'undelivered', 'expired') GROUP BY 1"
)
_SAID: Final = re.compile(r"modem (\S+) is ([a-z_]+)\b")
_NETWORK: Final = {"report_delay_s": (0.5, 2.0)}
_UNCERTAIN_S: Final = 120
_IDLE_S: Final = 8.0
_REPORTED_S: Final = 60.0


@dataclass(slots=True, kw_only=True)
class Row:
    """What came of a case.

    ``back_s`` is from the fault to the next message that the network took, ``all_s`` to the last one.
    """

    case: Case
    expected: set[str] = field(default_factory=set)
    went: Counter[str] = field(default_factory=Counter)
    states: Counter[str] = field(default_factory=Counter)
    given: list[str] = field(default_factory=list)
    received: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    doubted: int = 0
    failed_texts: set[str] = field(default_factory=set)
    back_s: float | None = None
    all_s: float | None = None
    told: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    bound: bool = True
    """The modem's name is still that of the equipment that it was given to."""

    @property
    def lost(self) -> list[str]:
        """Parts that the network never got, and of which nobody was told that."""
        return sorted(self.expected - set(self.went) - self.failed_texts)

    @property
    def repeated(self) -> int:
        """How many times more than once it got a part."""
        return sum(count - 1 for count in self.went.values())

    @property
    def failed(self) -> int:
        """Messages that were given up, and told to be."""
        return self.states["failed"] + self.states["expired"] + self.states["undelivered"]

    @property
    def received_wrongly(self) -> list[str]:
        """What came in and was lost, or told twice."""
        given = Counter(self.given)
        return sorted(((given - self.received) + (self.received - given)).elements())

    def faults(self) -> list[str]:
        """What is not as it has to be."""
        case, found = self.case, []
        if self.lost:
            found.append(f"lost {self.lost[:3]}")
        if self.repeated > case.repeats:
            found.append(f"repeated {[text for text, count in self.went.items() if count > 1][:3]}")
        if self.failed != case.failed:
            found.append(f"{self.failed} messages failed, not {case.failed}")
        if sum(self.states.values()) != case.messages:
            found.append(f"{sum(self.states.values())} of {case.messages} messages accepted")
        unfinished = {state: count for state, count in self.states.items() if state not in _ENDED}
        if unfinished:
            found.append(f"not ended: {unfinished}")
        if self.received_wrongly:
            found.append(f"came in wrongly {self.received_wrongly[:3]}")
        if case.faults and not self.struck:
            found.append("the fault never struck")
        if not self.bound:
            found.append("its name is another modem's now")
        if (self.all_s or 0.0) > case.within_s:
            found.append(f"all were on the air only after {self.all_s:.0f} s")
        if case.tells and not self._was_told(case.tells):
            found.append(f"nobody was told {case.tells}")
        return found

    def _was_told(self, wanted: str) -> bool:
        said = [*self.told, *self.alarms]
        return bool(said) if wanted == "modem" else any(word.startswith(wanted) for word in said)


class FaultSite(Site):
    """A gateway with the quick clock, and modems of many kinds."""

    def __init__(self, *, parent: Path | None = None) -> None:
        super().__init__(parent=parent)
        self.epoch = time.time()

    def simulate_all(
        self, modems: Sequence[dict[str, Any]], network: dict[str, Any] | None = None, *, hub: bool = False
    ) -> None:
        """Start modems; each is the fields of a ``ModemSpec``, its faults in words."""
        wanted = {
            "folder": str(self.folder), "modems": modems, "network": {**_NETWORK, **(network or {})},
            "hub": hub,
        }  # fmt: skip
        source = self.folder / "modems.json"
        source.write_text(json.dumps(wanted), "utf-8")
        self._simulator = nursery.bear(QUICK, ["simulator", str(self.epoch), str(source)])
        assert self._simulator.stdout is not None
        assert select.select([self._simulator.stdout], [], [], PATIENCE_S)[0], "the simulator did not start"
        self._modems = json.loads(self._simulator.stdout.readline())["modems"]
        self.control = SimulatorClient(self.folder / "control")

    def _daemon_module(self) -> list[str]:
        return [QUICK, "daemon", str(self.epoch), str(self._config)]

    @property
    def now(self) -> float:
        """The time by the quick clock."""
        return clock.moment(self.epoch, time.time())


class Run:
    """Some cases in one gateway."""

    def __init__(self, site: FaultSite, cases: Sequence[Case], **sections: Any) -> None:
        self.site = site
        self.rows = [Row(case=case) for case in cases]
        self._sections = sections
        self._acts: list[tuple[int, Act]] = []
        self._acted_at: dict[int, float] = {}
        self._rests: dict[int, list[tuple[int, str]]] = {}
        self._hub = cases[0].hub
        self._names: list[str] = []

    def go(self, *, within_s: float = 60.0) -> list[Row]:
        """All of it; rows that are not ended after so many seconds of the real clock say so."""
        self._begin()
        with contextlib.suppress(Gave):
            self.site.until(self._ended, "all have ended", within_s, look_s=0.1)
        self._judge()
        return self.rows

    def _begin(self) -> None:
        site = self.site
        specs = [_modems(place, row.case) for place, row in enumerate(self.rows)]
        flat = [spec for some in specs for spec in some]
        self._names = [spec["name"] for spec in flat]
        site.simulate_all(flat, hub=self._hub)
        listed, routes = [], []
        for place, (row, some) in enumerate(zip(self.rows, specs, strict=True)):
            entries = [self._entry(spec) for spec in some]
            entries[0].update(row.case.config)
            listed += entries
            routes.append({"prefix": _prefix(place), "modems": [spec["name"] for spec in some]})
            self._acts += [(place, act) for act in row.case.acts]
        site.configure(
            modems=listed, routes=routes, sending={"uncertain_after": _UNCERTAIN_S, "uncertain": "resend"},
            log={"level": "info", "format": "json"}, **self._sections,
        )  # fmt: skip
        site.start()
        for place, row in enumerate(self.rows):
            made = _messages(place, row)
            self._rests[place] = [
                (start, json.dumps(made[start:end]))
                for start, end in zip((0, *STAGES), (*STAGES, len(made)), strict=True)
            ]
            self._drop(place)
            for count in range(INCOMING):
                text = f"in {place:03d} {count}"
                self.rows[place].given.append(text)
                site.ask("incoming", modem=_modems(place, row.case)[-1]["name"], text=text)

    def _ended(self) -> bool:
        """Every message is at its end; the report of one that was sent may have gone with its modem."""
        self._act()
        states = Counter(dict(self.site.rows("SELECT state, count(*) FROM message GROUP BY state")))
        if states.total() < sum(row.case.messages for row in self.rows) or not _ENDED.issuperset(states):
            return False
        if len(self.site.names("incoming")) < INCOMING * len(self.rows):
            return False
        return not states["sent"] or self.site.now - self.site.air()[-1]["at"] > _REPORTED_S

    def _entry(self, spec: dict[str, Any]) -> dict[str, Any]:
        if self._hub:
            own = spec["name"].startswith("m")
            if own or all(spec["imei"] != _imei(1, place) for place in range(len(self.rows))):
                return {"name": spec["name"], "imei": spec["imei"]}
            return {"name": spec["name"], "usb": f"1-1.{self._names.index(spec['name']) + 1}"}
        return {"name": spec["name"], "port": str(self.site.folder / "ports" / spec["name"])}

    def _act(self) -> None:
        """Give what is to go next, and do what is to be done."""
        if not self._acts and not any(self._rests.values()):
            return
        taken: Counter[str] = Counter()
        last_at: dict[str, float] = {}
        for each in self.site.air():
            prefix = each["destination"][:8]
            taken[prefix] += 1
            last_at[prefix] = each["at"]
        self._give_rests(last_at)
        for one in list(self._acts):
            place, act = one
            if taken[_prefix(place)] >= act.after:
                self._acts.remove(one)
                self._do(place, act)

    def _give_rests(self, last_at: dict[str, float]) -> None:
        """After a moment without work, in which the modem is asked what there is no time for otherwise."""
        ended = dict(self.site.rows(_ENDED_BY_PREFIX))
        for place, rests in self._rests.items():
            prefix = _prefix(place)
            is_idle = self.site.now - last_at.get(prefix, 0.0) > _IDLE_S
            if rests and ended.get(prefix) == rests[0][0] and is_idle:
                self._drop(place)

    def _drop(self, place: int) -> None:
        start, body = self._rests[place].pop(0)
        self.site.drop(f"case{place:03d}-{start}.json", body)

    def _do(self, place: int, act: Act) -> None:
        self._acted_at.setdefault(place, self.site.now)
        own, other = f"m{place:03d}", f"s{place:03d}"
        socket = {"own": own, "other": other}.get(act.into)
        what = dict(act.what)
        if socket is not None:
            what["port"] = self._names.index(socket) + 1
        self.site.ask(modem=other if act.other else own, **what)

    def _judge(self) -> None:
        site = self.site
        struck = {each["name"]: each["struck"] for each in site.ask("modems")["modems"]}
        air = defaultdict(list)
        for one in site.air():
            air[one["destination"][:8]].append(one)
        said = _said(site.log)
        alarms = defaultdict(list)
        for modem, code in site.rows("SELECT modem, code FROM alarm ORDER BY id"):
            alarms[modem].append(str(code))
        imeis = dict(site.rows("SELECT name, imei FROM modem"))
        for place, row in enumerate(self.rows):
            name = _modems(place, row.case)[0]["name"]
            taken = air[_prefix(place)]
            row.went = Counter(one["text"] for one in taken)
            row.struck = len(struck[name])
            began = struck[name][0][0] if struck[name] else self._acted_at.get(place)
            after = [one["at"] - began for one in taken if began and one["asked_at"] >= began]
            row.back_s = min(after, default=None)
            if began and len(row.went) > 0:
                row.all_s = max(one["at"] for one in taken) - began
            row.told = said[name]
            wanted = row.case.tells
            row.alarms = alarms[name] + [code for code in alarms[""] if wanted and code.startswith(wanted)]
            self._books(place, row)
            row.bound = not self._hub or imeis.get(name) == _modems(place, row.case)[0]["imei"]
        received: Counter[str] = Counter(
            site.text("incoming", each).partition("\n\n")[2] for each in site.names("incoming")
        )
        for place, row in enumerate(self.rows):
            row.received = Counter(
                {text: count for text, count in received.items() if text.startswith(f"in {place:03d} ")}
            )

    def _books(self, place: int, row: Row) -> None:
        like = f"{_prefix(place)}%"
        for state, client_id in self.site.rows(
            "SELECT state, client_id FROM message WHERE destination LIKE ?", like
        ):
            row.states[state] += 1
            if state in {"failed", "expired", "undelivered"}:
                row.failed_texts.update(_texts(place, int(client_id.rpartition("-")[2]), row.case))
        row.doubted = self.site.rows(
            "SELECT count(*) FROM part JOIN message ON message.id = part.message_id "
            "WHERE doubted AND destination LIKE ?", like,
        )[0][0]  # fmt: skip


def _modems(place: int, case: Case) -> list[dict[str, Any]]:
    own = {**case.modem, "name": f"m{place:03d}", "faults": list(case.faults)}
    own |= {"imei": _imei(1, place), "msisdn": f"+324{place:08d}", "iccid": f"89320{place:014d}"}
    other = {"name": f"s{place:03d}", "imei": _imei(2, place), "msisdn": f"+325{place:08d}"}
    other |= {"iccid": f"89321{place:014d}", **case.other}
    if other["imei"] == "own":
        other["imei"] = own["imei"]
    more = [
        {
            **other, "name": f"{other['name']}-{count}", "imei": _imei(count, place),
            "msisdn": f"+32{count}{place:08d}", "iccid": f"8932{count}{place:014d}",
        }
        for count in range(3, case.spare + 2)
    ]  # fmt: skip
    return [own, other, *more][: 1 + case.spare]


def _imei(kind: int, place: int) -> str:
    """Fifteen digits, the last of which is checked (3GPP TS 23.003, B.2)."""
    digits = f"8612345{kind}{place:06d}"
    doubled = [int(each) * (1 + at % 2) for at, each in enumerate(digits)]
    return digits + str(-sum(each // 10 + each % 10 for each in doubled) % 10)


def _prefix(place: int) -> str:
    return f"+3247{place:03d}"


def _texts(place: int, count: int, case: Case) -> list[str]:
    is_long = count % _LONG_EVERY == _LONG_EVERY - 1 and not case.spare
    return contents(f"c{place:03d}-{count:03d}", 1 + is_long)


def _messages(place: int, row: Row) -> list[dict[str, Any]]:
    made = []
    for count in range(row.case.messages):
        texts = _texts(place, count, row.case)
        row.expected.update(texts)
        made.append(
            {"to": f"{_prefix(place)}{count:04d}", "text": "".join(texts), "id": f"c{place:03d}-{count:03d}"}
        )
    return made


def _said(log: str) -> dict[str, list[str]]:
    """By modem: the states that the operator was told, in order."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in log.splitlines():
        if (match := _SAID.search(line)) and match[2] not in {"ready", *found[match[1]]}:
            found[match[1]].append(match[2])
    return found
