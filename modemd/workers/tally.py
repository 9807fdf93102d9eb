"""What this process has seen since its start, counted: for whoever watches over it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tally:
    """Counters; the keys are the labels' values, in the order that the field names them."""

    parts: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By modem and outcome: ``taken``, ``refused``, ``unanswered``, or ``unreached`` of a call."""
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By modem and code, such as ``CMS 38``."""
    arrivals: Counter[tuple[str]] = field(default_factory=Counter)
    """PDUs taken from a modem, by modem: messages' parts and status reports."""
    requests: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Files and publishes that ask for messages, by door (``spool``, ``mqtt``) and answer: ``accepted``, or a
    code of rejection."""
    rungs: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What was done about a modem that did not work, by modem and rung of the ladder."""
    opened: Counter[tuple[str]] = field(default_factory=Counter)
    """How often a modem was set up, by modem."""
