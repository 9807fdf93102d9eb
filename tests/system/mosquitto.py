"""A real broker: mosquitto, as a process of its own on a loopback port of its own, with its own folder.

``Broker`` is started, stopped, killed and frozen; keys and certificates are made by ``certificates``.
"""

from __future__ import annotations

import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import TracebackType

    from tests.system.certificates import Certificates

PROGRAM: Final = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
PATIENCE_S: Final = 10.0
READY_MADE: Final = Path(__file__).resolve().parents[2] / "docs" / "mosquitto"
"""The configuration that the documents hand out."""
_PAUSE: Final = threading.Event()
_LOGGED: Final = ("error", "warning", "notice", "information", "subscribe", "unsubscribe")
_PORTS: Final = range(20_000, 32_000)
"""Below the range that outgoing connections take theirs from, so that a restart finds its port free."""


def required() -> None:
    """Skip the test where there is no mosquitto."""
    if PROGRAM is None:
        pytest.skip("mosquitto is not installed")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    while True:
        port = random.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def wait_until(check: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait for a condition that another process brings about; ``AssertionError`` if it does not in time."""
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, f"after {within_s:.0f} s: {what} did not happen"
        _PAUSE.wait(0.01)


class Broker:
    """One mosquitto; ``with`` starts it, and takes it away again.

    ``users`` are names and passwords (without: anybody may connect); ``acl`` is the text of an ACL file;
    ``tls`` are the certificates of a TLS listener, ``client_certificates`` asks for one of the client.
    With ``persistence`` the file is written at a clean stop, and after so many changes as ``autosave`` says
    (1: a ``kill`` costs nothing, and everything is slow). ``more`` are further lines of configuration.
    """

    def __init__(
        self,
        folder: Path,
        *,
        users: Mapping[str, str] | None = None,
        acl: str | None = None,
        tls: Certificates | None = None,
        client_certificates: bool = False,
        persistence: bool = True,
        autosave: int = 0,
        more: Sequence[str] = (),
    ) -> None:
        required()
        self.port = free_port()
        self.folder = folder / f"mosquitto-{self.port}"
        self.folder.mkdir(parents=True)
        self.tls = tls
        self.log_file = self.folder / "log"
        self.process: subprocess.Popen[bytes] | None = None
        self.more = list(more)
        self._client_certificates = client_certificates
        self._persistence, self._autosave = persistence, autosave
        self._has_acl = acl is not None
        self._has_users = users is not None
        if users is not None:
            self.set_users(users)
        if acl is not None:
            self.set_acl(acl)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    @property
    def log(self) -> str:
        """All that it wrote, but for how often it saved."""
        written = self.log_file.read_text("utf-8", "replace") if self.log_file.exists() else ""
        return "".join(line for line in written.splitlines(keepends=True) if ": Saving in-memory" not in line)

    def settings(self, **more: Any) -> dict[str, Any]:
        """The ``mqtt`` section of a configuration that connects to it."""
        return {"host": "127.0.0.1", "port": self.port, "homeassistant": "", **more}

    def set_users(self, users: Mapping[str, str]) -> None:
        """Write the password file; a running broker takes it with :meth:`reload`."""
        path = self.folder / "passwords"
        path.write_text("".join(f"{name}:{secret}\n" for name, secret in users.items()), "utf-8")
        path.chmod(0o600)
        program = shutil.which("mosquitto_passwd")
        if program is None:
            pytest.skip("mosquitto_passwd is not installed")
        subprocess.run([program, "-U", str(path)], check=True, capture_output=True)

    def set_acl(self, text: str) -> None:
        """Write the ACL file; a running broker takes it with :meth:`reload`."""
        (self.folder / "acl").write_text(text, "utf-8")

    def _configuration(self) -> str:
        lines = [
            "user root",
            f"listener {self.port} 127.0.0.1",
            f"allow_anonymous {'false' if self._has_users else 'true'}",
            "log_dest stderr", *(f"log_type {kind}" for kind in _LOGGED),
            "max_queued_messages 0", "max_inflight_messages 100",
        ]  # fmt: skip
        if self._has_users:
            lines.append(f"password_file {self.folder / 'passwords'}")
        if self._has_acl:
            lines.append(f"acl_file {self.folder / 'acl'}")
        if self.tls is not None:
            lines += [
                f"cafile {self.tls.ca}",
                f"certfile {self.tls.server}",
                f"keyfile {self.tls.server_key}",
            ]
            lines += ["require_certificate true"] * self._client_certificates
        if self._persistence:
            lines += ["persistence true", f"persistence_location {self.folder}/"]
            if self._autosave:
                lines += [f"autosave_interval {self._autosave}", "autosave_on_changes true"]
        return "\n".join([*lines, *self.more, ""])

    def start(self) -> None:
        """Start it, and wait until it accepts connections."""
        assert self.process is None, "it runs"
        assert PROGRAM is not None
        configuration = self.folder / "mosquitto.conf"
        configuration.write_text(self._configuration(), "utf-8")
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([PROGRAM, "-c", str(configuration)], stdout=log, stderr=log)
        wait_until(self._listens, "mosquitto listens")

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"mosquitto has ended: {self.log[-1000:]}"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        """SIGTERM: it saves what it has, and ends."""
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(PATIENCE_S)
            self.process = None

    def kill(self) -> None:
        """``kill -9``."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
            self.process = None

    def restart(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def freeze(self) -> None:
        """SIGSTOP: the kernel goes on accepting connections, and nobody answers."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def reload(self) -> None:
        """SIGHUP: it reads passwords and ACL again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)


class ReadyMade(Broker):
    """A mosquitto with the very configuration of ``docs/mosquitto``: only ports and paths are put in.

    ``tls_port`` is the port of the TLS listener, where there are certificates.
    """

    def __init__(self, folder: Path, users: Mapping[str, str], *, tls: Certificates | None = None) -> None:
        super().__init__(folder, users=users, tls=tls)
        self.tls_port = free_port()

    def _configuration(self) -> str:
        places = {
            "listener 1883 ": f"listener {self.port} ",
            "listener 8883\n": f"listener {self.tls_port} 127.0.0.1\n",
            "/etc/mosquitto/modemd.passwd": str(self.folder / "passwords"),
            "/etc/mosquitto/modemd.acl": str(READY_MADE / "modemd.acl"),
        }
        names = ["modemd.conf"]
        if self.tls is not None:
            names.append("modemd-tls.conf")
            places["/etc/mosquitto/certs/broker.crt"] = str(self.tls.server)
            places["/etc/mosquitto/certs/broker.key"] = str(self.tls.server_key)
            places["/etc/mosquitto/ca_certificates/clients.crt"] = str(self.tls.ca)
        made = "".join((READY_MADE / name).read_text("utf-8") for name in names)
        for there, here in places.items():
            made = made.replace(there, here)
        assert "/etc/" not in re.sub("#.*", "", made), "a path that is not put in"
        return f"user root\npersistence true\npersistence_location {self.folder}/\nlog_dest stderr\n{made}"
