"""What was done about modems that did not work; it outlives a restart, so that limits hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, insert, select, update

from modemd.store.schema import modem
from modemd.store.schema_modems import recovery
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_HISTORY: Final = Statement(
    select(recovery.c.rung, recovery.c.at)
    .where(recovery.c.modem_id == bindparam("m"))
    .order_by(recovery.c.id)
)
_ADD: Final = Statement(insert(recovery), ("modem_id", "rung", "why", "at"))
_FORGET: Final = Statement(
    delete(recovery).where(recovery.c.modem_id == bindparam("m"), recovery.c.at < bindparam("before"))
)
_SOCKET: Final = Statement(select(modem.c.usb_path).where(modem.c.id == bindparam("m")))
_KEEP_SOCKET: Final = Statement(
    update(modem).where(modem.c.id == bindparam("m")).values(usb_path=bindparam("path"))
)
_SHOW: Final = Statement(
    update(modem)
    .where(modem.c.id == bindparam("m"))
    .values(rung=bindparam("now_at"), rung_at=bindparam("since"), rungs_today=bindparam("today"))
)


def socket(tx: Tx, modem_id: int) -> str | None:
    """Return the USB socket that a modem was last seen in."""
    found = tx.scalar(_SOCKET, m=modem_id)
    return None if found is None else str(found)


def keep_socket(tx: Tx, modem_id: int, usb_path: str) -> None:
    """Write down the USB socket that a modem is in: while it is switched off nobody can look."""
    tx.run(_KEEP_SOCKET, m=modem_id, path=usb_path)


def history(tx: Tx, modem_id: int) -> list[tuple[str, int]]:
    """Return ``(rung, microseconds since 1970)`` of what was done about a modem, oldest first."""
    return [(str(rung), int(at)) for rung, at in tx.all(_HISTORY, m=modem_id)]


def add(tx: Tx, modem_id: int, rung: str, why: str | None, at_us: int) -> None:
    """Write down that a step is taken, before it is."""
    tx.run(_ADD, modem_id=modem_id, rung=rung, why=why, at=at_us)


def forget(tx: Tx, modem_id: int, before_us: int) -> None:
    """Forget what was done about a modem long ago."""
    tx.run(_FORGET, m=modem_id, before=before_us)


def show(tx: Tx, modem_id: int, rung: str | None, at_us: int | None, today: int) -> None:
    """Write into the modem's row which step it is at, if any, and how many there were in a day."""
    tx.run(_SHOW, m=modem_id, now_at=rung, since=at_us, today=today)
