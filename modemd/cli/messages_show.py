"""One message with all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import click

from modemd.cli.output import (
    Column,
    cell,
    moment,
    printable,
    show_facts,
    show_json,
    show_table,
)
from modemd.cli.output_objects import inbound_object, outbound_object
from modemd.formats.mms import mms_sentence
from modemd.gsm.cause_texts import trouble_words
from modemd.model import Evidence, PartState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from modemd.service.views import InboundView, OutboundView, PartView

_PARTS: Final = (
    Column("PART", right=True), Column("STATE"), Column("MODEM"), Column("TRIES", right=True),
    Column("SENT"), Column("TP-MR", right=True), Column("REPORT, OR TROUBLE"),
)  # fmt: skip


_CREDIT: Final = Column("CREDIT")

_WAITING: Final = frozenset({PartState.QUEUED, PartState.SCHEDULED, PartState.UNCERTAIN})
"""What a part is due for in these lies ahead; the others keep the time, and it means nothing any more."""


_KNOWN_BY: Final[Mapping[Evidence, str]] = {
    Evidence.LATE_ANSWER: "was in doubt: the modem answered late",
    Evidence.REPORT: "was in doubt: its report came",
    Evidence.DUPLICATE: "was in doubt: the service centre has had it",
    Evidence.MESSAGE_REFERENCE: "was in doubt: the SIM has counted it",
    Evidence.STORED_COPY: "was in doubt: the modem keeps it as sent",
    Evidence.NOT_SENT: "was in doubt: the SIM had not counted it",
    Evidence.POLICY: "was in doubt: decided by policy",
    Evidence.PERSON: "was in doubt: decided by a person",
}


def show_outbound(
    view: OutboundView,
    parts: Sequence[PartView],
    credits_: Mapping[int, tuple[int, int]],
    awaited: Sequence[str],
    zone: tzinfo,
    *,
    as_json: bool,
) -> None:
    """Print a message on its way out, with the credits that each part holds and has cost.

    ``awaited`` says what its queued parts wait for.
    """
    waits_for = "; ".join(awaited) or None
    if as_json:
        show_json(outbound_object(view, parts, credits_) | {"waits_for": waits_for})
        return
    trouble = None if view.error_code is None else trouble_words(view.error_code, view.error_reason or "")
    facts = {
        "message": view.id,
        "state": view.state.value,
        "waits for": waits_for and printable(waits_for),
        "trouble": trouble and printable(trouble),
        "to": view.to,
        "account": view.account,
        "client id": view.client_id,
        "note": view.note and printable(view.note),
        "came by": view.source,
        "priority": view.priority.name.lower(),
        "coding": view.coding,
        "parts": f"{view.parts_done} of {view.parts} sent",
        "report": "asked for" if view.report else "not asked for",
        "modem": view.modem,
        "credits": _credits(credits_),
        "deadline": moment(view.deadline_at, zone),
    }
    show_facts((name, cell(value)) for name, value in facts.items())
    show_facts((state.value, moment(at, zone)) for state, at in view.milestones)
    _show_text(view.text)
    click.echo()
    if credits_:
        rows = [[*_part_row(part, zone), _credits_of(credits_.get(part.part_no))] for part in parts]
        rows = [[*row[:3], row[-1], *row[3:-1]] for row in rows]
        show_table((*_PARTS[:3], _CREDIT, *_PARTS[3:]), rows, none="its parts are not kept")
    else:
        show_table(_PARTS, [_part_row(part, zone) for part in parts], none="its parts are not kept")


def _credits(of_parts: Mapping[int, tuple[int, int]]) -> str | None:
    """What the message holds and has cost; ``None`` where nothing is charged."""
    held, captured = (sum(each) for each in zip(*of_parts.values(), strict=True)) if of_parts else (0, 0)
    return f"{captured} taken, {held} held" if of_parts else None


def _credits_of(part: tuple[int, int] | None) -> str:
    held, captured = part or (0, 0)
    if captured:
        return f"{captured} taken"
    return f"{held} held" if held else cell(None)


def _part_row(part: PartView, zone: tzinfo) -> list[str]:
    said = part.said
    if part.error_code is not None:
        said = printable(trouble_words(part.error_code, part.error_reason or ""))
    if part.not_before_at is not None and part.state in _WAITING:
        said = f"{said or ''} (due {moment(part.not_before_at, zone)})".strip()
    if part.evidence is not None:
        said = f"{said or ''} ({_KNOWN_BY[part.evidence]})".strip()
    return [
        str(part.part_no), part.state.name.lower(), cell(part.modem), str(part.attempts),
        moment(part.sent_at, zone), cell(part.tp_mr), cell(said),
    ]  # fmt: skip


def show_inbound(view: InboundView, zone: tzinfo, *, as_json: bool) -> None:
    """Print a received message."""
    if as_json:
        show_json(inbound_object(view))
        return
    facts = {
        "received": view.id,
        "from": view.originator and printable(view.originator),
        "account": view.account,
        "modem": view.modem,
        "sent": moment(view.sc_at, zone),
        "taken": moment(view.received_at, zone),
        "parts": f"{view.parts}" if view.complete else f"{view.parts}, not all came",
        "coding": view.coding,
        "trouble": view.error and printable(view.error),
    }
    show_facts((name, cell(value)) for name, value in facts.items())
    _show_text(view.text if view.mms is None else mms_sentence(view.mms, zone))


def _show_text(text: str | None) -> None:
    if text:
        click.echo()
        for line in text.splitlines():
            click.echo(f"    {printable(line)}")
