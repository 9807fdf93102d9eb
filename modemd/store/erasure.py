"""Taking a closed account's personal data out of every table. The books stay: they hold credits and times."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, exists, func, literal_column, select, update

from modemd.store.schema import (
    concat,
    conversation,
    inbound,
    inbound_part,
    message,
    outbox,
    part,
    report,
    route,
    spool_file,
)
from modemd.store.schema_accounts import appointment, calendar, reminder, terms_plan
from modemd.store.schema_credit import (
    account_told,
    credit_order,
    credit_wait,
    invoice,
    ledger,
    ledger_note,
    objection,
    payment,
)
from modemd.store.schema_modems import sticky
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx

_NULL: Final[ColumnElement[str]] = literal_column("NULL")
_NOTHING: Final[ColumnElement[str]] = literal_column("''")
_MINE = select(message.c.id).where(message.c.account == bindparam("named"))
_PARTS = select(part.c.id).where(part.c.message_id.in_(_MINE))
_OTHER = message.alias("other")

UNSETTLED: Final = Statement(
    select(func.count()).where(
        part.c.message_id.in_(_MINE),
        part.c.state.in_([literal_column(each) for each in ("0", "2", "7", "8")]),
    )
)
TEXTS: Final = Statement(
    select(message.c.destination, message.c.text)
    .where(
        message.c.account == bindparam("named"),
        message.c.destination.is_not(_NULL),
        message.c.text.is_not(_NULL),
    )
    .distinct()
)
RECEIVED: Final = Statement(
    select(inbound.c.modem, inbound.c.id).where(inbound.c.account == bindparam("named"))
)
REPORTED: Final = Statement(select(report.c.modem, report.c.id).where(report.c.part_id.in_(_PARTS)))

_ANOTHERS = calendar.alias("anothers")
UIDS: Final = Statement(
    select(calendar.c.uid).where(
        calendar.c.account_id == bindparam("owner"),
        ~exists().where(_ANOTHERS.c.uid == calendar.c.uid, _ANOTHERS.c.account_id != calendar.c.account_id),
    )
)

# In this order: what is found by way of other rows goes before those. By what is counted.
BY_NAME: Final[tuple[tuple[str, Statement], ...]] = tuple(
    (counted, Statement(clause))
    for counted, clause in (
        ("reports", delete(report).where(report.c.part_id.in_(_PARTS))),
        ("events", delete(outbox).where(outbox.c.message_id.in_(_MINE))),
        (
            "events",
            delete(outbox).where(
                outbox.c.inbound_id.in_(select(inbound.c.id).where(inbound.c.account == bindparam("named")))
            ),
        ),
        (
            "",
            delete(concat).where(
                concat.c.destination.in_(
                    select(message.c.destination).where(message.c.account == bindparam("named"))
                ),
                ~exists().where(
                    _OTHER.c.destination == concat.c.destination, _OTHER.c.account != bindparam("named")
                ),
            ),
        ),
        (
            "",
            delete(sticky).where(
                sticky.c.recipient.in_(select(part.c.recipient).where(part.c.message_id.in_(_MINE)))
            ),
        ),
        ("", delete(reminder).where(reminder.c.message_id.in_(_MINE))),
        ("", delete(credit_wait).where(credit_wait.c.message_id.in_(_MINE))),
        (
            "",
            delete(spool_file).where(
                spool_file.c.id.in_(select(message.c.file_id).where(message.c.account == bindparam("named")))
            ),
        ),
        ("", update(part).where(part.c.message_id.in_(_MINE)).values(
            pdu=_NOTHING, recipient=_NULL, awaiting=literal_column("0"), error_reason=_NULL,
        )),
        ("received", delete(inbound).where(inbound.c.account == bindparam("named"))),
        ("", delete(inbound_part).where(inbound_part.c.account == bindparam("named"))),
        ("", delete(conversation).where(conversation.c.account == bindparam("named"))),
    )
)  # fmt: skip
MESSAGES: Final = Statement(
    update(message)
    .where(message.c.account == bindparam("named"))
    .values(
        account=bindparam("renamed"), destination=_NULL, text=_NULL, note=_NULL, client_id=_NULL,
        digest=_NULL, file_id=_NULL, error_reason=_NULL,
        ended_at=func.coalesce(message.c.ended_at, bindparam("at")),
    )
)  # fmt: skip
EVENTS: Final = Statement(delete(outbox).where(outbox.c.topic == bindparam("below")))
ROUTES: Final = Statement(
    update(route).where(route.c.key == bindparam("key_was")).values(key=bindparam("key_to"))
)

_ENTRIES = select(ledger.c.id).where(ledger.c.account_id == bindparam("owner"))
BY_ID: Final[tuple[tuple[str, Statement], ...]] = tuple(
    (counted, Statement(clause))
    for counted, clause in (
        (
            "",
            delete(reminder).where(
                reminder.c.appointment_id.in_(
                    select(appointment.c.id).where(appointment.c.account_id == bindparam("owner"))
                )
            ),
        ),
        ("appointments", delete(appointment).where(appointment.c.account_id == bindparam("owner"))),
        ("calendars", delete(calendar).where(calendar.c.account_id == bindparam("owner"))),
        ("", delete(account_told).where(account_told.c.account_id == bindparam("owner"))),
        ("notes", delete(ledger_note).where(ledger_note.c.entry_id.in_(_ENTRIES))),
        (
            "invoices",
            update(invoice)
            .where(invoice.c.account_id == bindparam("owner"))
            .values(holder=_NULL, holder_lines=_NULL),
        ),
        (
            "orders",
            update(credit_order)
            .where(credit_order.c.account_id == bindparam("owner"))
            .values(client_id=_NULL, ordered_by=_NOTHING),
        ),
        (
            "payments",
            update(payment)
            .where(payment.c.account_id == bindparam("owner"))
            .values(
                ref=literal_column("'erased-' || id"),
                by=_NOTHING,
                charged_back_by=_NULL,
            ),
        ),
        (
            "objections",
            update(objection)
            .where(objection.c.account_id == bindparam("owner"))
            .values(text=_NOTHING, by=_NOTHING, decided_by=_NULL, target=_NULL),
        ),
        ("", update(terms_plan).where(terms_plan.c.account_id == bindparam("owner")).values(by=_NOTHING)),
    )
)


def unsettled(tx: Tx, account: str) -> int:
    """Return how many parts of an account wait, are with a modem, or are in doubt."""
    return int(tx.scalar(UNSETTLED, named=account))


def sent_texts(tx: Tx, account: str) -> frozenset[tuple[str, str]]:
    """Return destination and text of an account's messages, as far as they are kept: its files have them."""
    return frozenset((str(to), str(text)) for to, text in tx.all(TEXTS, named=account))


