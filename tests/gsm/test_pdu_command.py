"""``modemd pdu``: one answer to every line, whatever the line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.cli.pdu import LONGEST_LINE, pdu

DELIVER = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"


def run(*arguments: str, lines: bytes | str = b"") -> Result:
    return CliRunner().invoke(pdu, arguments, input=lines)


def answers(*arguments: str, lines: bytes | str = b"") -> list[dict[str, Any]]:
    result = run(*arguments, lines=lines)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout_bytes.splitlines()]


def test_decode_one() -> None:
    result = run("decode", DELIVER)
    assert result.exit_code == 0
    fields = json.loads(result.stdout)
    assert (fields["direction"], fields["number"], fields["text"]) == (
        "deliver",
        "+31641600986",
        "How are you?",
    )
    assert (fields["time"], fields["time_utc"]) == ("2002-08-26T19:37:41+00:00", "2002-08-26T19:37:41Z")


def test_decode_one_that_is_none() -> None:
    result = run("decode", "beef?")
    assert (result.exit_code, json.loads(result.stdout)) == (1, {"error": "the PDU is not hexadecimal"})


def test_options_of_decode() -> None:
    bare = DELIVER[16:]
    assert json.loads(run("decode", bare, "--no-smsc").stdout)["text"] == "How are you?"
    assert "error" in json.loads(run("decode", DELIVER, "--direction", "submit").stdout)
    assert json.loads(run("decode", bare, "--tpdu-length", "30").stdout)["smsc"] is None


def test_decode_line_by_line() -> None:
    lines = [
        DELIVER,
        json.dumps({"pdu": DELIVER[16:], "no_smsc": True, "direction": "deliver", "tpdu_length": 30}),
        "garbage",
        "",
        "{",
        "[" * 100_000,
        '{"pdu": 5}',
        '{"pdu": "00", "direction": "up"}',
        '{"pdu": "00", "no_smsc": "yes"}',
        '{"pdu": "00", "colour": 1}',
        DELIVER.lower(),
    ]
    found = answers("decode", "-", lines="\n".join(lines))
    assert len(found) == len(lines)
    assert [fields.get("text") for fields in found] == [
        "How are you?",
        "How are you?",
        *[None] * 8,
        "How are you?",
    ]
    assert all(fields["error"] for fields in found[2:-1])


def test_a_line_without_end_is_answered_and_the_next_one_read() -> None:
    found = answers("decode", "-", lines=b"0" * (3 * LONGEST_LINE) + b"\n" + DELIVER.encode() + b"\n")
    assert ["error" in fields for fields in found] == [True, False]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.binary(max_size=60).map(lambda line: line.replace(b"\n", b""))))
def test_any_lines(lines: list[bytes]) -> None:
    for command in ("decode", "encode"):
        assert len(answers(command, "-", lines=b"".join(line + b"\n" for line in lines))) == len(lines)


def test_encode_by_options() -> None:
    result = run("encode", "--to", "+34654123456", "--text", "hey yo", "--class", "0")
    assert json.loads(result.stdout) == {
        "pdus": ["0001000B914356143254F6001006E8721E947F03"],
        "tpdu_lengths": [19],
        "parts": 1,
        "coding": "gsm7",
    }


def test_every_option_of_encode() -> None:
    options = (
        "--to +32475000001 --data 00ff --class 1 --validity 3600 --report --reject-duplicates --reply-path "
        "--smsc +32475161616 --mr 9 --pid 1 --udh 700100 --port 2948 9200 --concat-ref 300 --concat-bits 16"
    )
    made = json.loads(run("encode", *options.split()).stdout)
    read = json.loads(run("decode", made["pdus"][0]).stdout)
    wanted = {
        "number": "+32475000001",
        "data_hex": "00ff",
        "message_class": 1,
        "vp_seconds": 3600,
        "srr": True,
        "rd": True,
        "reply_path": True,
        "smsc": "+32475161616",
        "mr": 9,
        "pid": 1,
        "ports": {"dest": 2948, "src": 9200, "bits": 16},
        "udh_count": 2,
    }
    assert {name: read[name] for name in wanted} == wanted
    until = ["encode", "--to", "1", "--text", "ş", "--until", "2027-01-01T00:00:00Z", "--language", "1"]
    made = json.loads(run(*until, "--alphabet", "gsm7").stdout)
    assert made["languages"] == {"locking": 1, "single": 0}
    assert json.loads(run("decode", made["pdus"][0]).stdout)["vp_time_utc"] == "2027-01-01T00:00:00Z"


def test_encode_json_and_options_together() -> None:
    found = answers("encode", "-", "--to", "123", lines='{"text": "a"}\n{"to": "456", "text": "a"}\n')
    assert [fields["pdus"] for fields in found] == [
        ["00010003812 1F300000161".replace(" ", "")],
        ["0001000381 54F600000161".replace(" ", "")],
    ]
    assert json.loads(run("encode", '{"to": "123", "text": "a"}').stdout)["parts"] == 1


def test_a_long_text_in_few_octets() -> None:
    (made,) = answers(
        "encode", "-", lines='{"to": "1", "text_rle": [["x", 160], ["y", 1]], "coding": "gsm7"}'
    )
    assert (made["parts"], made["coding"]) == (2, "gsm7")


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"to": "1", "text_rle": [["x", 10**12]]}, "longer than"),
        ({"to": "1", "text_rle": ["x"]}, "must be a list of [text, times]"),
        ({"to": "1", "text_rle": [["x", "y"]]}, "must be a whole number"),
        ({}, "the field 'to' is missing"),
        ({"to": 5}, "the field 'to' must be a string"),
        ({"text": "x", "to": None}, "the field 'to' is missing"),
        ({"tezt": "x"}, "unknown field 'tezt'"),
        ({"to": "1", "text": "x", "mr": True}, "the field 'mr' must be a whole number"),
        ({"to": "1", "text": "x", "vp_seconds": 1.5}, "the field 'vp_seconds' must be a whole number"),
        ({"to": "1", "text": "x", "srr": 1}, "the field 'srr' must be true or false"),
        ({"to": "1", "text": "x", "vp_time": "soon"}, "the field 'vp_time' must be an ISO 8601 time"),
        ({"to": "1", "text": "x", "alphabet": "ascii"}, "the field 'alphabet' is one of gsm7, ucs2, 8bit"),
        ({"to": "1", "text": "x", "alphabet": []}, "the field 'alphabet' is one of gsm7, ucs2, 8bit"),
        ({"to": "1", "text": "x", "concat_bits": 12}, "the field 'concat_bits' is one of 8, 16"),
        ({"to": "1", "text": "x", "languages": 1}, "the field 'languages' must be a list"),
        ({"to": "1", "text": "x", "ports": [1]}, "the field 'ports' must have a destination and a source"),
        ({"to": "1", "text": "x", "udh": "zz"}, "the field 'udh' must be hexadecimal"),
        ({"to": "1", "text": "x", "udh": [5]}, "the field 'udh' must be hexadecimal, or a list of elements"),
        ({"to": "1", "text": "x", "udh": [{"iei": 256, "data": ""}]}, "does not fit its octets"),
        ({"to": "1", "data_hex": "0"}, "the field 'data_hex' must be hexadecimal"),
    ],
)
def test_wishes_that_are_refused(wish: dict[str, Any], sentence: str) -> None:
    (answer,) = answers("encode", "-", lines=json.dumps(wish))
    assert sentence in answer["error"]
