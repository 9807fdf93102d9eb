"""A whole gateway as its users have it: the simulator's process, the daemon's process, a spool, a store.

What a test waits for is a condition with a deadline: ``until`` looks again whenever the daemon says something
to its service manager, and every few milliseconds besides.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from modemd.simulator.client import SimulatorClient
from modemd.store.database import Database
from tests.system import commands, nursery

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

T = TypeVar("T")

ROOT: Final = Path(__file__).resolve().parents[2]
DIRECTORIES: Final = ("outgoing", "checked", "sent", "failed", "incoming", "report", "phonecalls")
PATIENCE_S: Final = 60.0
_LOOK_S: Final = 0.02
_POWERLESS: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")


@cache
def _empty_store() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        Database(f"sqlite:///{path}").close()
        return path.read_bytes()


def _waited_s(pid: int) -> float:
    """For how many seconds a process's threads were ready to run, and others did (proc(5), ``schedstat``)."""
    waited_ns = 0
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):  # it has ended, or this kernel does not count
            waited_ns += int((thread / "schedstat").read_text("ascii").split()[1])
    return waited_ns / 1e9


class Gave(AssertionError):
    """What was waited for did not come."""


class Site:
    """One temporary folder with all that a gateway needs; ``with`` takes everything away again."""

    def __init__(self, *, parent: Path | None = None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="modemd-", dir=parent))
        self.folder.chmod(0o755)
        self.spool = self.folder / "spool"
        self.store = self.folder / "modemd.db"
        self.air_log = self.folder / "air.jsonl"
        self.daemon: subprocess.Popen[bytes] | nursery.Born | None = None
        self.said: list[str] = []
        self.control: SimulatorClient | None = None
        self._simulator: nursery.Born | None = None
        self._log = self.folder / "daemon.log"
        self._config = self.folder / "config.yaml"
        self._modems: list[dict[str, Any]] = []
        self._serial = 0
        self.hasty = False
        """Deadlines of a second for modems, instead of a minute."""
        self.premade = True
        """Whether the first daemon finds an empty store instead of making it."""
        self.afresh = False
        """Whether the daemon is started by its command line, not forked from one that has imported it."""
        self._notices = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._notices.bind(str(self.folder / "notify"))
        (self.folder / "notify").chmod(0o777)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self.end_simulator()
        self._notices.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- the modems ------------------------------------------------------------------------------------

    def simulate(self, *arguments: str, modems: int = 2) -> None:
        """Start simulated modems, with the options of ``modemd simulate``."""
        self._simulator = nursery.bear(
            nursery.MODEMD,
            [
                "simulate", "--modems", str(modems), "--json", "--dir", str(self.folder / "ports"),
                "--log", str(self.air_log), "--control", str(self.folder / "control"), *arguments,
            ],
        )  # fmt: skip
        assert self._simulator.stdout is not None
        told = select.select([self._simulator.stdout], [], [], PATIENCE_S)[0]
        assert told, "the simulator did not start"
        self._modems = json.loads(self._simulator.stdout.readline())["modems"]
        self.control = SimulatorClient(self.folder / "control")

    @property
    def simulated(self) -> list[dict[str, Any]]:
        """The simulated modems: ``name`` and ``path`` of each."""
        return self._modems

    def ask(self, do: str, **what: object) -> dict[str, Any]:
        """Ask something of the simulator (see ``modemd.simulator.control``)."""
        assert self.control is not None
        return self.control.ask(do, **what)

    def air(self) -> list[dict[str, Any]]:
        """All that the network took, in its order."""
        if not self.air_log.exists():
            return []
        return [json.loads(line) for line in self.air_log.read_bytes().splitlines()]

    def end_simulator(self) -> None:
        """Take the modems away."""
        if self.control is not None:
            self.control.close()
            self.control = None
        if self._simulator is not None:
            self._simulator.kill()
            self._simulator.wait()
            assert self._simulator.stdout is not None
            self._simulator.stdout.close()
            self._simulator = None

    # -- the daemon ------------------------------------------------------------------------------------

    def configure(
        self, *, modems: list[dict[str, Any]] | None = None, discover: bool = False, **sections: Any
    ) -> None:
        """Write the configuration: what is given replaces or widens what all tests have."""
        named = [{"name": one["name"], "port": one["path"]} for one in self._modems]
        written: dict[str, Any] = {
            "gateway": {"name": "test", "country": "BE", "timezone": "UTC"},
            "store": {"url": f"sqlite:///{self.store}"},
            "modems": {"discover": discover, "list": named if modems is None else modems},
            "spool": {"dir": str(self.spool)},
            "log": {"level": "info", "format": "text"},
        }
        for name, section in sections.items():
            written[name] = {**written.get(name, {}), **section} if isinstance(section, dict) else section
        self._config.write_text(json.dumps(written), "utf-8")

    def write_config(self, text: str) -> None:
        """Write any configuration."""
        self._config.write_text(text, "utf-8")

    def begin(self, *, environment: Mapping[str, str] | None = None, powerless: bool = False) -> None:
        """Start the daemon, and do not wait for it; ``powerless``: without root's power over files."""
        assert self.daemon is None, "it runs"
        if not self._config.exists():
            self.configure()
        self._make_store()
        self._hear()
        self.said.clear()
        powers = _POWERLESS if powerless and not os.geteuid() else ()
        surroundings = {**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify"), **(environment or {})}
        with self._log.open("ab") as log:
            if self.afresh or powers:
                self.daemon = subprocess.Popen(
                    [*powers, *self._daemon_command()], cwd=ROOT, stdout=log, stderr=log, env=surroundings
                )
            else:
                module, *arguments = self._daemon_module()
                self.daemon = nursery.bear(
                    module, arguments, environment=surroundings, stdout=log.fileno(), stderr=log.fileno()
                )

    def start(self, *, environment: Mapping[str, str] | None = None, powerless: bool = False) -> float:
        """Start the daemon; return after how many seconds it was ready, without those in which others ran."""
        began = time.monotonic()
        self.begin(environment=environment, powerless=powerless)
        daemon = self.daemon
        assert daemon is not None
        self.until(lambda: "READY=1" in self.said or daemon.poll() is not None, "the daemon is ready")
        assert "READY=1" in self.said, f"it ended with {daemon.poll()}: {self.log[-3000:]}"
        return time.monotonic() - began - _waited_s(daemon.pid)

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        """One of ``modemd``'s commands with this configuration, to its end."""
        return commands.run("-c", self._config, *arguments)

    def command(self, *arguments: str) -> list[str]:
        """The command line of ``modemd`` with this configuration."""
        return [sys.executable, "-m", "modemd", "-c", str(self._config), *arguments]

    def _make_store(self) -> None:
        """An empty store, so that not every daemon has to make one: that costs it as much as its start."""
        if self.premade and not self.store.exists() and self.store.parent == self.folder:
            self.store.write_bytes(_empty_store())

    def _daemon_command(self) -> list[str]:
        if self.hasty:
            return [sys.executable, "-m", "tests.system.hasty", str(self._config)]
        return self.command("run")

    def _daemon_module(self) -> list[str]:
        if self.hasty:
            return ["tests.system.hasty", str(self._config)]
        return [nursery.MODEMD, "-c", str(self._config), "run"]

    def kill(self) -> None:
        """``kill -9``."""
        if self.daemon is not None:
            self.daemon.kill()
            self.daemon.wait()
            self.daemon = None

    def signal(self, which: signal.Signals) -> None:
        """Send the daemon a signal."""
        assert self.daemon is not None
        self.daemon.send_signal(which)

    def stop(self, *, within_s: float = PATIENCE_S) -> float:
        """SIGTERM; return how many seconds it took. It must end by itself, and well."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        assert self.end(within_s=within_s) == 0, self.log[-3000:]
        return time.monotonic() - began

    def end(self, *, within_s: float = PATIENCE_S) -> int:
        """Wait for the daemon's end; return its exit status."""
        daemon = self.daemon
        assert daemon is not None
        self.until(lambda: daemon.poll() is not None, "it ends", within_s)
        self.daemon = None
        return daemon.wait()

    @property
    def log(self) -> str:
        """All that the daemon wrote."""
        return self._log.read_text("utf-8", "replace") if self._log.exists() else ""

    def memory_kib(self, what: str = "VmHWM") -> int:
        """A line of /proc/PID/status: VmHWM is the most that was ever in memory."""
        assert self.daemon is not None
        status = Path(f"/proc/{self.daemon.pid}/status").read_text("ascii")
        return int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{what}:")))

    # -- the spool -------------------------------------------------------------------------------------

    def drop(self, name: str | bytes, contents: str | bytes, account: str = "") -> None:
        """Write a file elsewhere on the file system and rename it in."""
        self._serial += 1
        draft = self.spool.parent / f"draft{self._serial}"
        draft.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        draft.chmod(0o664)
        target = os.path.join(os.fsencode(self.spool / "outgoing" / account), os.fsencode(name))  # noqa: PTH118
        os.rename(draft, target)  # noqa: PTH104 - names are bytes

    def names(self, directory: str) -> list[str]:
        """The names in one of the spool's directories, but for hidden ones."""
        with contextlib.suppress(FileNotFoundError):
            return sorted(name for name in os.listdir(self.spool / directory) if name[0] != ".")  # noqa: PTH208
        return []

    def text(self, directory: str, name: str) -> str:
        """What a file there says."""
        return (self.spool / directory / name).read_text("utf-8", "replace")

    def headers(self, directory: str, name: str) -> dict[str, str]:
        """The headers of a file there."""
        head = self.text(directory, name).partition("\n\n")[0]
        return dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)

    def until_in(self, directory: str, *names: str, within_s: float = PATIENCE_S) -> None:
        """Wait until files of these names are in a directory."""
        self.until(lambda: set(names) <= set(self.names(directory)), f"{names} in {directory}/", within_s)

    # -- the store, the time ---------------------------------------------------------------------------

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Look into the store from outside."""
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=10)) as store:
            return store.execute(query, values).fetchall()

    def states(self) -> list[str]:
        """The states of all messages, in the order of their acceptance."""
        return [str(row[0]) for row in self.rows("SELECT state FROM message ORDER BY id")]

    def until(
        self,
        check: Callable[[], T],
        what: str = "it",
        within_s: float = PATIENCE_S,
        *,
        look_s: float = _LOOK_S,
    ) -> T:
        """Wait until ``check`` answers with something true; return that answer. It is asked each ``look_s``.

        Raises:
            Gave: it did not in so many seconds.
        """
        deadline = time.monotonic() + within_s
        while not (answer := check()):
            if time.monotonic() > deadline:
                raise Gave(f"after {within_s:.0f} s: {what} did not happen; {self._standing()}")
            self._hear(look_s)
        return answer

    def pass_by(self, seconds: float) -> None:
        """Let time pass in which nothing is to happen."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._hear(left)

    def _hear(self, wait_s: float = 0.0) -> None:
        """Take what the daemon says to its service manager (a full socket would hold it up)."""
        if select.select([self._notices], [], [], wait_s)[0]:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self.said += self._notices.recv(4096).decode().split("\n")

    def _standing(self) -> str:
        found = {name: len(self.names(name)) for name in DIRECTORIES}
        alive = self.daemon is not None and self.daemon.poll() is None
        return f"daemon {'runs' if alive else 'is gone'}, spool {found}, {len(self.air())} on the air"
