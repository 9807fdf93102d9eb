"""What credits cost and what a part costs in credits: versions of a tariff, each from a day on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, tzinfo
    from decimal import Decimal

    from modemd.config.terms import BundleConfig, TariffConfig

PLAIN: Final = 1
"""Credits for one part where no tariff says otherwise (L §5.3)."""
_LAST_MONTH: Final = 3


@dataclass(frozen=True, slots=True)
class Bundle:
    """Orders of ``least`` to ``most`` credits (``None``: any more) at one price a credit, in EUR (L §5.2)."""

    name: str
    least: int
    most: int | None
    price: Decimal


@dataclass(frozen=True, slots=True)
class Prices:
    """One version of a tariff: in force from the beginning of a day in the gateway's zone."""

    valid_from: date
    starts_at: datetime
    currency: str
    vat: Decimal | None
    bundles: tuple[Bundle, ...]
    by_prefix: Mapping[str, int]
    longest: int

    def bundle_for(self, credits_: int) -> Bundle | None:
        """Return the bundle that an order of this size falls into; ``None``: it is larger than every one."""
        return next((each for each in self.bundles if each.most is None or credits_ <= each.most), None)

    def credits_for(self, destination: str) -> int:
        """Return the credits for one part: the longest prefix that fits decides."""
        for length in range(min(self.longest, len(destination)), -1, -1):
            found = self.by_prefix.get(destination[:length])
            if found is not None:
                return found
        return PLAIN


@dataclass(frozen=True, slots=True)
class Tariff:
    """A tariff's versions, the newest first.

    ``yearly`` has only those that came in a first quarter, one in a year; ``None``: all of them did.
    """

    name: str
    versions: tuple[Prices, ...]
    yearly: Tariff | None = None

    def revised(self, promise: str) -> Tariff:
        """Return it as it holds where prices change at ``any`` time, or in the ``first_quarter`` (L §5.5).

        The configuration is refused where it breaks that promise to accounts that it declares; those that a
        command added keep the prices that they had.
        """
        return self if self.yearly is None or promise != "first_quarter" else self.yearly

    def at(self, now: datetime) -> Prices | None:
        """Return the version in force; ``None`` before the first."""
        return next((each for each in self.versions if each.starts_at <= now), None)

    def credits_for(self, destination: str, now: datetime) -> int:
        """Return the credits for one part to a destination; 1 before the first version."""
        prices = self.at(now)
        return PLAIN if prices is None or not prices.by_prefix else prices.credits_for(destination)


def tariff_of(name: str, versions: Sequence[TariffConfig], zone: tzinfo) -> Tariff:
    """Return a tariff as it is configured."""
    made = sorted((_prices(each, zone) for each in versions), key=lambda each: each.starts_at)
    yearly = _yearly(made)
    kept = None if len(yearly) == len(made) else Tariff(name, tuple(reversed(yearly)))
    return Tariff(name, tuple(reversed(made)), kept)


def _yearly(made: Sequence[Prices]) -> list[Prices]:
    """The first version, and of each later year the first that came in its first quarter."""
    kept = list(made[:1])
    for each in made[1:]:
        taken = len(kept) > 1 and kept[-1].valid_from.year == each.valid_from.year
        if each.valid_from.month <= _LAST_MONTH and not taken:
            kept.append(each)
    return kept


def _prices(config: TariffConfig, zone: tzinfo) -> Prices:
    return Prices(
        valid_from=config.valid_from,
        starts_at=datetime.combine(config.valid_from, time(), zone).astimezone(UTC),
        currency=config.currency,
        vat=config.vat,
        bundles=_bundles(config.bundles),
        by_prefix=config.credits,
        longest=max(map(len, config.credits), default=0),
    )


def _bundles(configured: Sequence[BundleConfig]) -> tuple[Bundle, ...]:
    made = []
    least = 1
    for each in configured:
        name = each.name or (f"{least}-{each.up_to}" if each.up_to else f"{least}+")
        made.append(Bundle(name, least, each.up_to, each.price))
        least = (each.up_to or least) + 1
    return tuple(made)
