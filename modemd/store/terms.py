"""The versions of terms that were ever in force, the changes that are planned, and the days that were run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from modemd.store.schema_accounts import terms_plan, terms_run, terms_version
from modemd.store.scope import scoped
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Tx


class VersionRow(NamedTuple):
    """One version of terms; ``rules`` is JSON, ``at`` when it was first seen, in microseconds since 1970."""

    terms: str
    version: int
    rules: str
    at: int


class PlanRow(NamedTuple):
    """A change of an account's terms that was announced; times are microseconds since 1970.

    ``state``: ``planned``, ``applied``, ``objected`` (it waits for a decision) or ``withdrawn``.
    """

    id: int
    account_id: int
    terms: str
    version: int
    announced_at: int
    effective_at: int
    state: str
    by: str


_VERSION: Final = tuple(terms_version.c[name] for name in VersionRow._fields)
_VERSIONS: Final = Statement(select(*_VERSION).order_by(terms_version.c.terms, terms_version.c.version))
_ADD_VERSION: Final = Statement(insert(terms_version), VersionRow._fields)

_PLAN: Final = tuple(terms_plan.c[name] for name in PlanRow._fields)
_PLANNED: Final[ColumnElement[str]] = literal_column("'planned'")
_ADD_PLAN: Final = Statement(
    insert(terms_plan).returning(terms_plan.c.id),
    ("account_id", "terms", "version", "announced_at", "effective_at", "state", "by"),
)
_FIND_PLAN: Final = Statement(select(*_PLAN).where(terms_plan.c.id == bindparam("plan")))
_PLANS_OF: Final = Statement(
    select(*_PLAN).where(terms_plan.c.account_id == bindparam("owner")).order_by(terms_plan.c.id)
)
_DUE: Final = scoped(
    select(*_PLAN)
    .where(terms_plan.c.state == _PLANNED, terms_plan.c.effective_at <= bindparam("at"))
    .order_by(terms_plan.c.effective_at, terms_plan.c.id),
    terms_plan.c.account_id,
)
_SET_PLAN: Final = Statement(
    update(terms_plan).where(terms_plan.c.id == bindparam("plan")).values(state=bindparam("new_state"))
)
_NEWEST_DAY: Final = Statement(select(func.max(terms_run.c.day)))
_NOTE_DAY: Final = Statement(
    upsert(terms_run).on_conflict_do_nothing(index_elements=["day"]), ("day", "gateway", "at")
)


def versions(tx: Tx) -> list[VersionRow]:
    """Return every version of every terms, the oldest of each first."""
    return [VersionRow._make(row) for row in tx.all(_VERSIONS)]


def add_version(tx: Tx, row: VersionRow) -> None:
    """Write down a version; it is never changed."""
    tx.run(_ADD_VERSION, **row._asdict())


def add_plan(
    tx: Tx, account_id: int, terms: str, version: int, *, announced_us: int, effective_us: int, by: str
) -> int:
    """Write down a planned change; return its id."""
    added = tx.scalar(
        _ADD_PLAN, account_id=account_id, terms=terms, version=version, announced_at=announced_us,
        effective_at=effective_us, state="planned", by=by,
    )  # fmt: skip
    return int(added)


def find_plan(tx: Tx, plan_id: int) -> PlanRow | None:
    """Return one planned change."""
    row = tx.one(_FIND_PLAN, plan=plan_id)
    return None if row is None else PlanRow._make(row)


def plans_of(tx: Tx, account_id: int) -> list[PlanRow]:
    """Return every change that was ever announced to an account, the oldest first."""
    return [PlanRow._make(row) for row in tx.all(_PLANS_OF, owner=account_id)]


def plans_due(tx: Tx, at_us: int, account_id: int | None = None) -> list[PlanRow]:
    """Return the changes that take effect by now, of one account or of all."""
    return [PlanRow._make(row) for row in _DUE.rows(tx, account_id, at=at_us)]


def set_plan(tx: Tx, plan_id: int, state: str) -> None:
    """Write down what became of a planned change."""
    tx.run(_SET_PLAN, plan=plan_id, new_state=state)


def newest_day(tx: Tx) -> str | None:
    """Return the newest day, as ``2026-01-31``, that the terms were applied for."""
    found = tx.scalar(_NEWEST_DAY)
    return None if found is None else str(found)


def note_day(tx: Tx, day: str, gateway: str, at_us: int) -> None:
    """Write down that a day's application is done; a day that was done stays as it is."""
    tx.run(_NOTE_DAY, day=day, gateway=gateway, at=at_us)
