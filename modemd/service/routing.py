"""Routes: each is a set of modems, known by a key that says which.

A key is a base, ``any``, ``prefix:+324`` or ``modem:gsm1``, and behind it the modems that are left out:
``any !gsm1`` is what a part gets that must be tried by another modem. ``stopped:clinic`` has no modem: there
waits what an account has queued that may not send, and on ``quiet:clinic`` what it may send at another hour;
on ``channel:push`` what a connector takes. ``speech:any`` has the modems of ``any`` that can say a text in a
call, ``tones:any`` those that can key tones.
The sets are made anew from the configuration at each start and reload; the parts keep their keys.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import ConfigError, Fault, Rejected
from modemd.service.modems.networks import Subscription, fits, subscriptions
from modemd.store import modems as store
from modemd.store import queue
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.config.modems import ModemConfig
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

ANY = "any"
WAITS: Final = timedelta(minutes=10)
"""How long the rest of a message waits for its SIM: in no modem, or in one that cannot send."""
SPEECH: Final = "speech"
TONES: Final = "tones"
"""Routes of calls: such a word before another route's key leaves those of its modems that can speak so."""
_CAN: Final = {SPEECH: frozenset({SPEECH}), TONES: frozenset({SPEECH, TONES})}


def key_for(rules: Rules, destination: str, asked: str | None) -> str:
    """Return the key of the route that a message takes; ``asked`` names a modem that the sender wants.

    Raises:
        Rejected: ``no_route``, when there is no such modem.
    """
    if asked is not None:
        if all(modem.name != asked for modem in rules.modems):
            raise Rejected("no_route", f"there is no modem {asked!r}", fail_reason="Wrong provider queue")
        return f"modem:{asked}"
    prefix = rules.prefix_for(destination)
    return ANY if prefix is None else f"prefix:{prefix}"


def without(key: str, modem: str) -> str:
    """Return the key of a route less one modem."""
    base, *excluded = key.split(" !")
    return " !".join([base, *sorted({*excluded, modem})])


def base_of(key: str) -> str:
    """Return a key without its exceptions."""
    return key.split(" !", maxsplit=1)[0]


def members(rules: Rules, key: str, sims: Mapping[str, Subscription] | None = None) -> list[ModemConfig]:
    """Return the modems of a route that may send; ``sims`` is what is known of theirs, by modem."""
    base, *excluded = key.split(" !")
    kind, _, value = base.partition(":")
    able = [modem for modem in rules.modems if modem.send and modem.name not in excluded]
    if kind in {"stopped", "quiet", "channel"}:
        return []
    if kind in {SPEECH, TONES}:
        return members(rules, " !".join([value, *excluded]), sims)
    if kind == "modem":
        return [modem for modem in able if modem.name == value]
    for route in rules.routes:
        if kind == "prefix" and route.prefix == value:
            known = sims or {}
            return [
                modem
                for modem in able
                if modem.name in route.modems
                or fits(route.networks, known.get(modem.name, Subscription(None, None)))
            ]
    return able


def route_id(tx: Tx, rules: Rules, key: str) -> int:
    """Return the row of a route, made now if it is new."""
    known = store.find_route(tx, key)
    if known is not None:
        return known
    ids = store.modem_ids(tx, rules.gateway)
    made = store.add_route(tx, key)
    store.set_members(tx, rules.gateway, made, _own(tx, rules, key, ids))
    store.add_members(tx, made, [each.id for each in _others(tx, rules, key)])
    return made


def _own(tx: Tx, rules: Rules, key: str, ids: Mapping[str, int]) -> list[int]:
    """The modems of this gateway in a route.

    A prefix that another gateway has a route for, and this one has not, is that one's affair.
    """
    kind, _, value = base_of(key).partition(":")
    if kind == "prefix" and all(route.prefix != value for route in rules.routes) and _others(tx, rules, key):
        return []
    return [ids[modem.name] for modem in _found(tx, rules, key) if modem.name in ids]


def _found(tx: Tx, rules: Rules, key: str) -> list[ModemConfig]:
    """The modems of a route that may send, by what the store knows of their SIMs and of what they can say."""
    found = members(rules, key, subscriptions(tx, rules))
    can = _CAN.get(key.partition(":")[0])
    if can is None:
        return found
    voices = store.voices(tx, rules.gateway)
    return [modem for modem in found if voices.get(modem.name) in can]


