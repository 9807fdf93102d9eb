"""What a configuration asks for that is read and checked, but not done.

A key that silently does nothing would be believed: ``modemd check`` and the daemon say it.
"""

from __future__ import annotations

from modemd.config.model import Config
from modemd.formats.ical import is_installed


def without_effect(config: Config, *, calendars: bool = is_installed()) -> tuple[str, ...]:
    """A sentence for each thing that is asked for and not done; ``calendars``: they can be read here."""
    told: list[str] = []
    if "ical" in config.spool.formats and not calendars:
        told.append(
            "spool.formats: ical files are not read: pip install 'modemd[ical]' brings what reads them"
        )
    return tuple(told)
