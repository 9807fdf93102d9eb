"""What can break between a gateway and its broker, as runs of messages: a test has few, a soak has many."""

from __future__ import annotations

import contextlib
import tempfile
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final

from tests.system.mosquitto import Broker
from tests.system.mqtt_run import Run
from tests.system.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.system.gateway import Site


_OCTETS: Final = 1600
"""What a message and its events come to on the line, about: so that all cuts fall into the run."""


@contextlib.contextmanager
def _in_memory() -> Iterator[Path]:
    """A folder that a ``kill`` does not touch, and where it costs nothing to save each change."""
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        yield Path(folder)


def broker_restarts(site: Site, *, messages: int, faults: int, seed: int) -> Run:
    """The broker is stopped properly, stays away for a moment, and comes back.

    A plain subscription: mosquitto 2.0 forgets shared ones when it ends, and acknowledges what is published
    before they are made again, with the reason code "no matching subscribers".
    """
    chance = Random(seed)
    with Broker(site.folder) as broker:
        run = Run(site, broker, chance, messages=messages, mqtt={"share": ""})

        def fault() -> None:
            broker.stop()
            site.pass_by(chance.uniform(0, 0.5))
            broker.start()

        run.through(faults, fault)
    return run


def broker_killed(site: Site, *, messages: int, faults: int, seed: int) -> Run:
    """``kill -9`` of a broker that saves each change: what it has acknowledged last is lost all the same."""
    chance = Random(seed)
    with _in_memory() as folder, Broker(folder, autosave=1) as broker:
        run = Run(site, broker, chance, messages=messages, mqtt={"share": "modemd"})

        def fault() -> None:
            broker.kill()
            site.pass_by(chance.uniform(0, 0.5))
            broker.start()

        run.through(faults, fault)
    return run


def broker_frozen(site: Site, *, messages: int, faults: int, seed: int) -> Run:
    """SIGSTOP until the gateway has given the connection up, and a little longer."""
    chance = Random(seed)
    with Broker(site.folder) as broker:
        run = Run(site, broker, chance, messages=messages, mqtt={"keepalive": "1s", "share": ""})

        def fault() -> None:
            before = site.log.count("the broker is lost")
            broker.freeze()
            site.until(lambda: site.log.count("the broker is lost") > before, "it is given up", 15)
            site.pass_by(chance.uniform(0, 1))
            broker.thaw()

        run.through(faults, fault)
    return run


def line_cut(site: Site, *, messages: int, faults: int, seed: int, with_ids: bool) -> Run:
    """The connection is cut at a random octet of what it carries, both ways, again and again."""
    chance = Random(seed)
    cuts = faults

    def budget() -> int | None:
        nonlocal cuts
        cuts -= 1
        return chance.randrange(200, _OCTETS * messages // faults) if cuts >= 0 else None

    with Broker(site.folder) as broker, Proxy(broker.port, budget=budget) as proxy:
        run = Run(site, broker, chance, messages=messages, with_ids=with_ids, line=proxy.port)
        run.mqtt["share"] = "modemd"
        run.through(4, lambda: None)
        run.faults = proxy.cuts
    return run


def daemon_killed(site: Site, *, messages: int, faults: int, seed: int, with_ids: bool) -> Run:
    """``kill -9`` of the gateway, and sometimes another while it starts."""
    chance = Random(seed)
    with Broker(site.folder) as broker:
        run = Run(site, broker, chance, messages=messages, with_ids=with_ids)

        def fault() -> None:
            site.pass_by(chance.uniform(0, 0.2))
            site.kill()
            if chance.random() < 0.3:
                site.begin()
                site.pass_by(chance.uniform(0.1, 0.8))
                site.kill()
                run.faults += 1
            site.start()

        run.through(faults, fault)
    return run


ALL: dict[str, Callable[..., Run]] = {
    "broker stopped and started": broker_restarts,
    "broker killed": broker_killed,
    "broker frozen": broker_frozen,
    "line cut": lambda site, **how: line_cut(site, **how, with_ids=True),
    "line cut, no ids": lambda site, **how: line_cut(site, **how, with_ids=False),
    "daemon killed": lambda site, **how: daemon_killed(site, **how, with_ids=True),
    "daemon killed, no ids": lambda site, **how: daemon_killed(site, **how, with_ids=False),
}
