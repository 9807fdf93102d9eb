"""The simulated modems' ports: real pseudo-terminals with names that stay."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import termios
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from modemd.simulator import ModemSpec, NetworkSpec, Simulation, parse_fault
from modemd.simulator.control import Control

PATIENCE_S = 10.0
_TIOCGEXCL = 0x80045440
"""Whether a terminal is exclusive (ioctl_tty(2)); termios has no name for it."""


class Line:
    """A program's end of a port, in the loop of the simulation."""

    def __init__(self, path: str) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self.heard = b""
        self.lost = False
        self._news = asyncio.Event()
        asyncio.get_running_loop().add_reader(self.fd, self._read)

    def _read(self) -> None:
        try:
            octets = os.read(self.fd, 65536)
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            octets = b""
        if not octets:
            self.lost = True
            asyncio.get_running_loop().remove_reader(self.fd)
        self.heard += octets
        self._news.set()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not reached():
                self._news.clear()
                await self._news.wait()

    async def tell(self, line: str, end: bytes = b"OK\r\n") -> str:
        self.heard = b""
        os.write(self.fd, line.encode())
        await self.until(lambda: self.heard.endswith(end))
        return self.heard.decode("latin-1")

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self.fd)
        os.close(self.fd)


def there(path: str) -> bool:
    return Path(path).is_symlink() and Path(path).exists()


def simulated(tmp_path: Path, play: Callable[[Simulation], Awaitable[None]], **wishes: object) -> None:
    """Play with a simulation made for it."""

    async def run() -> None:
        async with Simulation(tmp_path / "ports", **wishes) as sim:  # type: ignore[arg-type]
            await play(sim)

    asyncio.run(run())


