"""What is held on an account, handed out or removed: ``modemd account export`` and ``erase``."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Final

import click

from modemd.cli.books import Books, open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.exits import EXIT_FAILED
from modemd.cli.output import show_json
from modemd.cli.presence import utc_now
from modemd.service.accounts import erasure
from modemd.service.accounts.export import export as everything
from modemd.service.rules import Rules
from modemd.workers.spool_erase import Swept, sweep


@click.command(short_help="Print all that is held on an account.")
@takes_config
@click.argument("name", metavar="ID")
@click.pass_obj
def export(path: Path, name: str) -> None:
    """Print all that the store holds on an account as JSON, messages and books included (L §16).

    \b
    Example: modemd account export clinic > clinic.json
    """  # noqa: D301
    with open_books(path) as books:
        held = books.read(lambda tx, rules: everything(tx, rules, name, utc_now()))
    click.echo(json.dumps(held, ensure_ascii=False, indent=2))


@click.command(short_help="Remove all personal data of an account.")
@takes_config
@takes_by
@takes_json
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@click.argument("name", metavar="ID")
@click.pass_context
def erase(ctx: click.Context, name: str, by: str, *, yes: bool, as_json: bool) -> None:
    """Remove all personal data of an account, everywhere, and say what was removed (L §15.4).

    The account is closed by it, if it is not yet; something open (messages, credits) is a reason to refuse:
    close it first. Its books stay, without a name, and add up as before. Nothing brings the rest back.

    \b
    Example: modemd account erase clinic --yes
    """  # noqa: D301
    if not yes and sys.stdin.isatty():
        click.confirm(f"Remove everything that is held on account {name}, for good?", abort=True, err=True)
    with open_books(ctx.obj) as books:
        gone = books.write(lambda tx, rules, now: erasure.erase(tx, rules, name, by=by, now=now))
        swept = sweep_spool(books, gone)
    removed = gone.removed | {f"files in {where}": count for where, count in swept.removed.items()}
    if as_json:
        told = {"account": gone.renamed, "was": name, "removed": removed, "left": list(swept.left)}
        show_json(told)
    else:
        for what, count in removed.items():
            if count:
                click.echo(f"{count:>8}  {what}")
        click.echo(f"account {name} is erased; its books are kept as {gone.renamed}")
    if swept.left:
        click.echo("these files could not be removed:\n" + "\n".join(swept.left), err=True)
        ctx.exit(EXIT_FAILED)


def sweep_spool(books: Books, gone: erasure.Erased) -> Swept:
    """Remove an erased account's files from this gateway's spool, if it has one."""
    try:
        return sweep(books.config.spool.dir, gone, Rules.of(books.config))
    except OSError as error:
        return Swept({}, (f"{books.config.spool.dir}: {error.strerror}",))


PRIVACY: Final = (export, erase)
