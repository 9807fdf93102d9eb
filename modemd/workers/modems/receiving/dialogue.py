"""USSD dialogues that the network opens: told, and ended where nobody answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.service.modems import dialogues

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modemd.gsm.ussd import UssdCode
    from modemd.modem.modem import Modem
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

PATIENCE_S: Final = 60.0
"""So long an answer to what the network asks is waited for; it takes no other code meanwhile."""


class Dialogue:
    """What the network says to one modem without having been asked. Times are the monotonic clock's."""

    def __init__(self, floor: Floor, name: str) -> None:
        self.until = float("inf")
        """When the dialogue that is open is ended; far away where there is none."""
        self._floor = floor
        self._name = name
        self._untold: list[UssdCode] = []

    def hear(self, said: Sequence[UssdCode], now: float) -> None:
        """Take what was said."""
        self._untold += said
        if said:
            self.until = now + PATIENCE_S if said[-1].mode == dialogues.AWAITED else float("inf")

    def answered(self) -> None:
        """Somebody answers, or asks for something else: it is theirs now."""
        self.until = float("inf")

    async def turn(self, modem: Modem, now: float) -> bool:
        """Tell what is not told, end what nobody answers; tell whether there was anything.

        Raises:
            NoReply: the modem has to be brought back into step.
            PortLost: it is gone.
            StoreError: it is not told yet.
        """
        if self._untold:
            log.info("modem %s: the network says something unasked (USSD)", self._name)
            untold = list(self._untold)
            await self._floor.store.run(lambda tx: self._take(tx, untold))
            del self._untold[: len(untold)]
            self._floor.ring_tellers()
            return True
        if now < self.until:
            return False
        self.answered()
        log.info("modem %s: nobody answers what the network asks (USSD): it is ended", self._name)
        await modem.end_ussd()
        return True

    def _take(self, tx: Tx, untold: Sequence[UssdCode]) -> None:
        now, rules = self._floor.now(), self._floor.rules
        for said in untold:
            dialogues.take(tx, rules, self._name, said, now)
