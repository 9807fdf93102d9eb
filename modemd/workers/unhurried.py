"""What a gateway does not need to be ready, in one piece: the daemon imports it as soon as it is.

All is imported then that any configuration may ask for later, for nothing may be imported at its first use:
a gateway runs for months, and by then its files may be those of a newer version, which do not fit to what is
in memory.
"""

from __future__ import annotations

from modemd.formats import ical
from modemd.modem.telnet import TelnetPort
from modemd.workers.calendars import Calendars
from modemd.workers.mailer import Mailer
from modemd.workers.metrics import Metrics
from modemd.workers.modems.finding.scout import Scout
from modemd.workers.mqtt_crew import MqttCrew
from modemd.workers.self_watch import SelfWatch
from modemd.workers.terms import TermsWorker

__all__ = [
    "Calendars",
    "Mailer",
    "Metrics",
    "MqttCrew",
    "Scout",
    "SelfWatch",
    "TelnetPort",
    "TermsWorker",
    "load_calendars",
]


def load_calendars(formats: tuple[str, ...]) -> None:
    """Import what reads calendars, where they are read here: it is large, and few have it."""
    if "ical" in formats and ical.is_installed():
        ical.load()
