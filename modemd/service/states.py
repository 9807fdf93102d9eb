"""How modems, queues and accounts stand, as the objects that are published and stay on the broker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from modemd.formats.modem_states import meaning_of, named, step_in_hand
from modemd.model import PartState
from modemd.service.alarms import open_alarms
from modemd.service.credits.credit_states import credits_of_all
from modemd.service.modems.prepaid import remaining
from modemd.store import modems, queue
from modemd.store import views as store
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.formats.payloads import Credit, GatewayQueues, ModemState
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Make:
    """Who made a modem, and which one it is, as far as it has said so."""

    manufacturer: str | None
    model: str | None
    imei: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One gateway's configured modems by name, what waits in its store, and its accounts by name."""

    modems: Mapping[str, ModemState]
    makes: Mapping[str, Make]
    queues: GatewayQueues
    credits: Mapping[str, Credit]


def standing(tx: Tx, rules: Rules, midnight: datetime) -> Standing:
    """Return how everything stands; ``midnight`` is when the gateway's day began.

    It counts what waits and what went today: with a million parts waiting that takes a tenth of a second.
    """
    waiting = queue.waiting(tx)
    routes = store.routes(tx)
    sent = store.sent_since(tx, to_us(midnight))
    ids = modems.modem_ids(tx, rules.gateway)
    rows = {str(row["name"]): row for row in modems.all_modems(tx) if row["gateway"] == rules.gateway}
    states, makes = {}, {}
    for name in (each.name for each in rules.modems if each.name in rows):
        of_it = sum(waiting.get(route, 0) for route, (_, members) in routes.items() if ids[name] in members)
        states[name] = _modem(tx, rows[name], of_it, sent.get(ids[name], 0))
        makes[name] = _make(rows[name])
    in_hand = store.in_hand(tx)
    return Standing(
        modems=states,
        makes=makes,
        queues={
            "queued": sum(waiting.values()),
            "scheduled": store.scheduled(tx),
            "sending": in_hand.get(PartState.SUBMITTING, 0),
            "uncertain": in_hand.get(PartState.UNCERTAIN, 0),
            "sent_today": sum(sent.get(ids[name], 0) for name in states),
            "alarms": sum(each.severity != "info" for each in open_alarms(tx, rules.gateway)),
        },
        credits=credits_of_all(tx, rules),
    )


def modem_state(tx: Tx, gateway: str, name: str, midnight: datetime) -> ModemState | None:
    """Return how one modem stands, on whichever gateway of this store; ``None`` where there is none such."""
    modem_id = modems.modem_ids(tx, gateway).get(name)
    if modem_id is None:
        return None
    row = next(each for each in modems.all_modems(tx) if (each["gateway"], each["name"]) == (gateway, name))
    waiting = queue.waiting(tx)
    of_it = sum(
        waiting.get(route, 0) for route, (_, members) in store.routes(tx).items() if modem_id in members
    )
    return _modem(tx, row, of_it, store.sent_since(tx, to_us(midnight)).get(modem_id, 0))


def _modem(tx: Tx, row: Mapping[str, Any], waiting: int, sent_today: int) -> ModemState:
    meaning, total = meaning_of(str(row["state"])), row["storage_total"]
    return {
        "state": str(row["state"]),
        "registration": row["registration"],
        "technology": row["technology"],
        "operator": row["operator"],
        "signal_dbm": row["signal_dbm"],
        "imei": row["imei"],
        "iccid": row["iccid"],
        "number": row["msisdn"],
        "queue": waiting,
        "sent_today": sent_today,
        "storage": None if total is None else {"used": row["storage_used"] or 0, "total": total},
        "error": row["error"],
        "advice": named(meaning.advice, str(row["name"])) if meaning.alarms else None,
        "recovery": step_in_hand(str(row["state"]), row["rung"]),
        "recoveries_today": row["rungs_today"] or 0,
        "operator_code": row["operator_code"],
        "lac": row["lac"],
        "cell": row["cell"],
        "rsrp_dbm": row["rsrp_dbm"],
        "rsrq_db": row["rsrq_db"],
        "usb": row["usb_path"],
        "sim_slot": row["sim_slot"],
        "voice": row["voice"],
        "balance": remaining(tx, row),
    }


def _make(row: Mapping[str, object]) -> Make:
    return Make(*(cast("str | None", row[name]) for name in ("manufacturer", "model", "imei")))
