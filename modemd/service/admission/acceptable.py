"""What an account may send to (S §5.1, 6.2), as far as its section of the configuration tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.errors import Rejected
from modemd.service.admission.premium import is_premium

if TYPE_CHECKING:
    from modemd.service.rules import Rules


def check_destination(destination: str, account: str, rules: Rules) -> None:
    """Refuse what an account may not send to: by ``allow:``, by ``refuse:``, and premium numbers.

    Raises:
        Rejected: ``not_allowed``.
    """
    config = rules.accounts[account]
    if config.allow and not destination.startswith(config.allow):
        raise Rejected(
            "not_allowed",
            f"account {account!r} may not send to {destination[:5]}…",
            fail_reason="Destination is not whitelisted",
        )
    if config.refuse and destination.startswith(config.refuse):
        raise Rejected(
            "not_allowed",
            f"account {account!r} may not send to {destination[:5]}…: such numbers are refused",
            fail_reason="Destination is blacklisted",
        )
    if not config.premium and is_premium(destination, rules.country):
        raise Rejected(
            "not_allowed",
            f"account {account!r} may not send to premium-rate or shared-cost numbers ({destination[:5]}…)"
            " unless it has premium: true",
        )
