"""The ways out of the gateway that only some configurations have: broker, mail server, metrics.

Each is opened where its section is there, closed where it is another one or none after a reload.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.store import brokers
from modemd.store.times import to_us

if TYPE_CHECKING:
    from modemd.config import Config
    from modemd.workers.floor import Floor
    from modemd.workers.mailer import Mailer
    from modemd.workers.metrics import Metrics
    from modemd.workers.mqtt_crew import MqttCrew
    from modemd.workers.supervisor import Supervisor, Worker


class Doors:
    """What :func:`modemd.workers.unhurried.load` has loaded for a configuration is started here."""

    def __init__(self, floor: Floor, supervisor: Supervisor) -> None:
        self._floor = floor
        self._supervisor = supervisor
        self._mqtt: MqttCrew | None = None
        self._mail: Mailer | None = None
        self._metrics: Metrics | None = None

    @property
    def tellers(self) -> list[Worker]:
        """Those who go on until everybody who brings something about has ended, in the order of their end."""
        return self._mqtt.tellers if self._mqtt is not None else []

    def open(self, config: Config) -> None:
        """Open what is configured and not open."""
        if config.mqtt is not None and self._mqtt is None:
            from modemd.workers.mqtt_crew import MqttCrew  # noqa: PLC0415 - it is loaded already

            self._mqtt = MqttCrew(self._floor, config.mqtt)
            self._mqtt.start(self._supervisor)
        if config.mail is not None and self._mail is None:
            from modemd.workers.mailer import Mailer  # noqa: PLC0415 - likewise

            self._mail = Mailer(self._floor, config.mail)
            self._supervisor.start(self._mail)
        if config.metrics.listen and self._metrics is None:
            from modemd.workers.metrics import Metrics  # noqa: PLC0415 - likewise

            self._metrics = Metrics(self._floor, config.metrics.listen)
            self._supervisor.start(self._metrics)

    async def close_changed(self, running: Config, config: Config) -> None:
        """Close what is another one in ``config``, or none.

        Raises:
            StoreError: it is not written down that no broker is spoken to any more.
        """
        if config.mqtt != running.mqtt:
            await self._close_broker()
        elif self._mqtt is not None:
            self._mqtt.hurry()  # a password is in a file of its own
        if self._mail is not None and config.mail != running.mail:
            await self._supervisor.stop(self._mail)
            self._mail = None
        if self._metrics is not None and config.metrics != running.metrics:
            await self._supervisor.stop(self._metrics)
            self._metrics = None

    async def _close_broker(self) -> None:
        """Where it was closed before and that could not be written down, this writes it."""
        if self._mqtt is not None:
            await self._mqtt.stop(self._supervisor)
            self._mqtt = None
        gateway, gone_us = self._floor.rules.gateway, to_us(self._floor.now())
        await self._floor.store.run(lambda tx: brokers.note(tx, gateway, None, None, gone_us))
