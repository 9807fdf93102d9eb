"""The broker's workers as one: made together on one line, stopped in the order that loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.workers.mqtt import MqttWorker
from modemd.workers.mqtt_channels import MqttChannels
from modemd.workers.mqtt_in import MqttIn
from modemd.workers.mqtt_line import Line
from modemd.workers.mqtt_neighbours import Neighbours
from modemd.workers.mqtt_out import MqttOut
from modemd.workers.mqtt_states import MqttStates

if TYPE_CHECKING:
    from modemd.config.mqtt import MqttConfig
    from modemd.workers.floor import Floor
    from modemd.workers.supervisor import Supervisor, Worker


class MqttCrew:
    """All that works for one ``mqtt:`` section; another section is another crew's."""

    def __init__(self, floor: Floor, config: MqttConfig) -> None:
        self.config = config
        line = Line(config, floor.rules.gateway)
        Neighbours(line)
        self._takers: list[Worker] = [MqttIn(floor, line), MqttChannels(floor, line)]
        self._states = MqttStates(floor, line)
        self._out = MqttOut(floor, line)
        self._keeper = MqttWorker(floor, line)

    def start(self, supervisor: Supervisor) -> None:
        """Begin all of their turns."""
        for worker in (*self._takers, self._states, self._out, self._keeper):
            supervisor.start(worker)

    def hurry(self) -> None:
        """Connect at once where the next try would be later."""
        self._keeper.hurry()

    @property
    def tellers(self) -> list[Worker]:
        """Those who go on until everybody who brings something about has ended, in the order of their end."""
        return [self._states, self._out, self._keeper]

    async def stop(self, supervisor: Supervisor) -> None:
        """Take no more, tell what there is to tell, and leave."""
        await supervisor.stop(*self._takers)
        for worker in self.tellers:
            await supervisor.stop(worker)
