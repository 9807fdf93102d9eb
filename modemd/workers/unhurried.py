"""What a gateway does not need to be ready: the daemon imports it as soon as it is.

Nothing is imported at its first use: a gateway runs for months, and by then its files may be those of a newer
version, which do not fit to what is in memory. What only some configurations name, and is large, is loaded
when one does (:func:`load`), as long as it is still the file that was there at the start.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modemd.errors import ConfigError, Fault
from modemd.formats import ical
from modemd.modem.telnet import TelnetPort
from modemd.workers.calendars import Calendars
from modemd.workers.modems.finding.scout import Scout
from modemd.workers.self_watch import SelfWatch
from modemd.workers.terms import TermsWorker

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from modemd.config import Config

__all__ = ["FILES", "Calendars", "Scout", "SelfWatch", "TelnetPort", "TermsWorker", "file_of", "load"]

_SECTIONS: Final = {
    "mqtt": "modemd.workers.mqtt_crew",
    "mail": "modemd.workers.mailer",
    "metrics": "modemd.workers.metrics",
}


def file_of(module: str) -> tuple[int, int, int] | None:
    """What tells a module's file from one that has taken its place; ``None`` where there is none."""
    try:
        spec = find_spec(module)
        found = Path(spec.origin or "").stat() if spec else None
    except FileNotFoundError:
        return None
    return (found.st_ino, found.st_mtime_ns, found.st_size) if found else None


FILES: Final = {module: file_of(module) for module in _SECTIONS.values()}
"""As they are at the start."""


def load(
    config: Config, *, files: Mapping[str, object] = FILES, loaded: Container[str] = sys.modules
) -> None:
    """Import what a configuration names and not every gateway has.

    Raises:
        ConfigError: the program was replaced since it was started.
    """
    named = {"mqtt": config.mqtt, "mail": config.mail, "metrics": config.metrics.listen}
    for section, module in _SECTIONS.items():
        if named[section] and module not in loaded:
            if file_of(module) != files[module]:
                raise ConfigError([Fault("modemd was replaced since it was started: restart it", section)])
            import_module(module)
    if "ical" in config.spool.formats and ical.is_installed():
        ical.load()
