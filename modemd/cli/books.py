"""What the commands of accounts and credit have in common: the store, the rules, and who gives the order."""

from __future__ import annotations

import contextlib
import getpass
import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from modemd.cli.presence import open_store, utc_now
from modemd.config import Config, load
from modemd.errors import Rejected, StoreError
from modemd.service.accounts import accounts
from modemd.service.modems import adoption
from modemd.service.rules import Rules
from modemd.store import accounts as rows

if TYPE_CHECKING:
    from modemd.store.accounts import AccountRow
    from modemd.store.database import Database
    from modemd.store.transaction import Tx

# What a verb logs is for the daemon's log; a command says itself what it did.
logging.getLogger("modemd").addHandler(logging.NullHandler())

T = TypeVar("T")
Decorated = TypeVar("Decorated", bound=Callable[..., object])


@dataclass(frozen=True)
class Books:
    """An open store and the configuration; the rules are those of both, read anew in each transaction."""

    config: Config
    store: Database

    @property
    def zone(self) -> tzinfo:
        """The gateway's zone, in which moments are shown."""
        return self.config.gateway.zone

    def write(self, verb: Callable[[Tx, Rules, datetime], T]) -> T:
        """Run a verb in one transaction, now.

        Raises:
            Rejected: the verb refuses; then nothing was written.
            StoreError: the store cannot be written.
        """
        declared = Rules.of(self.config)

        def job(tx: Tx) -> T:
            now = utc_now()
            return verb(tx, known_rules(tx, declared, now), now)

        return self.store.transact(job)

    def read(self, look: Callable[[Tx, Rules], T]) -> T:
        """Look at one moment of the store."""
        declared = Rules.of(self.config)
        return self.store.read(lambda tx: look(tx, accounts.merged(tx, declared)))


@contextmanager
def open_books(path: Path, *, create: bool = True) -> Iterator[Books]:
    """Read the configuration and open its store; make one where no daemon has run yet, and say so.

    Raises:
        ConfigError: the configuration is wrong.
        StoreError: it cannot be opened, or there is none and ``create`` is not set.
    """
    config = load(path)
    declared = Rules.of(config)
    with open_store(config.store.url, home=config.gateway.name, create=create) as store:
        if store.is_new:
            click.echo(f"there was no store yet: made {store.engine.place}", err=True)
        if store.read(lambda tx: _is_news(tx, declared)):
            with contextlib.suppress(StoreError):  # who may only read sees what there is
                store.transact(lambda tx: known_rules(tx, declared, utc_now()))
        yield Books(config, store)


def known_rules(tx: Tx, declared: Rules, now: datetime) -> Rules:
    """The rules with the store's accounts and modems; accounts that no daemon has seen get their rows."""
    if _is_news(tx, declared):
        accounts.sync(tx, declared, now)
    return adoption.known(tx, accounts.merged(tx, declared))


def _is_news(tx: Tx, declared: Rules) -> bool:
    """Whether the configuration declares an account that no daemon has seen."""
    return any(rows.find(tx, name) is None for name in declared.accounts)


def account_row(tx: Tx, name: str) -> AccountRow:
    """Return an account, closed ones and those that the configuration has no more as well.

    Raises:
        Rejected: ``account_unknown``.
    """
    row = rows.find(tx, name)
    if row is None:
        raise Rejected("account_unknown", f"there is no account {name!r}")
    return row


def takes_by(command: Decorated) -> Decorated:
    """Give a command ``--by WHO``: who gives the order, for the books."""
    option = click.option(
        "--by",
        metavar="WHO",
        default=whoever,
        show_default="you",
        help="Who says so; it stands in the books.",
    )
    return option(command)


def takes_json(command: Decorated) -> Decorated:
    """Give a command ``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON.")(command)


def whoever() -> str:
    """The person who uses sudo, else the user."""
    try:
        return os.environ.get("SUDO_USER") or getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return str(os.getuid())
