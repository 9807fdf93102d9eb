"""An operator's desk: a configuration, a store, the program's commands, and a hand that plays the modem."""

from __future__ import annotations

import io
import json
import os
import sys
import tempfile
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import pytest

from modemd import __version__
from modemd.cli.main import main
from modemd.config import parse
from modemd.gsm.terminated import encode_deliver, encode_status_report
from modemd.service import arrival, dispatch, routing
from modemd.service.modems import modem_orders
from modemd.service.outcomes import Denied, Outcome, Seat, Taken, Unanswered
from modemd.service.rules import Rules
from modemd.store import modems
from modemd.store.database import Database
from modemd.store.times import to_us
from tests.system.commands import Command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from modemd.errors import Rejected
    from modemd.service.modems.modem_orders import Order
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

T = TypeVar("T")

TAKEN: Final = Taken(7)
REFUSED_FOR_GOOD: Final = Denied("CMS", 1, "+CMS ERROR: 1")
REFUSED_FOR_NOW: Final = Denied("CMS", 42, "+CMS ERROR: 42")
SILENCE: Final = Unanswered("no answer to AT+CMGS after its PDU", after_body=True)
PATIENCE_S: Final = 60.0


class Said(NamedTuple):
    """What a command did: exit status, standard output, standard error."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its output as the one JSON value that it is."""
        return json.loads(self.out)

    @property
    def objects(self) -> list[dict[str, Any]]:
        """Its output as lines of JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Desk:
    """One temporary folder; ``begin`` makes the store in it, as a daemon's first start does."""

    folder: Path

    @classmethod
    def begin(cls, folder: Path, *, more: str = "", accounts: str = '{clinic: {allow: ["+32"]}}') -> Desk:
        """Two modems, gsm1 and gsm2, and the account ``clinic``."""
        desk = cls(folder)
        desk.config.write_text(
            "gateway: {name: gw, country: BE, timezone: Europe/Brussels}\n"
            f"store: {{url: 'sqlite:///{folder}/store.db'}}\n"
            f"spool: {{dir: {folder}/spool}}\n"
            f"accounts: {accounts}\n"
            "modems:\n  discover: false\n  list:\n"
            "    - {name: gsm1, port: /dev/gsm1}\n    - {name: gsm2, port: /dev/gsm2}\n" + more
        )
        (folder / "store.db").write_bytes(_new_store())
        desk.write(lambda tx: routing.sync(tx, desk.rules))
        return desk

    @property
    def config(self) -> Path:
        """The configuration's file."""
        return self.folder / "config.yaml"

    @property
    def url(self) -> str:
        """The store."""
        return f"sqlite:///{self.folder}/store.db"

    @property
    def rules(self) -> Rules:
        """The rules, as the daemon has them."""
        return Rules.of(parse(self.config.read_text("utf-8")))

    def run(self, *arguments: object, given: bytes | None = None) -> Said:
        """One command, to its exit status; without a process of its own, which takes a second."""
        out, err = io.StringIO(), io.StringIO()
        stdin, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(given or b""), "utf-8")
        try:
            with pytest.raises(SystemExit) as ended, redirect_stdout(out), redirect_stderr(err):
                main(["-c", str(self.config), *map(str, arguments)])
        finally:
            sys.stdin = stdin
        return Said(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    def call(self, *arguments: object) -> Said:
        """One command that succeeds."""
        said = self.run(*arguments)
        assert said.status == 0, said.err
        return said

    def running(self, *arguments: object) -> Command:
        """A command that goes on while the test plays the gateway."""
        return Command("-c", self.config, *arguments, environment=environment())

    def process(self, *arguments: object) -> Said:
        """One command in a process of its own, to its exit status."""
        with self.running(*arguments) as command:
            done = command.ended()
        return Said(done.returncode, done.stdout, done.stderr)

    def answered(self, answer: Mapping[str, object] | Rejected, *arguments: object) -> tuple[Order, Said]:
        """A command that asks something of gsm1, with the test as that modem; what was ordered, and said."""
        modem_id = self.seat().modem_id
        with self.running(*arguments) as command:
            deadline = time.monotonic() + PATIENCE_S
            while (order := self.write(lambda tx: modem_orders.begin(tx, modem_id, now()))) is None:
                assert command.poll() is None, command.ended()
                assert time.monotonic() < deadline, "nothing was ordered"
            self.write(lambda tx: modem_orders.finish(tx, self.rules, order.id, answer, now()))
            done = command.ended()
        return order, Said(done.returncode, done.stdout, done.stderr)

    def write(self, job: Callable[[Tx], T]) -> T:
        """One transaction beside what the commands do."""
        database = Database(self.url, create=False)
        database.act_as("gw")
        try:
            return database.transact(job)
        finally:
            database.close()

    def gateway_starts(self, pid: int | None = None, seen_at: datetime | None = None) -> None:
        """A daemon is there: this process, if no other is named."""
        at_us = to_us(seen_at or now())
        self.write(lambda tx: modems.gateway_started(tx, "gw", pid or os.getpid(), __version__, at_us))

    def gateway_stops(self) -> None:
        """And now it is not."""
        self.write(lambda tx: modems.gateway_stopped(tx, "gw", to_us(now())))

    def seat(self, name: str = "gsm1") -> Seat:
        """A modem with its SIM."""
        ids = self.write(lambda tx: modems.modem_ids(tx, "gw"))
        return Seat(ids[name], name, f"sim of {name}")

    def claim(self, by: str = "gsm1") -> ClaimedPart:
        """A modem takes its next part in hand."""
        seat = self.seat(by)
        claimed = self.write(lambda tx: dispatch.next_part(tx, self.rules, seat, now()))
        assert claimed is not None, "nothing is queued for it"
        return claimed

    def record(self, claimed: ClaimedPart, outcome: Outcome, by: str = "gsm1") -> None:
        """And this became of it."""
        seat = self.seat(by)
        self.write(lambda tx: dispatch.record(tx, self.rules, seat, claimed, outcome, now()))

    def submit(self, outcome: Outcome, by: str = "gsm1") -> None:
        """Both."""
        self.record(self.claim(by), outcome, by)

    def receive(self, text: str, originator: str = "+32475999999") -> None:
        """A message comes in by gsm1."""
        pdus = [part.pdu for part in encode_deliver(originator, text, sc_at=now())]
        self._take(pdus)

    def report(self, tp_mr: int, tp_status: int = 0) -> None:
        """The network says by gsm1 what became of a part."""
        at = now()
        made = encode_status_report(
            tp_mr=tp_mr, recipient="+32475123456", sc_at=at, discharged_at=at, tp_status=tp_status
        )
        self._take([made.pdu])

    def _take(self, pdus: list[str]) -> None:
        seat = self.seat()
        self.write(lambda tx: arrival.take(tx, self.rules, seat, "default", pdus, now()))

    def send(self, text: str = "Hello", *options: object) -> int:
        """Send something by the command; return its id."""
        done = self.call("send", "--to", "+32475123456", "--json", *options, text)
        return int(done.objects[0]["id"])

    def shown(self, message_id: int) -> Any:
        """All that is known of a message."""
        return self.call("messages", "show", message_id, "--json").json

    def part_states(self, message_id: int) -> list[str]:
        """The states of its parts, in order."""
        return [part["state"] for part in self.shown(message_id)["part_list"]]


@cache
def _new_store() -> bytes:
    """Migrations take a while: once is enough."""
    with tempfile.TemporaryDirectory() as folder:
        Database(f"sqlite:///{folder}/store.db").close()
        return (Path(folder) / "store.db").read_bytes()


def environment() -> dict[str, str]:
    """This process's, without what would name another configuration."""
    return {key: value for key, value in os.environ.items() if key != "MODEMD_CONFIG"}


def now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)
