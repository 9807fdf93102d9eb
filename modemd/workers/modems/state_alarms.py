"""When a modem's state becomes an alarm, and when it is over: by the table of states, and by nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from modemd.formats.modem_states import STATES, meaning_of, named, sentence
from modemd.service.alarms import clear_alarm, open_alarms, raise_alarm

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class AlarmChange:
    """What is to be written: alarms of other states than ``state`` cleared, and ``text``, if any, raised."""

    state: str
    text: str
    clears: bool


class StateAlarms:
    """The alarms of one modem's states. They outlive a restart of the gateway: the store has them."""

    def __init__(self, modem: str) -> None:
        self._modem = modem
        self._state: str | None = None
        self._since: datetime | None = None
        self._cleared = False
        self._raised = ""

    def due(self, state: str, why: str | None, now: datetime) -> AlarmChange | None:
        """What a state brings about now; ``None``: nothing. ``now`` is aware."""
        meaning = meaning_of(state)
        if meaning.passing:
            return None
        if state != self._state or self._since is None:
            self._state, self._since, self._cleared, self._raised = state, now, False, ""
        lasted_s = (now - self._since).total_seconds()
        due = meaning.alarms and lasted_s >= meaning.after_s
        text = f"Modem {self._modem}: {named(sentence(state, why), self._modem)}" if due else ""
        if self._cleared and text in {"", self._raised}:
            return None
        return AlarmChange(state, text, not self._cleared)

    def write(self, tx: Tx, rules: Rules, change: AlarmChange, now: datetime) -> bool:
        """Raise and clear what is to be; return whether there is anything to tell."""
        told = False
        if change.clears:
            for each in open_alarms(tx, rules.gateway):
                if each.modem == self._modem and each.code in STATES and each.code != change.state:
                    told |= clear_alarm(tx, rules, modem=self._modem, code=each.code, now=now)
        concern = meaning_of(change.state).concern
        if change.text and concern != "none":
            told |= raise_alarm(
                tx, rules, modem=self._modem, code=change.state, text=change.text, severity=concern, now=now
            )
        return told

    def written(self, change: AlarmChange) -> None:
        """The change is on disk."""
        self._cleared, self._raised = True, change.text
