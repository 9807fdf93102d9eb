"""Getting a modem ready: what is asked of it, in order, as a table.

Every step may be refused or never answered; the plan goes on and notes what the modem lacks. Only the
SIM can end it. Words and values are 27.005 clause 3, 27.007 clauses 6 to 9, and makers' manuals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from modemd.gsm.at_values import choices, parameters
from modemd.model import ModemIdentity
from modemd.modem.binding import ANY, Binding
from modemd.modem.dialects import Step
from modemd.modem.identity import plain_line, read_iccid, read_imei, read_imsi, read_make, read_msisdn
from modemd.modem.pins import Holder, Pins
from modemd.modem.readiness import Domain, check_patience, choose_domain, set_smsc
from modemd.modem.registration import announce
from modemd.modem.session import Session
from modemd.modem.sim import sim_state, unlock
from modemd.modem.slots import choose_slot
from modemd.modem.storage import learn_room

TALK: Final = (Step("ATE0"), Step("ATV1"), Step("AT+CMEE=1"))
"""Before the SIM is open; again after it, for modems that refuse everything till then."""

SETTLE: Final = (
    Step("AT+CMGF=0"),
    Step('AT+CSCS="GSM"'),  # another program may have left UCS2, and numbers would be read in hex
    Step("AT+COPS=3,0"),  # the operator by its name
    Step("AT+CLIP=1", slow=True),
)

_SWEPT: Final = ("SM", "ME", "SR")
_ARRIVALS: Final = ("SM", "ME", "MT")
_NOTICES: Final = ("2,1,0,2,0", "2,1,0,2", "2,1,0,1,0", "2,1,0,1", "1,1,0,1", "1,1,0,1,1", "2,1", "1,1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is wanted of the modem; ``domain``: the network that carries messages; ``slot``: its SIM's."""

    pin: str | None = None
    smsc: str | None = None
    domain: Domain = "auto"
    slot: int | None = None
    binding: Binding = ANY


async def prepare(session: Session, wishes: Wishes, pins: Pins) -> ModemIdentity:
    """Runs the whole plan. Whether it is the right modem is seen before a PIN is entered.

    What is known when it ends early is in ``session.identity``.

    Raises:
        WrongModem: it is not the one of ``binding``.
        NotReady: the SIM is absent, locked, wants what we do not have, or still starts.
        NoReply: the modem answers nothing.
        PortLost: the port is gone.
    """
    await session.link.wake()
    await _run(session, TALK)
    check_patience(session)
    await _power_up(session)
    binding = wishes.binding
    hardware = session.identity = await _read_hardware(session)
    binding.check(replace(hardware, iccid=await read_iccid(session) if binding.iccid else None))
    await choose_slot(session, wishes.slot)
    if await _open_sim(session, wishes.pin, pins):
        hardware = session.identity = await _read_hardware(session)  # some modems tell nothing before
    await _run(session, (*session.dialect.settle, *SETTLE))
    await _choose_storages(session)
    await _choose_notices(session)
    await _learn_keeping(session)
    await announce(session)
    await choose_domain(session, wishes.domain)
    identity = session.identity = replace(
        hardware,
        imsi=await read_imsi(session),
        iccid=await read_iccid(session),
        msisdn=await read_msisdn(session),
        smsc=await set_smsc(session, wishes.smsc),
    )
    check_patience(session)
    binding.check(identity)
    return identity


async def _run(session: Session, steps: tuple[Step, ...]) -> None:
    for step in steps:
        if step.ask:
            now = await session.try_asking(step.ask)
            if now is None or any(step.fine in line for line in now.lines):
                continue
        await session.try_asking(step.command, timeout_s=session.link.timing.slow_s if step.slow else None)


async def _power_up(session: Session) -> None:
    """A modem in flight mode or off (27.007, 8.2) is switched on."""
    reply = await session.try_asking("AT+CFUN?")
    level = (
        next((parameters(line)[0] for line in reply.lines if line.startswith("+CFUN:")), "") if reply else ""
    )
    if level in {"0", "4"}:
        await session.try_asking("AT+CFUN=1", timeout_s=session.link.timing.slow_s)


