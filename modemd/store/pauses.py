"""Modems that a person has paused; they stay so until a person resumes them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, literal_column, select, update

from modemd.store.schema import modem
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_WRITE: Final = Statement(
    update(modem)
    .where(modem.c.id == bindparam("modem"))
    .values(paused_at=bindparam("at"), paused_by=bindparam("by")),
)
_PAUSED: Final = Statement(
    select(modem.c.name, modem.c.paused_at, modem.c.paused_by).where(
        modem.c.gateway == bindparam("of"), modem.c.paused_at.is_not(literal_column("NULL"))
    ),
)


def pause(tx: Tx, modem_id: int, by: str, at_us: int) -> None:
    """Pause a modem; ``by`` says who wants it and why."""
    tx.run(_WRITE, modem=modem_id, at=at_us, by=by)


def resume(tx: Tx, modem_id: int) -> None:
    """End a modem's pause."""
    tx.run(_WRITE, modem=modem_id, at=None, by=None)


def paused(tx: Tx, gateway: str) -> dict[str, tuple[int, str]]:
    """Return when (microseconds since 1970) and by whom a gateway's modems were paused, by their names."""
    return {str(name): (int(at), str(by)) for name, at, by in tx.all(_PAUSED, of=gateway)}
