"""Accounts: who may send, how they stand, and under which terms. Every name is one account's, at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import Column, bindparam, insert, literal_column, select, update

from modemd.store.schema_accounts import account
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import BindParameter

    from modemd.store.transaction import Tx


class AccountRow(NamedTuple):
    """One account; times are microseconds since 1970.

    ``origin``: ``config`` (the configuration of ``gateway`` declares it), ``command`` (by one), ``gone``
    (declared no more). ``settings`` is JSON: the keys of its section in the configuration. ``terms_since``:
    when it came under these terms, in whichever version; ``terms_accepted_at``: in this one.
    """

    id: int
    name: str
    origin: str
    gateway: str | None
    settings: str
    state: str
    state_code: str | None
    state_reason: str | None
    state_by: str | None
    state_at: int | None
    holder: str | None
    email: str | None
    terms: str
    terms_version: int
    terms_accepted_at: int
    terms_since: int
    opened_at: int
    closed_at: int | None
    closing: int
    erased_as: bytes | None


_ROW: Final = tuple(account.c[name] for name in AccountRow._fields)
_FIND: Final = Statement(select(*_ROW).where(account.c.name == bindparam("named")))
_BY_ID: Final = Statement(select(*_ROW).where(account.c.id == bindparam("account_id")))
_ALL: Final = Statement(select(*_ROW).order_by(account.c.id))
_HOLDERS: Final = Statement(
    select(account.c.name, account.c.holder)
    .where(
        account.c.holder.is_not(literal_column("NULL")),
        account.c.state.in_([literal_column("'active'"), literal_column("'suspended'")]),
        account.c.origin != literal_column("'gone'"),
    )
    .order_by(account.c.id)
)
_NEW_COLUMNS: Final = (
    "name", "origin", "gateway", "settings", "holder", "email", "terms", "terms_version",
    "terms_accepted_at", "terms_since", "opened_at",
)  # fmt: skip
_ADD: Final = Statement(insert(account).returning(account.c.id), _NEW_COLUMNS)


def find(tx: Tx, name: str) -> AccountRow | None:
    """Return the account of that name."""
    row = tx.one(_FIND, named=name)
    return None if row is None else AccountRow._make(row)


def find_by_id(tx: Tx, account_id: int) -> AccountRow | None:
    """Return one account."""
    row = tx.one(_BY_ID, account_id=account_id)
    return None if row is None else AccountRow._make(row)


def all_accounts(tx: Tx) -> list[AccountRow]:
    """Return every account that there ever was, the oldest first."""
    return [AccountRow._make(row) for row in tx.all(_ALL)]


def open_of_holder(tx: Tx, holder: str) -> list[str]:
    """Return the names of a holder's accounts that are open, whatever the case of its letters."""
    wanted = _folded(holder)
    return [str(name) for name, held_by in tx.all(_HOLDERS) if _folded(held_by) == wanted]


def _folded(holder: str) -> str:
    """A name as it is compared: the databases differ in what they know of letters."""
    return " ".join(holder.split()).casefold()


def add(
    tx: Tx,
    name: str,
    *,
    origin: str,
    gateway: str | None,
    settings: str,
    holder: str | None,
    email: str | None,
    terms: str,
    terms_version: int,
    at_us: int,
) -> int:
    """Add an account, open from ``at_us`` on; return its id."""
    added = tx.scalar(
        _ADD, name=name, origin=origin, gateway=gateway, settings=settings, holder=holder, email=email,
        terms=terms, terms_version=terms_version, terms_accepted_at=at_us, terms_since=at_us,
        opened_at=at_us,
    )  # fmt: skip
    return int(added)


def _setting(*columns: str) -> Statement:
    values: dict[Column[Any], BindParameter[Any]] = {
        account.c[name]: bindparam(f"new_{name}") for name in columns
    }
    return Statement(update(account).where(account.c.id == bindparam("account_id")).values(values))


_DECLARE: Final = _setting("origin", "gateway", "settings", "holder", "email")
_STATE: Final = _setting("state", "state_code", "state_reason", "state_by", "state_at", "closed_at")
_TERMS: Final = _setting("terms", "terms_version", "terms_accepted_at")
_OTHER_TERMS: Final = _setting("terms", "terms_version", "terms_accepted_at", "terms_since")
_RENAME: Final = _setting(
    "name",
    "settings",
    "holder",
    "email",
    "gateway",
    "state",
    "state_reason",
    "state_by",
    "state_at",
    "erased_as",
)


def _change(tx: Tx, statement: Statement, account_id: int, values: Mapping[str, object]) -> None:
    tx.run(statement, account_id=account_id, **{f"new_{name}": value for name, value in values.items()})


def declare(
    tx: Tx,
    account_id: int,
    *,
    origin: str,
    gateway: str | None,
    settings: str,
    holder: str | None,
    email: str | None,
) -> None:
    """Write down where an account is declared, and what is said of it there."""
    _change(
        tx,
        _DECLARE,
        account_id,
        {"origin": origin, "gateway": gateway, "settings": settings, "holder": holder, "email": email},
    )


def set_state(
    tx: Tx,
    account_id: int,
    state: str,
    at_us: int,
    *,
    code: str | None,
    reason: str | None,
    by: str,
    closed_at: int | None = None,
) -> None:
    """Write down how an account stands from now on, why, and by whose word."""
    _change(
        tx,
        _STATE,
        account_id,
        {
            "state": state,
            "state_code": code,
            "state_reason": reason,
            "state_by": by,
            "state_at": at_us,
            "closed_at": closed_at,
        },
    )


def set_terms(tx: Tx, account_id: int, terms: str, version: int, at_us: int, *, anew: bool = True) -> None:
    """Write down which terms an account accepted, and when.

    ``anew``: they are others than before, not only another version, so that what they count begins now.
    """
    values = {"terms": terms, "terms_version": version, "terms_accepted_at": at_us}
    if anew:
        _change(tx, _OTHER_TERMS, account_id, values | {"terms_since": at_us})
    else:
        _change(tx, _TERMS, account_id, values)


_CLOSING: Final = Statement(
    select(*_ROW).where(account.c.closing == literal_column("1")).order_by(account.c.id)
)
_SET_CLOSING: Final = _setting("closing")


def closing(tx: Tx) -> list[AccountRow]:
    """Return closed accounts of which messages have yet to be cancelled."""
    return [AccountRow._make(row) for row in tx.all(_CLOSING)]


def set_closing(tx: Tx, account_id: int, *, unfinished: bool) -> None:
    """Note whether messages of a closed account have yet to be cancelled."""
    _change(tx, _SET_CLOSING, account_id, {"closing": int(unfinished)})


def anonymise(tx: Tx, account_id: int, name: str, erased_as: bytes, at_us: int) -> None:
    """Take everything personal out of an account's row; it stays, since the books name it."""
    _change(
        tx,
        _RENAME,
        account_id,
        {
            "name": name,
            "settings": "{}",
            "holder": None,
            "email": None,
            "gateway": None,
            "state": "erased",
            "state_reason": None,
            "state_by": "",
            "state_at": at_us,
            "erased_as": erased_as,
        },
    )
