"""What a prepaid SIM has left: read in what the network says, kept, told, and an alarm where it is low."""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, Decimal
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from modemd.service.alarms import clear_alarm, raise_alarm
from modemd.service.modems.modem_events import tell
from modemd.store import sims
from modemd.store.times import to_us

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.config.modems import BalanceConfig
    from modemd.service.outcomes import Seat
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

LOW: Final = "balance_low"
_CENT: Final = Decimal("0.01")
_AMOUNT: Final = re.compile(r"[+-]?\d+(?:\.\d+)?")
_BETWEEN: Final = re.compile(r"(?<=\d)[\s'’_]+(?=\d)")
_THOUSANDS: Final = 3


class Read(NamedTuple):
    """What an answer said; ``alarmed``: an alarm was raised or cleared by it."""

    amount: Decimal | None
    alarmed: bool


def amount_in(pattern: str, text: str) -> Decimal | None:
    """Return the amount that the first group of ``pattern`` finds in a text, to the cent; ``None``: none.

    The decimal sign may be a comma or a point, and thousands may be set apart by the other, by an apostrophe
    or a space: ``1.234,56`` and ``1 234.56`` are the same. One sign with three digits behind it sets apart.
    """
    found = re.search(pattern, text)
    if found is None or found[1] is None:
        return None
    digits = _BETWEEN.sub("", found[1].strip())
    comma, point = digits.rfind(","), digits.rfind(".")
    last = max(comma, point)
    if last >= 0:
        whole, behind = digits[:last], digits[last + 1 :]
        several = digits.count(digits[last]) > 1
        apart = several or (len(behind) == _THOUSANDS and min(comma, point) < 0 and whole not in {"", "0"})
        whole = whole.replace(",", "").replace(".", "") or "0"
        digits = whole + behind if apart else f"{whole}.{behind or '0'}"
    if _AMOUNT.fullmatch(digits) is None:
        return None
    return Decimal(digits).quantize(_CENT, ROUND_DOWN)


def shape(text: str) -> str:
    """Return what a text looks like, without what it says: each digit a 9, each letter an a or A."""
    return "".join(_shape(letter) for letter in text)


def _shape(letter: str) -> str:
    if letter.isdigit():
        return "9"
    if letter.isalpha():
        return "A" if letter.isupper() else "a"
    return " " if letter.isspace() else letter


def take(tx: Tx, rules: Rules, seat: Seat, config: BalanceConfig, text: str, now: datetime) -> Read:
    """Write down what the network said of a SIM's money, tell it, and raise or end the alarm for it."""
    amount = amount_in(config.pattern, text)
    written = None if amount is None else str(amount)
    sims.write_balance(tx, seat.sim, seat.name, written, text, to_us(now))
    if amount is None:
        return Read(None, alarmed=False)
    low = config.low is not None and amount < config.low
    facts = {"amount": written, "text": text, "low": low, "iccid": _iccid(seat.sim)}
    tell(tx, rules, seat.name, "balance", facts, now)
    if not low:
        return Read(amount, clear_alarm(tx, rules, modem=seat.name, code=LOW, now=now))
    said = (
        f"Modem {seat.name}: its SIM …{seat.sim[-4:]} has {amount} left, which is less than {config.low}."
        " Top it up before it is used up."
    )
    return Read(
        amount, raise_alarm(tx, rules, modem=seat.name, code=LOW, text=said, severity="warning", now=now)
    )


def remaining(tx: Tx, modem: Mapping[str, Any]) -> str | None:
    """Return what the SIM in a modem has left, by the modem's row; ``None`` where nobody knows."""
    known = sims.balance_of(tx, str(modem["iccid"] or modem["imsi"] or f"modem:{modem['name']}"))
    return None if known is None else known.amount


def _iccid(sim: str) -> str | None:
    return sim if sim.isdigit() and sim.startswith("89") else None
