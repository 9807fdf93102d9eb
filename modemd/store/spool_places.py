"""Where each gateway's spool is: who comes to a spool under another name takes over what was its."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, literal_column, select, update

from modemd.store.schema import gateway, message, outbox, spool_file
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_BEFORE: Final = Statement(
    select(gateway.c.name).where(gateway.c.spool == bindparam("place"), gateway.c.name != bindparam("mine")),
)
_SETTLE: Final = Statement(
    update(gateway).where(gateway.c.name == bindparam("who")).values(spool=bindparam("place")),
)
_OLD_KEY = func.substr(spool_file.c.key, func.length(bindparam("old")) + literal_column("1"))
_TAKE: Final = (
    Statement(update(message).where(message.c.gateway == bindparam("old")).values(gateway=bindparam("mine"))),
    Statement(update(outbox).where(outbox.c.gateway == bindparam("old")).values(gateway=bindparam("mine"))),
    Statement(
        update(spool_file)
        .where(spool_file.c.gateway == bindparam("old"))
        .values(gateway=bindparam("mine"), key=bindparam("mine").concat(_OLD_KEY)),
    ),
)


def settle(tx: Tx, name: str, place: str) -> list[str]:
    """Note that a gateway's spool is at ``place``, whose lock it holds.

    Gateways that were there before were this one under another name (a host was renamed): their files, events
    and messages are its own now. It costs a walk over all messages, once. Return their names.
    """
    before = [str(row[0]) for row in tx.all(_BEFORE, place=place, mine=name)]
    for old in before:
        for statement in _TAKE:
            tx.run(statement, old=old, mine=name)
        tx.run(_SETTLE, who=old, place=None)
    tx.run(_SETTLE, who=name, place=place)
    return before
