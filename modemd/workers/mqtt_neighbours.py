"""Other gateways on the prefix: without a share each message would be sent by every one of them."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modemd.workers.broker_settings import Arrival
    from modemd.workers.mqtt_line import Line

log = logging.getLogger(__name__)


class Neighbours:
    """Hears what the gateways of a prefix say of themselves, and warns once of each that would send too."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._before, self._behind = line.states_filter.split("+")
        self._warned: set[str] = set()
        line.listeners.append(self._hear)

    def _hear(self, arrival: Arrival) -> bool:
        topic = arrival.topic
        if not (topic.startswith(self._before) and topic.endswith(self._behind)):
            return False
        name = topic[len(self._before) : -len(self._behind)]
        if name != self._line.gateway and name not in self._warned and _is_online(arrival.payload):
            self._warned.add(name)
            if not self._line.config.share:
                log.warning(
                    "gateway %.64r is online on the prefix %s too: both will send every message, unless both "
                    "have one mqtt: share, or prefixes of their own", name, self._line.prefix,
                )  # fmt: skip
        return True


def _is_online(payload: bytes) -> bool:
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("state") == "online"
