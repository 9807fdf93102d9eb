"""What people do to the credits of an account: grant, adjust, take away.

Credits are whole numbers from 1 to a thousand million. Each verb is refused where the clock is behind the
account's newest entry by more than a minute: the books are kept in the order of time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import Rejected
from modemd.service.credits.credit_alerts import topped_up
from modemd.service.credits.credit_holds import capture, follow, hold_again
from modemd.service.credits.credit_wait import cover
from modemd.store import accounts, ledger, lots
from modemd.store.balances import Balance, find_balance
from modemd.store.ledger import Entry
from modemd.store.times import from_us, to_us

if TYPE_CHECKING:
    from datetime import datetime

    from modemd.store.transaction import Tx

__all__ = [
    "Balance", "adjust", "balances", "capture", "cover", "follow", "grant", "hold_again", "take_away",
]  # fmt: skip

MOST: Final = 1_000_000_000
"""The most credits that one verb may move."""
_SET_BACK: Final = timedelta(seconds=60)

Source = Literal["grant", "order", "transfer", "adjust"]
Taking = Literal["forfeit", "revoke", "transfer_out"]
_CLOSED_AS: Final = {"forfeit": "forfeit", "revoke": "revoke", "transfer_out": "transfer"}


def balances(tx: Tx, account_id: int) -> Balance:
    """Return what an account has; one look, whatever the ledger's length."""
    return find_balance(tx, account_id)


def grant(
    tx: Tx,
    account_id: int,
    credits_: int,
    *,
    source: Source,
    order_id: int | None = None,
    payment_id: int | None = None,
    expires_at: datetime | None = None,
    kind: Literal["grant", "order", "transfer_in"] = "grant",
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Open a lot of credits that an account can spend from now on (S §7.4, L §8.1); return its id.

    Raises:
        Rejected: ``bad_request``: not 1 to a thousand million, no reason, or the clock is set back;
            ``account_unknown``, ``account_closed``.
    """
    _check_size(credits_)
    _check_reason(reason)
    _check_account(tx, account_id)
    _check_clock(tx, account_id, now)
    at_us = to_us(now)
    expires_us = None if expires_at is None else to_us(expires_at)
    lot_id = lots.open_lot(
        tx, account_id, source=source, order_id=order_id, at_us=at_us, expires_us=expires_us
    )
    entry = Entry(account_id, at_us, kind, credits_, 0, lot_id, order_id=order_id, payment_id=payment_id)
    ledger.post_noted(tx, [entry], by=by, reason=reason)
    topped_up(tx, account_id, find_balance(tx, account_id).balance)
    return lot_id


def adjust(
    tx: Tx,
    account_id: int,
    credits_: int,
    *,
    order_id: int | None = None,
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Correct an account by so many credits, up or down; return the first entry's id.

    What is added never expires; what is taken comes from the lots that expire first. ``order_id`` is the
    order that the correction is about (L §9).

    Raises:
        Rejected: ``bad_request``: 0 or too large, no reason, or the clock is set back;
            ``insufficient_credit``: more is to be taken than can be spent; ``account_unknown``,
            ``account_closed``.
    """
    _check_size(abs(credits_))
    _check_reason(reason)
    _check_account(tx, account_id)
    _check_clock(tx, account_id, now)
    at_us = to_us(now)
    if credits_ > 0:
        lot_id = lots.open_lot(
            tx, account_id, source="adjust", order_id=order_id, at_us=at_us, expires_us=None
        )
        taken = [(lot_id, credits_)]
    else:
        taken = [(lot_id, -part) for lot_id, part in _spend(tx, account_id, -credits_)]
    entries = [
        Entry(account_id, at_us, "adjust", change, 0, lot_id, order_id=order_id) for lot_id, change in taken
    ]
    entry_id = ledger.post_noted(tx, entries, by=by, reason=reason)[0]
    topped_up(tx, account_id, find_balance(tx, account_id).balance)
    return entry_id


def take_away(
    tx: Tx,
    account_id: int,
    lot_id: int,
    kind: Taking,
    *,
    by: str,
    reason: str,
    now: datetime,
) -> int:
    """Close a lot and take what is unspent of it; return how many credits that were.

    What is held of it stays held: captured it is spent, released it is taken away as well. A lot that is
    closed stays as it is, and 0 is returned.

    Raises:
        Rejected: ``bad_request``: the account has no such lot, or the clock is set back.
    """
    found = lots.find_lot(tx, lot_id)
    if found is None or found.account_id != account_id:
        raise Rejected("bad_request", f"the account has no lot {lot_id}")
    if found.closed_at is not None:
        return 0
    _check_clock(tx, account_id, now)
    at_us = to_us(now)
    if found.unspent:
        entry = Entry(account_id, at_us, kind, -found.unspent, 0, lot_id, order_id=found.order_id)
        ledger.post_noted(tx, [entry], by=by, reason=reason)
    lots.close_lot(tx, lot_id, at_us, _CLOSED_AS[kind])
    return found.unspent


def _spend(tx: Tx, account_id: int, credits_: int) -> list[tuple[int, int]]:
    """Divide credits over the lots that an account can spend."""
    available = find_balance(tx, account_id).balance
    if available < credits_:
        raise Rejected(
            "insufficient_credit", f"{credits_} credits cannot be taken: only {available} are left unspent"
        )
    taken = []
    for lot_id, unspent in lots.spendable(tx, account_id):
        part = min(credits_, unspent)
        taken.append((lot_id, part))
        credits_ -= part
        if not credits_:
            break
    return taken


def _check_size(credits_: int) -> None:
    if not isinstance(credits_, int) or isinstance(credits_, bool) or not 1 <= credits_ <= MOST:
        raise Rejected("bad_request", f"credits are whole numbers from 1 to {MOST:,}, not {credits_}")


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Rejected("bad_request", "a reason is needed")


def _check_account(tx: Tx, account_id: int) -> None:
    row = accounts.find_by_id(tx, account_id)
    if row is None:
        raise Rejected("account_unknown", f"there is no account with the key {account_id}")
    if row.state in {"closed", "erased"}:
        raise Rejected("account_closed", f"account {row.name!r} is {row.state}")


def _check_clock(tx: Tx, account_id: int, now: datetime) -> None:
    newest = from_us(find_balance(tx, account_id).posted_at)
    if newest is not None and now < newest - _SET_BACK:
        raise Rejected(
            "bad_request",
            f"the clock is set back: it says {now:%Y-%m-%d %H:%M:%S}, and the account's newest entry is of"
            f" {newest:%Y-%m-%d %H:%M:%S} UTC",
        )
