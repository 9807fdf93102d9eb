"""Accounts that may not send (S §6.3, L §19.1): their queue stops before the next part, and goes on later.

A part of such an account is met at its claim. Then those behind it are moved with it, a thousand parts of the
queue at a time, to a route that no modem is in: others are not kept waiting, however much is queued. Once the
account may send again the clock moves them back. So it is with what is met in its account's quiet hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.service import routing
from modemd.service.admission import quiet
from modemd.service.modems import stickiness
from modemd.store import outbound, parking, parts, queue

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.queue import ClaimedPart
    from modemd.store.transaction import Tx

AT_ONCE: Final = 1000
"""So many parts are looked at, or moved back, at a time: the modems wait for it."""


def park(tx: Tx, rules: Rules, claimed: ClaimedPart) -> None:
    """Put a part of a stopped account aside, with its like among the first of its route."""
    parts.unclaim(tx, claimed.id)
    kind = queue.QUIET if claimed.stopped == queue.QUIET else "stopped"
    aside = routing.route_id(tx, rules, f"{kind}:{claimed.account}")
    parking.park(tx, claimed.account, claimed.route_id, aside, AT_ONCE)


def go_on(tx: Tx, rules: Rules, now: datetime) -> bool:
    """Queue again what accounts wait with that may send by now; tell whether there may be more of it."""
    routes = parking.resumed(tx)
    routes += [each for each, account in parking.quieted(tx) if quiet.until(rules, account, now) is None]
    moved = [parking.unpark(tx, each, AT_ONCE) for each in routes]
    if rules.sending.sticky_s:
        for message_id in {message_id for messages in moved for message_id in messages}:
            message = outbound.find_message(tx, message_id)
            assert message is not None, "a part has a message"
            stickiness.pin_due(tx, rules, message, now)
    return any(len(messages) == AT_ONCE for messages in moved)
