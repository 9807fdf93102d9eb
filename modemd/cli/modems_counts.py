"""``modemd modems --counts``: what went by each SIM in each modem, day by day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

import click

from modemd.cli.output import Column, plain_table, show_json
from modemd.cli.presence import open_store, utc_now
from modemd.service.admission.pace import day_number
from modemd.service.rules import Rules
from modemd.store import sims

if TYPE_CHECKING:
    from modemd.config import Config

_COLUMNS: Final = (
    Column("DAY"), Column("MODEM"), Column("SIM"), Column("SENT", right=True), Column("REFUSED", right=True),
    Column("RECEIVED", right=True), Column("CALLS", right=True),
)  # fmt: skip
_FIRST: Final = date(1970, 1, 1)


def show_counts(config: Config, days: int, *, as_json: bool) -> int:
    """Print the counts of the last days, today included; return the exit status."""
    first = day_number(Rules.of(config), utc_now()) - days + 1
    with open_store(config.store.url) as store:
        rows = store.read(lambda tx: sims.days(tx, first))
    told = [row._asdict() | {"day": (_FIRST + timedelta(days=row.day)).isoformat()} for row in rows]
    if as_json:
        show_json({"days": told})
    else:
        click.echo(plain_table(_COLUMNS, [[str(value) for value in each.values()] for each in told]))
    return 0
