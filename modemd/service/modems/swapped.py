"""SIMs that are put into other modems: what one of them has begun follows it.

To the phone another sender's number is another message, so the parts that are left of a long one go by the
SIM that sent the first. They wait for it on the route of the modem that it is in now. Where it is in none,
they wait ten minutes, for it may be on its way from one modem to another; then they go by the SIM that is
there: late and in pieces is better than half.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modemd.service import routing
from modemd.store import begun, queue
from modemd.store.times import to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


class Followed(NamedTuple):
    """How many messages followed their SIM, and how many wait for one that is nowhere."""

    moved: int
    waiting: int


def follow(tx: Tx, rules: Rules, modem: str, sim: str, now: datetime) -> Followed:
    """A SIM is in a modem: see what it has begun elsewhere, and what another has begun here.

    Called before it is written down that the SIM is here, and after the modem's row is.
    """
    here, moved, waiting = routing.pinned(tx, rules, modem), 0, 0
    for message_id, by in begun.by_other_sims(tx, here, sim).items():
        there = begun.last_in(tx, by)
        if there is not None and there != modem and begun.holds(tx, there, by):
            queue.pin(tx, message_id, routing.pinned(tx, rules, there))
            moved += 1
        else:
            begun.wait(tx, here, message_id, to_us(now + routing.WAITS))
            waiting += 1
    before = begun.last_in(tx, sim) or modem
    for message_id in begun.by_sim(tx, routing.pinned(tx, rules, before), sim):
        begun.go_on(tx, message_id)
        if before != modem:
            queue.pin(tx, message_id, here)
            moved += 1
    return Followed(moved, waiting)
