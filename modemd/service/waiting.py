"""Why a message has not gone out yet: what its parts wait for, and how those modems are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from modemd.formats.modem_states import meaning_of
from modemd.model import PartState
from modemd.service.modems.pacing import paced
from modemd.service.routing import base_of
from modemd.store import modems
from modemd.store import views as store

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.service.views import PartView
    from modemd.store.transaction import Tx

_NOT_MODEMS: Final = {
    "stopped": "account {}, which may not send: modemd account show {}",
    "quiet": "the end of the quiet hours of account {}",
    "channel": "a connector of the channel {} at the broker",
}


@dataclass(frozen=True, slots=True)
class Awaited:
    """A modem that parts wait for: its state as its gateway last wrote it, and why it is so or waits."""

    gateway: str
    name: str
    state: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What parts on one route wait for: its key, and its modems."""

    key: str
    modems: tuple[Awaited, ...]


def waits_of(tx: Tx, rules: Rules, parts: Sequence[PartView], now: datetime) -> list[Wait]:
    """Return what the queued ones among a message's parts wait for; none: nothing of it is queued."""
    wanted = {part.route_id for part in parts if part.state is PartState.QUEUED}
    if not wanted:
        return []
    names = store.modem_names(tx)
    rows = {(str(row["gateway"]), str(row["name"])): row for row in modems.all_modems(tx)}
    slow = paced(tx, rules, now)
    return [
        Wait(
            key,
            tuple(_awaited(*names[each], rows[names[each]], slow.get(names[each])) for each in members),
        )
        for route, (key, members) in store.routes(tx).items()
        if route in wanted
    ]


def _awaited(gateway: str, name: str, row: Mapping[str, object], slow: str | None) -> Awaited:
    error = slow if row["error"] is None else str(row["error"])
    return Awaited(gateway, name, str(row["state"]), error)


def wait_sentence(wait: Wait, alive: Collection[str]) -> str:
    """What is waited for, for people; ``alive`` are the gateways that run."""
    kind, _, value = base_of(wait.key).partition(":")
    if kind in _NOT_MODEMS:
        return _NOT_MODEMS[kind].format(value, value)
    if not wait.modems:
        return f"a modem, and none is in route {wait.key}"
    return "; ".join(_how(each, alive) for each in wait.modems)


def _how(modem: Awaited, alive: Collection[str]) -> str:
    if modem.gateway not in alive:
        return f"{modem.name} (its gateway {modem.gateway} does not run)"
    why = modem.error or ("" if modem.state == "ready" else meaning_of(modem.state).wrong)
    return f"{modem.name} ({modem.state}{': ' if why else ''}{why.rstrip('.')})"
