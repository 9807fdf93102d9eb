"""Stores that a test opened are closed when it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.files import close_all

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(autouse=True)
def _closed_stores() -> Iterator[None]:
    yield
    close_all()
