"""The network that a modem was last seen on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select

from modemd.store.schema import modem
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_SEEN: Final = Statement(
    select(modem.c.technology, modem.c.registration).where(modem.c.id == bindparam("modem_id")),
)


def seen(tx: Tx, modem_id: int) -> tuple[str | None, int | None]:
    """Return the technology and the registration (``stat`` of 27.007, 7.2), as far as they are known."""
    row = tx.one(_SEEN, modem_id=modem_id)
    return (None, None) if row is None else (row[0], row[1])
