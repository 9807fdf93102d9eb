"""What every device of ours has: its topic, who we are, and when it is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Component = dict[str, Any]

GATEWAY: Final = "modemd.{gateway}"
"""Names have no dots, so that no two devices can share an identifier, however their names are joined."""


@dataclass(frozen=True, slots=True)
class Topics:
    """Where a gateway is on the broker; ``prefix`` is the first levels of every topic of ours."""

    prefix: str
    gateway: str

    def __call__(self, *levels: str) -> str:
        """A topic below the prefix."""
        return "/".join((self.prefix, *levels))

    @property
    def state(self) -> str:
        """The gateway's own state, which is its will too."""
        return self("gateway", self.gateway, "state")

    def gateway_there(self) -> Component:
        """Availability by the gateway: it runs, and is connected."""
        return {"topic": self.state, "value_template": "{{ value_json.state }}"}


@dataclass(frozen=True, slots=True)
class Device:
    """A discovery message: its topic below the discovery prefix, its contents, its components by id."""

    topic: str
    contents: Mapping[str, Any]
    components: Mapping[str, Component] = field(default_factory=dict)

    @property
    def platforms(self) -> dict[str, str]:
        """Each component's platform, by its id."""
        return {name: str(component["platform"]) for name, component in self.components.items()}

    def payload(self, gone: Mapping[str, str] | None = None) -> bytes:
        """The message as JSON.

        ``gone`` are components that it had before, with their platforms: one with a platform and nothing
        else is removed, and one that is just left out would stay.
        """
        removed = {
            name: {"platform": platform}
            for name, platform in (gone or {}).items()
            if name not in self.components
        }
        made = {**self.contents, "components": {**self.components, **removed}}
        return json.dumps(made, ensure_ascii=False, separators=(",", ":")).encode()


def origin(version: str) -> dict[str, str]:
    """Who publishes: shown where Home Assistant tells of a device's source."""
    return {"name": "modemd", "sw_version": version}


def sensor(name: str, unique_id: str, state_topic: str, template: str, **more: object) -> Component:
    """A value out of one of our JSON objects; ``None`` is unknown to Home Assistant."""
    return {
        "platform": "sensor",
        "name": name,
        "unique_id": unique_id,
        "state_topic": state_topic,
        "value_template": template,
        **more,
    }


def binary_sensor(name: str, unique_id: str, state_topic: str, template: str, **more: object) -> Component:
    """As :func:`sensor`, where the template gives ``ON`` or ``OFF``."""
    return {**sensor(name, unique_id, state_topic, template, **more), "platform": "binary_sensor"}


def event(name: str, unique_id: str, topic: str, types: list[str], kind: str, **more: object) -> Component:
    """Messages of a topic that is not retained, each an event; all their fields become its attributes.

    ``kind`` is a template's expression that gives one of ``types``.
    """
    return {
        "platform": "event",
        "name": name,
        "unique_id": unique_id,
        "state_topic": topic,
        "event_types": types,
        "value_template": f"{{{{ dict(value_json, event_type={kind}) | tojson }}}}",
        "qos": 1,
        **more,
    }