async def _read_hardware(session: Session) -> ModemIdentity:
    manufacturer, model = await read_make(session)
    return ModemIdentity(
        manufacturer=manufacturer,
        model=model,
        revision=await plain_line(session, "AT+CGMR", "AT+GMR"),
        imei=await read_imei(session),
    )


async def _open_sim(session: Session, pin: str | None, pins: Pins) -> bool:
    """Tells whether a PIN was entered."""
    state = await sim_state(session)
    if state is None or (state == "READY" and not pin):
        return False
    iccid = await read_iccid(session) if state in {"SIM PIN", "READY"} else None
    session.identity = replace(session.identity, iccid=iccid)
    if not await unlock(session, state, pin, Holder(iccid, session.name, session.identity.imei), pins):
        return False
    session.capabilities.refused.clear()
    await _run(session, TALK)
    return True


async def _choose_storages(session: Session) -> None:
    """``AT+CPMS=?`` names what can be read, sent from and received into (27.005, 3.2.2)."""
    reply = await session.try_asking("AT+CPMS=?")
    groups = next((choices(line) for line in reply.lines if line.startswith("+CPMS:")), []) if reply else []
    readable = [name.strip('"').upper() for name in groups[0]] if groups else []
    into = [name.strip('"').upper() for name in groups[-1]] if groups else []
    can = session.capabilities
    can.storages = tuple(name for name in _SWEPT if name in readable)
    if not {"SM", "ME"} & set(can.storages) and "MT" in readable:
        can.storages = ("MT", *can.storages)
    arrivals = next((name for name in _ARRIVALS if name in into and name in (*can.storages, "MT")), None)
    if not groups:
        arrivals = "SM"
    if arrivals is None:
        return
    if await _set_storages(session, arrivals):
        can.arrivals = session.selected = arrivals
        can.storages = can.storages or (arrivals,)


async def _set_storages(session: Session, name: str) -> bool:
    for values in (f'"{name}","{name}","{name}"', f'"{name}","{name}"', f'"{name}"'):
        reply = await session.try_asking(f"AT+CPMS={values}")
        if reply is not None:
            learn_room(session, name, reply.lines)
            return True
    return False


async def _choose_notices(session: Session) -> None:
    """``AT+CNMI``: messages stored and announced; reports stored where the modem can (27.005, 3.4.1)."""
    reply = await session.try_asking("AT+CNMI=?")
    groups = next((choices(line) for line in reply.lines if line.startswith("+CNMI:")), []) if reply else []
    can = session.capabilities
    wanted = [_best_notice(groups, stores_reports="SR" in can.storages)] if len(groups) >= 4 else []
    others = [notice for notice in _NOTICES if "SR" in can.storages or notice.split(",")[3:4] != ["2"]]
    for notice in wanted + [notice for notice in others if notice not in wanted]:
        if await session.try_asking(f"AT+CNMI={notice}") is not None:
            await _note_notice(session, notice)
            return


def _best_notice(groups: list[list[str]], *, stores_reports: bool) -> str:
    mode, arrivals, _, reports = groups[:4]
    chosen = [
        _first(mode, "2", "1", "3"),
        _first(arrivals, "1"),
        "0",
        _first(reports, *(("2", "1") if stores_reports else ("1",))),
    ]
    if len(groups) > 4 and groups[4]:
        chosen.append(_first(groups[4], "0", "1"))  # 0: what was kept back is handed over
    return ",".join(chosen)


def _first(offered: list[str], *wanted: str) -> str:
    return next((value for value in wanted if value in offered), "0")


async def _note_notice(session: Session, notice: str) -> None:
    values = notice.split(",")
    can = session.capabilities
    kind = values[3] if len(values) > 3 else "0"
    can.reports = "stored" if kind == "2" else "direct" if kind == "1" else None
    if can.reports == "direct":
        # With service 1 the network keeps a report till we acknowledge it, and repeats it (27.005, 3.2.1).
        can.acknowledges = await session.try_asking("AT+CSMS=1") is not None


async def _learn_keeping(session: Session) -> None:
    reply = await session.try_asking("AT+CMMS=?")
    for line in reply.lines if reply else ():
        if line.startswith("+CMMS:"):
            offered = choices(line)[0]
            session.capabilities.keeps_link = next((mode for mode in ("2", "1") if mode in offered), None)
