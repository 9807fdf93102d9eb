"""The README is true of the program: its commands, options, make targets and links are there."""

from __future__ import annotations

import re
from importlib import import_module

import click
import pytest

from modemd.cli.main import COMMANDS
from tests.house import ROOT

README = (ROOT / "README.md").read_text("utf-8")


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_link_leads_somewhere(link: str) -> None:
    assert (ROOT / link).is_file()


def test_every_command_is_told_and_every_told_command_is_there() -> None:
    told = set(re.findall(r"`?(?:sudo )?modemd ([a-z]+)", "\n".join(_code())))
    assert told <= set(COMMANDS)
    assert set(COMMANDS) - told <= {"schema"}


@pytest.mark.parametrize(
    ("command", "option"),
    [(found[1], found[2]) for found in re.finditer(r"modemd ([a-z]+)[^`\n]*? (--\w+)", README)],
)
def test_every_option_is_there(command: str, option: str) -> None:
    made = getattr(import_module(f"modemd.cli.{COMMANDS[command].module}"), COMMANDS[command].name)
    assert isinstance(made, click.Command)
    every = [made, *made.commands.values()] if isinstance(made, click.Group) else [made]
    assert any(option in parameter.opts for each in every for parameter in each.params)


def test_every_make_target_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    told = set(re.findall(r"\bmake ([a-z-]+)", README))
    assert {"demo", "test", "install"} <= told
    assert told <= set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))


def _code() -> list[str]:
    """What stands in code blocks and between backticks."""
    return [*re.findall(r"```sh\n(.*?)```", README, re.DOTALL), *re.findall(r"`[^`\n]+`", README)]
