"""Objections: to an invoice, to a service, to announced terms; and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, insert, select, update

from modemd.store.schema_credit import objection
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx


class ObjectionRow(NamedTuple):
    """One objection; ``kind``: invoice, service or terms; ``target``: what of these, as text."""

    id: int
    account_id: int
    kind: str
    target: str | None
    text: str
    at: int
    by: str
    decided_at: int | None
    verdict: str | None
    decided_by: str | None
    entry_id: int | None


_COLUMNS: Final = tuple(objection.c[name] for name in ObjectionRow._fields)
_ADD: Final = Statement(
    insert(objection).returning(objection.c.id), ("account_id", "kind", "target", "text", "at", "by")
)
_FIND: Final = Statement(select(*_COLUMNS).where(objection.c.id == bindparam("objection_id")))
_DECIDE: Final = Statement(
    update(objection)
    .where(objection.c.id == bindparam("objection_id"))
    .values(
        decided_at=bindparam("at_us"),
        verdict=bindparam("said"),
        decided_by=bindparam("who"),
        entry_id=bindparam("entry"),
    )
)


def add(tx: Tx, *, account_id: int, kind: str, target: str | None, text: str, at_us: int, by: str) -> int:
    """Write down an objection; return its id."""
    added = tx.scalar(_ADD, account_id=account_id, kind=kind, target=target, text=text, at=at_us, by=by)
    return int(added)


def find(tx: Tx, objection_id: int) -> ObjectionRow | None:
    """Return one objection."""
    row = tx.one(_FIND, objection_id=objection_id)
    return None if row is None else ObjectionRow._make(row)


def decide(tx: Tx, objection_id: int, verdict: str, at_us: int, *, by: str, entry_id: int | None) -> None:
    """Write down what became of an objection, and the entry of the ledger that makes it good."""
    tx.run(_DECIDE, objection_id=objection_id, at_us=at_us, said=verdict, who=by, entry=entry_id)
