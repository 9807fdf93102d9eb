"""What the store knows of a modem, for people who look: written when it changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from modemd.model import ModemIdentity
from modemd.store import modems
from modemd.store.times import to_us

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.modem.health import Health
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)


class ModemRecord:
    """One modem's row."""

    def __init__(self, floor: Floor, config: ModemConfig, modem_id: int) -> None:
        self.identity = ModemIdentity()
        self._floor = floor
        self._config = config
        self._modem_id = modem_id
        self._state = ""

    async def write(self, state: str, error: str | None, health: Health | None = None) -> None:
        """Write the state, the trouble in words, and what the modem says of itself and its network.

        Raises:
            StoreError: it was not written.
        """
        if state != self._state and error:
            said = error if error.startswith(state) else f"{state}: {error}"
            log.warning("modem %s is %s", self._config.name, said)
        elif state == "ready" and self._state == "paused":
            log.info("modem %s is ready again", self._config.name)
        self._state = state
        facts = self._facts(state, error, health)
        await self._floor.store.run(lambda tx: modems.write_modem(tx, self._modem_id, facts))
        self._floor.states.ring()

    def _facts(self, state: str, error: str | None, health: Health | None) -> dict[str, object]:
        identity = self.identity
        facts: dict[str, object] = {
            "state": state,
            "error": error,
            "port": self._config.port,
            "manufacturer": identity.manufacturer,
            "model": identity.model,
            "imei": identity.imei,
            "imsi": identity.imsi,
            "iccid": identity.iccid,
            "msisdn": self._config.number or identity.msisdn,
            "smsc": self._config.smsc or identity.smsc,
            "seen_at": to_us(self._floor.now()),
        }
        if health is not None:
            facts |= {
                "operator": health.operator,
                "technology": health.technology,
                "registration": health.registration,
                "signal_dbm": health.signal_dbm,
            }
        return facts