def may_speak(tx: Tx, rules: Rules, key: str) -> bool:
    """Tell whether a route of calls has a modem that can make them, or one that was never asked."""
    voices = store.voices(tx, rules.gateway)
    can = _CAN[key.partition(":")[0]]
    found = members(rules, key, subscriptions(tx, rules))
    return any(voices.get(modem.name) in {None, *can} for modem in found) or bool(_others(tx, rules, key))


def place_calls(tx: Tx, rules: Rules) -> None:
    """Make the sets of the routes of calls anew, after a modem told what it can say."""
    ids = store.modem_ids(tx, rules.gateway)
    for each, key in store.route_keys(tx).items():
        if key.partition(":")[0] in _CAN:
            store.set_members(tx, rules.gateway, each, _own(tx, rules, key, ids))


def _others(tx: Tx, rules: Rules, key: str) -> list[store.OtherModem]:
    """The modems of other gateways on this store that are in a route, or will be."""
    base, *excluded = key.split(" !")
    found = store.find_route(tx, base)
    theirs = [] if found is None else store.others(tx, rules.gateway, found)
    return [each for each in theirs if each.name not in excluded]


def pinned(tx: Tx, rules: Rules, modem: str) -> int:
    """Return the route that one modem alone is in."""
    return route_id(tx, rules, f"modem:{modem}")


def alternative(tx: Tx, rules: Rules, current: int, modem: str) -> int | None:
    """Return the route less one modem, or ``None`` where no other modem would be left that can send now."""
    key = without(store.route_key(tx, current), modem)
    if key.startswith("modem:") or not able(tx, rules, key):
        return None
    return route_id(tx, rules, key)


def able(tx: Tx, rules: Rules, key: str) -> bool:
    """Tell whether a route has a modem that can send now, of whichever gateway."""
    unable = store.unable(tx, rules.gateway)
    if any(modem.name not in unable for modem in _found(tx, rules, key)):
        return True
    return any(each.able for each in _others(tx, rules, key))


def dead_ends(tx: Tx, rules: Rules) -> list[int]:
    """Return the routes that leave modems out, or are of one alone, and have none that can send now."""
    keys = store.route_keys(tx).items()
    return [
        each for each, key in keys if ("!" in key or key.startswith("modem:")) and not able(tx, rules, key)
    ]


def sync(tx: Tx, rules: Rules) -> dict[str, int]:
    """Make the modems and every route's set as the configuration says; return the modems' keys by name.

    Raises:
        ConfigError: another gateway of this store runs, and has a modem of a name that is used here.
    """
    _refuse_namesakes(tx, rules)
    return place(tx, rules)


def place(tx: Tx, rules: Rules) -> dict[str, int]:
    """Do the same where the names are known to be this gateway's own."""
    ids = {modem.name: store.ensure_modem(tx, rules.gateway, modem.name) for modem in rules.modems}
    wanted = {ANY, *(f"prefix:{route.prefix}" for route in rules.routes), *(f"modem:{name}" for name in ids)}
    for key in sorted(wanted - set(store.route_keys(tx).values())):
        store.add_route(tx, key)
    for each, key in store.route_keys(tx).items():
        store.set_members(tx, rules.gateway, each, _own(tx, rules, key, ids))
    release(tx, rules)
    return ids


def _refuse_namesakes(tx: Tx, rules: Rules) -> None:
    """Messages, routes and requests know a modem by its name, whichever gateway it is at."""
    found = [(modem.name, store.namesake(tx, rules.gateway, modem.name)) for modem in rules.modems]
    faults = [
        Fault(
            f"gateway {other} on this store has a modem {name} as well: give it another name", "modems.list"
        )
        for name, other in found
        if other is not None
    ]
    if faults:
        raise ConfigError(faults)


def release(tx: Tx, rules: Rules) -> int:
    """Give what waits for modems that cannot send now, but may go by another, back to its own route."""
    return sum(queue.unpin(tx, each) for each in dead_ends(tx, rules))


def release_begun(tx: Tx, rules: Rules, now: datetime) -> int:
    """Let the rest of a begun message go by another SIM where its own has not been able to send for long.

    To the phone that is another message; but late and in pieces is better than half, and better than never.
    """
    before_us, now_us = to_us(now - WAITS), to_us(now)
    return sum(queue.unpin_begun(tx, each, before_us, now_us) for each in dead_ends(tx, rules))
