"""The device of a gateway: what it does as a whole, what comes in, and whom it can write to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from modemd.formats.homeassistant.credit import credit_entities
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
from modemd.model import MessageState

_STATES: Final = [state.value for state in MessageState]
_DEFAULT: Final = "default"


def gateway_device(
    topics: Topics,
    version: str,
    *,
    accounts: Iterable[str],
    limited: Iterable[str] = (),
    contacts: Iterable[str] = (),
) -> Device:
    """Describe a gateway.

    Args:
        topics: where it is.
        version: the program's.
        accounts: each has an entity for what it receives, and one for what becomes of its messages.
        limited: those of them that pay with credits: each has entities for what is left.
        contacts: each has an entity to notify.
    """
    components: dict[str, Component] = _whole(topics)
    for account in sorted(accounts):
        components |= _account(topics, account)
    for account in sorted(limited):
        components |= credit_entities(topics, account)
    for contact in sorted(contacts):
        components[f"notify_{contact}"] = _notify(topics, contact)
    contents: dict[str, Any] = {
        "device": {
            "identifiers": [_id(topics)],
            "name": f"SMS {topics.gateway}",
            "manufacturer": "modemd",
            "model": "SMS gateway",
            "sw_version": version,
        },
        "origin": origin(version),
        "availability": [topics.gateway_there()],
    }
    return Device(f"device/modemd_{topics.gateway}/config", contents, components)


def _id(topics: Topics, *steps: str) -> str:
    return ".".join((GATEWAY.format(gateway=topics.gateway), *steps))


def _whole(topics: Topics) -> dict[str, Component]:
    queues = topics("gateway", topics.gateway, "queues")
    return {
        "online": {
            "platform": "binary_sensor",
            "name": "Online",
            "unique_id": _id(topics, "online"),
            "state_topic": topics.state,
            "value_template": "{{ 'ON' if value_json.state == 'online' else 'OFF' }}",
            "device_class": "connectivity",
            "entity_category": "diagnostic",
            "availability": [],  # it is what tells that the gateway is away
        },
        "version": sensor(
            "Version", _id(topics, "version"), topics.state, "{{ value_json.version }}",
            entity_category="diagnostic", icon="mdi:package-variant",
        ),
        "queue": sensor(
            "Queue", _id(topics, "queue"), queues, "{{ value_json.queued }}",
            state_class="measurement", unit_of_measurement="SMS", icon="mdi:tray-full",
            json_attributes_topic=queues,
        ),
        "problem": binary_sensor(
            "Problem", _id(topics, "problem"), queues, "{{ 'ON' if value_json.alarms else 'OFF' }}",
            device_class="problem", entity_category="diagnostic",
        ),
        "alarm": event(
            "Alarm", _id(topics, "alarm"), topics("gateway", topics.gateway, "alarm"), ["raised", "cleared"],
            "value_json.state", icon="mdi:alert",
        ),
        "sent_today": sensor(
            "Sent today", _id(topics, "sent_today"), queues, "{{ value_json.sent_today }}",
            state_class="total_increasing", unit_of_measurement="SMS", icon="mdi:send-check",
        ),
    }  # fmt: skip


def _account(topics: Topics, account: str) -> dict[str, Component]:
    """Names of the account that is meant where none is named are short: it is the only one mostly."""
    received, messages = (
        ("Received", "Messages") if account == _DEFAULT else (f"{account} received", f"{account} messages")
    )
    return {
        f"received_{account}": event(
            received, _id(topics, "received", account), topics("received", account),
            ["received"], "'received'", icon="mdi:message-arrow-left",
        ),
        f"messages_{account}": event(
            messages, _id(topics, "messages", account), topics("status", account),
            _STATES, "value_json.event", icon="mdi:message-arrow-right",
        ),
    }  # fmt: skip


def _notify(topics: Topics, contact: str) -> Component:
    """Home Assistant hands a template the text only, so each contact is an entity of its own."""
    return {
        "platform": "notify",
        "name": contact,
        "unique_id": _id(topics, "notify", contact),
        "command_topic": topics("send"),
        "command_template": f"{{{{ {{'to': '{contact}', 'text': value}} | tojson }}}}",
        "qos": 1,
        "icon": "mdi:message-text",
    }
