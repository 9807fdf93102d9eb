"""The program ``modemd``: its commands, each imported only when it is used, and its exit statuses."""

from __future__ import annotations

import difflib
import gc
import importlib
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import click

from modemd import __version__
from modemd.cli.config_option import CONFIG_FILE
from modemd.cli.exits import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USAGE, exit_status
from modemd.errors import ModemdError

DEFAULT_CONFIG: Final = "/etc/modemd/config.yaml"


class Entry(NamedTuple):
    """Where a command is, and what the list of commands says of it (so that the list imports none)."""

    module: str
    name: str
    short_help: str


COMMANDS: Final[dict[str, Entry]] = {
    "run": Entry("run", "run", "Run the gateway in the foreground."),
    "demo": Entry("demo", "demo", "Show the whole gateway with simulated modems; needs no hardware."),
    "check": Entry("check", "check", "Say all that is wrong with the configuration."),
    "doctor": Entry("doctor.command", "doctor", "Look at this machine: ports, modems, SIMs, store, broker."),
    "modems": Entry("modems", "modems", "List the modems on this machine."),
    "send": Entry("send", "send", "Send a message."),
    "messages": Entry("messages", "messages", "List, show, cancel, retry or resolve messages."),
    "status": Entry("status", "status", "Show modems and queues."),
    "account": Entry("accounts", "account", "Add, show, suspend, close, export or erase accounts."),
    "credit": Entry("credit", "credit", "Grant, order and pay credits; show and verify the books."),
    "terms": Entry("terms", "terms", "Show the accounts' terms, apply their rules, announce changes."),
    "consent": Entry("consent", "consent", "List, grant or revoke recipients' consents."),
    "ussd": Entry("ussd", "ussd", "Ask the network something by a code, such as *100#."),
    "pause": Entry("modem_verbs", "pause", "Let a modem send nothing, for maintenance."),
    "resume": Entry("modem_verbs", "resume", "Let a paused modem send again."),
    "reset": Entry("modem_verbs", "reset", "Restart a modem."),
    "pdu": Entry("pdu", "pdu", "Decode or encode PDUs."),
    "simulate": Entry("simulate", "simulate", "Run simulated modems on pseudo-terminals."),
    "backup": Entry("backup", "backup", "Copy the store while it is in use."),
    "schema": Entry("schema", "schema", "Print the machine-readable contract."),
}


def _loaded(name: str) -> ModuleType:
    """Import a module of ours without looking for garbage: what is loaded stays, and never is any.

    The collector would walk through it a hundred times on the way, and once more at the end of the program.
    """
    if name in sys.modules:
        return sys.modules[name]
    gc.disable()
    try:
        return importlib.import_module(name)
    finally:
        gc.freeze()
        gc.enable()


class LazyGroup(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a newcomer meets them."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command ``cmd_name``, imported now; ``None`` where there is none."""
        del ctx
        entry = COMMANDS.get(cmd_name)
        if entry is None:
            return None
        module = _loaded(f"modemd.cli.{entry.module}")
        command: click.Command = getattr(module, entry.name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but a command that is not there is answered with the nearest one."""
        if args and args[0] not in COMMANDS and (near := difflib.get_close_matches(args[0], COMMANDS, n=1)):
            ctx.fail(f"No such command {args[0]!r}: did you mean {near[0]!r}?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The table of commands, without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.short_help) for name, entry in COMMANDS.items()])


@click.command(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "-c",
    "--config",
    "config_path",
    metavar="FILE",
    envvar="MODEMD_CONFIG",
    default=DEFAULT_CONFIG,
    show_default=True,
    type=CONFIG_FILE,
    help="The configuration (also: MODEMD_CONFIG).",
)
@click.version_option(__version__, prog_name="modemd", message="%(prog)s %(version)s")
@click.pass_context
def cli(ctx: click.Context, config_path: Path) -> None:
    """A GSM modem gateway: files and MQTT in, SMS out, and back.

    Try `modemd demo` first: it needs no modem. `modemd COMMAND --help` tells about one command.

    \b
    Exit status: 0 done, 1 failed, 2 wrong usage,
    75 try again (daemon or store not reachable), 78 configuration wrong.
    """  # noqa: D301 - click wants the backspace itself
    ctx.obj = config_path


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit; an error of ours is a sentence on standard error, not a traceback."""
    sys.exit(_guarded(lambda: cli.main(arguments, prog_name="modemd", standalone_mode=False)))


def _guarded(command: Callable[[], object]) -> int:
    try:
        result = command()
        sys.stdout.flush()
    except ModemdError as error:
        click.echo(str(error), err=True)
        return exit_status(error)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return EXIT_INTERRUPTED
    except UnicodeEncodeError as error:  # an argument that is no text cannot stand in the store
        if error.encoding != "utf-8":
            raise
        click.echo(f"{error.object[:80]!a} holds bytes that are not UTF-8: nothing was written", err=True)
        return EXIT_USAGE
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    return result if isinstance(result, int) else 0
