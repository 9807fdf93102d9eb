"""Parts in doubt, and what is found out about them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, func, literal_column, select, update

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
_LAST: Final = Statement(
    select(part.c.id, part.c.submitted_at)
    .where(_MINE, part.c.tpdu_length > literal_column("0"))  # calls are not counted by the SIM
    .order_by(part.c.submitted_at.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_BEFORE: Final = Statement(
    select(part.c.tp_mr, part.c.submitted_at)
    .where(
        TAKEN,
        part.c.sent_at >= bindparam("since"),
        part.c.modem_id == bindparam("modem"),
        part.c.sim == bindparam("of"),
    )
    .order_by(part.c.sent_at.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0")),
)
_ALIKE: Final = Statement(
    select(func.count()).where(
        TAKEN,
        part.c.sent_at >= bindparam("since"),
        part.c.modem_id == bindparam("modem"),
        part.c.pdu == bindparam("pdu_is"),
    )
)
_LONGEST_US: Final = 7 * 86_400_000_000
"""A week: what went before it says nothing any more of where the count stands."""


def is_open(tx: Tx, part_id: int, modem_id: int, sim: str) -> bool:
    """Tell whether a part is in doubt that went by this modem and SIM."""
    return tx.one(_OPEN, part_id=part_id, modem=modem_id, of=sim) is not None


def note(tx: Tx, part_id: int, tp_mr: int, evidence: Evidence) -> int:
    """Note what is known of a part that stays in doubt; return its message."""
    return int(tx.scalar(_NOTE, part_id=part_id, mr=tp_mr, by=evidence))


def last(tx: Tx, modem_id: int, sim: str) -> tuple[int, int] | None:
    """Return the part that this SIM was handed last, if it is in doubt, and the TP-MR of the one before."""
    doubt = tx.one(_LAST, modem=modem_id, of=sim)
    if doubt is None:
        return None
    part_id, at = int(doubt[0]), int(doubt[1])
    before = tx.one(_BEFORE, modem=modem_id, of=sim, since=at - _LONGEST_US)
    if before is None or before[0] is None or int(before[1]) > at:
        return None
    return part_id, int(before[0])


def sent_alike(tx: Tx, modem_id: int, pdu: str, since_us: int) -> int:
    """Return how many parts with this very PDU a modem has sent since then (microseconds since 1970)."""
    return int(tx.scalar(_ALIKE, modem=modem_id, pdu_is=pdu, since=since_us))
