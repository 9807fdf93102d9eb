"""What is to stay on the broker, and what is to go: from how things stand, and what was there before."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from modemd import __version__
from modemd.formats.homeassistant import Device, ModemDevice, Topics, gateway_device, modem_device

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modemd.config.mqtt import MqttConfig
    from modemd.formats.payloads import Credit
    from modemd.service.rules import Rules
    from modemd.service.states import Standing

_MARK = "#"
"""No topic that is published to has one (MQTT 5.0, 4.7.1), so a note with one is no topic."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """``topics`` are the retained messages in the order they are published in; an empty one clears.

    ``notes`` are to be in the store before anything is published, ``gone`` to be struck from it once that is
    done: topics, and ``topic#component#platform`` for the parts of a device. ``limited`` are those of the
    ``accounts`` that pay with credits.
    """

    topics: dict[str, bytes]
    notes: frozenset[str]
    gone: frozenset[str]
    limited: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()

    def with_credits(self, credits_: Mapping[str, Credit], prefix: str) -> Wanted | None:
        """Return the same with other credits; ``None`` where accounts came or went, or pay otherwise."""
        if (limited_of(credits_), frozenset(credits_)) != (self.limited, self.accounts):
            return None
        return replace(self, topics=self.topics | _credits(credits_, prefix))


def wanted(standing: Standing, rules: Rules, config: MqttConfig, known: Iterable[str]) -> Wanted:
    """Return what is to be on the broker now; ``known`` are the notes of what was."""
    before = frozenset(known)
    at = Topics(config.prefix, rules.gateway)
    devices = _devices(standing, rules, at) if config.homeassistant else []
    filled = {f"{config.homeassistant}/{device.topic}": device for device in devices}
    notes = {at.state, *filled}
    for topic, device in filled.items():
        notes |= {_MARK.join((topic, name, platform)) for name, platform in device.platforms.items()}
    states = _states(standing, at)
    notes |= set(states)
    gone = before - notes
    topics = {topic: device.payload(_parts(gone, topic)) for topic, device in filled.items()} | states
    topics |= {topic: b"" for topic in sorted(gone) if _MARK not in topic}
    accounts = frozenset(standing.credits)
    return Wanted(topics, frozenset(notes - before), gone, limited_of(standing.credits), accounts)


def _parts(gone: Iterable[str], topic: str) -> dict[str, str]:
    """The components that a device has no more, with their platforms."""
    steps = [note.split(_MARK) for note in gone if note.startswith(topic + _MARK)]
    return {name: platform for _, name, platform in steps}


def _devices(standing: Standing, rules: Rules, at: Topics) -> list[Device]:
    """The gateway first: the modems' devices name it as the one they are reached by."""
    gateway = gateway_device(
        at,
        __version__,
        accounts=rules.accounts,
        limited=limited_of(standing.credits),
        contacts=rules.contacts,
    )
    modems = [
        ModemDevice(name=name, manufacturer=make.manufacturer, model=make.model, imei=make.imei)
        for name, make in standing.makes.items()
    ]
    return [gateway, *(modem_device(at, __version__, modem) for modem in modems)]


def _states(standing: Standing, at: Topics) -> dict[str, bytes]:
    made = {at("gateway", at.gateway, "queues"): _octets(standing.queues)}
    made |= {at("modem", name, "state"): _octets(state) for name, state in standing.modems.items()}
    return made | _credits(standing.credits, at.prefix)


def limited_of(credits_: Mapping[str, Credit]) -> frozenset[str]:
    """Return the accounts that pay with credits."""
    return frozenset(name for name, credit in credits_.items() if credit["available"] is not None)


def _credits(credits_: Mapping[str, Credit], prefix: str) -> dict[str, bytes]:
    return {f"{prefix}/account/{name}/credit": _octets(credit) for name, credit in credits_.items()}


def _octets(state: object) -> bytes:
    return json.dumps(state, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
