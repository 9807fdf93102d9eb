"""``modemd terms``: what accounts have signed, rule by rule with its clause; applying it, changing it."""

from __future__ import annotations

import textwrap
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.amounts import price
from modemd.cli.books import takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.output import Column, show_json, show_table
from modemd.cli.terms_announce import announce, withdraw
from modemd.cli.terms_apply import apply
from modemd.config import load
from modemd.config.presets import PRESETS
from modemd.errors import Rejected
from modemd.service.rules import Rules
from modemd.service.terms.terms import Terms

if TYPE_CHECKING:
    from modemd.config.presets import Rule
    from modemd.service.terms.tariff import Tariff

_WIDTH: Final = 78
_NAMES: Final = (Column("TERMS"), Column("LIKE"), Column("CHARGED"), Column("TARIFF"))


@click.group()
def terms() -> None:
    """Show the terms that accounts live under, apply their rules, announce changed ones."""


for _command in (apply, announce, withdraw):
    terms.add_command(_command)


@terms.command("list")
@takes_config
@takes_json
@click.pass_obj
def list_terms(path: Path, *, as_json: bool) -> None:
    """List the presets and your own terms.

    \b
    Example: modemd terms list
    """  # noqa: D301
    known = Rules.of(load(path)).terms
    if as_json:
        show_json([asdict(each) for each in known.values()])
        return
    rows = [[each.name, each.like, _word(each.charged), each.tariff] for each in known.values()]
    show_table(_NAMES, rows, none="no terms")


@terms.command(short_help="Show the rules of terms, with clauses.")
@takes_config
@takes_json
@click.argument("name", metavar="NAME")
@click.pass_obj
def show(path: Path, name: str, *, as_json: bool) -> None:
    """Show the rules of terms, each with the clause that it follows, and what credits cost under them.

    \b
    Example: modemd terms show sms4less
    """  # noqa: D301
    rules = Rules.of(load(path))
    found = rules.terms.get(name)
    if found is None:
        known = ", ".join(rules.terms)
        raise Rejected("bad_request", f"there are no terms {name}; there are {known}")
    tariff = rules.tariffs.get(found.tariff)
    if as_json:
        show_json(_object(found, tariff))
        return
    click.echo(f"{found.name}, a preset" if found.name in PRESETS else f"{found.name}, like {found.like}")
    for rule in PRESETS[found.like]:
        _show_rule(rule, found)
    for field in _beyond_preset(found):
        click.echo(f"\n{field}: {_word(getattr(found, field))} (your own)")
    if found.charged:
        _show_tariff(found.tariff, tariff)


def _show_rule(rule: Rule, found: Terms) -> None:
    value = getattr(found, rule.field)
    own = "" if value == rule.value else f" (your own; the preset says {_word(rule.value)})"
    head = f"{rule.field}: {_word(value)}{own}"
    click.echo(f"\n{head}{rule.clause:>{max(_WIDTH - len(head), len(rule.clause) + 1)}}")
    click.echo(textwrap.fill(rule.sentence, _WIDTH, initial_indent="    ", subsequent_indent="    "))


def _beyond_preset(found: Terms) -> list[str]:
    """Rules that only the operator's own terms have."""
    told = {rule.field for rule in PRESETS[found.like]} | {"name", "version", "like", "tariff"}
    plain = Terms(name=found.name)
    return [
        field.name
        for field in fields(found)
        if field.name not in told and getattr(found, field.name) != getattr(plain, field.name)
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(value).replace("_", " ")


def _show_tariff(name: str, tariff: Tariff | None) -> None:
    if tariff is None:
        click.echo(f"\ntariff {name}: none is configured; a part takes 1 credit, nothing can be ordered")
        return
    for prices in tariff.versions:
        click.echo(f"\ntariff {name} from {prices.valid_from.isoformat()}, without VAT")
        for bundle in prices.bundles:
            click.echo(f"    {bundle.name:<16} {price(bundle.price, prices.currency)} a credit")
        for prefix, credits_ in sorted(prices.by_prefix.items()):
            click.echo(f"    to {prefix or 'anywhere else':<13} {credits_} a part")
        if prices.vat is not None:
            click.echo(f"    VAT              {prices.vat.normalize():f} %")


def _object(found: Terms, tariff: Tariff | None) -> dict[str, Any]:
    rules = [
        {
            "rule": rule.field,
            "value": getattr(found, rule.field),
            "clause": rule.clause,
            "says": rule.sentence,
        }
        for rule in PRESETS[found.like]
    ]
    versions = () if tariff is None else tariff.versions
    return {
        **asdict(found),
        "rules": rules,
        "prices": [
            {
                "valid_from": each.valid_from.isoformat(),
                "currency": each.currency,
                "vat": None if each.vat is None else f"{each.vat:f}",
                "bundles": [
                    {"name": bundle.name, "least": bundle.least, "most": bundle.most,
                     "price": f"{bundle.price:f}"}
                    for bundle in each.bundles
                ],
                "credits": dict(each.by_prefix),
            }
            for each in versions
        ],
    }  # fmt: skip
