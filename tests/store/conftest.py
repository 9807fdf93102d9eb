"""Stores that a test opened are closed when it ends; what holds on either database is tested on both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.store.files import close_all, fresh, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from modemd.store.database import Database


@pytest.fixture(autouse=True)
def _closed_stores() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Database:
    """A fresh store of either kind."""
    return fresh(tmp_path) if request.param == "sqlite" else served()
