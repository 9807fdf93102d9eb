"""The event loop that programs of long duration run in."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine


def run_loop(main: Callable[[], Coroutine[None, None, None]]) -> None:
    """Run ``main`` to its end in uvloop's loop where it is installed, which is a tenth faster."""
    with contextlib.suppress(ImportError):
        import uvloop  # noqa: PLC0415 - an extra

        uvloop.run(main())
        return
    asyncio.run(main())
