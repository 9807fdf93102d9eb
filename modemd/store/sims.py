"""SIMs: in which modem each was seen, what went by it on each day, and the money that it has left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from sqlalchemy import ColumnElement, bindparam, case, delete, func, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from modemd.store.schema import IN_DOUBT, TAKEN, modem, part
from modemd.store.schema_modems import sim, sim_day
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

Counted = Literal["refused", "received", "calls"]

_KEY: Final = (sim_day.c.sim, sim_day.c.modem, sim_day.c.day)
_ONE: Final[ColumnElement[int]] = literal_column("1")
_OF_PART = upsert(sim_day).from_select(
    ("sim", "modem", "day", "sent"),
    select(part.c.sim, modem.c.name, bindparam("on_day"), _ONE)
    .select_from(part.join(modem, modem.c.id == part.c.modem_id))
    .where(part.c.id == bindparam("part_id"), part.c.sim.is_not(literal_column("NULL"))),
)
_COUNT_SENT: Final = Statement(
    _OF_PART.on_conflict_do_update(index_elements=_KEY, set_={"sent": sim_day.c.sent + _ONE})
)


def _counts(what: Counted) -> Statement:
    row = upsert(sim_day)
    return Statement(
        row.on_conflict_do_update(index_elements=_KEY, set_={what: sim_day.c[what] + row.excluded[what]}),
        ("sim", "modem", "day", what),
    )


_COUNT: Final[dict[Counted, Statement]] = {what: _counts(what) for what in ("refused", "received", "calls")}
_SINCE = func.coalesce(func.sum(sim_day.c.sent), literal_column("0"))
_TODAY = func.coalesce(
    func.sum(case((sim_day.c.day == bindparam("on_day"), sim_day.c.sent), else_=literal_column("0"))),
    literal_column("0"),
)
_USED: Final = Statement(
    # Beyond a month lies what was counted while the clock was ahead: it would count in each month until then.
    select(_TODAY, _SINCE).where(
        sim_day.c.sim == bindparam("of"),
        sim_day.c.day.between(bindparam("first"), bindparam("first") + literal_column("31")),
    )
)
_DOUBTS: Final = Statement(
    select(part.c.submitted_at).where(
        IN_DOUBT, part.c.modem_id == bindparam("at_modem"), part.c.sim == bindparam("of")
    )
)
_RECENT: Final = Statement(
    select(part.c.sent_at)
    .where(TAKEN, part.c.sent_at >= bindparam("since"), part.c.modem_id == bindparam("at_modem"))
    .order_by(part.c.sent_at)
)
_FORGET: Final = Statement(delete(sim_day).where(sim_day.c.day < bindparam("before")))


def count_sent(tx: Tx, part_id: int, day: int) -> None:
    """Count a part that the network took: for the SIM and the modem that it went by, on a day since 1970."""
    tx.run(_COUNT_SENT, part_id=part_id, on_day=day)


def count(tx: Tx, sim_key: str, modem_name: str, day: int, what: Counted, many: int = 1) -> None:
    """Count what else befell a SIM in a modem, on a day since 1970."""
    tx.run(_COUNT[what], sim=sim_key, modem=modem_name, day=day, **{what: many})


def used(tx: Tx, sim_key: str, day: int, first: int) -> tuple[int, int]:
    """Return how many parts went by a SIM on a day, and since the day ``first``, in whichever modem."""
    row = tx.one(_USED, of=sim_key, on_day=day, first=first)
    assert row is not None, "sums are always there"
    return int(row[0]), int(row[1])


def doubts(tx: Tx, modem_id: int, sim_key: str) -> list[int]:
    """Return when (microseconds since 1970) those parts were handed over that may have gone by this SIM."""
    return [int(row[0] or 0) for row in tx.all(_DOUBTS, at_modem=modem_id, of=sim_key)]


def recent(tx: Tx, modem_id: int, since_us: int) -> list[int]:
    """Return when (microseconds since 1970) a modem's parts were taken since then, the oldest first."""
    return [int(row[0]) for row in tx.all(_RECENT, since=since_us, at_modem=modem_id)]


class DayCounts(NamedTuple):
    """What went by one SIM in one modem on one day since 1970: parts, parts refused and received, calls."""

    day: int
    modem: str
    sim: str
    sent: int
    refused: int
    received: int
    calls: int


_DAYS: Final = Statement(
    select(*(sim_day.c[name] for name in DayCounts._fields))
    .where(sim_day.c.day >= bindparam("first"))
    .order_by(sim_day.c.day.desc(), sim_day.c.modem, sim_day.c.sim)
)


def days(tx: Tx, first: int) -> list[DayCounts]:
    """Return the counts of each day since ``first``, the newest first. It looks through all that are kept."""
    return [DayCounts._make(row) for row in tx.all(_DAYS, first=first)]


def forget_days(tx: Tx, before: int) -> None:
    """Forget what was counted on days before that one."""
    tx.run(_FORGET, before=before)


_ROW = upsert(sim)
_SEEN: Final = Statement(
    _ROW.on_conflict_do_update(
        index_elements=[sim.c.sim],
        set_={
            "imsi": func.coalesce(_ROW.excluded.imsi, sim.c.imsi),
            "msisdn": func.coalesce(_ROW.excluded.msisdn, sim.c.msisdn),
            "modem": _ROW.excluded.modem,
            "seen_at": _ROW.excluded.seen_at,
        },
    ),
    ("sim", "imsi", "msisdn", "modem", "seen_at"),
)
_BALANCE: Final = Statement(
    update(sim)
    .where(sim.c.sim == bindparam("of"))
    .values(balance=bindparam("amount"), balance_text=bindparam("said"), balance_at=bindparam("at"))
)
_ADD_BALANCE: Final = Statement(
    insert(sim), ("sim", "modem", "seen_at", "balance", "balance_text", "balance_at")
)
_BALANCE_OF: Final = Statement(
    select(sim.c.balance, sim.c.balance_text, sim.c.balance_at).where(sim.c.sim == bindparam("of"))
)


class Balance(NamedTuple):
    """What a SIM has left: the amount as a decimal number, what the network said, and when (µs since 1970).

    ``amount`` is ``None`` where no amount was found in what it said.
    """

    amount: str | None
    text: str
    at: int


def seen(tx: Tx, sim_key: str, imsi: str | None, msisdn: str | None, modem_name: str, at_us: int) -> None:
    """Note that a SIM is in a modem; what was known of it and is not told now stays."""
    tx.run(_SEEN, sim=sim_key, imsi=imsi, msisdn=msisdn, modem=modem_name, seen_at=at_us)


def write_balance(tx: Tx, sim_key: str, modem_name: str, amount: str | None, text: str, at_us: int) -> None:
    """Write down what the network said that a SIM has left."""
    if not tx.run(_BALANCE, of=sim_key, amount=amount, said=text, at=at_us):
        tx.run(
            _ADD_BALANCE, sim=sim_key, modem=modem_name, seen_at=at_us, balance=amount, balance_text=text,
            balance_at=at_us,
        )  # fmt: skip


def balance_of(tx: Tx, sim_key: str) -> Balance | None:
    """Return what a SIM has left, as it was told last; ``None`` where it was never asked."""
    row = tx.one(_BALANCE_OF, of=sim_key)
    return None if row is None or row[2] is None else Balance(row[0], str(row[1] or ""), int(row[2]))
