"""Recording what a modem answers: identity, preparation, and the test and read forms of all that is used.

Nothing is sent, read from the storages or deleted, and no PIN is entered. What is written down is masked
(:mod:`modemd.formats.trace_mask`).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from modemd.errors import NoReply, NotReady, Refused
from modemd.formats.trace import Trace
from modemd.formats.trace_mask import Mask
from modemd.modem import init_plan
from modemd.modem.dialects import DIALECTS
from modemd.modem.health import read_health
from modemd.modem.inventory import read_clock
from modemd.modem.link import Link
from modemd.modem.pins import PinMemory
from modemd.modem.session import Session

if TYPE_CHECKING:
    from modemd.gsm.at import Reply
    from modemd.modem.dialects import Dialect
    from modemd.modem.timing import Timing

_STANDARD: Final = """
    ATI AT+GCAP AT+CMEE? AT+CMEE=? AT+CFUN? AT+CFUN=? AT+CPIN? AT+CPAS AT+CSCS? AT+CSCS=? AT+CLAC
    AT+CGMI AT+CGMM AT+CGMR AT+CGSN AT+GMI AT+GMM AT+GMR AT+GSN AT+CIMI AT+CNUM
    AT+CSMS? AT+CSMS=? AT+CPMS? AT+CPMS=? AT+CMGF? AT+CMGF=? AT+CNMI? AT+CNMI=? AT+CMMS=? AT+CMMS?
    AT+CSCA? AT+CSMP? AT+CMGL=? AT+CNMA=? AT+CGSMS? AT+CGSMS=?
    AT+CREG? AT+CREG=? AT+CGREG? AT+CEREG? AT+C5GREG? AT+COPS? AT+CSQ AT+CESQ AT+CCLK? AT+CIND? AT+CEER
    AT+CUSD=? AT+CLIP? AT+CLIP=? AT+CRC? AT+CLCC AT+VTS=? AT+CHUP
    AT+CRSM=176,12258,0,0,10 AT+CRSM=176,28483,0,0,2
"""
"""27.005 and 27.007, in forms that only ask (``AT+CHUP`` ends a call, and there is none).

Not ``AT+CMGS=?``, which may open a prompt, nor ``AT+COPS=?``, which searches all bands for minutes.
"""


@dataclass(slots=True)
class _Heard:
    """What was answered: the first answer, or the first that was no refusal."""

    answers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def add(self, command: str, lines: tuple[str, ...], took_s: float) -> None:
        told = self.answers.get(command)
        if told is None or (told[-1:] != ("OK",) and lines[-1:] == ("OK",)):
            self.answers[command] = lines
            self.seconds[command] = round(took_s, 3)


class _RecordingLink(Link):
    """Writes down every command's answer."""

    heard: _Heard

    async def command(
        self,
        text: str,
        *,
        timeout_s: float | None = None,
        prefix: str | None = None,
        call: bool = False,
    ) -> Reply:
        began = monotonic()
        try:
            reply = await super().command(text, timeout_s=timeout_s, prefix=prefix, call=call)
        except Refused as refused:
            self.heard.add(text, (refused.text,), monotonic() - began)
            raise
        except NoReply:
            self.heard.add(text, (), monotonic() - began)
            raise
        self.heard.add(text, (*reply.lines, reply.final), monotonic() - began)
        return reply


async def record(
    port: str, *, timing: Timing, baudrate: int = 115200, source: str = "", real_device: bool = True
) -> Trace:
    """Ask the modem behind a port, and give its trace. It takes some seconds, and a minute with a slow one.

    The modem is left as after :meth:`Modem.prepare`: no daemon may use it meanwhile.

    Raises:
        PortLost: it cannot be opened, or went away.
        NoReply: nothing answers there.
    """
    link = await _RecordingLink.open(
        port,
        baudrate=baudrate,
        timing=timing,
        on_urc=lambda _urc: None,
        on_late=lambda _late: None,
        on_lost=lambda _lost: None,
    )
    assert isinstance(link, _RecordingLink)
    link.heard = _Heard()
    session = Session("recorder", link)
    try:
        notes = await _ask_all(session, link.heard)
    finally:
        link.close()
    return replace(_trace(session, link.heard, notes, source), real_device=real_device)


async def _ask_all(session: Session, heard: _Heard) -> list[str]:
    notes = []
    try:
        await init_plan.prepare(session, init_plan.Wishes(), PinMemory())
        await read_health(session)
        await read_clock(session)
    except NotReady as why:
        notes.append(f"The SIM was not usable when this was recorded: {why.state}.")
    for command in questions(session.dialect):
        if command not in heard.answers:
            await session.try_asking(command)
    return notes


def questions(dialect: Dialect) -> list[str]:
    """All that is asked, in order: the standard's, then the maker's; of an unknown maker everybody's."""
    makers = DIALECTS.values() if dialect.family == "generic" else (dialect,)
    found = _STANDARD.split()
    for one in makers:
        found += [*one.iccid, *one.tries]
        found += [step.ask for step in one.settle if step.ask]
        found += [slots.ask for slots in one.slots]
        found += [one.signal.command] if one.signal else []
        found += [one.speech.known] if one.speech else []
        found.append(one.tone.partition("=")[0] + "=?")
    return list(dict.fromkeys(found))


def _trace(session: Session, heard: _Heard, notes: list[str], source: str) -> Trace:
    who = session.identity
    known = (who.imei, who.imsi, who.iccid, who.msisdn, who.smsc)
    mask = Mask(secrets.token_bytes(32), tuple(one for one in known if one))
    responses = {
        mask.line(command, command) + "\r": tuple(mask.line(command, line) + "\r\n" for line in lines)
        for command, lines in heard.answers.items()
    }
    seconds = {mask.line(command, command) + "\r": took_s for command, took_s in heard.seconds.items()}
    return Trace(
        modem=" ".join(filter(None, (who.manufacturer, who.model))) or "a modem",
        real_device=True,
        responses=responses,
        seconds=seconds,
        notes=(*notes, "Identities, numbers and places are masked; no PIN was asked for."),
        source=source or "recorded by modemd modems --record",
    )
