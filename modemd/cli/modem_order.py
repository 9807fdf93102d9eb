"""Asking a modem something by its own task in the gateway, and waiting for the answer."""

from __future__ import annotations

import json
import secrets
import time
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.exits import EXIT_FAILED, EXIT_TRY_AGAIN
from modemd.cli.presence import living, open_store, utc_now
from modemd.service import overview
from modemd.service.modems import modem_orders
from modemd.service.modems.modem_orders import Asker

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

_LOOK_S: Final = 0.05
_GRACE_S: Final = 10.0
"""Over the time that is given: the modem may have a part in hand, or something to end before."""


def exchange(ctx: click.Context, url: str, modem: str, order: Callable[[Tx, Asker], int]) -> dict[str, Any]:
    """Order something and return the answer, ``error`` and ``data``; ``order`` tells how long it may take.

    Exits with 75 where no gateway runs, and with 1 where none answered.

    Raises:
        Rejected: it is sure that it will not be done.
        StoreError: the store cannot be reached.
    """
    with open_store(url) as store:
        if not living(store.read(overview.gateways), utc_now(), here=store.on_this_machine):
            click.echo("modemd: no gateway is running on this store; start it with: modemd run", err=True)
            ctx.exit(EXIT_TRY_AGAIN)
        answer = _answered(store, order)
    if answer is None:
        click.echo(f"modemd: modem {modem} has not answered", err=True)
        ctx.exit(EXIT_FAILED)
    return answer


def _answered(store: Database, order: Callable[[Tx, Asker], int]) -> dict[str, Any] | None:
    """The answer; ``None``: none came, though the gateway should have said why."""
    ticket = secrets.token_hex(8)
    within_s = store.transact(lambda tx: order(tx, Asker(ticket=ticket)))
    until, seen = time.monotonic() + within_s + _GRACE_S, -1
    while time.monotonic() < until:
        now = store.changes()
        if now != seen:
            seen = now
            if (told := store.transact(lambda tx: modem_orders.take_answer(tx, ticket))) is not None:
                answer: dict[str, Any] = json.loads(told)
                return answer
        time.sleep(_LOOK_S)
    return None
