"""A modem that no entry of the configuration is bound to: the name that it gets, and keeps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from modemd.config.modems import ModemConfig
from modemd.gsm.identities import same_iccid, same_imei
from modemd.service import alarms, routing
from modemd.service.modems import modem_events
from modemd.store import adopted as store
from modemd.store import modems

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.adopted import Adopted
    from modemd.store.transaction import Tx

_LONGEST_IMEI: Final = 16
_IMEI_SHOWN: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoptable:
    """A modem that was found; ``twin``: another of the same IMEI is in use."""

    port: str
    usb_path: str | None = None
    imei: str | None = None
    iccid: str | None = None
    says: str = ""
    twin: bool = False


def adopt(tx: Tx, rules: Rules, found: Adoptable, now: datetime) -> tuple[ModemConfig, int]:
    """Use a modem from now on; return its entry, which ``rules`` do not hold yet, and its key.

    It gets the name that it had before, else one of the last digits of its IMEI that no other modem of the
    gateways on this store has.
    """
    alike = [each for each in store.all_adopted(tx, rules.gateway) if _is_that(each, found)]
    found = replace(found, twin=found.twin or len(alike) > 1)
    name = _name_for(tx, rules, found, alike)
    entry = ModemConfig.model_validate({"name": name} | _bound_to(found))
    ids = routing.place(tx, with_modems(rules, (entry,)))
    store.write_adopted(tx, ids[name], found.imei, found.iccid, found.usb_path)
    facts = {"port": found.port, "usb": found.usb_path, "imei": found.imei, "iccid": found.iccid}
    text = f"The modem on {found.port} ({found.says or 'unknown make'}) is used as {name}."
    modem_events.tell(tx, rules, name, "adopted", facts | {"text": text}, now)
    return entry, ids[name]


def dismiss(tx: Tx, rules: Rules, name: str, now: datetime) -> bool:
    """A modem that was adopted is gone for good; ``rules`` do not hold it any more.

    Return whether an alarm about it was cleared. Its row, and so its name, is kept.
    """
    known = modems.modem_ids(tx, rules.gateway).get(name)
    routing.place(tx, rules)
    if known is not None:
        modems.write_state(tx, known, "absent", None)
    return alarms.clear_alarms(tx, rules, modem=name, now=now)


def recover(tx: Tx, rules: Rules, kept: Collection[str], now: datetime) -> None:
    """At a start or a reload: what was adopted before is not there until it is found again, but for ``kept``.

    What the configuration names now is not adopted any more.
    """
    names = {entry.name for entry in rules.modems}
    for each in store.all_adopted(tx, rules.gateway):
        if each.name in names - set(kept):
            store.write_configured(tx, each.id)
        elif each.name not in names:
            modems.write_state(tx, each.id, "absent", None)
    for name in {each.modem for each in alarms.open_alarms(tx, rules.gateway)} - {"", *names}:
        alarms.clear_alarms(tx, rules, modem=name, now=now)  # it is not used any more, by whatever name


def known(tx: Tx, rules: Rules) -> Rules:
    """The configuration's rules with what the gateway has adopted besides, for commands: they adopt none."""
    names = {entry.name for entry in rules.modems}
    found = [
        ModemConfig.model_validate({"name": each.name})
        for each in store.all_adopted(tx, rules.gateway)
        if each.name not in names and not _is_gone(tx, each.id)
    ]
    return with_modems(rules, found)


def _is_gone(tx: Tx, modem_id: int) -> bool:
    row = modems.find(tx, modem_id)
    return row is None or row.state == "absent"


def with_modems(rules: Rules, more: Iterable[ModemConfig]) -> Rules:
    """Rules that hold more modems; one of a name that is there already takes its place."""
    new = {entry.name: entry for entry in more}
    kept = tuple(entry for entry in rules.modems if entry.name not in new)
    return replace(rules, modems=(*kept, *new.values()))


def without_modem(rules: Rules, name: str) -> Rules:
    """Rules that do not hold a modem any more."""
    return replace(rules, modems=tuple(entry for entry in rules.modems if entry.name != name))


def _bound_to(found: Adoptable) -> dict[str, str]:
    """What an entry is found again by: of twins, each by its socket, else its SIM, else its port."""
    bound = {}
    if found.imei is not None:
        bound["imei"] = found.imei[:_LONGEST_IMEI]
    if found.imei is None or found.twin:
        more = {"usb": found.usb_path, "iccid": found.iccid, "port": found.port}
        key, value = next((key, value) for key, value in more.items() if value)
        bound[key] = value
    return bound


def _name_for(tx: Tx, rules: Rules, found: Adoptable, alike: Iterable[Adopted]) -> str:
    used = {entry.name for entry in rules.modems}
    free = [
        each
        for each in alike
        if each.name not in used and modems.namesake(tx, rules.gateway, each.name) is None
    ]
    if free:
        return max(free, key=lambda each: _likeness(each, found)).name
    used |= set(modems.modem_ids(tx, rules.gateway))
    base = f"modem-{found.imei[-_IMEI_SHOWN:]}" if found.imei else f"modem-{_place_of(found)}"
    names = (base if place == 1 else f"{base}-{place}" for place in count(1))
    return next(
        name for name in names if name not in used and modems.namesake(tx, rules.gateway, name) is None
    )


def _is_that(known: Adopted, found: Adoptable) -> bool:
    if found.imei is not None:
        return same_imei(known.imei, found.imei)
    return known.imei is None and known.usb_path == found.usb_path is not None


def _likeness(known: Adopted, found: Adoptable) -> tuple[bool, bool, int]:
    here = known.usb_path is not None and known.usb_path == found.usb_path
    return here, same_iccid(known.iccid, found.iccid), -known.id


def _place_of(found: Adoptable) -> str:
    place = found.usb_path or found.port.rpartition("/")[2]
    return "".join(letter if letter.isalnum() and letter.isascii() else "-" for letter in place)[:32]
