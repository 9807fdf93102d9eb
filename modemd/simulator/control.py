"""Playing with a running simulation from outside: a Unix socket, a line of JSON in, a line of JSON out.

Each request is an object with ``do`` and what that wants; the answer has ``ok``, and ``error`` (a sentence)
where that is false. ``modem`` is a modem's name, the first one's where it is left out.

=========== ======================================================================================
``do``      with
=========== ======================================================================================
modems      nothing; answers name, path, msisdn, imei, iccid, whether plugged in, last commands, struck faults
incoming    ``text`` (and ``from``, ``order``: places of the parts as they come, from 1) or ``pdu``
call        ``from``, ``rings``
ussd        ``text``, ``mode``: what the network says unasked
fault       ``spec`` as ``--fault`` has it, or the same as an object; ``modem`` ``"*"``: all
heal        nothing: forget all faults that have not struck yet
unplug      ``seconds`` until it is in again (0: until ``plug``)
plug        nothing, or ``port``: the hub's port that it goes into (from 1, a free one), where there is a hub
reboot      ``seconds``
set         ``registration``, ``signal``, ``smsc``, ``balance``, ``operator``, ``technology``,
            ``rsrp_dbm``, ``rsrq_db``, ``keeps_mr``, ``clock_off_s``, ``packet_only``, ``imei``;
            ``sim`` (false: it is taken out), and of the SIM: ``iccid`` (another one), ``pin``, ``pin_tries``
network     any setting of the network: ``airtime_s``, ``reports``, ``reply``, ``calls``, ...
accepted    ``since`` (how many to leave out); answers all that the network took
calls       answers all calls of the modems that are over
wait        ``accepted`` or ``calls``: how many there must be, ``timeout_s``
=========== ======================================================================================
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from modemd.simulator.faults import fault_of, parse_fault
from modemd.simulator.network import NetworkSpec
from modemd.simulator.ussd import Said, written

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.simulator.card import SimCard
    from modemd.simulator.plugged import PluggedModem
    from modemd.simulator.simulation import Simulation
    from modemd.simulator.usb import UsbPlace

_NETWORK_KEYS: Final = frozenset(one.name for one in fields(NetworkSpec))


class Control:
    """The socket's server; ``path`` is made by :meth:`start` and removed by :meth:`stop`."""

    def __init__(self, simulation: Simulation, path: Path) -> None:
        self.path = path
        self._simulation = simulation
        self._server: asyncio.AbstractServer | None = None

    async def start(self) -> None:
        """Listen; OSError when the socket cannot be made."""
        self.path.unlink(missing_ok=True)
        self._server = await asyncio.start_unix_server(self._serve, self.path, limit=1 << 20)

    async def stop(self) -> None:
        """No more requests."""
        if self._server is not None:
            self._server.close()
            self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while line := await reader.readline():
                answer = await self._answer(line)
                writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        writer.close()

    async def _answer(self, line: bytes) -> dict[str, Any]:
        try:
            request = json.loads(line)
            return {"ok": True, **(await self.do(request) or {})}
        except TimeoutError:
            return {"ok": False, "error": "it did not happen in that time", "accepted": self._count}
        except (ValueError, TypeError, KeyError, LookupError, AttributeError) as wrong:
            return {"ok": False, "error": f"{type(wrong).__name__}: {wrong}"}

    @property
    def _count(self) -> int:
        return len(self._simulation.accepted.all)

    async def do(self, request: dict[str, Any]) -> dict[str, Any] | None:
        """One request; ValueError, TypeError or LookupError where it makes no sense."""
        simulation, verb = self._simulation, request["do"]
        if verb == "modems":
            return {"modems": [describe(modem) for modem in simulation.modems]}
        if verb == "accepted":
            since = int(request.get("since", 0))
            return {"accepted": [json.loads(one.line()) for one in simulation.accepted.all[since:]]}
        if verb == "calls":
            return {"calls": [call.fields() for call in simulation.accepted.calls]}
        if verb == "wait":
            return await self._wait(request)
        if verb == "network":
            self._change_network(request)
            return None
        every = request.get("modem") == "*"
        modems = simulation.modems if every else [self._modem(request)]
        for modem in modems:
            self._do_to(modem, verb, request)
        return None

    async def _wait(self, request: dict[str, Any]) -> dict[str, Any]:
        patience_s = float(request.get("timeout_s", 10))
        if "calls" in request:
            over = await self._simulation.accepted.wait_for_calls(int(request["calls"]), patience_s)
            return {"calls": len(over)}
        await self._simulation.wait_for_accepted(int(request["accepted"]), patience_s)
        return {"accepted": self._count}

    def _modem(self, request: dict[str, Any]) -> PluggedModem:
        name = request.get("modem")
        return self._simulation[name] if name else self._simulation.modems[0]

    def _change_network(self, request: dict[str, Any]) -> None:
        for key, value in request.items():
            if key == "do":
                continue
            if key not in _NETWORK_KEYS:
                raise ValueError(f"the network has no {key!r}; it has {', '.join(sorted(_NETWORK_KEYS))}")
            is_range = isinstance(value, list) and key.endswith("_s")
            setattr(self._simulation.network.spec, key, tuple(value) if is_range else value)

    def _do_to(self, modem: PluggedModem, verb: str, request: dict[str, Any]) -> None:
        if verb == "incoming":
            self._incoming(modem, request)
        elif verb == "call":
            modem.me.ring(str(request.get("from", "+32475999999")), int(request.get("rings", 3)))
        elif verb == "ussd":
            said = Said(int(request.get("mode", 0)), request.get("text"))
            modem.me.ussd_open = said.mode == 1  # what is answered belongs to this
            modem.me.announce((written(modem.me, said),))
        elif verb == "fault":
            spec = request["spec"]
            modem.faults.add(parse_fault(spec) if isinstance(spec, str) else fault_of(spec))
        elif verb == "heal":
            modem.faults.clear()
        elif verb == "set":
            _change(modem, request)
        else:
            self._power(modem, verb, request)

    def _power(self, modem: PluggedModem, verb: str, request: dict[str, Any]) -> None:
        seconds = float(request.get("seconds", 0))
        if verb == "unplug":
            modem.unplug_for(seconds)
        elif verb == "plug":
            if "port" in request:
                modem.move_to(self._free_place(modem, int(request["port"])))
            modem.plug()
        elif verb == "reboot":
            modem.reboot(seconds)
        else:
            raise ValueError(f"{verb!r} is nothing that can be done here")

    def _free_place(self, modem: PluggedModem, port: int) -> UsbPlace:
        places = dict(enumerate(self._simulation.places, start=1))
        if port not in places:
            raise ValueError(f"there is no port {port} of a hub; it has {len(places)}")
        inside = [each for each in self._simulation.modems if each.inserted_at is places[port]]
        if modem.inserted_at is not None or inside:
            raise ValueError(f"{(inside or [modem])[0].name} is plugged in: unplug it first")
        return places[port]

    def _incoming(self, modem: PluggedModem, request: dict[str, Any]) -> None:
        network = self._simulation.network
        if "pdu" in request:
            network.inject_pdu(modem.me, request["pdu"], report=bool(request.get("report")))
            return
        originator = str(request.get("from", "+32475999999"))
        network.inject(modem.me, request["text"], originator=originator, order=request.get("order"))


