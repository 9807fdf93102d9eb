"""One question about all accounts, or about one of them: two statements, so that each finds its index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam

from modemd.store.statement import Statement

if TYPE_CHECKING:
    from sqlalchemy import Select
    from sqlalchemy.sql.elements import ColumnElement

    from modemd.store.transaction import Row, Tx


class Scoped(NamedTuple):
    """A question and its narrower form."""

    of_all: Statement
    of_one: Statement

    def rows(self, tx: Tx, account_id: int | None, **values: object) -> list[Row]:
        """Return the answer for one account, or for all where ``None``."""
        if account_id is None:
            return tx.all(self.of_all, **values)
        return tx.all(self.of_one, only_account=account_id, **values)


def scoped(question: Select[Any], account: ColumnElement[int]) -> Scoped:
    """Make both; ``account`` is the column that says whose a row is."""
    return Scoped(Statement(question), Statement(question.where(account == bindparam("only_account"))))
