"""Long messages of which a SIM has sent a part, and parts wait: they are to follow that SIM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, bindparam, exists, literal_column, select, update

from modemd.store.schema import QUEUED, SCHEDULED, modem, part
from modemd.store.schema_modems import sim
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_NULL: Final[ColumnElement[str]] = literal_column("NULL")
_GONE: Final[ColumnElement[str]] = literal_column("'sim_gone'")
_S = part.alias("s")
# A part that went, or may have.
_WENT = (
    (_S.c.message_id == part.c.message_id)
    & _S.c.sim.is_not(_NULL)
    & (_S.c.sent_at.is_not(_NULL) | (_S.c.state == literal_column("7")))
)
_FIRST_SIM = (
    select(_S.c.sim)
    .where(_WENT)
    .order_by(_S.c.part_no)
    .limit(literal_column("1"))
    .offset(literal_column("0"))
    .correlate(part)
    .scalar_subquery()
)
_HERE = exists().where(_WENT, _S.c.sim == bindparam("now_in")).correlate(part)
_OF_OTHERS = (
    part.c.route_id == bindparam("r"),
    part.c.part_count > literal_column("1"),
    _FIRST_SIM.is_not(_NULL),
    ~_HERE,
)
_QUEUED_OF_OTHERS: Final = Statement(select(part.c.message_id, _FIRST_SIM).where(QUEUED, *_OF_OTHERS))
_LATER_OF_OTHERS: Final = Statement(
    select(part.c.message_id, _FIRST_SIM).where(
        SCHEDULED, part.c.not_before_at > literal_column("0"), *_OF_OTHERS
    )
)
_BY = (
    part.c.route_id == bindparam("r"),
    part.c.part_count > literal_column("1"),
    exists().where(_WENT, _S.c.sim == bindparam("of")).correlate(part),
)
_QUEUED_BY: Final = Statement(select(part.c.message_id).where(QUEUED, *_BY))
_LATER_BY: Final = Statement(
    select(part.c.message_id).where(SCHEDULED, part.c.not_before_at > literal_column("0"), *_BY)
)
_WAIT: Final = Statement(
    update(part)
    .where(QUEUED, part.c.route_id == bindparam("r"), part.c.message_id == bindparam("message"))
    .values(
        state=literal_column("8"),
        not_before_at=bindparam("until"),
        error_code=_GONE,
        error_reason=literal_column("'the SIM that sent the first part is in no modem'"),
    )
)
_GO_ON: Final = Statement(
    update(part)
    .where(
        part.c.message_id == bindparam("message"),
        part.c.state == literal_column("8"),
        part.c.error_code == _GONE,
    )
    .values(state=literal_column("0"), not_before_at=_NULL, error_code=_NULL, error_reason=_NULL)
)
_LAST_IN: Final = Statement(select(sim.c.modem).where(sim.c.sim == bindparam("of")))
_HOLDS: Final = Statement(
    select(modem.c.id).where(
        modem.c.name == bindparam("named"),
        (modem.c.iccid == bindparam("of")) | (modem.c.imsi == bindparam("of")),
    )
)


def by_other_sims(tx: Tx, route_id: int, sim_key: str) -> dict[int, str]:
    """Return the messages that wait on a route and were begun, but not by this SIM; and by which instead."""
    found = [*tx.all(_QUEUED_OF_OTHERS, r=route_id, now_in=sim_key),
             *tx.all(_LATER_OF_OTHERS, r=route_id, now_in=sim_key)]  # fmt: skip
    return {int(message_id): str(by) for message_id, by in found}


def by_sim(tx: Tx, route_id: int, sim_key: str) -> list[int]:
    """Return the messages that wait on a route and of which this SIM has sent a part."""
    found = [*tx.all(_QUEUED_BY, r=route_id, of=sim_key), *tx.all(_LATER_BY, r=route_id, of=sim_key)]
    return sorted({int(row[0]) for row in found})


def wait(tx: Tx, route_id: int, message_id: int, until_us: int) -> None:
    """Let what waits of a message on a route wait for its SIM (``sim_gone``), until then."""
    tx.run(_WAIT, r=route_id, message=message_id, until=until_us)


def go_on(tx: Tx, message_id: int) -> None:
    """Let what waits of a message for its SIM wait no longer; what waits to be tried again still does."""
    tx.run(_GO_ON, message=message_id)


def last_in(tx: Tx, sim_key: str) -> str | None:
    """Return the modem that a SIM was seen in last."""
    found = tx.scalar(_LAST_IN, of=sim_key)
    return None if found is None else str(found)


def holds(tx: Tx, modem_name: str, sim_key: str) -> bool:
    """Tell whether a modem holds a SIM, as far as it told last."""
    return tx.scalar(_HOLDS, named=modem_name, of=sim_key) is not None
