"""Opening the store for a command, and whether a daemon runs on it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from modemd.store import modems
from modemd.store.database import Database

if TYPE_CHECKING:
    from modemd.service.overview import GatewayView

_SEEN_WITHIN: Final = timedelta(seconds=120)
"""A daemon says every 30 s that it is there; one that is stopped for a while is not gone at once."""


@contextmanager
def open_store(url: str, *, home: str = "", create: bool = False) -> Iterator[Database]:
    """The store; the gateway that was seen last tells of what is done, or ``home`` where none was seen yet.

    ``create``: make it where there is none.

    Raises:
        StoreError: there is none, or it cannot be opened.
    """
    database = Database(url, create=create)
    try:
        database.act_as(database.read(modems.last_seen) or home)
        yield database
    finally:
        database.close()


def utc_now() -> datetime:
    """The time, aware, in UTC."""
    return datetime.now(UTC)


def living(gateways: Iterable[GatewayView], now: datetime, *, here: bool = True) -> set[str]:
    """The names of the gateways that have not ended, were seen lately, and whose process exists.

    ``here``: they run on this machine. Those that share a server may not, and their processes are not seen.
    """
    return {
        each.name
        for each in gateways
        if each.stopped_at is None and now - each.seen_at < _SEEN_WITHIN and (not here or _exists(each.pid))
    }


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
