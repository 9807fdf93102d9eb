"""What a configuration asks for that this version reads and checks, but does not do yet.

A key that silently does nothing would be believed: ``modemd check`` and the daemon say it.
"""

from __future__ import annotations

from modemd.config.model import Config
from modemd.formats.ical import is_installed


def without_effect(config: Config, *, calendars: bool = is_installed()) -> tuple[str, ...]:
    """A sentence for each thing that is asked for and not done; ``calendars``: they can be read here."""
    asked: list[str] = []
    if config.modems.discover and "discover" in config.modems.model_fields_set:
        asked.append("modems.discover: only the modems of the list are used")
    for modem in config.modems.list:
        if modem.port is None:
            asked.append(f"modems.list: {modem.name} is not looked for by imei or iccid: give its port")
    told = [f"{sentence} by this version" for sentence in asked]
    if "ical" in config.spool.formats and not calendars:
        told.append(
            "spool.formats: ical files are not read: pip install 'modemd[ical]' brings what reads them"
        )
    return tuple(told)
