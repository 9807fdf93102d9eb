"""Messages on the way out: writing them with their parts, and finding them again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, insert, literal_column, select, update

from modemd.store.keys import Keys
from modemd.store.schema import concat, message, part
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Row, Tx

MESSAGE_COLUMNS: Final = (
    "id", "account", "client_id", "digest", "source", "file_id", "destination", "text", "coding", "state",
    "priority", "route_id", "report", "part_count", "retries", "credits", "accepted_at", "deadline_at",
    "note", "gateway",
)  # fmt: skip
PART_COLUMNS: Final = (
    "message_id", "part_no", "part_count", "state", "route_id", "priority", "pdu", "tpdu_length", "recipient",
    "not_before_at",
)  # fmt: skip

INSERT_MESSAGE: Final = Statement(insert(message), MESSAGE_COLUMNS)
INSERT_PART: Final = Statement(insert(part), PART_COLUMNS)


class MessageRow(NamedTuple):
    """What an event about a message needs to know."""

    id: int
    account: str
    client_id: str | None
    source: str
    file_id: int | None
    destination: str
    state: str
    route_id: int
    report: int
    part_count: int
    parts_done: int
    retries: int
    credits: int
    submitted_at: int | None
    deadline_at: int | None
    modem: str | None
    error_code: str | None
    error_reason: str | None


EVENT_COLUMNS: Final = tuple(message.c[name] for name in MessageRow._fields)
SELECT_MESSAGE: Final = Statement(select(*EVENT_COLUMNS).where(message.c.id == bindparam("id")))


def find_message(tx: Tx, message_id: int) -> MessageRow | None:
    """Return one message."""
    row = tx.one(SELECT_MESSAGE, id=message_id)
    return None if row is None else MessageRow._make(row)


class MessageTimes(NamedTuple):
    """When things happened to a message, in microseconds since 1970."""

    accepted_at: int
    submitted_at: int | None
    sent_at: int | None
    ended_at: int | None
    deadline_at: int | None


_TIMES: Final = Statement(
    select(*(message.c[name] for name in MessageTimes._fields)).where(message.c.id == bindparam("id")),
)


def times_of(tx: Tx, message_id: int) -> MessageTimes:
    """Return the times of a message that exists."""
    row = tx.one(_TIMES, id=message_id)
    assert row is not None, "no such message"
    return MessageTimes._make(row)


# --- identifiers -------------------------------------------------------------------------------------------
_KEYS: Final = Keys("message")


def next_message_id(tx: Tx, count: int = 1) -> int:
    """Take the keys of so many messages that are written in this transaction; return the first."""
    return _KEYS.take(tx, count)


# --- the same request again --------------------------------------------------------------------------------
_BY_CLIENT: Final = Statement(
    select(message.c.id, message.c.digest, message.c.state).where(
        message.c.account == bindparam("account"), message.c.client_id == bindparam("client_id"),
    ),
)  # fmt: skip


def find_by_client(tx: Tx, account: str, client_id: str) -> Row | None:
    """Return ``(id, digest, state)`` of an account's message with this ``client_id``."""
    return tx.one(_BY_CLIENT, account=account, client_id=client_id)


# --- concatenation references ------------------------------------------------------------------------------
_NEXT_CONCAT: Final = Statement(
    update(concat)
    .where(concat.c.destination == bindparam("d"))
    .values(
        concat_ref=(concat.c.concat_ref + literal_column("1")) % literal_column("65536"),
        used_at=bindparam("at"),
    )
    .returning(concat.c.concat_ref),
)
_FIRST_CONCAT: Final = Statement(insert(concat), ("destination", "concat_ref", "used_at"))


def next_concat_ref(tx: Tx, destination: str, at_us: int) -> int:
    """Count up per destination, so that two messages to one phone never share a concatenation reference."""
    concat_ref = tx.scalar(_NEXT_CONCAT, d=destination, at=at_us)
    if concat_ref is None:
        tx.run(_FIRST_CONCAT, destination=destination, concat_ref=0, used_at=at_us)
        return 0
    return int(concat_ref)
