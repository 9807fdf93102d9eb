"""Modems, the routes that they are in, and the gateway that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    bindparam,
    case,
    delete,
    exists,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from modemd.formats.modem_states import STATES
from modemd.store.schema import gateway, modem, route, route_modem
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Row, Tx

_ROUTES: Final = Statement(select(route.c.id, route.c.key))
_ROUTE: Final = Statement(select(route.c.id).where(route.c.key == bindparam("k")))
_ROUTE_KEY: Final = Statement(select(route.c.key).where(route.c.id == bindparam("id")))
_ADD_ROUTE: Final = Statement(insert(route).returning(route.c.id), ("key",))
_CLEAR_ROUTE: Final = Statement(
    delete(route_modem).where(
        route_modem.c.route_id == bindparam("r"),
        route_modem.c.modem_id.in_(select(modem.c.id).where(modem.c.gateway == bindparam("g"))),
    )
)
_ADD_MEMBER: Final = Statement(insert(route_modem), ("modem_id", "route_id"))
_THIS_MEMBER = (route_modem.c.route_id == bindparam("r"), route_modem.c.modem_id == bindparam("m"))
_LEAVE: Final = Statement(delete(route_modem).where(*_THIS_MEMBER))
_MEMBER: Final = Statement(select(route_modem.c.modem_id).where(*_THIS_MEMBER))
_SUBSCRIPTIONS: Final = Statement(
    select(modem.c.name, modem.c.imsi, modem.c.operator).where(modem.c.gateway == bindparam("g")),
)


def find_route(tx: Tx, key: str) -> int | None:
    """Return a route's id."""
    found = tx.scalar(_ROUTE, k=key)
    return None if found is None else int(found)


def route_keys(tx: Tx) -> dict[int, str]:
    """Return every route's key by its id."""
    return {int(route_id): str(key) for route_id, key in tx.all(_ROUTES)}


def route_key(tx: Tx, route_id: int) -> str:
    """Return one route's key."""
    return str(tx.scalar(_ROUTE_KEY, id=route_id))


def add_route(tx: Tx, key: str) -> int:
    """Add a route; return its id."""
    return int(tx.scalar(_ADD_ROUTE, key=key))


def set_members(tx: Tx, gateway_name: str, route_id: int, modem_ids: Iterable[int]) -> None:
    """Say which of a gateway's modems are in a route; other gateways' stay as they are."""
    tx.run(_CLEAR_ROUTE, r=route_id, g=gateway_name)
    add_members(tx, route_id, modem_ids)


def add_members(tx: Tx, route_id: int, modem_ids: Iterable[int]) -> None:
    """Put modems that are not in a route into it."""
    tx.many(_ADD_MEMBER, [{"modem_id": each, "route_id": route_id} for each in sorted(set(modem_ids))])


def is_member(tx: Tx, route_id: int, modem_id: int) -> bool:
    """Tell whether a modem is in a route."""
    return tx.scalar(_MEMBER, r=route_id, m=modem_id) is not None


def leave(tx: Tx, route_id: int, modem_id: int) -> None:
    """Take a modem out of a route, if it is in it."""
    tx.run(_LEAVE, r=route_id, m=modem_id)


def subscriptions(tx: Tx, gateway_name: str) -> list[tuple[str, str | None, str | None]]:
    """Return name, IMSI and operator of a gateway's modems, as they were told last."""
    return [(str(name), imsi, operator) for name, imsi, operator in tx.all(_SUBSCRIPTIONS, g=gateway_name)]


