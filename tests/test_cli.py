"""The program: its commands, its exit statuses, and that it starts fast."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from modemd import __version__
from modemd.cli.exits import exit_status
from modemd.cli.main import COMMANDS, cli, main
from modemd.config import Config, load, without_effect
from modemd.errors import (
    ConfigError,
    Fault,
    ModemdError,
    NoReply,
    PduError,
    PortLost,
    Refused,
    Rejected,
    StoreError,
)
from tests.desk import environment
from tests.house import ROOT
from tests.system import commands

EXAMPLE = ROOT / "config.example.yaml"


def run(*arguments: str | Path, **environment: str) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], env=environment)


def process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """A process of its own, since only ``main`` maps errors to exit statuses."""
    return commands.run(*arguments, environment=environment())


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "config.yaml"
    file.write_text("log: {level: loud}\nspol: {}\n")
    return file


def test_help_lists_every_command_without_importing_one() -> None:
    code = "import sys; from modemd.cli.main import main\ntry: main(['--help'])\nfinally: print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    for name, entry in COMMANDS.items():
        assert f"  {name} " in told
        assert entry.short_help in told
    assert not {"pydantic", "yaml", "sqlalchemy", "rich", "alembic"} & set(told.split())


def test_the_version_is_told() -> None:
    assert run("--version").output == f"modemd {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_is_there_and_tells_about_itself(name: str) -> None:
    entry = COMMANDS[name]
    command = getattr(import_module(f"modemd.cli.{entry.module}"), entry.name)
    assert isinstance(command, click.Command)
    result = run(name, "--help")
    assert result.exit_code == 0
    assert result.output.startswith("Usage:")


@pytest.mark.parametrize("arguments", [["nosuch"], ["check", "--nosuch"], ["--nosuch"], ["schema", "nosuch"]])
def test_wrong_usage_is_2(arguments: list[str]) -> None:
    done = process(*arguments)
    assert done.returncode == 2
    assert "Usage:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_is_nearly_right_is_suggested() -> None:
    assert "did you mean 'status'" in run("statsu").output.lower()


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ConfigError([Fault("x")]), 78),
        (StoreError("x"), 75),
        (PortLost("x"), 75),
        (NoReply("AT"), 75),
        (Refused("AT", "CMS", 500, "+CMS ERROR: 500"), 1),
        (Rejected("empty", "x"), 1),
        (PduError("x"), 1),
        (ModemdError("x"), 1),
    ],
)
def test_each_error_has_its_exit_status(error: ModemdError, status: int) -> None:
    assert exit_status(error) == status


def test_check_says_that_a_right_configuration_is_fine() -> None:
    done = process("check", EXAMPLE)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{EXAMPLE} is fine: whatever modem is found, 1 account")


def test_check_tells_every_fault_with_its_place(wrong: Path) -> None:
    command = [sys.executable, "-m", "modemd", "-c", str(wrong), "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 78
    assert done.stdout.splitlines() == [
        f"{wrong}: line 1, column 14: log.level: must be one of debug, info, warning, error",
        f"{wrong}: line 2, column 1: spol: unknown key (did you mean 'spool'?)",
    ]


def test_check_tells_programs_too(wrong: Path) -> None:
    result = run("-c", wrong, "check", "--json")
    told: dict[str, Any] = json.loads(result.output)
    assert (result.exit_code, told["fine"], told["file"]) == (78, False, str(wrong))
    assert told["faults"][1] == {
        "message": "unknown key",
        "path": "spol",
        "line": 2,
        "column": 1,
        "suggestion": "did you mean 'spool'?",
    }
    assert json.loads(run("check", "--json", EXAMPLE).output)["fine"] is True


def test_check_reads_the_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        f"modems: {{list: [{{name: a, port: /dev/a, pin_file: {tmp_path}/a.pin}}]}}\n"
        f"mqtt: {{username: gw1, password_file: {tmp_path}/mqtt}}\n"
    )
    result = run("check", file)
    assert result.exit_code == 78
    assert result.output.count("No such file or directory") == 2
    (tmp_path / "a.pin").write_text("1234\n")
    (tmp_path / "mqtt").write_text("secret\n")
    assert run("check", file).exit_code == 0


def test_check_tells_what_has_no_effect(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("spool: {formats: [ical]}\n")
    notes = without_effect(load(file))  # where calendars can be read, none
    assert json.loads(run("check", "--json", file).output)["notes"] == list(notes)
    assert run("check", file).output.count("note: ") == len(notes)


def test_check_tells_no_password(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("store: {url: 'postgresql://gw:geheim@host/db'}\n")
    output = run("check", file).output
    assert "geheim" not in output
    assert "postgresql://gw:...@host/db" in output


def test_the_configuration_is_named_by_option_or_environment(wrong: Path) -> None:
    assert run("check", MODEMD_CONFIG=str(wrong)).exit_code == 78
    assert run("-c", EXAMPLE, "check", MODEMD_CONFIG=str(wrong)).exit_code == 0


def test_a_missing_configuration_says_what_to_do(tmp_path: Path) -> None:
    done = process("-c", tmp_path / "none.yaml", "check")
    assert done.returncode == 78
    assert "No such file" in done.stdout
    assert "config.example.yaml" in done.stdout


def test_the_schema_is_that_of_the_configuration() -> None:
    told = json.loads(run("schema").output)
    assert told == json.loads(run("schema", "config").output)
    assert set(told["properties"]) == set(Config.model_fields)
    assert told["additionalProperties"] is False
    assert "validity" in told["$defs"]["SendingConfig"]["properties"]


def test_a_reader_that_has_gone_is_no_traceback() -> None:
    command = f"{sys.executable} -m modemd schema | head -n 1"
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_main_exits_with_what_the_command_says() -> None:
    with pytest.raises(SystemExit) as raised:
        main(["check", str(EXAMPLE)])
    assert raised.value.code == 0


@pytest.mark.parametrize("command", [["check"], ["run"], ["status"], ["messages"], ["messages", "show", "1"]])
def test_the_configuration_may_be_named_behind_the_command(command: list[str], wrong: Path) -> None:
    told = process(*command, "-c", wrong)
    assert told.returncode == 78
    assert f"{wrong}: line 2, column 1: spol: unknown key" in told.stdout + told.stderr


def test_the_configuration_behind_the_command_wins(wrong: Path) -> None:
    assert process("-c", wrong, "check", "-c", EXAMPLE).returncode == 0


def test_a_configuration_that_may_not_be_read_is_no_wrong_usage(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.symlink_to(file)  # even root may not
    told = process("-c", file, "run")
    assert told.returncode == 78
    assert "cannot read it" in told.stderr


@pytest.mark.parametrize("key", ["hooks.event", "hooks.alarm", "recovery.power"])
def test_check_notes_a_program_that_is_not_there(tmp_path: Path, key: str) -> None:
    file = tmp_path / "config.yaml"
    section, _, name = key.partition(".")
    file.write_text(f"{section}: {{{name}: {tmp_path}/program}}\n")
    told = run("check", file)
    assert told.exit_code == 0
    assert f"note: {key}: {tmp_path}/program is not there, or may not be run\n" in told.stdout
    file.write_text(f"{section}: {{{name}: [/bin/true, x]}}\n")
    assert "note:" not in run("check", file).stdout


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("modems: {discover: false}", "there is no modem to send or receive by"),
        ("modems: {discover: false, list: [{name: a, port: /dev/a, send: false}]}", "each has send: false"),
        (
            (
                "modems: {discover: no, list: [{name: a, port: /dev/a, send: no}, {name: b, port: /dev/b}]}\n"
                "routes: [{prefix: '+324', modems: [a]}, {prefix: '+325', modems: [b]}]"
            ),
            "routes[0]: none of its modems may send: what is for +324 waits",
        ),
        ("modems: {list: [{name: a, port: /dev/a, send: false}]}", None),
    ],
)
def test_check_notes_messages_that_no_modem_would_ever_send(
    tmp_path: Path, text: str, told: str | None
) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(text + "\n")
    notes = [line for line in run("check", config).stdout.splitlines() if line.startswith("note: ")]
    assert ([told in note for note in notes] if told else notes) == ([True] if told else [])
