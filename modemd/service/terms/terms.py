"""What an account signed, as one frozen value: a preset's rules, with what the operator changed of them."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from modemd.config.presets import CLAUSES, PRESETS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.config.terms import TermsConfig

STANDARD: Final = "standard"
"""The tariff of terms that name none."""
_LENGTHS: Final = frozenset(
    {
        "lot_months",
        "forfeit_unsent_months",
        "unfunded_close_months",
        "used_up_close_months",
        "unused_delete_years",
    }
)
"""Lengths of time that a configuration writes as 0 where there is no such rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """One version of terms. Where a length of time is ``None``, or a count 0, the rule does not exist.

    ``charged`` tells whether credits are taken at all; ``lot_months``, ``..._months`` and ``..._years`` are
    calendar months and years, ``due_days`` and ``objection_days`` calendar days. :data:`CLAUSES` tells which
    clause a field follows.
    """

    name: str
    version: int = 1
    like: str = "unlimited"
    tariff: str = STANDARD
    charged: bool = False
    minimum_topup: int = 1
    one_account_per_holder: bool = False
    order_from_application: bool = False
    due_days: int = 0
    early_activation: bool = False
    lot_months: int | None = None
    cancel_expired: bool = False
    forfeit_unsent_months: int | None = None
    unfunded_close_months: int | None = None
    used_up_close_months: int | None = None
    unused_delete_years: int | None = None
    chargeback: Literal["close", "suspend"] = "suspend"
    end_reasons: bool = False
    objection_days: int = 0
    transferable: bool = False
    revision: Literal["any", "first_quarter"] = "any"
    notice_months: int = 1
    notice_objection_days: int = 7

    def clause(self, field: str) -> str:
        """Return the clause that a rule follows, such as "S §7.4"; "" where the preset has none."""
        return CLAUSES.get(self.like, {}).get(field, "")


def preset(name: str) -> Terms:
    """Return a preset as terms; ``KeyError`` where there is none of this name."""
    return replace(Terms(name=name, like=name), **{rule.field: rule.value for rule in PRESETS[name]})


def own(name: str, config: TermsConfig) -> Terms:
    """Return the operator's own terms: the preset, and what the configuration says otherwise."""
    said = config.model_dump(exclude={"like"}, exclude_unset=True)
    known = {field.name for field in fields(Terms)}
    changed: dict[str, Any] = {
        key: None if key in _LENGTHS and value == 0 else value for key, value in said.items() if key in known
    }
    return replace(preset(config.like), name=name, **changed)


def all_terms(configured: Mapping[str, TermsConfig]) -> dict[str, Terms]:
    """Return the presets and the operator's own terms by name."""
    return {name: preset(name) for name in PRESETS} | {
        name: own(name, config) for name, config in configured.items()
    }
