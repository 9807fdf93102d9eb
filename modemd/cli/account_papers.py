"""What is put in writing for an account: objections, decisions, and a transfer to another holder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from modemd.cli.amounts import counted
from modemd.cli.books import open_books, takes_by, takes_json
from modemd.cli.config_option import takes_config
from modemd.cli.credit_objects import objection_object
from modemd.cli.credit_tables import show_objections
from modemd.cli.output import printable, show_json
from modemd.cli.row_key import ROW_KEY
from modemd.service.money import money_views as views
from modemd.service.terms import objections as verbs
from modemd.service.terms import transfers

if TYPE_CHECKING:
    from modemd.cli.books import Books
    from modemd.service.terms.objections import Kind


@click.command(short_help="Hand an account over to another holder.")
@takes_config
@takes_by
@takes_json
@click.option("--holder", metavar="H", help="The new holder, where TO is an account that is to be opened.")
@click.option("--email", metavar="E", help="And its address.")
@click.argument("name", metavar="ID")
@click.argument("to", metavar="TO")
@click.pass_obj
def transfer(
    path: Path, name: str, to: str, holder: str | None, email: str | None, by: str, *, as_json: bool
) -> None:
    """Hand an account over to another holder, who has the account TO, or gets it; ID is closed.

    Credits go along until their own expiry, and so do the terms and who said STOP (L §18.2); terms like
    smstools do not allow it (S §1.2). Giving this command is the operator's approval.

    \b
    Example: modemd account transfer clinic surgery --holder "Surgery Ltd"
    """  # noqa: D301
    with open_books(path) as books:
        done = books.write(
            lambda tx, rules, now: transfers.transfer(
                tx, rules, name, to, holder=holder, email=email, by=by, now=now
            )
        )
    if as_json:
        show_json(done._asdict())
    else:
        lots = "1 lot" if done.lots == 1 else f"{done.lots} lots"
        click.echo(f"account {name} is closed; {counted(done.credits)} in {lots} went to account {to}")


@click.command("object", short_help="Record an account's objection.")
@takes_config
@takes_by
@takes_json
@click.option("--invoice", metavar="NUMBER", help="To an invoice.")
@click.option("--message", metavar="ID", help="To what became of a message.")
@click.option("--terms", metavar="CHANGE", help="To announced terms, by the change's id.")
@click.argument("name", metavar="ID")
@click.argument("text", metavar="TEXT")
@click.pass_obj
def object_to(
    path: Path,
    name: str,
    text: str,
    invoice: str | None,
    message: str | None,
    terms: str | None,
    by: str,
    *,
    as_json: bool,
) -> None:
    """Record an account's objection: TEXT says what is wrong; without an option, with the service in general.

    It is accepted within the days that the terms give (L §9: 7), and suspends no payment.

    \b
    Example: modemd account object clinic --invoice 2026-0001 "500 ordered, not 1000"
    """  # noqa: D301
    kind, target = _target(invoice, message, terms)
    with open_books(path) as books:
        row = books.write(
            lambda tx, rules, now: verbs.object_to(tx, rules, name, kind, target, text, by=by, now=now)
        )
        _tell(books, row.id, as_json=as_json)


def _target(invoice: str | None, message: str | None, terms: str | None) -> tuple[Kind, str | None]:
    options: list[tuple[Kind, str | None]] = [("invoice", invoice), ("service", message), ("terms", terms)]
    given = [each for each in options if each[1] is not None]
    if len(given) > 1:
        raise click.UsageError("an objection is to one thing: --invoice, --message or --terms")
    return given[0] if given else ("service", None)


@click.command(short_help="Decide on an objection.")
@takes_config
@takes_by
@takes_json
@click.option("--reason", required=True, metavar="R", help="Why; it stands in the books.")
@click.option("--credits", "credits_", type=int, metavar="N",
              help="What makes an upheld objection good: an adjustment that names it.")  # fmt: skip
@click.argument("objection_id", metavar="OBJECTION", type=ROW_KEY)
@click.argument("verdict", type=click.Choice(["upheld", "dismissed"]))
@click.pass_obj
def decide(
    path: Path,
    objection_id: int,
    verdict: Literal["upheld", "dismissed"],
    credits_: int | None,
    reason: str,
    by: str,
    *,
    as_json: bool,
) -> None:
    """Decide on an objection: upheld, it is made good with credits, or announced terms are withdrawn (L §9).

    \b
    Example: modemd account decide 3 upheld --credits 20 --reason "sent twice"
    """  # noqa: D301
    with open_books(path) as books:
        row = books.write(
            lambda tx, rules, now: verbs.decide(
                tx, rules, objection_id, verdict, credits_=credits_, by=by, reason=reason, now=now
            )
        )
        _tell(books, row.id, as_json=as_json)


def _tell(books: Books, objection_id: int, *, as_json: bool) -> None:
    found = books.read(lambda tx, _rules: views.find_objection(tx, objection_id))
    if as_json:
        show_json(objection_object(found))
    else:
        click.echo(f"account {printable(found.account)}:")
        show_objections([found], books.zone)


PAPERS: Final = (transfer, object_to, decide)
