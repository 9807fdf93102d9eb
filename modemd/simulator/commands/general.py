"""V.250 and identity: what a modem answers without a SIM or a network."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from modemd.simulator.answers import Answer, Outcome, Pending, refused
from modemd.simulator.commands.arguments import integer, words
from modemd.simulator.interpreter import HANDLERS, Command, Form, command
from modemd.simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.simulator.equipment import Equipment


@command("E", "V", "Q")
def switches(me: Equipment, one: Command) -> Answer:
    """Echo, verbose result codes, no result codes."""
    name = {"E": "echo", "V": "verbose", "Q": "quiet"}[one.name]
    setattr(me.settings, name, one.arguments not in {"", "0"})
    return ()


@command("Z", "&F")
def reset(me: Equipment, _one: Command) -> Answer:
    """Settings as at the factory; what is kept for messages stays."""
    me.settings = Settings()
    return ()


@command("&C", "&D", "&W", "X", "L", "M", "+CSTA", "+CVHU", "^CVOICE", "+CMER")
def accepted(_me: Equipment, _one: Command) -> Answer:
    """Taken and forgotten."""
    return ()


@command(
    "S0",
    "S3",
    "S4",
    "S5",
    "S7",
    "+IPR",
    "+IFC",
    "+ICF",
    "+CSSN",
    "+CGSMS",
    "+CGATT",
    "^USSDMODE",
    "^CURC",
)
def kept(me: Equipment, one: Command) -> Answer:
    """Settings that are only kept and shown."""
    defaults = {"S3": "013", "S4": "010", "S5": "008", "+IPR": "115200", "+CGATT": "1"}
    defaults["+CGSMS"] = str(me.dialect.domain)
    if one.form is Form.READ:
        value = me.settings.plain.get(one.name, defaults.get(one.name, "0"))
        return (value if one.name[0] == "S" else f"{one.name}: {value}",)
    if one.form is Form.TEST:
        return (f"{one.name}: (0-3)",)
    me.settings.plain[one.name] = one.arguments
    return ()


@command("+CMEE")
def error_format(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 9.1."""
    if one.form is Form.READ:
        return (f"+CMEE: {me.settings.cmee}",)
    if one.form is Form.TEST:
        return ("+CMEE: (0-2)",)
    me.settings.cmee = _within(integer(one.arguments, 0), 2)
    return ()


@command("+CGMI", "+GMI")
def manufacturer(me: Equipment, one: Command) -> Answer:
    """Who made it."""
    return () if one.form is Form.TEST else (me.dialect.manufacturer,)


@command("+CGMM", "+GMM")
def model(me: Equipment, one: Command) -> Answer:
    """What it is."""
    return () if one.form is Form.TEST else (me.dialect.model,)


@command("+CGMR", "+GMR")
def revision(me: Equipment, one: Command) -> Answer:
    """Which firmware."""
    return () if one.form is Form.TEST else (me.dialect.revision,)


@command("+CGSN", "+GSN")
def serial(me: Equipment, one: Command) -> Answer:
    """The IMEI."""
    return () if one.form is Form.TEST else (me.imei,)


@command("I")
def identification(me: Equipment, _one: Command) -> Answer:
    """All of it."""
    dialect = me.dialect
    return (
        f"Manufacturer: {dialect.manufacturer}",
        f"Model: {dialect.model}",
        f"Revision: {dialect.revision}",
        f"IMEI: {me.imei}",
        "+GCAP: +CGSM,+DS,+ES",
    )


@command("+GCAP")
def capabilities(_me: Equipment, _one: Command) -> Answer:
    """V.250, 6.1.9."""
    return ("+GCAP: +CGSM,+DS,+ES",)


@command("+CLAC")
def all_commands(me: Equipment, one: Command) -> Answer:
    """Every command, one a line."""
    if one.form is Form.TEST:
        return ()
    return tuple(name for name in HANDLERS if name not in me.dialect.missing)


@command("+CSCS")
def character_set(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 5.5."""
    known = me.dialect.cscs
    if one.form is Form.TEST:
        return ("+CSCS: (" + ",".join(f'"{name}"' for name in known) + ")",)
    if one.form is Form.READ:
        return (f'+CSCS: "{me.settings.cscs}"',)
    wanted = words(one.arguments)[0].upper()
    if wanted not in known:
        raise refused("CME", 50)
    me.settings.cscs = wanted
    return ()


@command("+CFUN")
def functionality(me: Equipment, one: Command) -> Answer:
    """Radio on and off, and a restart with ``,1`` (3GPP TS 27.007, 8.2)."""
    if one.form is Form.READ:
        return (f"+CFUN: {me.functional}",)
    if one.form is Form.TEST:
        return ("+CFUN: (0,1,4),(0,1)",)
    given = words(one.arguments)
    level = integer(given[0], 1)
    if level not in {0, 1, 4, 5, 6, 7, *me.dialect.restarts_at}:
        raise refused("CME", 50)
    if given[1:] == ["1"] or level in {6, *me.dialect.restarts_at}:
        return Pending(lambda done: _restart(me, done))
    me.functional = level
    me.busy_left = me.dialect.busy_after_cfun
    me.air.room(me)
    return ()


@command("^RESET", "#REBOOT", "!RESET", "+CRESET")
def makers_restart(me: Equipment, one: Command) -> Answer:
    """The same in makers' words."""
    return () if one.form is not Form.RUN else Pending(lambda done: _restart(me, done))


def _restart(me: Equipment, done: Callable[[Outcome], None]) -> None:
    done(())
    me.restart(0.0)


@command("+CCLK")
def clock(me: Equipment, one: Command) -> Answer:
    """3GPP TS 27.007, 8.15, in UTC; what is set is believed."""
    if one.form is Form.TEST:
        return ()
    if one.form is Form.READ:
        now = datetime.now(UTC) + timedelta(seconds=me.clock_off_s)
        return (f'+CCLK: "{now:%y/%m/%d,%H:%M:%S}+00"',)
    try:
        told = datetime.strptime(words(one.arguments)[0][:17], "%y/%m/%d,%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        raise refused("CME", 50) from None
    me.clock_off_s = (told - datetime.now(UTC)).total_seconds()
    return ()


@command("+CPAS")
def activity(_me: Equipment, one: Command) -> Answer:
    """Ready."""
    return ("+CPAS: (0,3,4)",) if one.form is Form.TEST else ("+CPAS: 0",)


@command("+CBC")
def battery(_me: Equipment, one: Command) -> Answer:
    """On the mains."""
    return ("+CBC: (0-3),(0-100)",) if one.form is Form.TEST else ("+CBC: 0,100",)


@command("+CEER")
def last_error(_me: Equipment, _one: Command) -> Answer:
    """None to tell."""
    return ("+CEER: No cause information available",)


def _within(value: int, most: int) -> int:
    if not 0 <= value <= most:
        raise refused("CME", 50)
    return value
