"""The broker's workers on a real store and a real broker, without a daemon."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modemd.config.mqtt import MqttConfig
from modemd.store import outbox
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.mqtt import MqttWorker
from modemd.workers.mqtt_in import MqttIn
from modemd.workers.mqtt_line import Line
from modemd.workers.mqtt_out import MqttOut
from modemd.workers.supervisor import Supervisor
from tests.service.office import rules_of, with_broker
from tests.store.files import fresh, rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.database import Database
    from modemd.workers.supervisor import Worker

PATIENCE_S = 15.0
_LOOK_S = 0.01


async def until(check: Callable[[], Any], within_s: float = PATIENCE_S) -> Any:
    """Wait for a condition that is brought about in the loop, by the store's thread or by the broker."""
    pause = asyncio.Event()
    async with asyncio.timeout(within_s):
        while not (answer := check()):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(pause.wait(), _LOOK_S)
    return answer


def notice(
    topic: str, body: str, at_us: int, correlation: bytes | None = None, expires_us: int | None = None
) -> outbox.Notice:
    """Something to tell the broker."""
    return {
        "consumer": "mqtt",
        "event": "response",
        "at": at_us,
        "message_id": None,
        "body": body,
        "topic": topic,
        "correlation": correlation,
        "expires_at": expires_us,
    }


@dataclass
class Post:
    """The three workers and what they stand on; ``begin`` what is to turn by itself."""

    floor: Floor
    line: Line
    database: Database
    supervisor: Supervisor
    taker: MqttIn
    teller: MqttOut
    keeper: MqttWorker
    subscribed: bool = False

    def note_subscribed(self) -> None:
        self.subscribed = True

    def begin(self, *workers: Worker) -> None:
        for worker in workers or (self.taker, self.teller, self.keeper):
            self.supervisor.start(worker)

    async def connect(self) -> None:
        """The keeper turns, and nobody else does."""
        self.begin(self.keeper)
        await until(lambda: self.subscribed)

    async def settled(self, waiting: int) -> None:
        """So many arrivals wait to be taken."""
        await until(lambda: self.line.waiting == waiting)

    def messages(self) -> list[str]:
        """The texts that were accepted."""
        return [str(row[0]) for row in rows(self.database, "SELECT text FROM message ORDER BY id")]

    def untold(self) -> int:
        [[count]] = rows(self.database, "SELECT count(*) FROM outbox WHERE consumer = 'mqtt'")
        return int(count)


@contextlib.asynccontextmanager
async def post(
    folder: Path, port: int, *, rules: Rules | None = None, database: Database | None = None, **section: Any
) -> AsyncIterator[Post]:
    """Workers that do not turn yet; in the end those that do are stopped in their order."""
    config = MqttConfig.model_validate({"port": port, "homeassistant": "", "repeat": 0, **section})
    database = fresh(folder) if database is None else database
    database.connection.execute(
        "INSERT OR IGNORE INTO gateway (name, pid, version, started_at, seen_at) VALUES ('gw1', 1, '', 0, 0)"
    )
    async with Store(database) as store, asyncio.TaskGroup() as group:
        floor = Floor(store, rules or with_broker(rules_of()))
        line = Line(config, "gw1")
        taker, teller, keeper = MqttIn(floor, line), MqttOut(floor, line), MqttWorker(floor, line)
        made = Post(floor, line, database, Supervisor(group), taker, teller, keeper)
        line.on_connected.append(made.note_subscribed)
        try:
            yield made
        finally:
            for worker in (taker, teller, keeper):
                await made.supervisor.stop(worker)
            if line.connection is not None:
                await line.connection.close(within_s=1.0)