def test_a_port_answers_and_a_readers_leaving_is_no_hang_up(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        for _ in range(3):
            line = Line(sim.modems[0].path)
            assert "OK" in await line.tell("AT\r")
            line.close()
        await sim.incoming("while nobody listens")
        line = Line(sim["gsm1"].path)
        assert "+CMGL: 1,0" in await line.tell("AT+CMGL=4\r")
        line.close()

    simulated(tmp_path, play)


def test_unplugging_is_seen_and_the_name_comes_back_with_the_plug(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        modem = sim.modems[0]
        line = Line(modem.path)
        await line.tell("ATE0\r")
        await sim.incoming("kept through it all")
        modem.unplug_for(0)
        await line.until(lambda: line.lost)
        line.close()
        assert not there(modem.path)
        assert not modem.plugged
        modem.plug()
        modem.plug()
        line = Line(modem.path)
        assert (await line.tell("AT+CMGL=4\r")).startswith("AT+CMGL=4\r\r\n+CMGL: 1,0")
        line.close()

    simulated(tmp_path, play)


def test_a_plug_pulled_behind_the_body_by_a_fault(tmp_path: Path) -> None:
    pulled = parse_fault("unplug:on=AT+CMGS*,at=answer,seconds=0.05")

    async def play(sim: Simulation) -> None:
        line = Line(sim.modems[0].path)
        await line.tell("AT+CMGS=18\r", b"> ")
        os.write(line.fd, b"0001000B912374153254F6000005C8329BFD06\x1a")
        await line.until(lambda: line.lost)
        assert len(sim.accepted.all) == 1
        line.close()
        async with asyncio.timeout(PATIENCE_S):
            while not sim.modems[0].plugged:
                await asyncio.to_thread(there, sim.modems[0].path)
        assert there(sim.modems[0].path)

    simulated(tmp_path, play, modems=[ModemSpec(faults=[pulled])])


def test_a_reader_that_does_not_read_stops_nobody(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        deaf = Line(sim.modems[0].path)
        await deaf.tell("ATE0;+CNMI=2,2\r")
        asyncio.get_running_loop().remove_reader(deaf.fd)
        for _ in range(2000):
            await sim.incoming("y" * 100)
        other = Line(sim.modems[1].path)
        assert "OK" in await other.tell("AT\r")
        other.close()
        asyncio.get_running_loop().add_reader(deaf.fd, deaf._read)
        deaf.heard = b""
        os.write(deaf.fd, b"AT+CSQ\r")
        await deaf.until(lambda: deaf.heard.endswith(b"\r\n") and b"+CMT" in deaf.heard)
        deaf.close()

    simulated(tmp_path, play, modems=[ModemSpec(), ModemSpec()])


def test_a_modem_that_is_dead_from_the_start_has_a_port_all_the_same(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        dead, alive = Line(sim.modems[0].path), Line(sim.modems[1].path)
        os.write(dead.fd, b"AT\r")
        await alive.tell("AT\r")
        assert dead.heard == b""
        dead.close()
        alive.close()

    simulated(tmp_path, play, modems=[ModemSpec(dead=True), ModemSpec()])


def test_chatter_until_it_is_switched_off(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        line = Line(sim.modems[0].path)
        await line.until(lambda: line.heard.count(b"^RSSI:18") > 2)
        await line.tell("AT^CURC=0\r")
        await line.tell("AT\r")
        assert b"^RSSI" not in line.heard
        line.close()

    simulated(tmp_path, play, modems=[ModemSpec(dialect="huawei", chatter_s=0.01)])


def test_modems_are_told_apart_and_write_to_each_other(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        assert len({modem.me.imei for modem in sim.modems}) == 3
        assert len({modem.me.card.iccid for modem in sim.modems if modem.me.card}) == 2
        sender, receiver = Line(sim["one"].path), Line(sim["gsm2"].path)
        await receiver.tell("ATE0;+CNMI=2,1\r")
        await sender.tell("AT+CMGF=1\r")
        await sender.tell('AT+CMGS="+32475000002"\r', b"> ")
        os.write(sender.fd, b"Hi\x1a")
        await receiver.until(lambda: b"+CMTI" in receiver.heard)
        await sim.wait_for_accepted(1)
        with pytest.raises(TimeoutError):
            await sim.wait_for_accepted(2, 0.01)
        with pytest.raises(KeyError):
            sim["nobody"]
        sender.close()
        receiver.close()

    simulated(tmp_path, play, modems=[ModemSpec(name="one"), ModemSpec(), ModemSpec(sim=False)])


def test_requests_over_the_socket(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        control = Control(sim, tmp_path / "control")
        await control.start()
        line = Line(sim.modems[0].path)
        await line.tell("ATE0;+CNMI=2,1;+CLIP=1;+CREG=1\r")
        told: list[tuple[dict[str, object], bytes]] = [
            ({"do": "incoming", "text": "Hi", "from": "+32475123456"}, b'+CMTI: "SM",1'),
            (
                {"do": "incoming", "pdu": "07912374151616F6040B912374959999F900006211224181214003E834BB0C"},
                b'+CMTI: "SM",2',
            ),
            ({"do": "call", "from": "+32475123456"}, b'+CLIP: "+32475123456"'),
            ({"do": "set", "registration": 5, "signal": 3, "smsc": "+1", "balance": "0"}, b"+CREG: 5"),
        ]
        for request, said in told:
            line.heard = b""
            await control.do({**request, "modem": "gsm1"})
            await line.until(lambda said=said: said in line.heard)  # type: ignore[misc]
        await control.do({"do": "fault", "spec": "error:on=AT+CSQ,times=0,cme=14"})
        await control.do({"do": "fault", "spec": {"kind": "error", "on": "AT+CGSN", "cme": 13}, "modem": "*"})
        assert "ERROR" in await line.tell("AT+CSQ\r", b"\r\n")
        await control.do({"do": "heal"})
        assert "+CSQ: 3" in await line.tell("AT+CSQ\r")
        await control.do({"do": "network", "airtime_s": [0, 0.001], "reply": "echo"})
        assert str(sim.network.spec.airtime_s) == "(0, 0.001)"
        listed = await control.do({"do": "modems"})
        assert listed is not None
        assert listed["modems"][0]["stored"] == {"SM": 2, "ME": 0, "SR": 0}
        await control.do({"do": "reboot"})
        await control.do({"do": "unplug"})
        await line.until(lambda: line.lost)
        await control.do({"do": "plug"})
        assert there(sim.modems[0].path)
        assert await control.do({"do": "accepted"}) == {"accepted": []}
        line.close()
        await control.stop()

    simulated(tmp_path, play)


def test_senseless_requests_are_answered_with_a_sentence(tmp_path: Path) -> None:
    async def play(sim: Simulation) -> None:
        control = Control(sim, tmp_path / "control")
        await control.start()
        reader, writer = await asyncio.open_unix_connection(tmp_path / "control")
        senseless = [
            b"no json\n",
            b"[]\n",
            b"{}\n",
            b'{"do": "dance"}\n',
            b'{"do": "incoming", "modem": "gsm9", "text": "x"}\n',
            b'{"do": "fault", "spec": "explode"}\n',
            b'{"do": "network", "colour": "red"}\n',
            b'{"do": "wait", "accepted": 1, "timeout_s": 0.01}\n',
            b'{"do": "incoming"}\n',
        ]
        for request in senseless:
            writer.write(request)
            answer = await asyncio.wait_for(reader.readline(), PATIENCE_S)
            assert b'"ok": false' in answer
            assert b'"error": "' in answer
        writer.write(b'{"do": "modems"}\n')
        assert b'"ok": true' in await asyncio.wait_for(reader.readline(), PATIENCE_S)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        await control.stop()

    simulated(tmp_path, play, network=NetworkSpec())


def test_a_program_that_is_killed_does_not_leave_the_port_exclusive(tmp_path: Path) -> None:
    """The kernel keeps it so until all have closed it, and the simulation never does."""

    async def play(sim: Simulation) -> None:
        line = Line(sim.modems[0].path)
        fcntl.ioctl(line.fd, termios.TIOCEXCL)
        await line.tell("AT\r")
        line.close()  # as a kill does: nobody takes it back
        fd = os.open(sim.modems[0].path, os.O_RDWR | os.O_NOCTTY)
        assert fcntl.ioctl(fd, _TIOCGEXCL, bytes(4)) == bytes(4)
        os.close(fd)

    simulated(tmp_path, play)
