"""Calling the operator's program about alarms, with the arguments of smstools3's ``alarmhandler``; no shell.

``ALARM yyyy-mm-dd hh:mm:ss SEVERITY MODEM TEXT``: the time is local, the severity a digit as syslog has it
(2 critical, 4 warning, 6 information), ``MODEMD`` stands for the gateway itself. An alarm that is over is
told as information. For programs that want more there is ``MODEMD_ALARM_STATE`` (raised, cleared),
``..._CODE``, ``..._SEVERITY`` (of the alarm itself), ``..._COUNT`` and ``..._GATEWAY`` in the environment.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from modemd.formats.modem_states import STATES, meaning_of, named
from modemd.service import alarms
from modemd.store import outbox
from modemd.store.times import to_us
from modemd.workers.program import run_program
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.formats.payloads_alarm import AlarmBody
    from modemd.store.outbox import Untold
    from modemd.workers.floor import Floor

_LIMIT_S: Final = 60.0
_AT_ONCE: Final = 1
_LOOK_S: Final = 30.0
_STALE: Final = timedelta(hours=24)
_DIGITS: Final = {"critical": "2", "warning": "4", "info": "6"}
_GATEWAY: Final = "MODEMD"


class AlarmHook(Worker):
    """Runs the program for each alarm, one after the other; one that ended badly is not called again."""

    name = "alarm hook"
    patience_s = _LIMIT_S + 60

    def __init__(self, floor: Floor, program: Sequence[str]) -> None:
        super().__init__()
        self._floor = floor
        self._program = tuple(program)

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.alarms.ring()

    async def step(self) -> None:
        """Tell the oldest alarm; wait where there is none."""
        due = await self._floor.store.run(lambda tx: outbox.untold(tx, alarms.HOOK, 0, _AT_ONCE))
        if not due:
            await self._floor.alarms.wait(_LOOK_S)
            return
        for each in due:
            await self._tell(each)
        await self._floor.store.run(lambda tx: outbox.told(tx, [each.id for each in due]))

    async def _tell(self, told: Untold) -> None:
        if told.at < to_us(self._floor.now() - _STALE):
            return  # the gateway was away for long: what is still wrong is found anew
        body: AlarmBody = json.loads(told.body or "{}")
        local = datetime.fromisoformat(body["at"]).astimezone(self._floor.zone)
        await run_program(self._program, words_of(body, local), limit_s=_LIMIT_S, extra=_environment(body))


def words_of(body: AlarmBody, local: datetime) -> list[str]:
    """The program's arguments; ``local`` is the alarm's time in the gateway's zone."""
    cleared = body["state"] == "cleared"
    severity = "info" if cleared else body["severity"]
    text = f"over: {_wrong_alone(body)}" if cleared else body["text"]
    return [
        "ALARM", f"{local:%Y-%m-%d}", f"{local:%H:%M:%S}", _DIGITS[severity], body["modem"] or _GATEWAY,
        text.replace("\0", ""),
    ]  # fmt: skip


def _wrong_alone(body: AlarmBody) -> str:
    """What was wrong, without what was to be done about it."""
    if body["code"] not in STATES:
        return body["text"]
    return body["text"].removesuffix(named(meaning_of(body["code"]).advice, body["modem"] or "")).rstrip()


def _environment(body: AlarmBody) -> dict[str, str]:
    facts = {name: body[name] for name in ("state", "code", "severity", "count", "gateway")}
    return {f"MODEMD_ALARM_{name.upper()}": str(value) for name, value in facts.items()}
