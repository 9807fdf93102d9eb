"""A modem that starts is waited for, but not for ever."""

from __future__ import annotations

import time
from typing import Final

from modemd.formats.modem_states import sentence

STARTS_WITHIN_S: Final = 60.0


class Patience:
    """How long a modem has asked for patience without a break. Times are those of ``time.monotonic``."""

    def __init__(self, within_s: float = STARTS_WITHIN_S) -> None:
        self._within_s = within_s
        self._since: float | None = None

    def told(self, state: str, why: str) -> tuple[str, str]:
        """What a state is taken for: one that starts for too long has a SIM that cannot be read."""
        if state != "starting":
            self._since = None
            return state, why
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if now - self._since < self._within_s:
            return state, why
        return "sim_failure", sentence(
            "sim_failure", "The modem or its SIM is busy and does not become ready"
        )

    def ended(self) -> None:
        """It is ready."""
        self._since = None

    @property
    def asked(self) -> bool:
        """Whether the modem asks for patience now."""
        return self._since is not None
