"""A modem's settings: what a command line changes and a restart forgets."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Settings:
    """What ``ATZ`` sets back."""

    echo: bool = True
    verbose: bool = True
    quiet: bool = False
    cmee: int = 0
    cmgf: int = 0
    csms: int = 0
    csdh: int = 0
    cscs: str = "GSM"
    csmp: tuple[int, ...] = (17, 167, 0, 0)
    cops_format: int = 0
    clip: int = 0
    crc: int = 0
    cmms: int = 0
    creg: dict[str, int] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)
