"""What a modem's task does when the modem is silent, fails, refuses everything, or finds no network."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from modemd.errors import ModemdError, NoReply, NotReady, StoreError
from modemd.gsm.causes import Verb
from modemd.service.modems.ladder import Ailment, Rung

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from modemd.errors import Refused
    from modemd.modem.modem import Modem
    from modemd.service.trouble import Decision
    from modemd.workers.modems.helping.ladder import Climbed, Ladder
    from modemd.workers.modems.orders import Orders
    from modemd.workers.modems.station import Station

log = logging.getLogger(__name__)

_SWEEPS: Final = 5
"""So many times in a row the storages could not be read: that will not mend itself."""


class Aid:
    """First aid. ``prepare`` sets the modem up; ``drop`` closes it and says how it is.

    ``give_back`` returns what was claimed and not begun: others may take it while the modem is helped.
    """

    def __init__(
        self,
        station: Station,
        ladder: Ladder,
        orders: Orders,
        prepare: Callable[[Modem], Awaitable[None]],
        drop: Callable[[Modem, str, str], Awaitable[None]],
        give_back: Callable[[], Awaitable[None]],
    ) -> None:
        self._station = station
        self._ladder = ladder
        self._orders = orders
        self._prepare = prepare
        self._drop = drop
        self._give_back = give_back

    async def silent(self, modem: Modem, silence: NoReply) -> None:
        """Get into step again and set the modem up anew, or help it further: it may be past that.

        Raises:
            StoreError: a step could not be written down, and was not taken.
        """
        log.warning("modem %s: %s", self._station.name, silence)
        if not self._rests:
            climbed = await self._climb(Ailment.SILENT, str(silence), modem)
            if climbed.rung is not Rung.RESYNC:
                return
        try:
            await modem.resync()
            await self._prepare(modem)
        except StoreError:
            raise
        except NotReady as wanting:
            await self._drop(modem, wanting.state, wanting.advice)
        except NoReply as still:
            if self._rests:
                await self._drop(modem, "silent", str(still))
            else:
                await self._climb(Ailment.SILENT, str(still), modem, resynced=True)
        except ModemdError as error:
            await self._drop(modem, "silent", str(error))

    async def mend(self, modem: Modem, decision: Decision) -> None:
        """Restart the modem, or set it up anew, before it submits anything else.

        Raises:
            StoreError: as above.
        """
        if decision.ladder and decision.verb is not Verb.PREPARE:
            await self._climb(Ailment.REFUSING, decision.reason, modem)
        elif decision.verb is Verb.RESET:
            await self._climb(Ailment.FAILING, decision.reason, modem)
        else:
            await self._drop(modem, "restarting", decision.reason)

    async def unreadable(self, modem: Modem, refused: Refused, sweeps: int) -> None:
        """The storages could not be read, ``sweeps`` times in a row.

        Raises:
            StoreError: as above.
        """
        log.warning("modem %s: %s", self._station.name, refused)
        if sweeps >= _SWEEPS and not self._rests:
            await self._climb(Ailment.STORAGE, str(refused), modem)

    async def looked(self, modem: Modem) -> None:
        """How it stands was just looked at: without network for long it is helped; well, it is let be.

        Raises:
            StoreError: as above.
        """
        if self._station.usable:
            await self._ladder.working()
        elif not self._rests:
            state = self._station.record.state
            await self._ladder.without_network(state, modem, self._let_go(modem))

    @property
    def _rests(self) -> bool:
        """Whether a person has paused it, and may be at work on it."""
        return self._orders.paused is not None

    async def _climb(self, ailment: Ailment, why: str, modem: Modem, *, resynced: bool = False) -> Climbed:
        await self._give_back()
        return await self._ladder.climb(ailment, why, modem, self._let_go(modem), resynced=resynced)

    def _let_go(self, modem: Modem) -> Callable[[str, str], Awaitable[None]]:
        return lambda state, reason: self._drop(modem, state, reason)
