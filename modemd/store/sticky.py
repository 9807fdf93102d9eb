"""Which SIM last sent to a recipient, and the modem that it is in now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, bindparam, delete, literal_column, or_, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.modems import CAN_SEND, LIVES
from modemd.store.schema import modem, part, route_modem
from modemd.store.schema_modems import sticky
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_NULL: ColumnElement[None] = literal_column("NULL")
_OF_PART = insert(sticky).from_select(
    ("recipient", "sim", "at"),
    select(part.c.recipient, part.c.sim, bindparam("at")).where(
        part.c.id == bindparam("part_id"), part.c.recipient.is_not(_NULL), part.c.sim.is_not(_NULL)
    ),
)
_NOTE: Final = Statement(
    _OF_PART.on_conflict_do_update(
        index_elements=[sticky.c.recipient],
        set_={"sim": _OF_PART.excluded.sim, "at": _OF_PART.excluded.at},
    )
)
_HOLDER: Final = Statement(
    select(modem.c.name)
    .select_from(sticky)
    .join(
        modem,
        or_(
            modem.c.iccid == sticky.c.sim,
            modem.c.iccid.is_(_NULL) & (modem.c.imsi == sticky.c.sim),
            modem.c.iccid.is_(_NULL) & modem.c.imsi.is_(_NULL)
            & (literal_column("'modem:'").concat(modem.c.name) == sticky.c.sim),
        ),
    )
    .join(route_modem, route_modem.c.modem_id == modem.c.id)
    .where(
        sticky.c.recipient == bindparam("to"),
        sticky.c.at >= bindparam("since"),
        route_modem.c.route_id == bindparam("r"),
        CAN_SEND,
        LIVES,
    )
    .order_by(modem.c.seen_at.desc())
    .limit(literal_column("1"))
    .offset(literal_column("0"))
)  # fmt: skip
_FORGET: Final = Statement(delete(sticky).where(sticky.c.at < bindparam("before")))


def note(tx: Tx, part_id: int, at_us: int) -> None:
    """Note whose SIM a part went by to its recipient."""
    tx.run(_NOTE, part_id=part_id, at=at_us)


def holder(tx: Tx, gateway_name: str, recipient: str, since_us: int, route_id: int) -> str | None:
    """Return the modem of a route that holds the SIM which last sent to a recipient, and can send now.

    ``None`` where nothing was sent there since then, or no such modem can.
    """
    found = tx.scalar(_HOLDER, to=recipient, since=since_us, r=route_id, g=gateway_name)
    return None if found is None else str(found)


def forget(tx: Tx, before_us: int) -> None:
    """Forget whom nothing was sent to since then."""
    tx.run(_FORGET, before=before_us)
