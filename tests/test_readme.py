"""The README is true of the program: its commands and make targets are there."""

from __future__ import annotations

import re

from modemd.cli.main import COMMANDS
from tests.house import ROOT

README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_told_and_every_told_command_is_there() -> None:
    told = set(re.findall(r"`?(?:sudo )?modemd ([a-z]+)", "\n".join(_code())))
    assert told <= set(COMMANDS)
    assert set(COMMANDS) - told <= {"schema"}


def test_every_make_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test", "install"} <= told
    assert told <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def _code() -> list[str]:
    """What stands in code blocks and between backticks."""
    return [*re.findall(r"```sh\n(.*?)```", README, re.DOTALL), *re.findall(r"`[^`\n]+`", README)]
