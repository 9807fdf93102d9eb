"""The page on credits is true: its sessions print what it says, and each clause's tests are in it."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import click
import pytest

from modemd.cli.main import COMMANDS
from modemd.config import parse, without_effect
from modemd.config.presets import PRESETS
from tests.house import ROOT
from tests.ledger_page import PAGE, Reader, blocks, commands, same_each_time

TEXT = (ROOT / "docs" / PAGE).read_text("utf-8")
TABLE = TEXT[TEXT.index("| clause |") :]
CLAUSE_TEST = re.compile(r"^(?:async )?def (test_([SLsl])_(\d+)(?:_(\d+))?_(?!\d)\w+)\(", re.MULTILINE)


def clause_tests() -> dict[str, str]:
    """The tests that are named after a clause, and their clause."""
    return {
        found[1]: f"{found[2].upper()} §{found[3]}" + (f".{found[4]}" if found[4] else "")
        for file in sorted((ROOT / "tests").rglob("test_*.py"))
        for found in CLAUSE_TEST.finditer(file.read_text("utf-8"))
    }


def test_what_the_page_s_sessions_print_is_so(tmp_path: Path) -> None:
    marked = blocks()
    (config,) = [text for kind, text in marked if kind == "config"]
    reader = Reader(tmp_path, config)
    typed = 0
    for kind, text in marked:
        for command, prints in commands(text) if kind == "session" else ():
            assert same_each_time(reader.types(command)) == same_each_time(prints), command
            typed += 1
    assert typed > 20


def test_the_table_has_every_clause_s_tests_and_no_others() -> None:
    told = {
        test: line.split("|")[1].strip()
        for line in TABLE.splitlines()
        for test in re.findall(r"`(test_\w+)`", line)
    }
    assert told == clause_tests()


def test_every_clause_of_the_presets_has_a_test() -> None:
    tested = set(clause_tests().values())
    for rules in PRESETS.values():
        for rule in rules:
            assert rule.clause == "" or set(each_clause(rule.clause)) & tested, rule


def each_clause(written: str) -> list[str]:
    """The clauses of ``L §17.3, 21.2`` or ``S §7.2-7.3``."""
    letter, _, rest = written.partition(" §")
    return [f"{letter} §{each}" for each in re.split(r", |-", rest)]


def test_every_rule_of_the_table_says_something() -> None:
    rows = [line.split("|") for line in TABLE.splitlines()[2:] if line.startswith("|")]
    assert len(rows) > 20
    assert [row for row in rows if not row[2].strip()] == []


@pytest.mark.parametrize("written", re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
def test_every_configuration_is_one(written: str) -> None:
    config = parse(written)
    assert config.tariffs
    assert without_effect(config) == ()


@pytest.mark.parametrize(
    ("group", "command"), sorted(set(re.findall(r"modemd (account|credit|terms|consent) ([a-z]+)", TEXT)))
)
def test_every_command_that_is_told_is_there_and_shows_an_example(group: str, command: str) -> None:
    made = getattr(import_module(f"modemd.cli.{COMMANDS[group].module}"), COMMANDS[group].name)
    assert isinstance(made, click.Group)
    assert "Example" in (made.commands[command].help or "")
