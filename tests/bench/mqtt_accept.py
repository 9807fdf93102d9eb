"""Messages accepted from a broker: published as fast as they are acknowledged, each with its events told.

The users and the broker take their share of the same cores, so the same traffic is measured without the
gateway too: a lean echo in its place answers each message with two events.
"""

from __future__ import annotations

import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.lean import Client, published, request
from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.processes import Gateway, Modems, Process, cpu_s
from tests.bench.rig import configuration, folder, ready
from tests.bench.users import MOSQUITTO, User
from tests.system.mosquitto import Broker

_PATIENCE_S = 120.0
_AIRTIME_S = 2.0
_MORE = 3000
_GATEWAY = "modemd-bench"
EVENTS = "modemd/status/#"
SEND = "modemd/send"


@contextmanager
def broker(*, autosave: int = 0) -> Iterator[tuple[Path, Broker]]:
    """A folder, and a mosquitto that runs there; after ``autosave`` changes it writes down all that waits."""
    with folder() as place, Broker(place, persistence=bool(autosave), autosave=autosave) as one:
        yield place, one


def await_gateway(port: int, timeout_s: float = 30.0) -> None:
    """Until the gateway takes what is published; TimeoutError when it does not."""
    client = Client(port, "bench-warm-up")
    client.subscribe(EVENTS)
    ends = time.monotonic() + timeout_s
    while time.monotonic() < ends:
        client.send(published(SEND, 0, request("warm-up", "Warm-up", 999_999)))
        try:
            while not client.messages(0.3):
                continue
        except TimeoutError:
            continue
        client.close()
        return
    raise TimeoutError("the gateway takes nothing from the broker")


class Traffic:
    """One load of messages: who publishes, who listens, and what each process spends on it."""

    def __init__(self, place: Path, one: Broker, count: int) -> None:
        names = (f"{name}={count}" for name in ("accepted", "queued"))
        self._place, self._port, self._count = place, one.port, count
        assert one.process is not None
        self._broker_pid = one.process.pid
        self._wanted = tuple(names)

    def measure(self, gateway: Process) -> dict[str, float]:
        """Let it run; rates in messages a second, CPU in µs a message."""
        with (
            User(self._place, self._port, "listen", EVENTS, *self._wanted) as listener,
            User(self._place, self._port, "publish", SEND, str(self._count)) as publisher,
        ):
            pids = {"gateway": gateway.pid, "broker": self._broker_pid}
            before = {who: cpu_s(pid) for who, pid in pids.items()}
            publisher.go()
            began = publisher.answer(_PATIENCE_S)
            ended = listener.answer(_PATIENCE_S)
            spent = {who: (cpu_s(pid) - before[who]) * 1e6 / self._count for who, pid in pids.items()}
        last_at = max(ended["reached_at"].values())
        return spent | {
            "rate": self._count / (ended["reached_at"]["accepted"] - began["first_at"]),
            "all": self._count / (last_at - began["first_at"]),
            "users": (began["cpu_s"] + ended["cpu_s"]) * 1e6 / self._count,
        }


def _forgotten(place: Path, port: int, gateway: Gateway) -> int:
    """How many messages the gateway had acknowledged when it was killed, but not in its store.

    Killed in the midst of a load; then the broker is asked, in the gateway's place, what it would send again.
    """
    names = {f"k{each:07d}" for each in range(_MORE)}
    client = Client(port, "bench-killer")
    client.subscribe(EVENTS)
    for each, name in enumerate(sorted(names)):
        client.send(published(SEND, each, request(name, "Kill", each)))
    heard = 0
    while heard < _MORE / 3:
        heard += len(client.messages(10.0))
    gateway.popen.send_signal(signal.SIGKILL)
    gateway.popen.wait()
    while client.acknowledged < _MORE:
        client.messages(10.0)  # what the broker has not taken yet is nobody's
    client.close()
    with sqlite3.connect(place / "modemd.db") as store:
        kept = {str(name) for (name,) in store.execute("SELECT client_id FROM message")}
    store.close()
    return len(names - kept - _unacknowledged(port))


def _unacknowledged(port: int) -> set[str]:
    client = Client(port, _GATEWAY, session=True)
    names: set[str] = set()
    try:
        while True:
            names |= {body[7:15].decode() for body in client.messages(1.0) if body.startswith(b'{"id":"k')}
    except TimeoutError:
        client.close()
        return names


@contextmanager
def _rig(*, autosave: int = 0) -> Iterator[tuple[Path, Broker, Gateway]]:
    """A gateway that takes what is published, and sends it by modems that need their time."""
    with (
        broker(autosave=autosave) as (place, one),
        Modems(place, 8, airtime_s=_AIRTIME_S) as modems,
        Gateway(place, configuration(place, modems, broker_port=one.port)) as gateway,
    ):
        ready(place, 8)
        await_gateway(one.port)
        yield place, one, gateway


def _run(options: Options) -> Figures:
    if MOSQUITTO is None:
        return {}
    with _rig() as (place, one, gateway):
        figures = Traffic(place, one, options.messages).measure(gateway)
        lost = _forgotten(place, one.port, gateway)
    with broker() as (place, one), User(place, one.port, "echo", SEND, "modemd/status/default") as echo:
        alone = Traffic(place, one, options.messages).measure(echo)
    return figures | {"lost": lost, "echo": alone["rate"]}


def _run_saving(options: Options) -> Figures:
    if MOSQUITTO is None:
        return {}
    figures = {}
    for autosave in (1, 100):
        with _rig(autosave=autosave) as (place, one, gateway):
            figures[str(autosave)] = Traffic(place, one, options.saved).measure(gateway)["rate"]
    return figures


ROWS = (
    Row(
        "mqtt-accept",
        (
            Measure("rate", "50,000 published: first publish → last `accepted` event", "messages/s", 2000),
            Measure("all", "the same: → last `queued` event", "messages/s"),
            Measure("gateway", "the same: CPU of the gateway", "µs/message"),
            Measure("broker", "the same: CPU of mosquitto", "µs/message"),
            Measure("users", "the same: CPU of who publishes and who listens", "µs/message"),
            Measure("echo", "the same traffic with a lean echo in the gateway's place", "messages/s"),
            Measure(
                "lost", "killed in the midst: acknowledged, but not in the store", "messages", 1, most=True
            ),
        ),
        _run,
        limit_s=170.0,
    ),
    Row(
        "mqtt-saving",
        (
            Measure("1", "1,500 published, mosquitto saves each change: accepted", "messages/s"),
            Measure("100", "the same, each hundred changes", "messages/s"),
        ),
        _run_saving,
    ),
)
