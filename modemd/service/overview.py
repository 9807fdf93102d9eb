"""Gateways, modems and queues at one moment, for people who look."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, cast

from modemd.formats.modem_states import meaning_of, named, step_in_hand
from modemd.model import PartState
from modemd.service.alarms import open_alarms
from modemd.service.modems.prepaid import remaining
from modemd.store import brokers, modems, queue
from modemd.store import views as store
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.store.alarms import AlarmRow
    from modemd.store.brokers import BrokerRow
    from modemd.store.transaction import Tx

_FORGOTTEN_AFTER: Final = timedelta(minutes=15)
"""A modem's task writes how it stands once a minute, also of one that is absent or paused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerView:
    """A gateway's broker as ``host:port``, and what keeps the gateway from it, both since ``since``."""

    address: str
    error: str | None
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayView:
    """A daemon that has run on this store; whether its process still lives is for the caller to find out."""

    name: str
    pid: int
    version: str
    started_at: datetime
    seen_at: datetime
    stopped_at: datetime | None
    broker: BrokerView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemView:
    """A modem as its gateway last wrote it down.

    ``queue`` counts the parts that it may take, of which other modems on the same routes may take some;
    ``sent_today`` those that the network took from it. ``advice`` is what a person has to do, ``recovery``
    the step by which it is helped now, ``storage`` entries in use and in all, ``balance`` a prepaid SIM's,
    ``paced`` why it waits for the end of a minute.
    """

    gateway: str
    name: str
    state: str
    error: str | None
    port: str | None
    imei: str | None
    iccid: str | None
    msisdn: str | None
    operator: str | None
    technology: str | None
    registration: int | None
    signal_dbm: int | None
    seen_at: datetime | None
    queue: int
    sent_today: int
    advice: str | None = None
    recovery: str | None = None
    recoveries_today: int = 0
    usb: str | None = None
    storage: tuple[int, int] | None = None
    balance: str | None = None
    paced: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmView:
    """What is wrong since ``since``, found ``count`` times; ``modem`` is ``None`` for the gateway's own."""

    gateway: str
    modem: str | None
    code: str
    severity: str
    text: str
    count: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """A set of modems, by its key, and how many parts wait for one of them."""

    key: str
    modems: tuple[str, ...]
    queued: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """The whole store at one moment; queues are counted in parts, ``untold`` in events for each consumer."""

    gateways: tuple[GatewayView, ...]
    modems: tuple[ModemView, ...]
    routes: tuple[RouteView, ...]
    queued: int
    scheduled: int
    sending: int
    uncertain: int
    untold: Mapping[str, int]
    alarms: tuple[AlarmView, ...] = ()


def _at(us: int) -> datetime:
    at = from_us(us)
    assert at is not None
    return at


def gateways(tx: Tx) -> tuple[GatewayView, ...]:
    """Return every gateway that has run on this store."""
    known = brokers.brokers(tx)
    return tuple(
        GatewayView(
            name=str(name),
            pid=int(pid),
            version=str(version),
            started_at=_at(started_at),
            seen_at=_at(seen_at),
            stopped_at=from_us(stopped_at),
            broker=_broker(known.get(str(name))),
        )
        for name, pid, version, started_at, seen_at, stopped_at in modems.gateways(tx)
    )


def _broker(row: BrokerRow | None) -> BrokerView | None:
    if row is None:
        return None
    return BrokerView(address=row.broker, error=row.broker_error, since=_at(row.broker_at))


def overview(tx: Tx, midnight: datetime) -> Overview:
    """Return modems and queues; ``midnight`` is when the gateway's day began."""
    waiting = queue.waiting(tx)
    routes = store.routes(tx)
    names = store.modem_names(tx)
    in_hand = store.in_hand(tx)
    return Overview(
        gateways=gateways(tx),
        modems=_modems(tx, waiting, routes, names, store.sent_since(tx, to_us(midnight))),
        routes=tuple(
            RouteView(key=key, modems=tuple(names[each][1] for each in members), queued=waiting.get(route, 0))
            for route, (key, members) in routes.items()
        ),
        queued=sum(waiting.values()),
        scheduled=store.scheduled(tx),
        sending=in_hand.get(PartState.SUBMITTING, 0),
        uncertain=in_hand.get(PartState.UNCERTAIN, 0),
        untold=store.untold(tx),
        alarms=tuple(_alarm(row) for row in open_alarms(tx)),
    )


def _alarm(row: AlarmRow) -> AlarmView:
    return AlarmView(
        gateway=row.gateway, modem=row.modem or None, code=row.code, severity=row.severity, text=row.text,
        count=row.count, since=_at(row.raised_at),
    )  # fmt: skip


def _modems(
    tx: Tx,
    waiting: Mapping[int, int],
    routes: Mapping[int, tuple[str, list[int]]],
    names: Mapping[int, tuple[str, str]],
    sent: Mapping[int, int],
) -> tuple[ModemView, ...]:
    ids = {name: modem_id for modem_id, name in names.items()}
    queued = {
        modem_id: sum(waiting.get(route, 0) for route, (_, members) in routes.items() if modem_id in members)
        for modem_id in names
    }
    views = []
    heard = {each.name: each.seen_at for each in gateways(tx)}
    for facts in modems.all_modems(tx):
        if _forgotten(facts, heard):
            continue
        modem_id = ids[str(facts["gateway"]), str(facts["name"])]
        views.append(_modem(tx, facts, queued[modem_id], sent.get(modem_id, 0)))
    return tuple(views)


def _forgotten(facts: Mapping[str, object], heard: Mapping[str, datetime]) -> bool:
    """Whether its gateway runs on without it: it was taken out of the configuration."""
    gateway_at, at = heard.get(str(facts["gateway"])), from_us(cast("int | None", facts["seen_at"]))
    if gateway_at is None or at is None or facts["origin"] == "adopted":
        return False
    return gateway_at - at > _FORGOTTEN_AFTER


def _modem(tx: Tx, facts: Mapping[str, object], queued: int, sent_today: int) -> ModemView:
    def words(name: str) -> str | None:
        return cast("str | None", facts[name])

    def count(name: str) -> int | None:
        return cast("int | None", facts[name])

    meaning, total = meaning_of(str(facts["state"])), count("storage_total")
    return ModemView(
        gateway=str(facts["gateway"]),
        name=str(facts["name"]),
        state=str(facts["state"]),
        error=words("error"),
        port=words("port"),
        imei=words("imei"),
        iccid=words("iccid"),
        msisdn=words("msisdn"),
        operator=words("operator"),
        technology=words("technology"),
        registration=count("registration"),
        signal_dbm=count("signal_dbm"),
        seen_at=from_us(count("seen_at")),
        queue=queued,
        sent_today=sent_today,
        advice=named(meaning.advice, str(facts["name"])) if meaning.alarms else None,
        recovery=step_in_hand(str(facts["state"]), words("rung")),
        recoveries_today=count("rungs_today") or 0,
        usb=words("usb_path"),
        storage=None if total is None else (count("storage_used") or 0, total),
        balance=remaining(tx, facts),
    )
