"""What the store knows of a modem, for people who look: written when it changes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.formats.modem_states import named, why_alone
from modemd.gsm.makers import family_of
from modemd.model import ModemIdentity
from modemd.service.modems import networks, swapped
from modemd.service.modems.networks import Subscription
from modemd.service.modems.swapped import Followed
from modemd.store import modems, sims
from modemd.store.times import to_us
from modemd.workers.modems.state_alarms import StateAlarms

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.config.modems import ModemConfig
    from modemd.modem.health import Health
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor
    from modemd.workers.modems.state_alarms import AlarmChange

log = logging.getLogger(__name__)

_AWAY: Final = frozenset({"absent", "lost"})
_TALKED_TO: Final = frozenset({"ready", "paused", "limited"})


class ModemRecord:
    """One modem's row."""

    def __init__(self, floor: Floor, config: ModemConfig, modem_id: int) -> None:
        self.identity = ModemIdentity()
        self.slot: int | None = None
        """Which of several SIM slots is in use, from 1."""
        self.port = config.port
        self._floor = floor
        self._config = config
        self._modem_id = modem_id
        self._state = ""
        self._health: Health | None = None
        self._seen: str | None = None
        self._alarms = StateAlarms(config.name)
        self.unsteady = False
        """It comes and goes, and an alarm says so: that it is away just now is none of its own."""
        self._followed = Followed(0, 0)

    @property
    def state(self) -> str:
        """What was written last; empty before that."""
        return self._state

    async def write(
        self, state: str, error: str | None, health: Health | None = None, *, told: bool = False
    ) -> None:
        """Write the state, the trouble in words, and what the modem says of itself and its network.

        What a state means to people is an alarm, or the end of one: in the same commit. ``told``: the log
        has a line about it.

        Raises:
            StoreError: it was not written.
        """
        if state != self._state and error and not told:
            self._log(state, error)
        elif state == "ready" and self._state != "ready":
            self._log_ready()
        self._state = state
        # What it said of its network holds until it is looked at again, or is not talked to any more.
        self._health = health or (self._health if state in _TALKED_TO else None)
        facts, now = self._facts(state, error, self._health), self._floor.now()
        away = self.unsteady and state in _AWAY
        change = None if away else self._alarms.due(state, error, now)
        if await self._floor.store.run(lambda tx: self._write(tx, facts, change, now)):
            self._floor.ring_alarms()
        if change is not None:
            self._alarms.written(change)
        self._seen = self.identity.sim
        if any(self._followed):
            self._say_followed()
        self._floor.states.ring()

    def _log(self, state: str, error: str) -> None:
        if state == "helped":
            return  # who takes the step has said so
        name, first = self._config.name, not self._state
        said = named(error if error.startswith(state) else f"{state}: {error}", name)
        # The gateway has just begun to look for it; its alarm tells if that lasts.
        if first and state == "absent" and self._config.port is None:
            log.info("modem %s is looked for: %s", name, error)
        else:
            log.log(logging.DEBUG if self.unsteady else logging.WARNING, "modem %s is %s", name, said)

    def _log_ready(self) -> None:
        """Said of a modem that sends; one that is open and finds no network is not ready."""
        who = self.identity
        made = " ".join(filter(None, (who.manufacturer, who.model))) or "a modem"
        sim = f"SIM {who.sim[-4:]}" if who.sim else "a SIM that is not told"
        log.log(
            logging.DEBUG if self.unsteady else logging.INFO,
            "modem %s: ready (%s, %s)", self._config.name, made, sim,
        )  # fmt: skip

    def _say_followed(self) -> None:
        moved, waiting = self._followed
        if moved:
            log.info("modem %s: %d begun messages follow their SIMs", self._config.name, moved)
        if waiting:
            log.warning(
                "modem %s: %d messages were begun by a SIM that is gone: they wait ten minutes for it, and"
                " then go on by the one that is there",
                self._config.name, waiting,
            )  # fmt: skip
        self._followed = Followed(0, 0)
        self._floor.ring_queue()
        self._floor.clock.ring()

    def _write(self, tx: Tx, facts: dict[str, object], change: AlarmChange | None, now: datetime) -> bool:
        """Tell whether an alarm was raised or cleared."""
        modems.write_modem(tx, self._modem_id, facts)
        operator = facts.get("operator")
        sim = Subscription(self.identity.imsi, None if operator is None else str(operator))
        networks.follow(tx, self._floor.rules, self._modem_id, self._config.name, sim)
        who = self.identity
        if who.sim is not None and who.sim != self._seen:
            self._followed = swapped.follow(tx, self._floor.rules, self._config.name, who.sim, now)
            sims.seen(tx, who.sim, who.imsi, who.msisdn, self._config.name, to_us(now))
        return change is not None and self._alarms.write(tx, self._floor.rules, change, now)

    def _facts(self, state: str, error: str | None, health: Health | None) -> dict[str, object]:
        identity = self.identity
        facts: dict[str, object] = {
            "state": state,
            "error": error and why_alone(state, error),
            "port": self.port,
            "manufacturer": identity.manufacturer,
            "model": identity.model,
            "imei": identity.imei,
            "imsi": identity.imsi,
            "iccid": identity.iccid,
            "msisdn": self._config.number or identity.msisdn,
            "smsc": self._config.smsc or identity.smsc,
            "revision": identity.revision,
            "sim_slot": self.slot,
            "family": family_of(identity.manufacturer, identity.model) if identity.manufacturer else None,
            "seen_at": to_us(self._floor.now()),
        }
        if health is not None:
            facts |= {
                "operator": health.operator,
                "technology": health.technology,
                "registration": health.registration,
                "signal_dbm": health.signal_dbm,
                "operator_code": health.operator_code,
                "lac": health.area,
                "cell": health.cell,
                "rsrp_dbm": health.rsrp_dbm,
                "rsrq_db": health.rsrq_db,
                "storage_used": None if health.room is None else health.room[0],
                "storage_total": None if health.room is None else health.room[1],
            }
        return facts
