"""Stores that a test opened are closed when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.files import close_all
from tests.system.mosquitto import Broker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _closed_stores() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    """A mosquitto that runs: anybody may connect."""
    with Broker(tmp_path) as made:
        yield made
