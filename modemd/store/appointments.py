"""Appointments, and the messages that remind of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, exists, func, insert, literal_column, select, update

from modemd.store.schema import message
from modemd.store.schema_accounts import appointment, reminder
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Tx


class AppointmentRow(NamedTuple):
    """One appointment; ``at`` is in microseconds since 1970.

    ``revision`` counts how often it was planned; ``digest`` is what it was planned from, empty where nothing
    came of it.
    """

    id: int
    account_id: int
    key: str | None
    calendar_id: int | None
    at: int
    revision: int
    digest: bytes
    state: str


class ReminderRow(NamedTuple):
    """One message that reminds, and how it stands."""

    message_id: int
    lead_s: int
    revision: int
    client_id: str | None
    state: str


_ROW: Final = tuple(appointment.c[name] for name in AppointmentRow._fields)
_BY_KEY: Final = Statement(
    select(*_ROW).where(
        appointment.c.account_id == bindparam("owner"), appointment.c.key == bindparam("named")
    )
)
_BY_ID: Final = Statement(select(*_ROW).where(appointment.c.id == bindparam("wanted")))
_ANY: Final = Statement(select(func.max(appointment.c.id)))
_NEW: Final = ("account_id", "key", "calendar_id", "at", "digest")
_ADD: Final = Statement(insert(appointment).returning(appointment.c.id), _NEW)
_CHANGE: Final = Statement(
    update(appointment)
    .where(appointment.c.id == bindparam("wanted"))
    .values(
        at=bindparam("new_at"), revision=bindparam("new_revision"), digest=bindparam("new_digest"),
        state=bindparam("new_state"),
    )
)  # fmt: skip
_ADD_REMINDER: Final = Statement(insert(reminder), ("message_id", "appointment_id", "lead_s", "revision"))
_REMINDERS: Final = Statement(
    select(
        reminder.c.message_id, reminder.c.lead_s, reminder.c.revision, message.c.client_id, message.c.state
    )
    .join(message, message.c.id == reminder.c.message_id)
    .where(reminder.c.appointment_id == bindparam("of"))
    .order_by(reminder.c.message_id)
)  # fmt: skip
_OF_MESSAGE: Final = Statement(
    select(*_ROW, reminder.c.revision)
    .join(reminder, reminder.c.appointment_id == appointment.c.id)
    .where(reminder.c.message_id == bindparam("message"))
)
_OF_CALENDAR: Final = Statement(
    select(*_ROW)
    .where(
        appointment.c.calendar_id == bindparam("calendar"),
        appointment.c.at > bindparam("after"),
        appointment.c.state == literal_column("'planned'"),
    )
    .order_by(appointment.c.at)
)
_FORGET_REMINDERS: Final = Statement(
    delete(reminder).where(
        exists().where(appointment.c.id == reminder.c.appointment_id, appointment.c.at < bindparam("before"))
    )
)
_FORGET: Final = Statement(delete(appointment).where(appointment.c.at < bindparam("before")))


def find(tx: Tx, account_id: int, key: str) -> AppointmentRow | None:
    """Return an account's appointment of that name."""
    row = tx.one(_BY_KEY, owner=account_id, named=key)
    return None if row is None else _made(row)


def find_by_id(tx: Tx, appointment_id: int) -> AppointmentRow | None:
    """Return one appointment."""
    row = tx.one(_BY_ID, wanted=appointment_id)
    return None if row is None else _made(row)


def are_any(tx: Tx) -> bool:
    """Tell whether there is any appointment at all."""
    return tx.scalar(_ANY) is not None


def add(tx: Tx, account_id: int, key: str | None, at_us: int, digest: bytes, calendar_id: int | None) -> int:
    """Add an appointment, and return its id."""
    added = tx.scalar(_ADD, account_id=account_id, key=key, calendar_id=calendar_id, at=at_us, digest=digest)
    return int(added)


def change(tx: Tx, appointment_id: int, *, at_us: int, revision: int, digest: bytes, state: str) -> None:
    """Write down when an appointment is now, or that it is ``cancelled``."""
    tx.run(
        _CHANGE, wanted=appointment_id, new_at=at_us, new_revision=revision, new_digest=digest,
        new_state=state,
    )  # fmt: skip


def add_reminders(tx: Tx, appointment_id: int, revision: int, messages: Iterable[tuple[int, int]]) -> None:
    """Write down which messages remind of an appointment: ``(message, lead in seconds)`` each."""
    rows: list[dict[str, object]] = [
        {"message_id": message_id, "appointment_id": appointment_id, "lead_s": lead_s, "revision": revision}
        for message_id, lead_s in messages
    ]
    tx.many(_ADD_REMINDER, rows)


def reminders_of(tx: Tx, appointment_id: int) -> list[ReminderRow]:
    """Return every message that reminds, or reminded, of an appointment, in the order of their acceptance."""
    return [ReminderRow._make(row) for row in tx.all(_REMINDERS, of=appointment_id)]


def of_message(tx: Tx, message_id: int) -> tuple[AppointmentRow, int] | None:
    """Return what a message reminds of, and as of which revision; ``None``: it is no reminder."""
    row = tx.one(_OF_MESSAGE, message=message_id)
    return None if row is None else (_made(row[:-1]), int(row[-1]))


def of_calendar(tx: Tx, calendar_id: int, after_us: int) -> list[AppointmentRow]:
    """Return the appointments of a calendar that are planned and come after a moment."""
    return [_made(row) for row in tx.all(_OF_CALENDAR, calendar=calendar_id, after=after_us)]


def forget(tx: Tx, before_us: int) -> int:
    """Forget the appointments before a moment; return how many."""
    tx.run(_FORGET_REMINDERS, before=before_us)
    return tx.run(_FORGET, before=before_us)


def _made(row: tuple[object, ...]) -> AppointmentRow:
    made = AppointmentRow._make(row)
    return made._replace(digest=bytes(made.digest))
