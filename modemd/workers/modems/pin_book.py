"""What became of PINs, in the store: it is on disk before a PIN goes to a modem."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.errors import ConfigError, NotReady
from modemd.formats.modem_states import sentence
from modemd.modem.pins import Holder, fingerprints
from modemd.service.modems import pins as service

if TYPE_CHECKING:
    from modemd.config.modems import ModemConfig
    from modemd.service.modems.pins import Tried
    from modemd.workers.floor import Floor


def read_pin(config: ModemConfig) -> tuple[str | None, str | None]:
    """The configured PIN, or why it cannot be read: a SIM that asks for none does not need it."""
    try:
        return config.read_pin(), None
    except ConfigError as error:
        return None, str(error)


def without_pin(wanting: NotReady, unread: str) -> NotReady:
    """What keeps a modem from being ready whose PIN could not be read."""
    if wanting.state != "pin_required":
        return wanting
    return NotReady(wanting.state, sentence(wanting.state, f"The SIM wants its PIN: {unread}"))


class PinBook:
    """The store's :class:`modemd.modem.pins.Pins`. A verb may raise StoreError: no PIN is entered then."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    async def tried(self, holder: Holder, pin: str) -> Tried:
        """What became of this PIN when it was entered for this SIM."""
        prints = fingerprints(holder.sought, pin)
        return await self._floor.store.run(lambda tx: service.tried(tx, prints))

    async def trying(self, holder: Holder, pin: str) -> None:
        """To be called before a PIN is entered; what happens then may never be known."""
        sought, written, now = *_prints(holder, pin), self._floor.now()
        await self._floor.store.run(lambda tx: service.begin(tx, sought, written, holder.modem, now))

    async def refused(self, holder: Holder, pin: str) -> None:
        """The SIM did not take it."""
        _, written = _prints(holder, pin)
        now = self._floor.now()
        await self._floor.store.run(lambda tx: service.refuse(tx, written, holder.modem, now))

    async def accepted(self, holder: Holder, pin: str) -> None:
        """The SIM took it."""
        sought, written = _prints(holder, pin)
        await self._floor.store.run(lambda tx: service.strike(tx, sought | written))


def _prints(holder: Holder, pin: str) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """By what a try is looked for, and by what it is written down."""
    every = fingerprints(tuple({*holder.sought, *holder.written}), pin)
    return {key: every[key] for key in holder.sought}, {key: every[key] for key in holder.written}