def _change(modem: PluggedModem, request: dict[str, Any]) -> None:
    me = modem.me
    if "sim" in request:
        (me.put_card_in if request["sim"] else me.take_card_out)()
    if "iccid" in request:
        me.swap_card(str(request["iccid"]))
    if me.card:
        _change_card(me.card, request)
    if "registration" in request:
        me.register(int(request["registration"]))
    me.imei = str(request.get("imei", me.imei))
    me.packet_only = bool(request.get("packet_only", me.packet_only))
    me.technology = int(request.get("technology", me.technology))
    me.rsrp_dbm = int(request.get("rsrp_dbm", me.rsrp_dbm))
    me.rsrq_db = float(request.get("rsrq_db", me.rsrq_db))
    me.clock_off_s = float(request.get("clock_off_s", me.clock_off_s))
    me.signal = int(request.get("signal", me.signal))
    me.balance = str(request.get("balance", me.balance))
    me.operator = str(request.get("operator", me.operator))


def _change_card(card: SimCard, request: dict[str, Any]) -> None:
    card.smsc = str(request.get("smsc", card.smsc))
    card.keeps_mr = bool(request.get("keeps_mr", card.keeps_mr))
    card.pin = request.get("pin", card.pin)
    card.pin_tries = int(request.get("pin_tries", card.pin_tries))


def describe(modem: PluggedModem) -> dict[str, Any]:
    """A modem as an object."""
    card = modem.me.card
    return {
        "name": modem.name,
        "path": modem.path,
        "plugged": modem.plugged,
        "usb_path": modem.usb_path,
        "nodes": modem.nodes,
        "imei": modem.me.imei,
        "msisdn": card.msisdn if card else None,
        "iccid": card.iccid if card else None,
        "pin_tries": card.pin_tries if card else None,
        "stored": {name: store.used for name, store in modem.me.stores.items()},
        "commands": list(modem.log)[-20:],
        "struck": list(modem.faults.struck),
    }
