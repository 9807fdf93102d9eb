"""The manual's MQTT pages: what they have a reader do is done, at a real broker and gateway."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from tests.documents import Block, blocks, in_order, same_each_time
from tests.house import ROOT
from tests.system.gateway import Site
from tests.system.mosquitto import Broker, ReadyMade, wait_until
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

PASSWORD: Final = "secret"
USERS: Final = ("gw1", "operator", "clinic", "homeassistant")
PATIENCE_S: Final = 30.0


class Reader:
    """Somebody who does what a page says, in a shell of his own, as the operator at the broker."""

    def __init__(self, folder: Path, broker: Broker, site: Site) -> None:
        self.folder, self.site = folder, site
        self._watched: list[tuple[subprocess.Popen[bytes], Path]] = []
        self._printed = ""
        settings = folder / ".config"
        settings.mkdir(parents=True)
        for program in ("mosquitto_pub", "mosquitto_sub", "mosquitto_rr"):
            options = f"-h 127.0.0.1\n-p {broker.port}\n-u operator\n-P {PASSWORD}\n"
            (settings / program).write_text(options)
        (folder / "mqtt.password").write_text(PASSWORD)
        (folder / "modemd.yaml").write_text(
            f"mqtt: {{port: {broker.port}, username: operator, password_file: {folder}/mqtt.password}}\n"
        )
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name in ("modemd", "python3"):
            arguments = "" if name == "python3" else " -m modemd"
            (bin_folder / name).write_text(f'#!/bin/sh\nexec {sys.executable}{arguments} "$@"\n')
            (bin_folder / name).chmod(0o755)
        self._places = {
            "/etc/modemd/client.yaml": str(folder / "modemd.yaml"),
            "/var/spool/modemd": str(site.spool),
            '"broker.example.org", 1883': f'"127.0.0.1", {broker.port}',
        }
        self._environment = {
            **os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(settings),
            "PATH": f"{bin_folder}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        }  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process, _ in self._watched:
            process.kill()
            process.wait()

    def does(self, block: Block) -> None:
        """What one block says."""
        text = block.text
        for there, here in self._places.items():
            text = text.replace(there, here)
        getattr(self, f"_{block.kind}")(replace(block, text=text))

    def _run(self, block: Block) -> None:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text], **self._how, capture_output=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        self._printed = done.stdout.decode()
        assert done.returncode == 0, f"{block.text}\n{self._printed}{done.stderr.decode()}"

    def _watch(self, block: Block) -> None:
        output = self.folder / f"watched-{len(self._watched)}"
        with output.open("wb") as file:
            command = ["bash", "-c", f"exec {block.text}"]
            self._watched.append((subprocess.Popen(command, **self._how, stdout=file, stderr=file), output))
        self.site.pass_by(0.3)  # a subscription tells nobody that it stands

    def _write(self, block: Block) -> None:
        path = self.folder / block.named
        path.write_text(block.text)
        path.chmod(0o755)

    def _flow(self, block: Block) -> None:
        """Node-RED's nodes: each wire, tab and broker is one of them."""
        nodes = {node["id"]: node for node in json.loads(block.text)}
        named = {node.get("z") for node in nodes.values()} | {node.get("broker") for node in nodes.values()}
        wired = {end for node in nodes.values() for ends in node.get("wires", ()) for end in ends}
        assert (named | wired) - set(nodes) == {None, "broker.example.org"}
        assert nodes[next(iter(wired))]["z"]

    def _prints(self, block: Block) -> None:
        assert same_each_time(self._printed) == same_each_time(block.text)

    def _shows(self, block: Block) -> None:
        def missing() -> list[str]:
            return list(in_order(block.text, self._watched[-1][1].read_text("utf-8")))

        try:
            wait_until(lambda: not missing(), "it is shown")
        except AssertionError as error:
            heard = self._watched[-1][1].read_text("utf-8")
            raise AssertionError(f"missing: {missing()}\nheard: {heard}") from error

    @property
    def _how(self) -> dict[str, Any]:
        return {"cwd": self.folder, "env": self._environment}


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    if shutil.which("mosquitto_rr") is None:
        pytest.skip("mosquitto-clients is not installed")
    with ReadyMade(tmp_path, dict.fromkeys(USERS, PASSWORD)) as broker, Site() as site:
        site.simulate()
        (tmp_path / "gw1.password").write_text(PASSWORD)
        site.configure(
            gateway={"name": "gw1"},
            mqtt=broker.settings(username="gw1", password_file=str(tmp_path / "gw1.password")),
            accounts={"clinic": {"allow": ["+32"]}},
            contacts={"joan": "+32475123456"},
        )
        site.start()
        site.until(lambda: "connected with the broker" in site.log, "it is connected")
        topic = "modemd/modem/+/state"
        with MqttUser(broker.port, topic, username="operator", password=PASSWORD) as user:
            user.until(lambda: sum(heard.body["state"] == "ready" for heard in user.heard) == 2, "modems")
        with Reader(tmp_path / "home", broker, site) as somebody:
            yield somebody


@pytest.mark.parametrize(("page", "least"), [("mqtt.md", 10), ("recipes.md", 15)])
def test_what_a_page_has_its_reader_do_comes_as_it_says(reader: Reader, page: str, least: int) -> None:
    marked = blocks(page)
    assert len(marked) >= least
    for block in marked:
        reader.does(block)


def test_alarms_of_any_text_are_sent(reader: Reader) -> None:
    scripts = [block for block in blocks("recipes.md") if block.named.startswith("sms-by-")]
    assert len(scripts) == 2
    alarms = ['PROBLEM: web1 is "DOWN" $(reboot) `x`', "-n Zähler 7%\nzweite Zeile", "x" + "é" * 400]
    for script in scripts:
        reader.does(script)
        for alarm in alarms:
            arguments = f"+32475123456 {shlex.quote(alarm)}"
            reader.does(Block("run", "", "sh", f"./{script.named} {arguments}"))
    wanted = sorted([*alarms[:2], "x" + "é" * 299] * 2)
    reader.site.until(lambda: len(reader.site.states()) == 6, "all are accepted")
    sent = sorted(str(text).rstrip("\n") for (text,) in reader.site.rows("SELECT text FROM message"))
    assert sent == wanted
