"""``modemd pdu``: the codec, for people who debug, and for scripts line by line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, BinaryIO, Final, get_args

import click

from modemd.cli.exits import EXIT_FAILED
from modemd.cli.pdu_fields import Fields, decoded, encoded
from modemd.errors import PduError
from modemd.gsm.dcs import Coding
from modemd.gsm.incoming import Direction
from modemd.gsm.segments import Autosplit

LONGEST_LINE: Final = 1 << 20
"""A longer line of input is answered with an error, and not kept in memory."""

Answer = Callable[[str], Fields]


@click.group()
def pdu() -> None:
    """Decode or encode PDUs (3GPP TS 23.040)."""


@pdu.command()
@click.argument("pdu_hex", metavar="HEX|-")
@click.option("--direction", type=click.Choice(get_args(Direction)), help="What it is; default: as it says.")
@click.option("--no-smsc", is_flag=True, help="It begins with the TPDU, without SMSC octets.")
@click.option("--tpdu-length", type=int, metavar="N", help="Octets after the SMSC, as the modem announced.")
@click.option("--json", "as_json", is_flag=True, hidden=True, help="Print JSON, as always.")
@click.pass_context
def decode(
    ctx: click.Context,
    pdu_hex: str,
    direction: str | None,
    tpdu_length: int | None,
    *,
    no_smsc: bool,
    as_json: bool,
) -> None:
    """Show what a PDU says, as JSON.

    With `-`, each line of standard input is a PDU in hex, or a JSON object with "pdu" and, if you like,
    "direction", "no_smsc" and "tpdu_length"; each is answered with one line.
    """
    del as_json
    given = {"direction": direction, "no_smsc": no_smsc, "tpdu_length": tpdu_length}

    def answer(line: str) -> Fields:
        if line.startswith("{"):
            return decoded(given | _json_object(line))
        return decoded(given | {"pdu": line})

    _answer(ctx, pdu_hex, answer)


@pdu.command()
@click.argument("message", metavar="[JSON|-]", required=False)
@click.option(
    "--to", metavar="NUMBER", help="Where to: +32… is international, bare digits are of unknown type."
)
@click.option("--text", help="The text.")
@click.option("--data", "data_hex", metavar="HEX", help="8-bit contents instead of a text.")
@click.option("--alphabet", type=click.Choice(get_args(Coding)), help="Default: what takes the fewest parts.")
@click.option(
    "--language", "languages", multiple=True, type=click.IntRange(1, 13), help="A national table it may use."
)
@click.option("--class", "message_class", type=click.IntRange(0, 3), help="Message class; 0 is flash.")
@click.option("--validity", "vp_seconds", type=int, metavar="SECONDS", help="How long the network tries.")
@click.option("--until", "vp_time", metavar="TIME", help="How long the network tries, as an ISO 8601 time.")
@click.option("--report", "srr", is_flag=True, default=None, help="Ask for a status report.")
@click.option("--reject-duplicates", "rd", is_flag=True, default=None, help="Set TP-RD.")
@click.option("--reply-path", is_flag=True, default=None, help="Set TP-RP.")
@click.option("--smsc", metavar="NUMBER", help="The service centre; default: the SIM's.")
@click.option("--mr", type=int, metavar="N", help="TP-MR.")
@click.option("--pid", type=int, metavar="N", help="Protocol identifier.")
@click.option("--dcs", type=int, metavar="N", help="Data coding scheme, instead of alphabet and class.")
@click.option("--udh", metavar="HEX", help="Information elements, without the length in front.")
@click.option("--port", "ports", type=(int, int), metavar="DEST SRC", help="Application ports.")
@click.option("--concat-ref", type=int, metavar="N", help="Reference of a message of several parts.")
@click.option("--concat-bits", type=click.Choice(["8", "16"]), help="Its width.")
@click.option("--autosplit", type=click.Choice(get_args(Autosplit)), help="What to do with a long text.")
@click.option("--json", "as_json", is_flag=True, hidden=True, help="Print JSON, as always.")
@click.pass_context
def encode(ctx: click.Context, /, message: str | None, *, as_json: bool, **options: Any) -> None:
    """Make the SMS-SUBMIT PDUs of a message, as JSON.

    With `-`, each line of standard input is a JSON object ("to", "text", "smsc", "mr", "vp_seconds",
    "vp_time", "srr", "rd", "class", "alphabet", "concat_ref", "concat_bits", and more); each is answered
    with one line. Options fill in what the objects leave out.
    """
    del as_json
    given = _given(options)

    def answer(line: str) -> Fields:
        return encoded(given | _json_object(line))

    _answer(ctx, "{}" if message is None else message, answer)


def _given(options: dict[str, Any]) -> Fields:
    given = {name: value for name, value in options.items() if value not in {None, ()}}
    if "message_class" in given:
        given["class"] = given.pop("message_class")
    if "concat_bits" in given:
        given["concat_bits"] = int(given["concat_bits"])
    for name in {"languages", "ports"} & set(given):
        given[name] = list(given[name])
    return given


def _json_object(line: str) -> Fields:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise PduError("the line is not JSON") from None
    if not isinstance(value, dict):
        raise PduError("the line is not a JSON object")
    return value


def _answer(ctx: click.Context, argument: str, answer: Answer) -> None:
    out = sys.stdout.buffer
    if argument == "-":
        _answer_lines(sys.stdin.buffer, out, answer)
        return
    fields = _refused_or(answer, argument)
    _write(out, fields, indent=2 if sys.stdout.isatty() else None)
    if "error" in fields:
        ctx.exit(EXIT_FAILED)


def _answer_lines(lines: BinaryIO, out: BinaryIO, answer: Answer) -> None:
    while line := lines.readline(LONGEST_LINE):
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = lines.readline(LONGEST_LINE)
            _write(out, {"error": f"the line is longer than {LONGEST_LINE} octets"})
            continue
        _write(out, _refused_or(answer, line.decode("utf-8", "replace")))


def _refused_or(answer: Answer, line: str) -> Fields:
    try:
        return answer(line.strip())
    except PduError as refusal:
        return {"error": str(refusal)}


def _write(out: BinaryIO, fields: Fields, indent: int | None = None) -> None:
    text = json.dumps(fields, ensure_ascii=False, indent=indent)
    out.write(text.encode("utf-8", "backslashreplace") + b"\n")
    out.flush()
