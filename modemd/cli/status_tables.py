"""The tables of ``modemd status``, for a terminal and as plain text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.cli.amounts import counted
from modemd.cli.output import Column, cell, moment, plain_table, printable, rich_table
from modemd.service.modems.ladder import words_of
from modemd.service.routing import base_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from modemd.service.accounts.standing_views import Standing
    from modemd.service.overview import AlarmView, ModemView, Overview

_GATEWAYS: Final = (Column("GATEWAY"), Column("STATE"), Column("SINCE"), Column("VERSION"))
_BROKERS: Final = (
    Column("BROKER"),
    Column("STATE"),
    Column("SINCE"),
    Column("TO BE TOLD", right=True),
    Column("TROUBLE"),
)
_MODEMS: Final = (
    Column("MODEM"), Column("STATE"), Column("OPERATOR"), Column("NET"), Column("SIGNAL", right=True),
    Column("TODAY", right=True), Column("QUEUE", right=True), Column("TROUBLE"),
)  # fmt: skip
_ALARMS: Final = (Column("ALARM"), Column("SINCE"), Column("MODEM"), Column("WHAT IS WRONG, AND WHAT TO DO"))
_QUEUES: Final = (
    Column("QUEUED", right=True), Column("SCHEDULED", right=True), Column("SENDING", right=True),
    Column("UNCERTAIN", right=True), Column("TO BE TOLD", right=True),
)  # fmt: skip
_CREDIT: Final = (
    Column("CREDIT"), Column("STATE"), Column("BALANCE", right=True), Column("HELD", right=True),
    Column("WAITING", right=True), Column("WHY"),
)  # fmt: skip
_ROUTES: Final = (Column("ROUTE"), Column("QUEUED", right=True), Column("MODEMS"))


class _Table(NamedTuple):
    columns: Sequence[Column]
    rows: list[list[str]]


def as_text(view: Overview, wanting: Sequence[Standing], alive: set[str], zone: tzinfo) -> str:
    """Plain text, a blank line between the tables; ``wanting`` are the accounts that are to be looked at."""
    tables = [*_tables(view, alive, zone), *_credit_tables(wanting)]
    return "\n\n".join(plain_table(*table) for table in tables)


def as_renderable(
    view: Overview, wanting: Sequence[Standing], alive: set[str], zone: tzinfo
) -> RenderableType:
    """The same in colour."""
    from rich.console import Group  # noqa: PLC0415 - only where a person looks
    from rich.padding import Padding  # noqa: PLC0415

    tables = [rich_table(*table) for table in (*_tables(view, alive, zone), *_credit_tables(wanting))]
    return Group(*(Padding(table, (0, 0, 1, 0)) for table in tables))


def _tables(view: Overview, alive: set[str], zone: tzinfo) -> Iterator[_Table]:
    yield _Table(_GATEWAYS, _gateway_rows(view, alive, zone))
    if any(each.broker for each in view.gateways):
        rows = _broker_rows(view, alive, zone)
        alone = len(view.gateways) == 1
        yield _Table(_BROKERS if alone else (Column("GATEWAY"), *_BROKERS), [row[alone:] for row in rows])
    if view.modems:
        yield _Table(_MODEMS, [_modem_row(each, alive=each.gateway in alive) for each in view.modems])
    counts = (view.queued, view.scheduled, view.sending, view.uncertain, sum(view.untold.values()))
    yield _Table(_QUEUES, [[str(count) for count in counts]])
    if view.alarms:
        yield _Table(_ALARMS, [_alarm_row(each, zone) for each in view.alarms])
    waiting = [route for route in view.routes if route.queued]
    if len(waiting) > 1 or any(base_of(route.key) != "any" for route in waiting):
        yield _Table(_ROUTES, [[each.key, str(each.queued), cell(" ".join(each.modems))] for each in waiting])


def _credit_tables(wanting: Sequence[Standing]) -> list[_Table]:
    return [_Table(_CREDIT, [_credit_row(each) for each in wanting])] if wanting else []


def _credit_row(view: Standing) -> list[str]:
    why = [view.state_code] if view.state_code else []
    why += ["low"] if view.low else []
    why += [f"wants {counted(view.waiting_credits)}"] if view.waiting else []
    return [
        view.account, view.state, str(view.balance), str(view.held), cell(view.waiting or None),
        cell(printable(", ".join(why))),
    ]  # fmt: skip


def _gateway_rows(view: Overview, alive: set[str], zone: tzinfo) -> list[list[str]]:
    if not view.gateways:
        return [["-", "none has run on this store yet", "-", "-"]]
    rows = []
    for each in view.gateways:
        if each.name in alive:
            state, since = "alive", each.started_at
        elif each.stopped_at is not None:
            state, since = "stopped", each.stopped_at
        else:
            state, since = "gone", each.seen_at
        rows.append([each.name, state, moment(since, zone), each.version])
    return rows


def _broker_rows(view: Overview, alive: set[str], zone: tzinfo) -> list[list[str]]:
    """A gateway that does not run has no connection: what it last wrote of one is no news."""
    untold = str(view.untold.get("mqtt", 0))
    rows = []
    for each in view.gateways:
        if each.broker is None:
            continue
        if each.name in alive:
            error = cell(printable(each.broker.error) if each.broker.error else None)
            state = "lost" if each.broker.error else "connected"
            since = moment(each.broker.since, zone)
            rows.append([each.name, each.broker.address, state, since, untold, error])
        else:
            rows.append([each.name, each.broker.address, "offline", cell(None), untold, cell(None)])
    return rows


def _alarm_row(view: AlarmView, zone: tzinfo) -> list[str]:
    return [view.severity, moment(view.since, zone), cell(view.modem), printable(view.text)]


def _modem_row(view: ModemView, *, alive: bool) -> list[str]:
    """What a gateway that is gone last wrote of its modems is no news."""
    return [
        view.name,
        view.state if alive else "offline",
        cell(view.operator if alive else None),
        cell(view.technology if alive else None),
        cell(f"{view.signal_dbm} dBm" if alive and view.signal_dbm is not None else None),
        str(view.sent_today),
        str(view.queue),
        cell(_trouble(view) if alive else None),
    ]


def _trouble(view: ModemView) -> str | None:
    """What is wrong, what it waits for, and by which step the gateway is helping."""
    told = [view.error.rstrip(".")] if view.error else []
    told += [view.paced] if view.paced and view.queue and not told else []
    if view.recovery and view.state not in {"helped", "dead"}:
        told.append(f"{words_of(view.recovery)} is tried")
    return printable("; ".join(told)) if told else None
