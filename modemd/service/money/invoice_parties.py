"""Seller and holder, as an invoice keeps them: those of the day on which it was issued, as JSON text."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

from modemd.formats.invoice_seller import Seller, party_lines
from modemd.service.accounts.account_sync import settings_of

if TYPE_CHECKING:
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow


def seller_written(rules: Rules) -> str | None:
    """Return the seller as an invoice's row keeps him; ``None`` where none is configured."""
    if rules.seller is None:
        return None
    return json.dumps(asdict(Seller(**rules.seller.model_dump())), ensure_ascii=False)


def seller_read(written: str | None) -> Seller | None:
    """Return the seller that an invoice's row keeps."""
    if written is None:
        return None
    kept = json.loads(written)
    return Seller(**kept | {"address": tuple(kept["address"])})


def holder_written(row: AccountRow) -> str | None:
    """Return what stands below the holder's name, as an invoice's row keeps it; ``None``: nothing."""
    config = settings_of(row.settings)
    lines = party_lines(config.address, config.vat_number)
    return json.dumps(lines, ensure_ascii=False) if lines else None


def holder_read(written: str | None) -> tuple[str, ...]:
    """Return what stands below the holder's name."""
    return () if written is None else tuple(json.loads(written))
