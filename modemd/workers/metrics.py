"""Prometheus' page: its own thread serves it, and reads only what the loop gives it."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, start_http_server

from modemd.errors import StoreError
from modemd.service.figures import Figures, figures
from modemd.workers.metrics_page import page
from modemd.workers.metrics_process import ProcessFigures
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Iterable
    from threading import Thread
    from wsgiref.simple_server import WSGIServer

    from prometheus_client.core import Metric

    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_LOOK_S: Final = 30.0
_AGAIN_S: Final = 10.0
_LIMIT_S: Final = 8.0
"""Prometheus waits ten seconds by default."""
_SELDOM: Final = 50
"""Counting takes no more than a fiftieth of the time, however often the page is asked for."""


class Metrics(Worker):
    """Serves the page on ``listen`` (``address:port``)."""

    name = "metrics"

    def __init__(self, floor: Floor, listen: str) -> None:
        super().__init__()
        self._floor = floor
        self._address, _, port = listen.rpartition(":")
        self._asked_for = int(port)
        self._loop = asyncio.get_running_loop()
        self._served: tuple[WSGIServer, Thread] | None = None
        self._last: Figures | None = None
        self._fresh_until = 0.0
        self._troubled = False

    @property
    def port(self) -> int | None:
        """The port that is listened on; ``None`` while none is."""
        return None if self._served is None else int(self._served[0].server_port)

    async def step(self) -> None:
        """Serve; where the address cannot be had, say so once and try again."""
        if self._served is None:
            try:
                self._served = start_http_server(self._asked_for, self._address.strip("[]"), self._registry())
            except OSError as error:
                self._complain(error)
                await self.pause(_AGAIN_S)
                return
            log.info("metrics are served on %s:%s", self._address, self.port)
            self._troubled = False
        await self.pause(_LOOK_S)

    async def finish(self) -> None:
        """Close the door; a page that is being written is not waited for."""
        if self._served is not None:
            server, thread = self._served
            self._served = None
            await asyncio.to_thread(server.shutdown)
            server.server_close()
            await asyncio.to_thread(thread.join)

    def collect(self) -> Iterable[Metric]:
        """What Prometheus' library calls in its thread, for each request."""
        asked = asyncio.run_coroutine_threadsafe(self._figures(), self._loop)
        try:
            found = asked.result(_LIMIT_S)
        except (TimeoutError, StoreError) as error:
            asked.cancel()
            log.warning("the metrics go without what is in the store: %s", error or "it takes too long")
            found = None
        return list(page(found, self._floor.tally, self._floor.store.commits, self._floor.now()))

    async def _figures(self) -> Figures:
        if self._last is None or time.monotonic() >= self._fresh_until:
            floor = self._floor
            midnight = floor.now().astimezone(floor.zone).replace(hour=0, minute=0, second=0, microsecond=0)

            def read(tx: Tx) -> tuple[Figures, float]:
                began = time.monotonic()
                return figures(tx, floor.rules, midnight), time.monotonic() - began

            found, took_s = await floor.store.run(read, again=True)
            self._last, self._fresh_until = found, time.monotonic() + took_s * _SELDOM
            return found
        return self._last

    def _registry(self) -> CollectorRegistry:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        registry.register(ProcessFigures())
        return registry

    def _complain(self, error: OSError) -> None:
        if not self._troubled:
            log.error(
                "metrics cannot be served on %s:%d: %s",
                self._address,
                self._asked_for,
                error.strerror or error,
            )
        self._troubled = True
