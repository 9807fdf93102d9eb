"""What every test of the whole gateway starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.system.gateway import Site

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def site() -> Iterator[Site]:
    """A folder for one gateway; nothing runs yet."""
    with Site() as made:
        yield made
        print(f"--- the daemon's log ---\n{made.log[-12000:]}")  # noqa: T201 - shown where the test failed
