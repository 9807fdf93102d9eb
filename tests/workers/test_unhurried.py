"""What only some configurations name is loaded when one does, if it is still what it was at the start."""

from __future__ import annotations

import sys

import pytest

from modemd.config import parse
from modemd.errors import ConfigError
from modemd.workers.unhurried import FILES, load

NAMES_METRICS = parse("metrics: {listen: '127.0.0.1:9109'}")
METRICS = "modemd.workers.metrics"


def test_what_is_named_is_loaded() -> None:
    load(NAMES_METRICS, loaded=())
    assert METRICS in sys.modules


def test_what_was_replaced_is_not_loaded_into_the_old_program() -> None:
    with pytest.raises(ConfigError, match="metrics: modemd was replaced since it was started: restart it"):
        load(NAMES_METRICS, files={METRICS: (0, 0, 0)}, loaded=())


def test_what_is_there_already_and_what_nobody_named_is_not_looked_at() -> None:
    load(NAMES_METRICS, files={}, loaded={METRICS})
    load(parse("modems: {discover: false}"), files={}, loaded=())
    assert set(FILES) == {"modemd.workers.mqtt_crew", "modemd.workers.mailer", METRICS}
