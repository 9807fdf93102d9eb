"""Dataclasses for values that are made for every message."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import dataclass as value
else:

    def value(*, frozen: bool, **options: Any) -> Callable[[type], type]:
        """Make a dataclass that mypy holds frozen, and the interpreter does not.

        A frozen one takes two to three times as long to make: it sets each field by a call.
        """
        return dataclasses.dataclass(**options, unsafe_hash=frozen)


__all__ = ["value"]
