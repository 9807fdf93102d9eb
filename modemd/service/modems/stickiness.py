"""Keeping a recipient on the SIM that it knows: its last message's, while that was not long ago.

A message's own route stays what it is; its parts are put on the route of the one modem that holds the SIM.
Where that modem cannot send, :func:`modemd.service.routing.release` gives them back to their own route.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from modemd.service import routing
from modemd.service.numbering import recipient_key
from modemd.store import queue, sticky
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.outbound import MessageRow
    from modemd.store.transaction import Tx


def route_for(tx: Tx, rules: Rules, recipient: str | None, route_id: int, now: datetime) -> int:
    """Return the route of a message's parts: that of the recipient's own SIM, or ``route_id`` as it is."""
    if not rules.sending.sticky_s or recipient is None:
        return route_id
    since_us = to_us(now - timedelta(seconds=rules.sending.sticky_s))
    modem = sticky.holder(tx, rules.gateway, recipient, since_us, route_id)
    return route_id if modem is None else routing.pinned(tx, rules, modem)


def pin_due(tx: Tx, rules: Rules, message: MessageRow, now: datetime) -> None:
    """Put a message whose time has come on the route of its recipient's SIM; it was accepted long ago."""
    if not rules.sending.sticky_s or not message.destination or message.parts_done:
        return
    route_id = route_for(tx, rules, recipient_key(message.destination), message.route_id, now)
    if route_id != message.route_id:
        queue.pin(tx, message.id, route_id)


def forget(tx: Tx, rules: Rules, now: datetime, kept: timedelta) -> None:
    """Forget whose SIM was used for whom where it matters no more; numbers are kept for ``kept`` at most."""
    sticky.forget(tx, to_us(now - min(timedelta(seconds=rules.sending.sticky_s), kept)))
