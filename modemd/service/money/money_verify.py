"""Whether the money is right: what is paid came in, and has its credits; no invoice is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.service.money.money import euros
from modemd.store import money_verify as store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from modemd.store.transaction import Tx


def money_differences(tx: Tx, most: int) -> Iterator[str]:
    """Yield a sentence for each difference, at most so many of a kind; none: it is right."""
    for order_id, said, is_so in store.misbooked(tx, most):
        yield f"order {order_id}: {euros(said)} is kept as paid, and its payments make {euros(int(is_so))}"
    for order_id, state, paid, gross in store.misjudged(tx, most):
        yield f"order {order_id} is {state}, and {euros(paid)} of {euros(gross)} is paid"
    for order_id in store.without_lot(tx, most):
        yield f"order {order_id} has no lot of its own, and its credits can be used"
    last: dict[str, int] = {}
    for order_id, found in store.numbered(tx):
        if found is None:
            yield f"order {order_id} has no invoice"
            continue
        year, _, count = found.partition("-")
        if int(count) != last.get(year, 0) + 1:
            yield f"invoice {found} does not follow {last.get(year, 0)} of {year}"
        last[year] = int(count)