def calendar_uids(tx: Tx, account_id: int) -> frozenset[str]:
    """Return the ``UID`` of each calendar that this account has, and no other: its files have them."""
    return frozenset(str(row[0]) for row in tx.all(UIDS, owner=account_id))


def told_files(tx: Tx, account: str) -> list[tuple[str, str, int]]:
    """Return ``(directory, modem, id)`` of what an account received and was reported: so files are named."""
    return [
        (directory, str(modem), int(row_id))
        for directory, statement in (("incoming", RECEIVED), ("report", REPORTED))
        for modem, row_id in tx.all(statement, named=account)
    ]


def erase_rows(
    tx: Tx, account_id: int, account: str, renamed: str, topics: Iterable[str], at_us: int
) -> dict[str, int]:
    """Take everything personal out; return how many rows of what that concerned."""
    counts: dict[str, int] = {}
    for counted, statement in BY_NAME:
        counts[counted] = counts.get(counted, 0) + tx.run(statement, named=account)
    counts["messages"] = tx.run(MESSAGES, named=account, renamed=renamed, at=at_us)
    for topic in topics:
        counts["events"] += tx.run(EVENTS, below=topic)
    for kind in ("stopped", "quiet"):
        tx.run(ROUTES, key_was=f"{kind}:{account}", key_to=f"{kind}:{renamed}")
    for counted, statement in BY_ID:
        counts[counted] = counts.get(counted, 0) + tx.run(statement, owner=account_id)
    counts.pop("")
    return counts