_SENDING: Final[list[ColumnElement[str]]] = [
    literal_column(f"'{state}'") for state, meaning in STATES.items() if meaning.sends
]
_MODEMS: Final = Statement(
    select(modem.c.name, modem.c.id).where(modem.c.gateway == bindparam("g")),
)
_GONE: Final = Statement(
    select(modem.c.name).where(
        modem.c.gateway == bindparam("g"),
        or_(
            modem.c.paused_at.is_not(literal_column("NULL")),
            modem.c.state.not_in(_SENDING),
        ),
    ),
)
CAN_SEND = modem.c.paused_at.is_(literal_column("NULL")) & modem.c.state.in_(_SENDING)
# As seen from the gateway that asks: it says every half minute that it is there, as they do.
_NOW = select(gateway.c.seen_at).where(gateway.c.name == bindparam("g")).scalar_subquery()
_THEIRS = gateway.alias("theirs")
LIVES = (
    exists()
    .where(
        _THEIRS.c.name == modem.c.gateway,
        _THEIRS.c.stopped_at.is_(literal_column("NULL")),
        _THEIRS.c.seen_at >= _NOW - literal_column("120000000"),
    )
    .correlate(modem)
)
_OTHERS: Final = Statement(
    select(
        modem.c.id, modem.c.name,
        case((CAN_SEND & LIVES, literal_column("1")), else_=literal_column("0")),
    )
    .select_from(route_modem.join(modem, modem.c.id == route_modem.c.modem_id))
    .where(route_modem.c.route_id == bindparam("r"), modem.c.gateway != bindparam("g"))
    .order_by(modem.c.id),
)  # fmt: skip
_NAMESAKE: Final = Statement(
    select(modem.c.gateway)
    .where(modem.c.name == bindparam("name"), modem.c.gateway != bindparam("g"), LIVES)
    .order_by(modem.c.id),
)
_SEEN = select(modem.c.id, modem.c.gateway, modem.c.name, modem.c.state, modem.c.error)
_ONE_MODEM: Final = Statement(_SEEN.where(modem.c.id == bindparam("modem_id")))
_NAMED: Final = Statement(
    _SEEN.where(modem.c.name == bindparam("name")).order_by(modem.c.id),
)
_VOICES: Final = Statement(
    select(modem.c.name, modem.c.voice).where(modem.c.gateway == bindparam("g")).order_by(modem.c.id),
)
_VOICE_OF: Final = Statement(select(modem.c.voice).where(modem.c.id == bindparam("modem_id")))
_WRITE_VOICE: Final = Statement(
    update(modem).where(modem.c.id == bindparam("modem_id")).values(voice=bindparam("told")),
)
_STATE: Final = Statement(
    update(modem)
    .where(modem.c.id == bindparam("modem_id"))
    .values(state=bindparam("to"), error=bindparam("why")),
)
_ADD_MODEM: Final = Statement(insert(modem).returning(modem.c.id), ("gateway", "name", "state"))
_FACTS: Final = (
    "state", "error", "port", "manufacturer", "model", "imei", "imsi", "iccid", "msisdn", "smsc", "operator",
    "technology", "registration", "signal_dbm", "seen_at", "family", "revision", "operator_code", "lac",
    "cell", "rsrp_dbm", "rsrq_db", "storage_used", "storage_total", "sim_slot",
)  # fmt: skip
_BESIDE: Final = (
    "id", "paused_at", "paused_by", "origin", "usb_path", "rung", "rung_at", "rungs_today", "voice",
)  # fmt: skip
"""What others write than the modem's record."""
_WRITE_MODEM: Final = Statement(
    update(modem)
    .where(modem.c.id == bindparam("modem_id"))
    .values({name: bindparam(name) for name in _FACTS}),
)
_ALL_MODEMS: Final = Statement(
    select(modem.c.gateway, modem.c.name, *(modem.c[name] for name in (*_FACTS, *_BESIDE))).order_by(
        modem.c.gateway,
        modem.c.id,
    ),
)


def voices(tx: Tx, gateway_name: str) -> dict[str, str | None]:
    """Return what a gateway's modems can say in a call, by name; ``None`` where one was never asked."""
    return {str(name): voice for name, voice in tx.all(_VOICES, g=gateway_name)}


def voice_of(tx: Tx, modem_id: int) -> str | None:
    """Return what one modem can say in a call."""
    voice = tx.scalar(_VOICE_OF, modem_id=modem_id)
    return None if voice is None else str(voice)


def write_voice(tx: Tx, modem_id: int, voice: str) -> None:
    """Write down what a modem can say in a call."""
    tx.run(_WRITE_VOICE, modem_id=modem_id, told=voice)


def modem_ids(tx: Tx, gateway_name: str) -> dict[str, int]:
    """Return the ids of a gateway's modems by name."""
    return {str(name): int(modem_id) for name, modem_id in tx.all(_MODEMS, g=gateway_name)}


def unable(tx: Tx, gateway_name: str) -> set[str]:
    """Return the names of modems that cannot send now: gone, without SIM or network, paused, stopped."""
    return {str(row[0]) for row in tx.all(_GONE, g=gateway_name)}


class OtherModem(NamedTuple):
    """Another gateway's modem; ``able``: it can send, and its gateway was seen within two minutes."""

    id: int
    name: str
    able: bool


def others(tx: Tx, gateway_name: str, route_id: int) -> list[OtherModem]:
    """Return the modems of other gateways that are in a route."""
    rows = tx.all(_OTHERS, g=gateway_name, r=route_id)
    return [OtherModem(int(modem_id), str(name), bool(able)) for modem_id, name, able in rows]


def namesake(tx: Tx, gateway_name: str, name: str) -> str | None:
    """Return another gateway that runs and has a modem of this name."""
    found = tx.scalar(_NAMESAKE, g=gateway_name, name=name)
    return None if found is None else str(found)


class ModemRow(NamedTuple):
    """A modem and how it is, on whichever gateway of this store."""

    id: int
    gateway: str
    name: str
    state: str
    error: str | None


def named(tx: Tx, name: str) -> list[ModemRow]:
    """Return the modems of this name; each gateway may have one."""
    return [ModemRow._make(row) for row in tx.all(_NAMED, name=name)]


def find(tx: Tx, modem_id: int) -> ModemRow | None:
    """Return one modem."""
    row = tx.one(_ONE_MODEM, modem_id=modem_id)
    return None if row is None else ModemRow._make(row)


def write_state(tx: Tx, modem_id: int, state: str, error: str | None) -> None:
    """Write how a modem is, and leave what else is known of it."""
    tx.run(_STATE, modem_id=modem_id, to=state, why=error)


