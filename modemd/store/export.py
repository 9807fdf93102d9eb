"""Everything that the store holds on one account, table by table, as it stands in the rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from modemd.store.schema import inbound, message, part, report
from modemd.store.schema_accounts import (
    account,
    appointment,
    calendar,
    consent,
    consent_log,
    reminder,
    terms_plan,
    usage,
)
from modemd.store.schema_credit import (
    balance,
    credit_order,
    invoice,
    ledger,
    ledger_note,
    lot,
    objection,
    payment,
)
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx

_INNER: Final = frozenset({"digest", "route_id", "account_id", "erased_as", "file_id"})
"""What is of use to the machine alone."""
_NAMED = message.c.account == bindparam("named")
_MESSAGES = select(message.c.id).where(_NAMED)
_ENTRIES = select(ledger.c.id).where(ledger.c.account_id == bindparam("owner"))
_APPOINTMENTS = select(appointment.c.id).where(appointment.c.account_id == bindparam("owner"))


def _rows(table: Table, belongs: ColumnElement[bool]) -> tuple[tuple[str, ...], Statement]:
    columns = [column for column in table.c if column.name not in _INNER]
    key = next(iter(table.primary_key.columns))
    return tuple(column.name for column in columns), Statement(
        select(*columns).where(belongs).order_by(table.c.id if "id" in table.c else key)
    )


def _of(table: Table) -> tuple[tuple[str, ...], Statement]:
    return _rows(table, table.c.account_id == bindparam("owner"))


BY_NAME: Final = {
    "messages": _rows(message, _NAMED),
    "parts": _rows(part, part.c.message_id.in_(_MESSAGES)),
    "received": _rows(inbound, inbound.c.account == bindparam("named")),
    "reports": _rows(report, report.c.part_id.in_(select(part.c.id).where(part.c.message_id.in_(_MESSAGES)))),
}
BY_ID: Final = {
    "account": _rows(account, account.c.id == bindparam("owner")),
    "terms_changes": _of(terms_plan),
    "consents": _of(consent),
    "consent_log": _of(consent_log),
    "calendars": _of(calendar),
    "appointments": _of(appointment),
    "reminders": _rows(reminder, reminder.c.appointment_id.in_(_APPOINTMENTS)),
    "usage": _of(usage),
    "balance": _of(balance),
    "lots": _of(lot),
    "ledger": _of(ledger),
    "ledger_notes": _rows(ledger_note, ledger_note.c.entry_id.in_(_ENTRIES)),
    "orders": _of(credit_order),
    "invoices": _of(invoice),
    "payments": _of(payment),
    "objections": _of(objection),
}


def everything(tx: Tx, account_id: int, name: str) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of an account by what they are; times are microseconds since 1970."""
    found = {what: _read(tx, each, owner=account_id) for what, each in BY_ID.items()}
    return found | {what: _read(tx, each, named=name) for what, each in BY_NAME.items()}


def _read(tx: Tx, each: tuple[tuple[str, ...], Statement], **of: object) -> list[dict[str, Any]]:
    names, statement = each
    return [dict(zip(names, row, strict=True)) for row in tx.all(statement, **of)]
