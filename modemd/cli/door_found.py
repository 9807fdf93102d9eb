"""What came of trying the broker or the mail server of a configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modemd.errors import Fault


@dataclass(frozen=True, slots=True)
class DoorFound:
    """What came of it: ``told`` where it lets us in, else a fault (a person is needed) or a note."""

    told: str = ""
    fault: Fault | None = None
    note: str = ""
