"""What Home Assistant shows of an account that pays with credits."""

from __future__ import annotations

from typing import Final

from modemd.formats.homeassistant.device import GATEWAY, Component, Topics, sensor

_STATES: Final = ["active", "suspended", "closed"]
_DEFAULT: Final = "default"


def credit_entities(topics: Topics, account: str) -> dict[str, Component]:
    """Describe one account's credits; all of it comes from the topic that stays on the broker."""
    topic = topics("account", account, "credit")

    def unique(step: str) -> str:
        return ".".join((GATEWAY.format(gateway=topics.gateway), step, account))

    def named(name: str) -> str:
        """The account that is meant where none is named has no name of its own here."""
        return name.capitalize() if account == _DEFAULT else f"{account} {name}"

    return {
        f"credit_{account}": sensor(
            named("credit"), unique("credit"), topic, "{{ value_json.available }}",
            state_class="measurement", unit_of_measurement="credits", icon="mdi:wallet",
            json_attributes_topic=topic,
        ),
        f"held_{account}": sensor(
            named("credit held"), unique("held"), topic, "{{ value_json.held }}",
            state_class="measurement", unit_of_measurement="credits", icon="mdi:wallet-outline",
        ),
        f"low_{account}": {
            "platform": "binary_sensor",
            "name": named("credit low"),
            "unique_id": unique("low"),
            "state_topic": topic,
            "value_template": "{{ 'ON' if value_json.low else 'OFF' }}",
            "device_class": "problem",
        },
        f"account_{account}": sensor(
            named("account"), unique("account"), topic, "{{ value_json.state }}",
            device_class="enum", options=_STATES, icon="mdi:account-check",
        ),
        f"expires_{account}": sensor(
            named("credit expires"), unique("expires"), topic,
            "{{ value_json.expiring[0].at if value_json.expiring else None }}",
            device_class="timestamp", icon="mdi:calendar-alert",
        ),
    }  # fmt: skip
