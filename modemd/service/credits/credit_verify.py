"""Whether the books are right: every sum made anew from the ledger, every hold held against its part."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from modemd.model import PartState
from modemd.service.money.money_verify import money_differences
from modemd.store import verify as store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from modemd.store.transaction import Tx

MOST: Final = 100
"""So many differences of a kind are told; the books are wrong with one."""
_WORDS: Final = ("balance", "held", "granted", "captured", "forfeited", "revoked")
_COUNTS: Final = {
    "grant": "granted",
    "order": "granted",
    "transfer_in": "granted",
    "adjust": "granted",
    "forfeit": "forfeited",
    "revoke": "revoked",
    "transfer_out": "revoked",
}
Sums = Counter[str]


def verify(tx: Tx) -> list[str]:
    """Return a sentence for each difference in the books; none: they are right."""
    lots: defaultdict[int, Sums] = defaultdict(Counter)
    accounts: defaultdict[int, Sums] = defaultdict(Counter)
    for account_id, lot_id, kind, credits_, held in store.ledger_sums(tx):
        for sums in (lots[lot_id], accounts[account_id]):
            _add(sums, kind, int(credits_), int(held))
    names = store.account_names(tx)
    found = list(_balances(tx, names, accounts))
    found += _lots(tx, names, lots)
    found += _holds(tx)
    found += money_differences(tx, MOST)
    return found


def _add(sums: Sums, kind: str, credits_: int, held: int) -> None:
    sums["balance"] += credits_
    sums["held"] += held
    if kind == "capture":
        sums["captured"] -= held
    elif (counted := _COUNTS.get(kind)) is not None:
        sums[counted] += credits_ if counted == "granted" else -credits_


def _balances(tx: Tx, names: Mapping[int, str], accounts: Mapping[int, Sums]) -> Iterator[str]:
    kept = {int(row[0]): dict(zip(_WORDS, map(int, row[1:]), strict=True)) for row in store.balance_sums(tx)}
    for account_id in sorted(kept.keys() | accounts.keys()):
        who = f"account {names.get(account_id, account_id)!r}"
        yield from _differences(who, kept.get(account_id, {}), accounts.get(account_id, Counter()))


def _lots(tx: Tx, names: Mapping[int, str], lots: Mapping[int, Sums]) -> Iterator[str]:
    for lot_id, account_id, *values in store.lot_sums(tx):
        who = f"lot {lot_id} of account {names.get(account_id, account_id)!r}"
        kept = dict(zip(_WORDS, map(int, values), strict=True))
        yield from _differences(who, kept, lots.get(lot_id, Counter()))


def _differences(who: str, kept: Mapping[str, int], sums: Mapping[str, int]) -> Iterator[str]:
    for word in _WORDS:
        said, is_so = kept.get(word, 0), sums.get(word, 0)
        if said != is_so:
            yield f"{who}: {word} is kept as {said}, and the ledger's rows make {is_so}"
    if kept.get("balance", 0) < 0 or kept.get("held", 0) < 0:
        yield f"{who}: it is overspent"


def _holds(tx: Tx) -> Iterator[str]:
    for part_id, message_id, held, state in store.odd_holds(tx, MOST):
        which = f"part {part_id} of message {message_id}"
        if held <= 0:
            yield f"{which}: {-held} credits more were closed than held"
        elif state is None:
            yield f"{which}: {held} credits are held, and there is no such part"
        else:
            yield f"{which}: {held} credits are held, and it is {PartState(state).name.lower()}"
    for part_id in store.captured_twice(tx, MOST):
        yield f"part {part_id} was captured twice"
    for message_id, said, is_so in store.odd_messages(tx, MOST):
        yield f"message {message_id} says that it costs {said} credits, and the ledger's rows make {is_so}"
