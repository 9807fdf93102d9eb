"""How fast one modem sends: so many parts a minute at most, and a pause from one to the next."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from modemd.config.modems import ModemConfig

MINUTE_S: Final = 60.0


class Pace:
    """Tells when the next part may begin. Times are seconds of one clock that never goes back.

    A part counts from its end, when the network had it at the latest, and the next is held against that when
    it begins: so no 60 seconds see more than ``per_minute`` parts, whenever they start, and no two parts are
    nearer than ``spacing``. ``chance`` makes the pauses longer, never shorter.
    """

    def __init__(self, config: ModemConfig, chance: Random) -> None:
        self._spacing_s = config.spacing_s
        self._jitter = config.jitter
        self._chance = chance
        self._ended: deque[float] | None = deque(maxlen=config.per_minute) if config.per_minute else None
        self._spaced_at = 0.0

    @property
    def binds(self) -> bool:
        """Whether there is anything to keep to."""
        return self._ended is not None or self._spacing_s > 0

    def resume(self, ages: Sequence[float], now: float) -> None:
        """Take over what went before this process began: how long ago each part was, the oldest first."""
        for age in ages:
            self._note(now - age)
        if ages:
            self._spaced_at = now - ages[-1] + self._spacing_s

    def took(self, now: float, *, more: bool = False) -> None:
        """Note a part that has just ended; ``more``: others of its message follow, without a longer pause."""
        self._note(now)
        longer = 0.0 if more else self._jitter * self._chance.random()
        self._spaced_at = now + self._spacing_s * (1.0 + longer)

    def free_at(self) -> float:
        """When the next part may begin; it may lie in the past."""
        if self._ended is None or len(self._ended) < (self._ended.maxlen or 0):
            return self._spaced_at
        return max(self._spaced_at, self._ended[0] + MINUTE_S)

    def _note(self, at: float) -> None:
        if self._ended is not None:
            self._ended.append(at)