def ensure_modem(tx: Tx, gateway_name: str, name: str) -> int:
    """Return a modem's id, adding it where it is new."""
    known = modem_ids(tx, gateway_name).get(name)
    if known is not None:
        return known
    return int(tx.scalar(_ADD_MODEM, gateway=gateway_name, name=name, state="new"))


def write_modem(tx: Tx, modem_id: int, facts: dict[str, object]) -> None:
    """Write what is known of a modem now; facts that are not given become NULL."""
    tx.run(_WRITE_MODEM, modem_id=modem_id, **{name: facts.get(name) for name in _FACTS})


def all_modems(tx: Tx) -> list[dict[str, object]]:
    """Return every modem with what is known of it."""
    names = ("gateway", "name", *_FACTS, *_BESIDE)
    return [dict(zip(names, row, strict=True)) for row in tx.all(_ALL_MODEMS)]


_SUBSCRIBERS: Final = Statement(
    select(modem.c.name, modem.c.imsi, modem.c.imei, modem.c.msisdn).order_by(modem.c.gateway, modem.c.id),
)


def subscribers(tx: Tx) -> dict[str, dict[str, object]]:
    """Return each modem's ``imsi``, ``imei`` and ``msisdn``, by its name."""
    return {
        str(name): {"imsi": imsi, "imei": imei, "msisdn": msisdn}
        for name, imsi, imei, msisdn in tx.all(_SUBSCRIBERS)
    }


_GATEWAY: Final = Statement(
    select(gateway.c.name, gateway.c.pid, gateway.c.version, gateway.c.started_at, gateway.c.seen_at,
           gateway.c.stopped_at),
)  # fmt: skip
_ANEW = ("stopped_at", "broker", "broker_error", "broker_at", "spool")
_BEGIN_GATEWAY: Final = Statement(
    update(gateway)
    .where(gateway.c.name == bindparam("n"))
    .values(
        pid=bindparam("new_pid"), version=bindparam("new_version"), started_at=bindparam("at"),
        seen_at=bindparam("at"), **dict.fromkeys(_ANEW, literal_column("NULL")),
    )
)  # fmt: skip
_ADD_GATEWAY: Final = Statement(insert(gateway), ("name", "pid", "version", "started_at", "seen_at"))
_SEE_GATEWAY: Final = Statement(
    update(gateway)
    .where(
        gateway.c.name == bindparam("n"),
        gateway.c.stopped_at.is_(literal_column("NULL")),
        # Each change of the store wakes the other gateways, and that may be what wakes this one.
        or_(
            gateway.c.seen_at <= bindparam("at") - literal_column("10000000"),
            gateway.c.seen_at > bindparam("at"),  # the clock was set back
        ),
    )
    .values(seen_at=bindparam("at")),
)
_STOP_GATEWAY: Final = Statement(
    update(gateway).where(gateway.c.name == bindparam("n")).values(stopped_at=bindparam("at")),
)


def gateway_started(tx: Tx, name: str, pid: int, version: str, at_us: int) -> None:
    """Note that a gateway's daemon has begun; its session at the broker has outlived the one before."""
    if not tx.run(_BEGIN_GATEWAY, n=name, new_pid=pid, new_version=version, at=at_us):
        tx.run(_ADD_GATEWAY, name=name, pid=pid, version=version, started_at=at_us, seen_at=at_us)


def gateway_seen(tx: Tx, name: str, at_us: int) -> None:
    """Note that it is alive; more often than every ten seconds is not written."""
    tx.run(_SEE_GATEWAY, n=name, at=at_us)


def gateway_stopped(tx: Tx, name: str, at_us: int) -> None:
    """Note that it has ended by itself."""
    tx.run(_STOP_GATEWAY, n=name, at=at_us)


_LAST_SEEN: Final = Statement(
    select(gateway.c.name)
    .order_by(gateway.c.seen_at.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)


def last_seen(tx: Tx) -> str:
    """Return the name of the gateway that was seen last; empty where there was none yet."""
    return str(tx.scalar(_LAST_SEEN) or "")


_LEFT_BEHIND: Final = Statement(
    select(modem.c.id)
    .select_from(modem.outerjoin(gateway, gateway.c.name == modem.c.gateway))
    .where(
        or_(
            modem.c.gateway == bindparam("g"),
            gateway.c.name.is_(literal_column("NULL")),
            gateway.c.stopped_at.is_not(literal_column("NULL")),
            gateway.c.seen_at < bindparam("before"),
        )
    )
    .order_by(modem.c.id),
)


def left_behind(tx: Tx, gateway_name: str, before_us: int) -> list[int]:
    """Return the ids of all modems that a gateway ever had, and of those whose gateway is no more.

    A gateway that was not seen since ``before_us`` is no more: it may have got another name.
    """
    return [int(row[0]) for row in tx.all(_LEFT_BEHIND, g=gateway_name, before=before_us)]


def gateways(tx: Tx) -> list[Row]:
    """Return ``(name, pid, version, started_at, seen_at, stopped_at)`` of every gateway on this store."""
    return tx.all(_GATEWAY)
