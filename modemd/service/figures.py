"""Everything that can be counted in the store at one moment, for whoever watches over the gateway."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modemd.model import PartState
from modemd.service.alarms import open_alarms
from modemd.service.credits.credit_states import credits_of_all
from modemd.service.modems.prepaid import remaining
from modemd.service.stalled import stalled_since
from modemd.store import modems, queue, views
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.formats.payloads import Credit
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One gateway's modems by name, as the store has them; parts by state; what is wrong and untold.

    ``balances`` are what the SIMs in its modems have left, ``stalled_since`` since when parts wait in vain.
    """

    modems: Mapping[str, Mapping[str, Any]]
    sent_today: Mapping[str, int]
    parts: Mapping[str, int]
    untold: Mapping[str, int]
    alarms: Mapping[str, int]
    credits: Mapping[str, Credit]
    balances: Mapping[str, str]
    stalled_since: datetime | None


def figures(tx: Tx, rules: Rules, midnight: datetime) -> Figures:
    """Return them; ``midnight`` is when the gateway's day began. What waits is counted."""
    own = {modem.name for modem in rules.modems}
    ids = modems.modem_ids(tx, rules.gateway)
    sent, in_hand = views.sent_since(tx, to_us(midnight)), views.in_hand(tx)
    rows = {
        str(row["name"]): row
        for row in modems.all_modems(tx)
        if row["gateway"] == rules.gateway and row["name"] in own
    }
    return Figures(
        modems=rows,
        sent_today={name: sent.get(ids[name], 0) for name in rows},
        parts={
            "queued": sum(queue.waiting(tx).values()),
            "scheduled": views.scheduled(tx),
            "sending": in_hand.get(PartState.SUBMITTING, 0),
            "uncertain": in_hand.get(PartState.UNCERTAIN, 0),
        },
        untold=views.untold(tx),
        alarms=Counter(each.severity for each in open_alarms(tx, rules.gateway)),
        credits={
            name: each for name, each in credits_of_all(tx, rules).items() if each["available"] is not None
        },
        balances={name: left for name, row in rows.items() if (left := remaining(tx, row)) is not None},
        stalled_since=stalled_since(tx),
    )
