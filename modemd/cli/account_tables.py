"""One account, or a line for each: as a table for people, as JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from modemd.cli.amounts import counted, local
from modemd.cli.output import Column, cell, printable, shortened
from modemd.formats.events import iso
from modemd.formats.leads import lead_word
from modemd.store.times import from_us

if TYPE_CHECKING:
    from datetime import tzinfo

    from modemd.service.accounts.standing_views import Sent, Standing
    from modemd.service.rules import Rules
    from modemd.store.accounts import AccountRow

ACCOUNTS: Final = (
    Column("ACCOUNT"), Column("STATE"), Column("TERMS"), Column("BALANCE", right=True),
    Column("HELD", right=True), Column("WAITING", right=True), Column("HOLDER"),
)  # fmt: skip
_HOLDER_WIDTH: Final = 24
_ORIGINS: Final = {
    "config": "declared in the configuration",
    "command": "added by command",
    "gone": "was declared in the configuration, and is there no more",
}


def account_line(row: AccountRow, standing: Standing, rules: Rules) -> list[str]:
    """An account in a row of ``ACCOUNTS``; where nothing is charged it has no balance."""
    charged = rules.terms_of(row.name).charged
    return [
        row.name, _state(row), row.terms, str(standing.balance) if charged else "-",
        str(standing.held) if charged else "-", cell(standing.waiting or None),
        cell(shortened(row.holder or "", _HOLDER_WIDTH)),
    ]  # fmt: skip


def _state(row: AccountRow) -> str:
    return "gone" if row.origin == "gone" and row.state == "active" else row.state


def account_facts(
    row: AccountRow, standing: Standing, sent: Sent, rules: Rules, zone: tzinfo
) -> list[tuple[str, str]]:
    """All about an account, by name, with those of its settings that are not the usual ones."""
    terms = rules.terms_of(row.name)
    tariff = rules.tariff_of(row.name)
    accepted = local(from_us(row.terms_accepted_at), zone)
    facts = {
        "account": row.name,
        "state": _state_told(row, zone),
        "from": _ORIGINS[row.origin] + (f" of {row.gateway}" if row.gateway else ""),
        "opened": local(from_us(row.opened_at), zone),
        "closed": local(from_us(row.closed_at), zone),
        "holder": row.holder and printable(row.holder),
        "e-mail": row.email and printable(row.email),
        "terms": f"{row.terms}, version {row.terms_version}, accepted {accepted}",
        "tariff": (tariff.name if tariff else "none: a part takes 1 credit") if terms.charged else None,
        "balance": f"{counted(standing.balance)} can be spent" if terms.charged else "nothing is charged",
        "held": counted(standing.held) if terms.charged else None,
        "waiting": f"{standing.waiting} messages for {counted(standing.waiting_credits)}"
        if standing.waiting
        else None,
    }
    facts["sent"] = f"{_parts(sent.today.parts)} today, {sent.month.parts} this month"
    config = rules.accounts.get(row.name)
    if config is not None:
        told = config.model_dump(exclude_defaults=True, exclude={"terms", "holder", "email", "tariff"})
        if "remind" in told:
            told["remind"] = tuple(map(lead_word, config.remind))
        facts |= {name: printable(_written(value)) for name, value in told.items()}
    return [(name, cell(value)) for name, value in facts.items()]


def _parts(count: int) -> str:
    return "1 part" if count == 1 else f"{count} parts"


def _state_told(row: AccountRow, zone: tzinfo) -> str:
    if row.state == "active":
        return _state(row)
    since = local(from_us(row.state_at), zone)
    code, reason = row.state_code or "", row.state_reason or ""
    said = reason.partition(":")[0].strip().lower().replace(" ", "_").replace("-", "_")
    why = reason if said == code else ": ".join(each for each in (code, reason) if each)
    told = f"{row.state} since {since} by {row.state_by or 'nobody'}"
    return printable(f"{told} ({why})" if why else told)


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return str(value)


def account_object(row: AccountRow, standing: Standing, rules: Rules) -> dict[str, Any]:
    """An account for programs."""
    config = rules.accounts.get(row.name)
    return {
        "account": row.name,
        "state": row.state,
        "origin": row.origin,
        "code": row.state_code,
        "reason": row.state_reason,
        "by": row.state_by,
        "since": _iso(row.state_at),
        "terms": row.terms,
        "terms_version": row.terms_version,
        "terms_accepted_at": _iso(row.terms_accepted_at),
        "charged": rules.terms_of(row.name).charged,
        "holder": row.holder,
        "email": row.email,
        "opened_at": _iso(row.opened_at),
        "closed_at": _iso(row.closed_at),
        "balance": standing.balance,
        "held": standing.held,
        "waiting": standing.waiting,
        "waiting_credits": standing.waiting_credits,
        "settings": {} if config is None else config.model_dump(mode="json", exclude_defaults=True),
    }


def _iso(us: int | None) -> str | None:
    at = from_us(us)
    return None if at is None else iso(at)
