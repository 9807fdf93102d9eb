"""Routes by the SIM's own network: whoever has a SIM of it is in the route, and follows its SIM.

A network is its country and network code, with which a SIM's IMSI begins (3GPP TS 23.003, 2.2), or the name
of the operator that the modem is registered at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from modemd.store import modems as store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from modemd.config.sections import RouteConfig
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx


class Subscription(NamedTuple):
    """What is known of a modem's SIM: its IMSI, and the name of the operator that it is registered at."""

    imsi: str | None
    operator: str | None


def subscriptions(tx: Tx, rules: Rules) -> Mapping[str, Subscription]:
    """Return what is known of this gateway's SIMs, by modem; nothing where no route asks for it."""
    if not any(route.networks for route in rules.routes):
        return {}
    return {
        name: Subscription(imsi, operator) for name, imsi, operator in store.subscriptions(tx, rules.gateway)
    }


def fits(networks: Sequence[str], sim: Subscription) -> bool:
    """Tell whether a SIM is of one of these networks."""
    operator = (sim.operator or "").casefold()
    return any(
        (sim.imsi or "").startswith(network) if _is_code(network) else operator == network.casefold()
        for network in networks
    )


def follow(tx: Tx, rules: Rules, modem_id: int, name: str, sim: Subscription) -> None:
    """Put a modem into the routes of its SIM's networks, and out of others; it costs little while it is so.

    One that is not registered keeps what the operator's name has brought it.
    """
    if sim.imsi is None or not any(modem.name == name and modem.send for modem in rules.modems):
        return
    for route in rules.routes:
        if route.networks and name not in route.modems:
            _follow(tx, route, modem_id, name, sim)


def _follow(tx: Tx, route: RouteConfig, modem_id: int, name: str, sim: Subscription) -> None:
    base = f"prefix:{route.prefix}"
    found = store.find_route(tx, base)
    if found is None:
        return
    is_in = store.is_member(tx, found, modem_id)
    by_name = sim.operator is None and is_in and not all(map(_is_code, route.networks))
    wanted = by_name or fits(route.networks, sim)
    if wanted == is_in:
        return
    for route_id, key in store.route_keys(tx).items():
        of, *excluded = key.split(" !")
        if of == base and name not in excluded:
            store.leave(tx, route_id, modem_id)
            store.add_members(tx, route_id, [modem_id] if wanted else [])


def _is_code(network: str) -> bool:
    return network.isascii() and network.isdigit()
