"""Whether what waits for modems gets on: for whoever watches over the gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.service.routing import base_of
from modemd.store import views
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.store.transaction import Tx

_ASIDE: Final = frozenset({"stopped", "quiet", "channel"})
"""Routes that no modem is in, for reasons that are no trouble."""


def stalled_since(tx: Tx) -> datetime | None:
    """Return since when parts wait and the network takes none; ``None`` where none wait for a modem.

    It is the later of two moments: when the longest waiting was accepted, and when the network last took a
    part. What was accepted long ago for this very minute is so no trouble as long as anything goes out.
    """
    waiting = [
        accepted_at
        for key, accepted_at in views.longest_waiting(tx)
        if base_of(key).partition(":")[0] not in _ASIDE
    ]
    if not waiting:
        return None
    return from_us(max(min(waiting), views.last_taken(tx) or 0))
