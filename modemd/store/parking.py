"""Where parts of stopped accounts wait: on a route without modems, so that they cost the others nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, case, exists, func, literal_column, or_, select, update

from modemd.store.schema import message, part, route
from modemd.store.schema_accounts import account
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_Q = part.alias("q")
_FIRST = (
    select(_Q.c.id, _Q.c.message_id)
    .where(_Q.c.state == literal_column("0"), _Q.c.route_id == bindparam("route_from"))
    .order_by(_Q.c.priority, _Q.c.id)
    .limit(bindparam("most"))
    .offset(literal_column("0"))
    .subquery("first")
)
_PARK: Final = Statement(
    update(part)
    .where(
        part.c.id.in_(
            select(_FIRST.c.id)
            .join_from(_FIRST, message, message.c.id == _FIRST.c.message_id)
            .where(message.c.account == bindparam("of"))
        )
    )
    .values(route_id=bindparam("route_to"))
)

# A message that a SIM has begun, or may have, goes on by that one.
_HELD = part.alias("held")
_BEGUN = or_(
    message.c.parts_done > literal_column("0"),
    exists().where(
        _HELD.c.message_id == message.c.id, _HELD.c.state.in_([literal_column("2"), literal_column("7")])
    ),
)
_BY_SIM = (
    select(route.c.id)
    .where(route.c.key == literal_column("'modem:'").concat(message.c.modem))
    .correlate(message)
    .scalar_subquery()
)
_OWN = (
    select(case((_BEGUN, func.coalesce(_BY_SIM, message.c.route_id)), else_=message.c.route_id))
    .where(message.c.id == part.c.message_id)
    .correlate(part)
    .scalar_subquery()
)
_UNPARK: Final = Statement(
    update(part).where(part.c.id.in_(select(_FIRST.c.id))).values(route_id=_OWN).returning(part.c.message_id)
)
_RESUMED: Final = Statement(
    select(route.c.id)
    .join_from(route, account, account.c.name == func.substr(route.c.key, literal_column("9")))
    .where(
        route.c.key.like(literal_column("'stopped:%'")),
        account.c.state == literal_column("'active'"),
        exists().where(_Q.c.state == literal_column("0"), _Q.c.route_id == route.c.id),
    )
    .order_by(route.c.id)
)


_QUIET: Final = Statement(
    select(route.c.id, func.substr(route.c.key, literal_column("7")))
    .where(
        route.c.key.like(literal_column("'quiet:%'")),
        exists().where(_Q.c.state == literal_column("0"), _Q.c.route_id == route.c.id),
    )
    .order_by(route.c.id)
)


def quieted(tx: Tx) -> list[tuple[int, str]]:
    """Return the routes on which parts wait for the end of quiet hours, each with its account's name."""
    return [(int(route_id), str(name)) for route_id, name in tx.all(_QUIET)]


def park(tx: Tx, account_name: str, route_from: int, route_to: int, most: int) -> int:
    """Move an account's parts among the first ``most`` of a route elsewhere; return how many there were."""
    return tx.run(_PARK, of=account_name, route_from=route_from, route_to=route_to, most=most)


def unpark(tx: Tx, route_from: int, most: int) -> list[int]:
    """Give the first ``most`` parts that wait on a route back to their messages' own; return the messages."""
    return [int(row[0]) for row in tx.all(_UNPARK, route_from=route_from, most=most)]


def resumed(tx: Tx) -> list[int]:
    """Return the routes on which parts wait though their account may send again."""
    return [int(row[0]) for row in tx.all(_RESUMED)]
