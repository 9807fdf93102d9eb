"""The modems on this machine: those that a gateway runs, as it says, and those that answer when asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from modemd.cli.doctor.known import configured
from modemd.cli.doctor.modem_judgement import sim_word
from modemd.cli.doctor.port_checks import Surroundings, likeliest_first, row_of, sticks_of
from modemd.cli.output import printable
from modemd.modem.discovery.asking import ask
from modemd.modem.discovery.holders import Holder, holders_of
from modemd.modem.examination import Examined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modemd.modem.discovery.asking import Answered
    from modemd.modem.discovery.ports import PortSeen


class FoundModem(NamedTuple):
    """``name`` is what the configuration, or a running gateway, calls it; ``state`` how it is."""

    port: str
    usb: str | None
    manufacturer: str | None
    model: str | None
    imei: str | None
    iccid: str | None
    name: str | None
    state: str


async def found_modems(around: Surroundings) -> list[FoundModem]:
    """All of them; a stick is one modem, whatever number of ports it has."""
    sticks = sticks_of(around)
    paths = [port.path for ports in sticks for port in ports if port.path.startswith("/")]
    held = holders_of(around.machine, paths)
    found = await asyncio.gather(*(_of_stick(around, ports, held) for ports in sticks))
    return [each for each in found if each is not None]


async def _of_stick(
    around: Surroundings, ports: list[PortSeen], held: Mapping[str, list[Holder]]
) -> FoundModem | None:
    row = row_of(around, ports, held)
    if row is not None:
        return _of_row(next(port for port in ports if port.real in around.known.rows), row)
    if ports[0].no_modem is not None:
        return None
    for port in likeliest_first(ports):
        if held.get(port.path):
            continue
        answered = await ask(port.path, timing=around.timing)
        if answered.is_modem:
            return _answered(around, port, answered)
    return None


def _of_row(port: PortSeen, row: Mapping[str, Any]) -> FoundModem:
    return FoundModem(
        port.path, port.usb_path, row["manufacturer"], row["model"], row["imei"], row["iccid"], row["name"],
        row["state"],
    )  # fmt: skip


def _answered(around: Surroundings, port: PortSeen, answered: Answered) -> FoundModem:
    who = answered.identity
    seen = Examined(imei=who.imei, iccid=who.iccid)
    config = configured(around.config.modems.list, port.path, port.usb_path, seen)
    state = sim_word(answered.sim_state)
    if state == "pin_required" and around.known.refused(config, seen):
        state = "pin_wrong"
    return FoundModem(
        port.path, port.usb_path, who.manufacturer, who.model, who.imei, who.iccid,
        None if config is None else config.name, state,
    )  # fmt: skip


def entries(found: Sequence[FoundModem]) -> Iterator[str]:
    """Lines of ``modems: list:``, bound so that each modem is known wherever it is plugged in.

    Two that tell one IMEI are bound by their sockets, or their ports.
    """
    counts = Counter(each.imei for each in found)
    names = {each.name for each in found}
    fresh = (f"gsm{place}" for place in range(1, len(found) * 2 + 1) if f"gsm{place}" not in names)
    for each in found:
        made = " ".join(filter(None, (each.manufacturer, each.model))) or "a modem"
        sim = f", SIM {each.iccid}" if each.iccid else ""
        yield f"    - name: {each.name or next(fresh)}   # {printable(made)} on {each.port}{sim}"
        if each.imei is not None and counts[each.imei] == 1:
            yield f'      imei: "{each.imei}"'
        elif each.usb is not None:
            yield f'      usb: "{each.usb}"'
        else:
            yield f"      port: {each.port}"
