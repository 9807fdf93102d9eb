"""The operator's verbs for modems: ``ussd``, ``reset``, ``pause`` and ``resume``.

A modem may be another gateway's on the same store: that gateway's own task does it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.gsm.ussd import code_fault
from modemd.service import routing
from modemd.service.modems.modem_orders import Asker, ask
from modemd.service.request import Asked, Told, Wake
from modemd.service.states import modem_state
from modemd.store import modems, pauses
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import tzinfo

    from modemd.formats.payloads import ModemState
    from modemd.formats.requestjson import RequestFields
    from modemd.service.rules import Rules
    from modemd.store.modems import ModemRow
    from modemd.store.transaction import Tx

USSD_S: Final = 60
"""How long the network's answer is waited for where the request does not say."""
_LONGEST_USSD_S: Final = 180
RESET_S: Final = 180
_COMING: Final = frozenset(
    {"new", "ready", "searching", "restarting", "paused", "limited", "silent", "lost", "stopped"}
)
"""States that a modem leaves by itself, or in which it answers: an order may wait for it.

``stopped`` is what the last stop left behind: the gateway runs, and has not opened the modem yet.
"""
_DEAD: Final = timedelta(seconds=90)
"""A gateway that was not seen for so long does not run: it writes each half minute that it does."""


def ussd(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """Order a USSD code, or the answer in an open dialogue; ``cancel`` ends the dialogue."""
    modem, _ = order_ussd(tx, rules, asked.fields, _asker(asked), now)
    return None, Wake(modems=frozenset({modem}))


def order_ussd(tx: Tx, rules: Rules, fields: RequestFields, asker: Asker, now: datetime) -> tuple[str, int]:
    """The same for whoever asks; return the modem's name, and how many seconds the network is given.

    Raises:
        Rejected: a field is wrong, or it is sure that it will not be done.
    """
    name, within_s = fields.needed("modem"), fields.seconds("timeout", 1, _LONGEST_USSD_S, USSD_S)
    if fields.flag("cancel"):
        arguments: dict[str, object] = {"cancel": True}
    else:
        code = fields.needed("code")
        if fault := code_fault(code):
            raise Rejected("bad_request", f"code: {fault}")
        arguments = {"code": code}
    modem = _able(tx, rules, name, fields.text("gateway"), now)
    ask(tx, modem, "ussd", arguments, asker, now, within_s)
    return modem.name, within_s


def reset(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """Order a restart; the answer comes when the modem is ready again."""
    modem = order_reset(tx, rules, asked.fields, _asker(asked), now)
    return None, Wake(modems=frozenset({modem}))


def order_reset(tx: Tx, rules: Rules, fields: RequestFields, asker: Asker, now: datetime) -> str:
    """The same for whoever asks; return the modem's name. It has :data:`RESET_S` seconds.

    Raises:
        Rejected: there is no such modem, or it is sure that it will not be done.
    """
    modem = _able(tx, rules, fields.needed("modem"), fields.text("gateway"), now)
    ask(tx, modem, "reset", {}, asker, now, RESET_S)
    return modem.name


def pause(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """Let a modem submit nothing until it is resumed, over restarts too; others take what waits for it."""
    modem = pause_modem(tx, rules, asked.fields, now, asked.zone)
    return state_of(tx, modem.gateway, modem.name, now, asked.zone), Wake(
        queue=True, modems=frozenset({modem.name})
    )


def pause_modem(tx: Tx, rules: Rules, fields: RequestFields, now: datetime, zone: tzinfo) -> ModemRow:
    """The same for whoever asks; return the modem.

    Raises:
        Rejected: there is no such modem.
    """
    name, reason = fields.needed("modem"), fields.text("reason")
    modem = _find(tx, rules, name, fields.text("gateway"))
    pauses.pause(tx, modem.id, reason or "a request", to_us(now))
    why = pause_sentence(reason or "a request", now, zone)
    if modem.state in _COMING:
        modems.write_state(tx, modem.id, "paused", why)
    routing.release(tx, rules)
    return modem


def resume(tx: Tx, asked: Asked, rules: Rules, now: datetime) -> tuple[Told, Wake]:
    """End a modem's pause, be it a person's or the one that its SIM's refusals brought about."""
    modem = resume_modem(tx, rules, asked.fields)
    return state_of(tx, modem.gateway, modem.name, now, asked.zone), Wake(
        queue=True, modems=frozenset({modem.name})
    )


def resume_modem(tx: Tx, rules: Rules, fields: RequestFields) -> ModemRow:
    """The same for whoever asks; return the modem.

    Raises:
        Rejected: there is no such modem.
    """
    modem = _find(tx, rules, fields.needed("modem"), fields.text("gateway"))
    pauses.resume(tx, modem.id)
    if modem.state == "paused":
        modems.write_state(tx, modem.id, "ready", None)
    return modem


def pause_sentence(by: str, at: datetime, zone: tzinfo) -> str:
    """What is said of a modem that a person has paused."""
    return f"paused since {at.astimezone(zone):%Y-%m-%d %H:%M}: {by}"


def paused_why(tx: Tx, gateway: str, name: str, zone: tzinfo) -> str | None:
    """Return that sentence, or ``None`` for a modem that is not paused."""
    found = pauses.paused(tx, gateway).get(name)
    at = None if found is None else from_us(found[0])
    return None if found is None or at is None else pause_sentence(found[1], at, zone)


def state_of(tx: Tx, gateway: str, name: str, now: datetime, zone: tzinfo) -> ModemState | None:
    """How a modem stands, as the contract has it; ``None`` where it is no longer known."""
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return modem_state(tx, gateway, name, midnight)


def _asker(asked: Asked) -> Asker:
    return Asker(asked.topic, asked.fields.transaction(), asked.reply)


def _find(tx: Tx, rules: Rules, name: str, gateway: str | None) -> ModemRow:
    """The modem of that name: this gateway's own first."""
    own = {modem.name for modem in rules.modems}
    found = [
        each
        for each in modems.named(tx, name)
        if gateway in {None, each.gateway} and (each.gateway != rules.gateway or each.name in own)
    ]
    ours = [each for each in found if each.gateway == rules.gateway]
    if not found:
        known = ", ".join(sorted(own)) or "none"
        raise Rejected("bad_request", f"modem: there is no modem {name!r}; there are: {known}")
    if not ours and len(found) > 1:
        gateways = ", ".join(each.gateway for each in found)
        raise Rejected(
            "bad_request", f"modem: {name!r} is on several gateways: say gateway, one of {gateways}"
        )
    return (ours or found)[0]


def _able(tx: Tx, rules: Rules, name: str, gateway: str | None, now: datetime) -> ModemRow:
    """The same, where an order may wait for it: what is sure not to be done is said at once."""
    modem = _find(tx, rules, name, gateway)
    if modem.gateway != rules.gateway and not _runs(tx, modem.gateway, now):
        raise Rejected("unavailable", f"gateway {modem.gateway}, which has modem {name}, does not run")
    if modem.state not in _COMING:
        why = f": {modem.error}" if modem.error else ""
        raise Rejected("unavailable", f"modem {name} is {modem.state}{why}")
    return modem


def _runs(tx: Tx, gateway: str, now: datetime) -> bool:
    return any(
        name == gateway and stopped_at is None and seen_at > to_us(now - _DEAD)
        for name, _pid, _version, _started_at, seen_at, stopped_at in modems.gateways(tx)
    )
