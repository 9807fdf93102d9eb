"""What must be so before the first message goes: patience, a service centre, a network that carries it."""

from __future__ import annotations

import logging
from typing import Final, Literal

from modemd.gsm.at_values import integer, parameters
from modemd.modem.health import Health
from modemd.modem.inventory import told
from modemd.modem.registration import USABLE
from modemd.modem.session import Session
from modemd.modem.sim import not_ready

log = logging.getLogger(__name__)

Domain = Literal["auto", "packet", "circuit"]

_NEEDED: Final = ("ATE0", "AT+CMEE", "AT+CPIN?", "AT+CMGF", "AT+CPMS", "AT+CNMI", "AT+CSCA")
_CIRCUIT_ONLY: Final = 1
_DOMAINS: Final[dict[Domain, tuple[int, ...]]] = {"auto": (), "packet": (2, 0), "circuit": (3, 1)}
"""``<service>`` of ``+CGSMS`` (27.007, 10.1.21): 0 packet, 1 circuit, 2 and 3 prefer one of them."""
_NO_CIRCUIT: Final = {"LTE", "LTE-M", "NB-IoT", "5G"}


def check_patience(session: Session) -> None:
    """Does nothing where the modem has answered what messages need; one odd command may be done without.

    Raises:
        NotReady: ``starting``: it asked for patience (CME 14, 515) longer than commands may take.
    """
    put_off, session.put_off = session.put_off, set()
    needed = [verb for verb in _NEEDED if any(each.startswith(verb) for each in put_off)]
    if len(needed) > 1:
        what = " and ".join(needed)
        raise not_ready(
            "starting", f"The modem or its SIM is still starting: {what} have to wait", human=False
        )


async def set_smsc(session: Session, wanted: str | None) -> str | None:
    """Reads the service centre's address (27.005, 3.3.1), and writes the configured one where it is another.

    It is read again after it was written: some modems take it and keep the old one. One that takes it and
    tells none is believed.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    stored = await _read_smsc(session)
    if wanted and stored != wanted:
        kind = 145 if wanted.startswith("+") else 129
        if await session.try_asking(f'AT+CSCA="{wanted}",{kind}') is not None:
            kept = await _read_smsc(session)
            stored = kept or wanted
        if stored != wanted:
            log.warning("%s: the modem does not take the service centre %s", session.name, wanted)
    session.capabilities.smsc_missing = stored == ""
    return stored or None


async def look_for_smsc(session: Session, wanted: str | None) -> str | None:
    """As :func:`set_smsc`, where there was none: a SIM may be read late, or a person may have written it.

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    if not session.capabilities.smsc_missing:
        return session.identity.smsc
    return await set_smsc(session, wanted)


async def choose_domain(session: Session, wanted: Domain) -> None:
    """Says which network carries messages, where the configuration wants one (``+CGSMS``, 27.007, 10.1.21).

    Raises:
        NoReply: the modem is dead.
        PortLost: the port is gone.
    """
    can = session.capabilities
    can.domain = await _read_domain(session)
    if can.domain in _DOMAINS[wanted]:
        return
    for service in _DOMAINS[wanted]:
        if await session.try_asking(f"AT+CGSMS={service}") is not None:
            can.domain = service
            return
    if _DOMAINS[wanted]:
        log.warning("%s: the modem does not know sms_domain (AT+CGSMS)", session.name)


def domain_advice(domain: int | None, health: Health) -> str | None:
    """A sentence where messages are to go by a network that the modem is not registered with."""
    if domain != _CIRCUIT_ONLY or health.technology not in _NO_CIRCUIT or health.registration not in USABLE:
        return None
    return (
        f"The modem is registered by {health.technology} and hands messages to the circuit-switched network "
        "only: set sms_domain: packet for it if they are refused."
    )


async def _read_domain(session: Session) -> int | None:
    line = await told(session, "AT+CGSMS?", "+CGSMS:")
    return integer(parameters(line)[0]) if line else None


async def _read_smsc(session: Session) -> str | None:
    """The address; empty where the modem says that it has none, ``None`` where it does not say."""
    line = await told(session, "AT+CSCA?", "+CSCA:")
    if line is None:
        return None
    values = parameters(line)
    bare = values[0].lstrip("+")
    return f"+{bare}" if bare and (values[0][0] == "+" or values[1:2] == ["145"]) else bare
