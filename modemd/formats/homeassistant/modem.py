"""The device of a modem: its network, its work, its troubles, and buttons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from modemd.formats.homeassistant.device import (
    GATEWAY,
    Component,
    Device,
    Topics,
    binary_sensor,
    event,
    origin,
    sensor,
)
from modemd.formats.modem_states import STATES

_REGISTRATIONS: Final = {
    0: "not registered", 1: "home", 2: "searching", 3: "denied", 4: "unknown", 5: "roaming",
    6: "home, SMS only", 7: "roaming, SMS only", 8: "emergency calls only",
}  # fmt: skip
"""What ``+CREG`` counts (3GPP TS 27.007, 7.2)."""
_ANSWERS: Final = (
    "ready", "searching", "denied", "emergency_only", "paused", "limited", "no_smsc", "restarting",
)  # fmt: skip
"""States in which a modem is talked to: only then what it said of its network is so."""
_LONGEST_STATE: Final = 250
"""Home Assistant keeps 255 characters of a state."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModemDevice:
    """What is known of a modem; who it is comes to light once it has been opened."""

    name: str
    manufacturer: str | None = None
    model: str | None = None
    imei: str | None = None


def modem_device(topics: Topics, version: str, modem: ModemDevice) -> Device:
    """Describe a modem.

    Its IMEI is not among its identifiers: that is not known before the modem is there, and with another
    identifier the device would become another one.
    """
    own = topics("modem", modem.name, "state")
    there = topics.gateway_there()
    answers = f"{{{{ 'online' if value_json.state in {list(_ANSWERS)} else 'offline' }}}}"
    known = {"manufacturer": modem.manufacturer, "model": modem.model, "serial_number": modem.imei}
    contents: dict[str, Any] = {
        "device": {
            "identifiers": [_id(topics, modem)],
            "name": f"SMS {topics.gateway} {modem.name}",
            **{key: value for key, value in known.items() if value},
            "via_device": GATEWAY.format(gateway=topics.gateway),
        },
        "origin": origin(version),
        "availability": [there, {"topic": own, "value_template": answers}],
        "availability_mode": "all",
    }
    components = _network(topics, modem, own)
    # What is told of a modem while it is away, and the buttons that may bring it back.
    components |= {
        name: {**component, "availability": [there]}
        for name, component in (_work(topics, modem, own) | _buttons(topics, modem)).items()
    }
    return Device(f"device/modemd_{topics.gateway}/{modem.name}/config", contents, components)


def _id(topics: Topics, modem: ModemDevice, *steps: str) -> str:
    return ".".join((GATEWAY.format(gateway=topics.gateway), modem.name, *steps))


def _network(topics: Topics, modem: ModemDevice, own: str) -> dict[str, Component]:
    return {
        "signal": sensor(
            "Signal", _id(topics, modem, "signal"), own, "{{ value_json.signal_dbm }}",
            device_class="signal_strength", unit_of_measurement="dBm", state_class="measurement",
            entity_category="diagnostic",
        ),
        "rsrp": sensor(
            "RSRP", _id(topics, modem, "rsrp"), own, "{{ value_json.rsrp_dbm }}",
            device_class="signal_strength", unit_of_measurement="dBm", state_class="measurement",
            entity_category="diagnostic", enabled_by_default=False,
        ),
        "cell": sensor(
            "Cell", _id(topics, modem, "cell"), own, "{{ value_json.cell }}",
            entity_category="diagnostic", icon="mdi:radio-tower", enabled_by_default=False,
        ),
        "registration": sensor(
            "Registration", _id(topics, modem, "registration"), own,
            f"{{{{ {_REGISTRATIONS}.get(value_json.registration, 'unknown') }}}}",
            device_class="enum", options=list(_REGISTRATIONS.values()), entity_category="diagnostic",
        ),
        "operator": sensor(
            "Operator", _id(topics, modem, "operator"), own, "{{ value_json.operator }}",
            entity_category="diagnostic", icon="mdi:radio-tower",
        ),
        "technology": sensor(
            "Technology", _id(topics, modem, "technology"), own, "{{ value_json.technology }}",
            entity_category="diagnostic", icon="mdi:signal-4g",
        ),
        "call": event(
            "Call", _id(topics, modem, "call"), topics("call", modem.name), ["missed", "rejected"],
            "value_json.kind", icon="mdi:phone-missed",
        ),
    }  # fmt: skip


def _work(topics: Topics, modem: ModemDevice, own: str) -> dict[str, Component]:
    def told(name: str, key: str, template: str, **more: object) -> Component:
        return sensor(name, _id(topics, modem, key), own, template, **more)

    return {
        "state": told(
            "State", "state", "{{ value_json.state }}", device_class="enum", options=list(STATES),
            entity_category="diagnostic", icon="mdi:cellphone-link",
        ),
        "queue": told(
            "Queue", "queue", "{{ value_json.queue }}",
            state_class="measurement", unit_of_measurement="SMS", icon="mdi:tray-full",
        ),
        "sent_today": told(
            "Sent today", "sent_today", "{{ value_json.sent_today }}",
            state_class="total_increasing", unit_of_measurement="SMS", icon="mdi:send-check",
        ),
        "error": told(
            "Error", "error", f"{{{{ (value_json.error or 'none')[:{_LONGEST_STATE}] }}}}",
            entity_category="diagnostic", icon="mdi:alert-circle-outline",
        ),
        "problem": binary_sensor(
            "Problem", _id(topics, modem, "problem"), own, "{{ 'ON' if value_json.advice else 'OFF' }}",
            device_class="problem", entity_category="diagnostic",
        ),
        "recovery": told(
            "Recovery", "recovery", "{{ value_json.recovery or 'none' }}",
            entity_category="diagnostic", icon="mdi:restart-alert", enabled_by_default=False,
        ),
        "balance": told(
            "Prepaid balance", "balance", "{{ value_json.balance }}",
            entity_category="diagnostic", icon="mdi:cash", enabled_by_default=False,
        ),
        "storage": told(
            "Storage used", "storage",
            "{{ value_json.storage.used if value_json.storage else None }}",
            state_class="measurement", entity_category="diagnostic", icon="mdi:sim-outline",
            enabled_by_default=False,
        ),
        "imei": told(
            "IMEI", "imei", "{{ value_json.imei }}", entity_category="diagnostic", icon="mdi:identifier"
        ),
        "number": told(
            "Phone number", "number", "{{ value_json.number }}",
            entity_category="diagnostic", icon="mdi:sim",
        ),
    }  # fmt: skip


def _buttons(topics: Topics, modem: ModemDevice) -> dict[str, Component]:
    def button(verb: str, **more: object) -> Component:
        return {
            "platform": "button",
            "name": verb.capitalize(),
            "unique_id": _id(topics, modem, verb),
            "command_topic": topics("request", verb),
            "payload_press": json.dumps({"gateway": topics.gateway, "modem": modem.name}),
            "qos": 1,
            "entity_category": "config",
            **more,
        }

    return {
        "reset": button("reset", device_class="restart"),
        "pause": button("pause", icon="mdi:pause"),
        "resume": button("resume", icon="mdi:play"),
    }
