"""Parts in doubt, and what is found out about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, select, update

from modemd.store.schema import TAKEN, UNCERTAIN, part
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.model import Evidence
    from modemd.store.transaction import Tx

_MINE = UNCERTAIN & (part.c.modem_id == bindparam("modem")) & (part.c.sim == bindparam("of"))
_OPEN: Final = Statement(select(part.c.id).where(_MINE, part.c.id == bindparam("part_id")))
_NOTE: Final = Statement(
    update(part)
    .where(part.c.id == bindparam("part_id"))
    .values(tp_mr=bindparam("mr"), evidence=bindparam("by"))
    .returning(part.c.message_id),
)
_ALIKE: Final = Statement(
    select(func.count()).where(
        TAKEN,
        part.c.sent_at >= bindparam("since"),
        part.c.modem_id == bindparam("modem"),
        part.c.pdu == bindparam("pdu_is"),
    )
)


def is_open(tx: Tx, part_id: int, modem_id: int, sim: str) -> bool:
    """Tell whether a part is in doubt that went by this modem and SIM."""
    return tx.one(_OPEN, part_id=part_id, modem=modem_id, of=sim) is not None


def note(tx: Tx, part_id: int, tp_mr: int, evidence: Evidence) -> int:
    """Note what is known of a part that stays in doubt; return its message."""
    return int(tx.scalar(_NOTE, part_id=part_id, mr=tp_mr, by=evidence))


def sent_alike(tx: Tx, modem_id: int, pdu: str, since_us: int) -> int:
    """Return how many parts with this very PDU a modem has sent since then (microseconds since 1970)."""
    return int(tx.scalar(_ALIKE, modem=modem_id, pdu_is=pdu, since=since_us))
