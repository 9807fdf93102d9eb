"""What goes wrong with a modem in the wild, by chance."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from modemd.gsm.causes import Verb, reaction
from modemd.gsm.makers import Family
from tests.system.faults.codes import CME, CMS

if TYPE_CHECKING:
    from random import Random

    from modemd.errors import CauseKind

_PLACES: Final = ("command", "prompt", "body", "answer")
_NOISY: Final = (*_PLACES, "inside", "after")
_COMMANDS: Final = (
    "AT+CMGS*",
    "AT+CMGS*",
    "AT+CMGS*",
    "AT+CMGL*",
    "AT+CMGD*",
    "AT+CSQ",
    "AT+CREG?",
    "AT+CPMS*",
    "*",
)
_LINES: Final = ('+CMTI: "SM",3', "^RSSI:18", "RING", "+CREG: 1", "^BOOT:27710117,0,0,0,72", "+CIEV: 2,4")
_OCTETS: Final = ("ff00e9", "00", "0d0a0d0a", "ff" * 40)


@dataclass(slots=True)
class Mischief:
    """A source of faults; ``done`` counts what it did."""

    chance: Random
    done: dict[str, int] = field(default_factory=dict)

    def one(self) -> dict[str, Any]:
        """A request to the simulator that makes something go wrong (see ``modemd.simulator.control``)."""
        kind = self.chance.choice(
            (
                "hang", "silence", "late", "error", "error", "garbage", "garbage", "urc", "echo", "joined",
                "reboot", "unplug", "full", "unregistered", "no-smsc", "pull", "restart", "busy",
            )
        )  # fmt: skip
        self.done[kind] = self.done.get(kind, 0) + 1
        if kind == "pull":
            return {"do": "unplug", "seconds": self.chance.uniform(2, 120)}
        if kind == "restart":
            return {"do": "reboot", "seconds": self.chance.uniform(1, 30)}
        return {"do": "fault", "spec": self._spec(kind)}

    def _spec(self, kind: str) -> dict[str, Any]:
        chance = self.chance
        spec: dict[str, Any] = {"kind": kind, "on": chance.choice(_COMMANDS), "nth": chance.randint(1, 8)}
        spec["at"] = chance.choice(_PLACES)
        if kind in {"silence", "late", "reboot", "unplug", "unregistered"}:
            spec["seconds"] = round(chance.uniform(1, 90), 1)
        if kind == "unregistered":
            spec["code"] = chance.choice((0, 2, 3, 8))
        elif kind in {"garbage", "urc"}:
            spec["at"] = chance.choice(_NOISY)
            spec |= {"text": chance.choice(_LINES)} if kind == "urc" else {"hex": chance.choice(_OCTETS)}
        elif kind == "error":
            spec |= {"on": "AT+CMGS*", "at": chance.choice(("command", "body")), **self._code()}
            spec["times"] = chance.choice((1, 1, 1, 2, 5))
        elif kind == "busy":
            spec |= {"kind": "error", "on": "AT+CMGS*", "cms": 314, "times": chance.randint(1, 4)}
            spec["at"] = chance.choice(("command", "body"))  # not after it was taken: no modem lies like that
        return spec

    def _code(self) -> dict[str, int]:
        """A code with which a message is not given up."""
        while True:
            kind, codes = self.chance.choice((("cms", CMS), ("cme", CME)))
            code = self.chance.choice(codes)
            if not any(_gives_up("CMS" if kind == "cms" else "CME", code, family) for family in Family):
                return {kind: code}


def _gives_up(kind: CauseKind, code: int, family: Family) -> bool:
    what = reaction(kind, code, after_body=True, family=family)
    return what.verb in {Verb.FAIL, Verb.RETRY_LONG, Verb.RETRY_ONCE} or what.then is Verb.FAIL
