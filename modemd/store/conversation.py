"""For each phone, the last message that it was sent: what it answers is taken for an answer to that.

It is forgotten when numbers are: until then a STOP finds out whom it was said to.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema import conversation
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Tx

_INSERT = insert(conversation)
_KEEP: Final = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["account", "recipient"],
        set_={"message_id": _INSERT.excluded.message_id, "at": _INSERT.excluded.at},
    ),
    ("account", "recipient", "message_id", "at"),
)
_LAST: Final = Statement(
    select(conversation.c.message_id).where(
        conversation.c.account == bindparam("account"),
        conversation.c.recipient == bindparam("recipient"),
        conversation.c.at >= bindparam("since"),
    ),
)
_WHEN: Final = Statement(
    select(conversation.c.at).where(
        conversation.c.account == bindparam("account"), conversation.c.recipient == bindparam("recipient")
    ),
)


def keep(tx: Tx, account: str, recipient: str, message_id: int, at_us: int) -> None:
    """Note that the network took an account's message for a phone."""
    tx.run(_KEEP, account=account, recipient=recipient, message_id=message_id, at=at_us)


def last(tx: Tx, account: str, recipient: str, since_us: int) -> int | None:
    """Return the id of the last message that the network took for a phone, if that was since then."""
    found = tx.scalar(_LAST, account=account, recipient=recipient, since=since_us)
    return None if found is None else int(found)


def latest(tx: Tx, accounts: Iterable[str], recipient: str) -> str | None:
    """Return which of the accounts had the latest message for a phone, as far as that is remembered."""
    found = [
        (int(at), account)
        for account in accounts
        if (at := tx.scalar(_WHEN, account=account, recipient=recipient)) is not None
    ]
    return max(found)[1] if found else None
