"""What every test of the whole gateway starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.gateway import Site
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site() -> Iterator[Site]:
    """A folder for one gateway; nothing runs yet."""
    with Site() as made:
        yield made
        print(f"--- the daemon's log ---\n{made.log[-12000:]}")  # noqa: T201 - shown where the test failed


@pytest.fixture
def broker(site: Site) -> Iterator[Broker]:
    """A mosquitto that runs: anybody may connect, and it keeps what it has through a stop."""
    with Broker(site.folder) as made:
        yield made
        print(f"--- mosquitto's log ---\n{made.log[-4000:]}")  # noqa: T201 - shown where the test failed


@pytest.fixture
def user(broker: Broker) -> Iterator[MqttUser]:
    """Somebody who listens to all that the gateway says."""
    told = ("status/#", "received/#", "call/#", "response/#", "gateway/#", "modem/#", "account/#")
    with MqttUser(broker.port, *(f"modemd/{each}" for each in told)) as made:
        yield made
