"""``modemd status --check``: one line as monitors want it of a plugin, with its exit status.

The line is that of the Monitoring Plugins' development guidelines: a word, a sentence, and behind ``|``
figures as ``name=value[unit];warning;critical;least;most``. What is wrong besides follows, a line each.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

from modemd.cli.output import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from modemd.service.overview import GatewayView, ModemView, Overview

STALLED_S: Final = (900, 3600)
"""From when on it is a warning, and critical, that parts wait while none is taken."""


class Level(IntEnum):
    """What a plugin ends with."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3


class Verdict(NamedTuple):
    """What is said, and what the command ends with."""

    level: Level
    text: str


def unknown(why: str) -> Verdict:
    """Nothing can be said of the gateway."""
    return Verdict(Level.UNKNOWN, _line(Level.UNKNOWN, [why], ""))


def judge(view: Overview, alive: set[str], gateway: str, stalled_s: float) -> Verdict:
    """Judge one gateway.

    Args:
        view: the store at this moment.
        alive: the names of the gateways that run.
        gateway: which one is asked for.
        stalled_s: for how long parts have waited while the network took none, in seconds.
    """
    modems = [each for each in view.modems if each.gateway == gateway]
    wrong = [
        *_of_gateway(view, gateway, alive=gateway in alive),
        *((_LEVELS[each.severity], each.text) for each in view.alarms if each.gateway == gateway),
        *_of_modems(modems if gateway in alive else []),
        *_of_queue(view, stalled_s),
    ]
    wrong.sort(key=lambda each: each[0], reverse=True)
    level = wrong[0][0] if wrong else Level.OK
    ready = _ready(modems) if gateway in alive else 0
    troubles = [text for each, text in wrong if each > Level.OK] or [
        f"gateway {gateway} runs, {ready} of {len(modems)} modems ready, {view.queued} parts queued"
    ]
    notes = [text for each, text in wrong if each is Level.OK]
    figures = _figures(view, gateway, ready, len(modems), stalled_s)
    return Verdict(level, _line(level, troubles, figures, notes))


_LEVELS: Final = {"info": Level.OK, "warning": Level.WARNING, "critical": Level.CRITICAL}


def _of_gateway(view: Overview, gateway: str, *, alive: bool) -> Iterator[tuple[Level, str]]:
    if alive:
        return
    known: GatewayView | None = next((each for each in view.gateways if each.name == gateway), None)
    if known is None:
        yield Level.CRITICAL, f"gateway {gateway} has never run on this store"
    elif known.stopped_at is not None:
        yield Level.CRITICAL, f"gateway {gateway} was stopped"
    else:
        yield Level.CRITICAL, f"gateway {gateway} is gone without having been stopped"


def _of_modems(modems: list[ModemView]) -> Iterator[tuple[Level, str]]:
    if modems and not _ready(modems):
        states = ", ".join(f"{each.name} {each.state}" for each in modems)
        yield Level.CRITICAL, f"no modem is ready: {states}"


def _of_queue(view: Overview, stalled_s: float) -> Iterator[tuple[Level, str]]:
    for level, limit_s in zip((Level.CRITICAL, Level.WARNING), reversed(STALLED_S), strict=True):
        if stalled_s >= limit_s:
            yield level, f"{view.queued} parts queued, and none was taken for {stalled_s / 60:.0f} minutes"
            return


def _ready(modems: list[ModemView]) -> int:
    return sum(each.state == "ready" for each in modems)


def _figures(view: Overview, gateway: str, ready: int, modems: int, stalled_s: float) -> str:
    alarms = sum(each.gateway == gateway and each.severity != "info" for each in view.alarms)
    sent = sum(each.sent_today for each in view.modems if each.gateway == gateway)
    warning_s, critical_s = STALLED_S
    return (
        f"ready={ready};;;0;{modems} queued={view.queued};;;0 scheduled={view.scheduled};;;0"
        f" uncertain={view.uncertain};;;0 stalled={stalled_s:.0f}s;{warning_s};{critical_s};0"
        f" alarms={alarms};;;0 sent_today={sent};;;0"
    )


def _line(level: Level, told: list[str], figures: str, notes: Sequence[str] = ()) -> str:
    """The worst first, and how many more there are; what stands behind a ``|`` would be taken for figures."""
    lines = [printable(each).replace("|", "/") for each in (*told, *notes)]
    more = f" (and {len(told) - 1} more)" if len(told) > 1 else ""
    first = f"MODEMD {level.name}: {lines[0]}{more}"
    return "\n".join([f"{first} | {figures}" if figures else first, *lines[1:]])
