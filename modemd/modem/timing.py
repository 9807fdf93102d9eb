"""How long to wait for a modem: one place, so that tests and odd modems can pass other times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Deadlines in seconds, each fixed from the moment of sending: no line that comes in prolongs one."""

    command_s: float = 5.0
    """Ordinary commands, answered from the modem's own memory."""
    optional_s: float = 2.0
    """Commands that a modem may not know, and some never answer."""
    slow_s: float = 30.0
    """Commands that reach the SIM or the network: ``+CPIN=``, ``+COPS``, ``+CMGL``, ``+CFUN``."""
    prompt_s: float = 10.0
    """From ``AT+CMGS`` to its ``> ``."""
    answer_s: float = 60.0
    """From Ctrl-Z to the answer; 27.005 gives no limit, and networks take up to a minute."""
    reset_s: float = 40.0
    """From a restart to the first answer."""
    grace_s: float = 2.0
    """After a missed deadline: for the late answer, since typing could abort the command (V.250, 5.6.1)."""
    grace_body_s: float = 60.0
    """The same where a PDU had been handed over."""
    probe_s: float = 2.0
    """For each of the tries of a resync."""
    quiet_s: float = 0.3
    """Silence after which nothing more is expected."""
    busy_pauses_s: tuple[float, ...] = (0.2, 0.5, 1.0, 2.0)
    """Between the tries while the SIM is busy."""
    dial_s: float = 70.0
    """From ``ATD`` to its answer: some give it only when the call is answered, or nobody does."""
    call_look_s: float = 1.0
    """Between one look at a call and the next."""
    pick_up_s: float = 1.5
    """From the answer to the first word: a phone is on its way to an ear."""
    talk_s: float = 100.0
    """From the answer: what is not said by then is not said."""
    word_s: float = 0.15
    """For saying one character, at the slowest; and ten seconds besides."""
    tone_s: float = 0.4
    """Between one tone and the next."""
    connect_s: float = 10.0
    """For opening a network port."""
    hanging_s: float = 15.0
    """A modem that is busy with one thing for so long is taken for one that does not send."""
    climb: float = 1.0
    """What the pauses between the steps of its recovery are multiplied by."""
    power_off_s: float = 5.0
    """How long a port of a hub is switched off; a USB reset lasts a fifth of that."""
