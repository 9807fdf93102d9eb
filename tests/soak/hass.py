"""A real Home Assistant, as a process of its own: set up through the doors that its users have."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from tests.system.mosquitto import free_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

T = TypeVar("T")

PATIENCE_S: Final = 120.0
_PAUSE: Final = threading.Event()
_CLIENT: Final = "http://127.0.0.1/"
_CONFIGURATION: Final = """
homeassistant: {{name: Test, time_zone: UTC}}
http: {{server_host: 127.0.0.1, server_port: {port}}}
api:
config:
onboarding:
automation: !include automations.yaml
logger: {{default: warning}}
"""


def found(wanted: str | None = None) -> Path | None:
    """The program ``hass``: as it is said, or by ``MODEMD_HASS``, or on the path."""
    named = wanted or os.environ.get("MODEMD_HASS") or shutil.which("hass")
    return Path(named) if named and Path(named).exists() else None


class HomeAssistant:
    """One instance with a folder of its own; ``automations`` is the text of its automations.yaml."""

    def __init__(self, program: Path, folder: Path, automations: str = "[]") -> None:
        self.folder = folder
        self.port = free_port()
        self.program = program
        self._token = ""
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)
        (folder / "configuration.yaml").write_text(_CONFIGURATION.format(port=self.port), "utf-8")
        (folder / "automations.yaml").write_text(automations, "utf-8")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def log(self) -> str:
        """What it wrote; warnings and errors only."""
        path = self.folder / "said"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def start(self) -> None:
        """Start it, and wait until it answers."""
        with (self.folder / "said").open("ab") as said:
            self._process = subprocess.Popen(
                [str(self.program), "-c", str(self.folder)], stdout=said, stderr=said
            )
        self.until(self._answers, "Home Assistant answers")
        if not self._token:
            self._settle_in()

    def stop(self) -> None:
        """SIGTERM."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(PATIENCE_S)
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log[-3000:]
        try:
            return self._ask("GET", "/api/onboarding", key="") is not None
        except (OSError, urllib.error.HTTPError):
            return False

    def _settle_in(self) -> None:
        """The first user, and a token for him."""
        owner = {
            "client_id": _CLIENT,
            "name": "Test",
            "username": "test",
            "password": "test",
            "language": "en",
        }
        code = self._ask("POST", "/api/onboarding/users", owner, key="")["auth_code"]
        form = {"grant_type": "authorization_code", "code": code, "client_id": _CLIENT}
        self._token = self._ask("POST", "/auth/token", form, key="", as_form=True)["access_token"]

    @property
    def version(self) -> str:
        """Which Home Assistant it is."""
        return str(self._ask("GET", "/api/config")["version"])

    def add_broker(self, port: int, username: str, password: str) -> None:
        """Add the MQTT integration as its dialogue does."""
        flow = self._ask("POST", "/api/config/config_entries/flow", {"handler": "mqtt"})
        answer = {"broker": "127.0.0.1", "port": port, "username": username, "password": password}
        made = self._ask("POST", f"/api/config/config_entries/flow/{flow['flow_id']}", answer)
        assert made["type"] == "create_entry", made

    def _ask(
        self, method: str, path: str, body: object = None, *, key: str | None = None, as_form: bool = False
    ) -> Any:
        kind = "application/x-www-form-urlencoded" if as_form else "application/json"
        octets = None
        if body is not None:
            octets = (urllib.parse.urlencode(body) if as_form else json.dumps(body)).encode()  # type: ignore[arg-type]
        headers = {"Content-Type": kind}
        token = self._token if key is None else key
        if token:
            headers["Authorization"] = f"Bearer {token}"
        asked = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", octets, headers, method=method)
        with urllib.request.urlopen(asked, timeout=30) as answer:
            read = answer.read()
        try:
            return json.loads(read)
        except ValueError:
            return read.decode()

    # -- what a user sees and does ---------------------------------------------------------------------

    def states(self) -> dict[str, dict[str, Any]]:
        """Every entity's state and attributes, by its id."""
        return {each["entity_id"]: each for each in self._ask("GET", "/api/states")}

    def state(self, entity: str) -> str | None:
        """An entity's state; ``None`` where there is no such entity."""
        return self.states().get(entity, {}).get("state")

    def attributes(self, entity: str) -> dict[str, Any]:
        """An entity's attributes; none where there is no such entity."""
        found: dict[str, Any] = self.states().get(entity, {}).get("attributes", {})
        return found

    def call(self, service: str, **fields: object) -> None:
        """Call a service, such as ``button.press``."""
        self._ask("POST", f"/api/services/{service.replace('.', '/')}", fields)

    def template(self, text: str) -> str:
        """Render a template, which knows devices and entities."""
        return str(self._ask("POST", "/api/template", {"template": text}))

    def until(self, check: Callable[[], T], what: str, within_s: float = PATIENCE_S) -> T:
        """Wait until ``check`` answers with something true; return that answer."""
        deadline = time.monotonic() + within_s
        while not (answer := check()):
            assert time.monotonic() < deadline, f"after {within_s:.0f} s: {what} did not happen"
            _PAUSE.wait(0.2)
        return answer
