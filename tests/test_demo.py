"""``modemd demo``: the story is told, within its time, and nothing is left behind."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from modemd.cli import demo
from modemd.cli.demo_story import Story
from modemd.config import parse
from modemd.simulator import Simulation
from tests.desk import Desk, environment
from tests.house import ROOT

STEPS = ["ready", "dropped", "sent", "received", "delivered", "answered"]
LIMIT_S = 15.0


def program(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """With a folder of its own for what it makes, so that it shows what is left."""
    return subprocess.Popen(
        [sys.executable, "-m", "modemd", "demo", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, cwd=ROOT, env={**environment(), "TMPDIR": str(folder)},
    )  # fmt: skip


def steps(lines: list[str]) -> list[str]:
    return [found[1] for line in lines if (found := re.match(r" +[0-9.]+ s  (\w+) ", line))]


def test_the_whole_gateway_is_shown_and_ends_by_itself(tmp_path: Path) -> None:
    began = time.monotonic()
    with program(tmp_path) as shown:
        out, err = shown.communicate(timeout=60)
    assert (shown.returncode, err) == (0, "")
    assert steps(out.splitlines()) == STEPS
    assert '"Hello from modemd"' in out
    assert '"Hello back, it works" came in' in out
    assert "Ok,short message received by the SME" in out
    assert time.monotonic() - began < LIMIT_S
    assert list(tmp_path.iterdir()) == []


def test_kept_running_it_takes_files_and_commands_until_it_is_stopped(tmp_path: Path) -> None:
    with program(tmp_path, "--keep") as shown:
        try:
            assert shown.stdout is not None
            told: list[str] = []
            while not told or "status --watch" not in told[-1]:
                told.append(shown.stdout.readline())
                assert told[-1], "it ended"
            assert steps(told) == STEPS
            folder = _spool_of(told).parent
            desk = Desk(folder)
            sent = desk.call("send", "--to", "+32475123456", "--wait", "--json", "Hello again")
            assert [each["event"] for each in sent.objects][-2:] == ["sent", "delivered"]
            gateway, modems = (desk.call("status", "--json").json[name] for name in ("gateways", "modems"))
            assert [each["state"] for each in gateway + modems] == ["online", "ready", "ready"]
            shown.send_signal(signal.SIGINT)
            assert shown.stdout.read() == f"\nStopped; {folder} is removed.\n"
            assert shown.wait() == 0
        finally:
            shown.kill()
    assert list(tmp_path.iterdir()) == []


def _spool_of(told: list[str]) -> Path:
    found = re.search(r"The spool: (\S+)", "".join(told))
    assert found is not None
    return Path(found[1])


def test_stopped_before_the_end_it_is_1_and_leaves_nothing(tmp_path: Path) -> None:
    with program(tmp_path) as shown:
        assert shown.stdout is not None
        while "dropped" not in (line := shown.stdout.readline()):
            assert line, "it ended"
        shown.send_signal(signal.SIGTERM)
        _, err = shown.communicate(timeout=60)
    assert (shown.returncode, err) == (1, "The gateway was stopped before the end.\n")
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_does_not_come_is_1_with_a_sentence_and_the_gateways_last_lines(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "log").write_text("modem gsm1 is absent: cannot open it\n")
    story = Story(
        parse(f"spool: {{dir: {tmp_path}/spool}}\n"), {"gsm1": "+32475000001", "gsm2": "+32475000002"}, 0
    )

    async def play() -> int:
        async with Simulation(tmp_path / "modems", []) as simulation:
            never = asyncio.Event()
            running = asyncio.create_task(_until(never))
            telling = asyncio.create_task(story.tell(simulation, never))
            try:
                return await demo._see(running, telling, tmp_path, keep=True)
            finally:
                running.cancel()

    assert asyncio.run(play()) == 1
    assert capsys.readouterr().err.splitlines() == [
        "This should have happened within 0 s: the gateway did not start.",
        "The gateway's last lines:",
        "  modem gsm1 is absent: cannot open it",
    ]


async def _until(event: asyncio.Event) -> None:
    await event.wait()
