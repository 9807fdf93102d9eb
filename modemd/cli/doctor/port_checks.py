"""Serial ports: who holds them, who may open them, and the modems behind them."""

from __future__ import annotations

import asyncio
import grp
import os
import pwd
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modemd.cli.doctor.finding import Finding, Level
from modemd.cli.doctor.known import Known, configured
from modemd.cli.doctor.modem_judgement import judge, of_state
from modemd.errors import NoReply, PortLost
from modemd.formats.modem_states import meaning_of, named
from modemd.modem.discovery.asking import Answered, Found, ask
from modemd.modem.discovery.asleep import list_asleep
from modemd.modem.discovery.holders import Holder, holders_of
from modemd.modem.discovery.ports import Machine, PortSeen, list_ports
from modemd.modem.discovery.usb_known import Use
from modemd.modem.examination import examine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from modemd.config import Config
    from modemd.config.modems import ModemConfig
    from modemd.modem.timing import Timing

_TAKER: Final = "ModemManager"
_KEEP_OFF: Final = (
    "Keep it off: install systemd/70-modemd.rules (make install does that), and plug the modem in again."
)
_GIVE_IT: Final = (
    "Let the group dialout use it: install systemd/70-modemd.rules (make install does that), plug the modem "
    "in again, or look as the daemon's user: sudo -u modemd modemd doctor"
)
_STOP_IT: Final = (
    "If a modem is there that is to be used, stop that program; else name the port in modems.ignore."
)
_PLUG_IT: Final = "Plug the modem in, or correct its entry in modems.list."
_LINE: Final = (
    "See that the modem has power and its cable, and set baudrate to what it speaks: many serial modems are "
    "set to 9600 or 19200."
)
_UNUSED: Final = "No entry of modems.list names it, and modems.discover is off: it is not used."
_NO_MODEM: Final = (
    "Plug one in, and see by lsusb and dmesg whether the machine notices it; a modem on a UART needs "
    "that UART switched on (raspi-config)."
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every look at a port needs."""

    config: Config
    machine: Machine
    known: Known
    timing: Timing
    now: datetime


async def port_findings(around: Surroundings) -> list[Finding]:
    """Everything about ports and modems; sticks are asked side by side."""
    sticks = sticks_of(around)
    paths = [port.path for ports in sticks for port in ports if port.path.startswith("/")]
    held = holders_of(around.machine, paths)
    found = await asyncio.gather(*(_stick(around, each, held) for each in sticks))
    findings = [finding for each in found for finding in each]
    findings += [
        Finding("trouble", f"USB {each.usb_path}", f"{each.vid}:{each.pid} is a modem, but {each.sentence}.")
        for each in list_asleep(around.machine)
    ]
    return findings + (_missing(findings) or _unfound(around.config.modems.list, findings))


def sticks_of(around: Surroundings) -> list[list[PortSeen]]:
    """The ports of the machine, and those that the configuration names besides, by stick."""
    sticks: dict[str, list[PortSeen]] = {}
    for port in _ports(around):
        sticks.setdefault(port.stick, []).append(port)
    return list(sticks.values())


def _ports(around: Surroundings) -> list[PortSeen]:
    modems = around.config.modems
    ports = list_ports(around.machine, modems.ports, modems.ignore)
    seen = {port.real for port in ports}
    named = [PortSeen(each.port, os.path.realpath(each.port)) for each in modems.list if each.port]
    return [*ports, *(port for port in named if port.real not in seen)]


def _missing(findings: list[Finding]) -> list[Finding]:
    """No modem at all is what a person has to mend first."""
    if any(each.about.startswith("modem ") for each in findings) or any(
        each.level == "trouble" for each in findings
    ):
        return []
    return [Finding("trouble", "modems", "No modem was found on this machine.", _NO_MODEM)]


def _unfound(entries: tuple[ModemConfig, ...], findings: list[Finding]) -> list[Finding]:
    """The modems of the configuration that no port had; what has a port was told with that."""
    found = {each.about for each in findings}
    return [
        Finding(
            "trouble", f"modem {each.name}", f"No port that could be asked has it: {_bound(each)}.", _PLUG_IT
        )
        for each in entries
        if each.port is None and f"modem {each.name}" not in found
    ]


def _bound(entry: ModemConfig) -> str:
    bound = {"imei": entry.imei, "iccid": entry.iccid, "usb": entry.usb}
    return ", ".join(f'{key} "{value}"' for key, value in bound.items() if value)


async def _stick(
    around: Surroundings, ports: list[PortSeen], held: Mapping[str, list[Holder]]
) -> list[Finding]:
    """One modem with all its ports: the first of them that takes messages is the one that is looked over."""
    row = row_of(around, ports, held)
    if row is not None:
        return [_of_row(row), *_slot(around.config, row)]
    if ports[0].no_modem is not None:
        return [Finding("note", f"port {ports[0].path}", f"It is {ports[0].no_modem}, and is left alone.")]
    findings: list[Finding] = []
    answers: list[Answered] = []
    for port in likeliest_first(ports):
        others = held.get(port.path, [])
        if others:
            findings.append(_held(around, port, others))
            continue
        answers.append(await ask(port.path, timing=around.timing, baudrate=_baudrate(around, port)))
        if answers[-1].is_modem:
            return [*findings, *await _look_over(around, port, ports)]
    return findings + _closed(around, ports, answers)


def row_of(
    around: Surroundings, ports: Sequence[PortSeen], held: Mapping[str, list[Holder]]
) -> Mapping[str, Any] | None:
    """What a running gateway wrote of the modem behind these ports; ``None`` where none has it."""
    for port in ports:
        row = around.known.rows.get(port.real)
        if row is not None and any(each.pid in around.known.pids for each in held.get(port.path, ())):
            return row
    return None


def likeliest_first(ports: Iterable[PortSeen]) -> list[PortSeen]:
    """The ports of a stick, that for commands first and those for other things last."""
    return sorted(ports, key=lambda each: (each.use is not Use.AT, each.use is Use.OTHER))


def _of_row(row: Mapping[str, Any]) -> Finding:
    """A modem that a gateway runs is as that one says: nobody else can ask it."""
    about, state = f"modem {row['name']}", str(row["state"])
    why = None if row["error"] is None else str(row["error"])
    meaning = meaning_of(state)
    if meaning.concern in {"warning", "critical"}:
        return of_state(about, state, why)
    told = [f"gateway {row['gateway']} runs it on {row['port']}: {state}"]
    told += [f"{row['operator']}, {row['signal_dbm']} dBm"] if row["operator"] else []
    told += [why] if why else []
    advice = named(meaning.advice, str(row["name"])) if meaning.concern == "info" else ""
    return Finding("ok" if state == "ready" else "note", about, ", ".join(told), advice)


def _slot(config: Config, row: Mapping[str, Any]) -> list[Finding]:
    """A modem that does not take the SIM slot that its entry wants sends by another SIM."""
    own = (each for each in config.modems.list if row["gateway"] == config.gateway.name)
    wanted = next((each.sim_slot for each in own if each.name == row["name"]), None)
    used = row.get("sim_slot")
    if wanted is None or used == wanted or row["state"] != "ready" or (wanted == 1 and used is None):
        return []
    said = f"it uses slot {used}" if used is not None else "it tells of no slots"
    return [
        Finding(
            "warning", f"modem {row['name']}",
            f"Its entry wants sim_slot: {wanted}, and {said}: what is sent goes by the SIM that is in use.",
            "Put the SIM into the slot that is used, or take sim_slot out of its entry.",
        )
    ]  # fmt: skip


def _held(around: Surroundings, port: PortSeen, others: list[Holder]) -> Finding:
    names = [each.command.split()[0].rsplit("/", 1)[-1] for each in others]
    who = " and ".join(f"{name} (process {each.pid})" for name, each in zip(names, others, strict=True))
    wanted = around.config.modems.discover or any(_is_at(each, port) for each in around.config.modems.list)
    level: Level = "trouble" if wanted else "note"
    advice = _KEEP_OFF if any(_TAKER in each.command for each in others) else _STOP_IT
    return Finding(level, f"port {port.path}", f"{who} has it open.", advice)


def _closed(around: Surroundings, ports: list[PortSeen], answers: list[Answered]) -> list[Finding]:
    """No port of it is a modem's, or none could be opened."""
    for answer in answers:
        about = f"port {answer.path}"
        if answer.found is Found.FORBIDDEN:
            return [Finding("trouble", about, f"{answer.sentence}.", _permission(answer.path))]
        if answer.found is Found.HELD:
            advice = "Look as root who holds it: sudo modemd doctor"
            return [Finding("trouble", about, f"{answer.sentence}.", advice)]
    findings = []
    for answer in answers:
        port = _port(ports, answer)
        wanted = next((e.name for e in around.config.modems.list if _is_at(e, port)), None)
        if wanted is not None:
            about = f"modem {wanted}"
            if answer.found is Found.GONE:
                findings.append(Finding("trouble", about, f"{answer.sentence}.", _PLUG_IT))
            elif port.has_speed:
                said = f"{answer.path} does not answer AT at {_baudrate(around, port)} baud."
                findings.append(Finding("trouble", about, said, _LINE))
            else:
                findings.append(of_state(about, "silent", f"{answer.sentence}."))
        elif answer.found is not Found.GONE:
            findings.append(Finding("note", f"port {answer.path}", f"{answer.sentence}."))
    return findings


async def _look_over(around: Surroundings, port: PortSeen, ports: list[PortSeen]) -> list[Finding]:
    about = f"port {port.path}"
    try:
        seen = await examine(
            port.path, timing=around.timing, baudrate=_baudrate(around, port), now=around.now
        )  # fmt: skip
    except (PortLost, NoReply) as lost:
        return [of_state(about, "silent", f"{port.path} answered at first, and then no more: {lost}.")]
    config = configured(around.config.modems.list, port.path, port.usb_path, seen) or _entry_of(around, ports)
    name = f"modem {config.name}" if config is not None else f"modem on {port.path}"
    pin = config is not None and bool(config.pin or config.pin_file)
    smsc = config is not None and config.smsc is not None
    refused = around.known.refused(config, seen)
    findings = list(judge(name, seen, pin=pin, refused=refused, smsc=smsc))
    if config is None and not around.config.modems.discover:
        findings.append(Finding("warning", name, _UNUSED, "modemd modems prints an entry for it."))
    if config is not None and config.port and not _is_at(config, port):
        findings.append(
            Finding(
                "trouble", name, f"It answers on {port.path}, and its entry names {config.port}.",
                f"Write port: {port.path} there, or leave port out.",
            )
        )  # fmt: skip
    if len(ports) > 1:
        others = ", ".join(each.path for each in ports if each is not port)
        findings.append(Finding("ok", name, f"its other ports are {others}"))
    return findings


def _entry_of(around: Surroundings, ports: list[PortSeen]) -> ModemConfig | None:
    """The entry that names another port of the stick than the one that answers, and nothing else."""
    return next(
        (
            each
            for each in around.config.modems.list
            if not (each.imei or each.iccid or each.usb) and any(_is_at(each, port) for port in ports)
        ),
        None,
    )


def _permission(path: str) -> str:
    """The group that owns the port, and how to get into it; nobody is to get into root's."""
    try:
        port = os.stat(path)  # noqa: PTH116
        if port.st_gid == 0 or not port.st_mode & stat.S_IWGRP:
            return _GIVE_IT
        owner = grp.getgrgid(port.st_gid).gr_name
        user = pwd.getpwuid(os.geteuid()).pw_name
    except (OSError, KeyError):
        return "Give its user the right to read and write it."
    return (
        f"Put the user into the group {owner} (sudo usermod -aG {owner} {user}, then log in again), or look "
        "as the daemon's user: sudo -u modemd modemd doctor"
    )


def _is_at(config: ModemConfig, port: PortSeen) -> bool:
    return bool(config.port and os.path.realpath(config.port) == port.real)


def _port(ports: list[PortSeen], answer: Answered) -> PortSeen:
    return next(port for port in ports if port.path == answer.path)


def _baudrate(around: Surroundings, port: PortSeen) -> int:
    return next((e.baudrate for e in around.config.modems.list if _is_at(e, port)), 115200)
