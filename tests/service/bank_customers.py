"""Four accounts, and what they pay: two providers' terms, one that charges nothing, two modems."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from modemd.config.model import Config
from modemd.service.rules import Rules

ZONE: Final = ZoneInfo("Europe/Brussels")
START: Final = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
DEARER: Final = datetime(2027, 2, 1, tzinfo=ZONE).astimezone(UTC)
PAYING: Final = ("tools", "less", "mate")
NAMES: Final = (*PAYING, "free")
MODEMS: Final = ("gsm1", "gsm2")
BELGIUM: Final = "+32475123456"
FRANCE: Final = "+33612345678"
_TARIFF: Final = {
    "vat": "21",
    "bundles": [{"up_to": 20, "price": "0.10"}, {"up_to": 400, "price": "0.055"}],
}
CONFIG: Final[dict[str, Any]] = {
    "gateway": {"name": "gw1", "country": "BE", "timezone": "Europe/Brussels"},
    "modems": {"list": [{"name": name, "port": f"/dev/{name}"} for name in MODEMS]},
    "sending": {"validity": "2h", "uncertain_after": "10m", "max_parts": 12},
    "tariffs": {
        "standard": [
            _TARIFF | {"valid_from": "2026-01-01", "credits": {"+33": 2}},
            _TARIFF | {"valid_from": "2027-02-01", "credits": {"+33": 3}},
        ]
    },
    "accounts": {
        "tools": {"terms": "smstools", "holder": "One"},
        "less": {"terms": "sms4less", "on_insufficient": "wait", "early_activation": True, "low_credit": 5},
        "mate": {"terms": "sms4less", "holder": "Two"},
        "free": {"terms": "unlimited"},
    },
}


def rules() -> Rules:
    """The rules of the configuration above."""
    return Rules.of(Config.model_validate(CONFIG))


def price(credits_: int) -> int:
    """In cents, VAT of 21 % included; each rounded half up."""
    tenths = credits_ * (1000 if credits_ <= 20 else 550)  # of a tenth of a cent, times ten
    net = (tenths + 50) // 100
    return net + (net * 21 + 50) // 100


def expiry(months: int | None, now: datetime) -> datetime | None:
    """After the last day of two years; 29 February has none then, so all of that month counts."""
    if months is None:
        return None
    day = now.astimezone(ZONE).date()
    try:
        end = day.replace(year=day.year + 2) + timedelta(days=1)
    except ValueError:
        end = date(day.year + 2, 3, 1)
    return datetime.combine(end, time(), ZONE).astimezone(UTC)
