"""What the scout found that a person has to do something about, as alarms of the gateway."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

from modemd.modem.discovery.asking import Found
from modemd.modem.discovery.asleep import list_asleep
from modemd.modem.discovery.holders import how_to_stop
from modemd.service import alarms
from modemd.service.modems import modem_events

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.config.modems import ModemsConfig
    from modemd.modem.discovery.asleep import Asleep
    from modemd.service.alarms import Severity
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor
    from modemd.workers.modems.finding.probing import Probed

_LOOK_S: Final = 10.0
_HELD: Final = "port_held"
_FORBIDDEN: Final = "port_forbidden"
_ASLEEP: Final = "modem_asleep"
_TWINS: Final = "twin_imei"
_ALLOW_IT: Final = (
    "Put the gateway's user into the group that owns the port: dialout on Debian. Where the unit forbids it,"
    " name the device there (DeviceAllow=), and restart the service: drivers that come later are not seen."
)


class Findings:
    """Raises and clears what is found; each sentence is written when it changes, and at a start."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._said: dict[str, str | None] = {}
        self._asleep = ""
        self._sleepers: list[Asleep] = []
        self._look_at = 0.0
        self._twins: frozenset[str] = frozenset()

    @staticmethod
    def is_held(probed: Probed) -> bool:
        """Whether another program has the port, so that asking again soon is worth while."""
        return bool(probed.held) or any(each.found is Found.HELD for each in probed.answers)

    async def write(self, settings: ModemsConfig, probed: Iterable[Probed]) -> None:
        """Say what is wrong, and what is not any more.

        Raises:
            StoreError: it was not written; it is at the next turn.
        """
        probed = list(probed)
        wanted = bool(self._floor.rack.wanting())
        await self._look_for_sleepers(wanted or settings.discover)
        held = [_who(each) for each in probed if not each.sticks and self.is_held(each)]
        forbidden = [
            answer.sentence for each in probed if not each.sticks
            for answer in each.answers if answer.found is Found.FORBIDDEN
        ]  # fmt: skip
        stop = how_to_stop(holder for each in probed for who in each.held.values() for holder in who)
        severity: Severity = "warning" if wanted else "info"
        await self._say(
            _HELD,
            f"{'; '.join(held)}. {stop}, or name the port in modems.ignore." if held else None,
            severity,
        )
        await self._say(
            _FORBIDDEN, f"{'; '.join(forbidden)}. {_ALLOW_IT}" if forbidden else None, "warning"
        )  # fmt: skip
        await self._say(_ASLEEP, self._asleep or None, "warning")
        await self._say_twins()

    async def _look_for_sleepers(self, wanted: bool) -> None:  # noqa: FBT001
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + _LOOK_S
        found = await asyncio.to_thread(list_asleep, self._floor.machine) if wanted else []
        # Twice: a stick that was plugged in just now is a disk for a moment, and then has no ports yet.
        lasting, self._sleepers = [each for each in found if each in self._sleepers], found
        self._asleep = " ".join(
            f"The USB device {each.vid}:{each.pid} in socket {each.usb_path} is a modem, but {each.sentence}."
            for each in lasting
        )

    async def _say_twins(self) -> None:
        """Two modems of one IMEI, of which one is bound by nothing else: nobody can tell which is which."""
        rack = self._floor.rack
        by_imei: dict[str, list[str]] = {}
        for stick in rack.sticks:
            if stick.imei is not None:
                by_imei.setdefault(stick.imei, []).append(rack.holder_of(stick) or stick.port.path)
        loose = {
            entry.name for entry in self._floor.rules.modems if not (entry.iccid or entry.usb or entry.port)
        }
        twins = {imei: who for imei, who in by_imei.items() if len(who) > 1 and loose & set(who)}
        said = [
            f"{' and '.join(who)} both say that they are IMEI {imei}: bind each by iccid: or usb:."
            for imei, who in sorted(twins.items())
        ]
        new, self._twins = frozenset(twins) - self._twins, frozenset(twins)
        if await self._say(_TWINS, " ".join(said) or None, "warning") and new:
            await self._tell_twins({imei: twins[imei] for imei in new})

    async def _tell_twins(self, twins: dict[str, list[str]]) -> None:
        rules, now = self._floor.rules, self._floor.now()

        def tell(tx: Tx) -> None:
            for imei, (first, second, *_) in twins.items():
                facts = {"imei": imei, "other": first}
                modem_events.tell(tx, rules, second, "twin_imei", facts, now)

        await self._floor.store.run(tell)
        self._floor.mqtt.ring()

    async def _say(self, code: str, text: str | None, severity: Severity) -> bool:
        """Tell whether it is otherwise than before."""
        if code in self._said and self._said[code] == text:
            return False
        rules, now = self._floor.rules, self._floor.now()

        def change(tx: Tx) -> bool:
            if text is None:
                return alarms.clear_alarm(tx, rules, modem=None, code=code, now=now)
            return alarms.raise_alarm(
                tx, rules, modem=None, code=code, text=text, severity=severity, now=now
            )  # fmt: skip

        if await self._floor.store.run(change):
            self._floor.ring_alarms()
        self._said[code] = text
        return True


def _who(probed: Probed) -> str:
    held = [
        f"{path} is open in {', '.join(f'{each.command} ({each.pid})' for each in who)}"
        for path, who in probed.held.items()
    ]
    return "; ".join(held + [each.sentence for each in probed.answers if each.found is Found.HELD])
