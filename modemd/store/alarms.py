"""Alarms: what is wrong now, and what was. An alarm is open until it is cleared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, insert, literal_column, select, update

from modemd.store.schema_modems import alarm
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class AlarmRow(NamedTuple):
    """One alarm; ``modem`` is empty where it is the gateway's own. Times are microseconds since 1970."""

    id: int
    gateway: str
    modem: str
    code: str
    severity: str
    text: str
    count: int  # type: ignore[assignment]  # as its column is called; nobody counts in a row
    raised_at: int
    last_at: int
    cleared_at: int | None


_ROWS = select(*(alarm.c[name] for name in AlarmRow._fields))
_OPEN = alarm.c.cleared_at.is_(literal_column("NULL"))
_THIS = (
    (alarm.c.gateway == bindparam("g")) & (alarm.c.modem == bindparam("m")) & (alarm.c.code == bindparam("k"))
)
_FIND: Final = Statement(_ROWS.where(_OPEN, _THIS))
_ALL_OPEN: Final = Statement(_ROWS.where(_OPEN).order_by(alarm.c.gateway, alarm.c.id))
_OPEN_HERE: Final = Statement(_ROWS.where(_OPEN, alarm.c.gateway == bindparam("g")).order_by(alarm.c.id))
_OF_MODEM: Final = Statement(
    _ROWS.where(_OPEN, alarm.c.gateway == bindparam("g"), alarm.c.modem == bindparam("m")).order_by(
        alarm.c.id
    )
)
_ADD: Final = Statement(
    insert(alarm), ("gateway", "modem", "code", "severity", "text", "raised_at", "last_at")
)
_AGAIN: Final = Statement(
    update(alarm)
    .where(alarm.c.id == bindparam("alarm_id"))
    .values(
        count=alarm.c.count + literal_column("1"), severity=bindparam("to"), text=bindparam("said"),
        last_at=bindparam("at"),
    )
)  # fmt: skip
_CLEAR: Final = Statement(
    update(alarm).where(alarm.c.id == bindparam("alarm_id")).values(cleared_at=bindparam("at"))
)
_FORGET: Final = Statement(delete(alarm).where(alarm.c.cleared_at < bindparam("before")))


def find(tx: Tx, gateway: str, modem: str, code: str) -> AlarmRow | None:
    """Return the open alarm of this kind."""
    row = tx.one(_FIND, g=gateway, m=modem, k=code)
    return None if row is None else AlarmRow._make(row)


def open_alarms(tx: Tx, gateway: str | None = None, modem: str | None = None) -> list[AlarmRow]:
    """Return what is wrong now, oldest first: of every gateway, of one, or of one's modem."""
    if gateway is None:
        rows = tx.all(_ALL_OPEN)
    elif modem is None:
        rows = tx.all(_OPEN_HERE, g=gateway)
    else:
        rows = tx.all(_OF_MODEM, g=gateway, m=modem)
    return [AlarmRow._make(row) for row in rows]


def add(tx: Tx, gateway: str, modem: str, code: str, severity: str, text: str, at_us: int) -> None:
    """Open an alarm; there must be no open one of this kind."""
    tx.run(
        _ADD, gateway=gateway, modem=modem, code=code, severity=severity, text=text, raised_at=at_us,
        last_at=at_us,
    )  # fmt: skip


def again(tx: Tx, alarm_id: int, severity: str, text: str, at_us: int) -> None:
    """Count an open alarm once more, and renew what it says."""
    tx.run(_AGAIN, alarm_id=alarm_id, to=severity, said=text, at=at_us)


def clear(tx: Tx, alarm_id: int, at_us: int) -> None:
    """Close an alarm."""
    tx.run(_CLEAR, alarm_id=alarm_id, at=at_us)


def forget(tx: Tx, before_us: int) -> int:
    """Forget alarms that were cleared before; return how many."""
    return tx.run(_FORGET, before=before_us)
