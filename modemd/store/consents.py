"""Who may be sent to by an account: how each number stands now, and the log of how that came about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, delete, literal_column, select
from sqlalchemy import insert as plain_insert
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema_accounts import consent, consent_log
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class ConsentRow(NamedTuple):
    """How a number stands: ``state`` is ``granted`` or ``revoked``, ``how`` ``sms`` or ``operator``."""

    recipient: str
    state: str
    at: int
    how: str
    by: str


_COLUMNS: Final = tuple(consent.c[name] for name in ConsentRow._fields)
_KEPT: Final = ("account_id", *ConsentRow._fields)
_STATE: Final = Statement(
    select(consent.c.state).where(
        consent.c.account_id == bindparam("owner"), consent.c.recipient == bindparam("phone")
    )
)
_INSERT = insert(consent)
_KEEP: Final = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["account_id", "recipient"],
        set_={name: _INSERT.excluded[name] for name in ("state", "at", "how", "by")},
    ),
    _KEPT,
)
_LOG: Final = Statement(plain_insert(consent_log), _KEPT)
_ALL: Final = Statement(
    select(*_COLUMNS).where(consent.c.account_id == bindparam("owner")).order_by(consent.c.recipient)
)
_HISTORY: Final = Statement(
    select(*(consent_log.c[name] for name in ConsentRow._fields))
    .where(consent_log.c.account_id == bindparam("owner"))
    .order_by(consent_log.c.id)
)
_STOPPED: Final = Statement(
    select(consent.c.account_id)
    .where(
        consent.c.recipient == bindparam("phone"),
        consent.c.state == literal_column("'revoked'"),
        consent.c.how == literal_column("'sms'"),
    )
    .order_by(consent.c.at.desc(), consent.c.account_id)
)
_ERASE: Final = tuple(
    Statement(delete(table).where(table.c.account_id == bindparam("owner")))
    for table in (consent, consent_log)
)


def state_of(tx: Tx, account_id: int, recipient: str) -> str | None:
    """Return how a number stands with an account: ``granted``, ``revoked``, or nothing is known."""
    found = tx.scalar(_STATE, owner=account_id, phone=recipient)
    return None if found is None else str(found)


def keep(tx: Tx, account_id: int, row: ConsentRow) -> None:
    """Write down how a number stands from now on, and log it."""
    values = {"account_id": account_id, **row._asdict()}
    tx.run(_KEEP, **values)
    tx.run(_LOG, **values)


def of_account(tx: Tx, account_id: int) -> list[ConsentRow]:
    """Return how every number stands that an account knows of, by number."""
    return [ConsentRow._make(row) for row in tx.all(_ALL, owner=account_id)]


def history(tx: Tx, account_id: int) -> list[ConsentRow]:
    """Return everything that was ever written down of an account's consents, in order."""
    return [ConsentRow._make(row) for row in tx.all(_HISTORY, owner=account_id)]


def stopped_by(tx: Tx, recipient: str) -> list[int]:
    """Return the accounts to which a number said STOP, the latest first."""
    return [int(row[0]) for row in tx.all(_STOPPED, phone=recipient)]


def erase(tx: Tx, account_id: int) -> int:
    """Remove all consents of an account, and their log; return how many numbers there were."""
    count = tx.run(_ERASE[0], owner=account_id)
    tx.run(_ERASE[1], owner=account_id)
    return count
