"""Which modems wait for the end of a minute, reckoned from what they sent: for people who look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from modemd.service.modems import traffic
from modemd.service.outcomes import Seat
from modemd.store import modems

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.config.modems import ModemConfig
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


def paced(tx: Tx, rules: Rules, now: datetime) -> dict[tuple[str, str], str]:
    """Return why those of this gateway's modems wait that have sent ``per_minute`` parts.

    It goes by the names of gateway and modem. A refused part counts too, but only where the modem is.
    """
    limited = {each.name: each for each in rules.modems if each.per_minute is not None}
    if not limited:
        return {}
    found = {}
    for row in modems.all_modems(tx):
        name = str(row["name"])
        if row["gateway"] != rules.gateway or row["state"] != "ready" or name not in limited:
            continue
        sim = row["iccid"] or row["imsi"] or f"modem:{name}"
        goes_on = _goes_on(tx, limited[name], Seat(int(str(row["id"])), name, str(sim)), now)
        if goes_on is not None:
            at = goes_on.astimezone(rules.zone)
            found[rules.gateway, name] = (
                f"as many parts went as per_minute lets go: it goes on at {at:%H:%M:%S}"
            )
    return found


def _goes_on(tx: Tx, config: ModemConfig, seat: Seat, now: datetime) -> datetime | None:
    ages, most = traffic.ages(tx, seat, now), config.per_minute or 0
    return None if len(ages) < most else now + timedelta(seconds=60.0 - ages[-most])
