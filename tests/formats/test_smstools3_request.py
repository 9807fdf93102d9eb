"""Files of smstools3's users are read as smsd reads them; what it refuses is refused in its words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import PduError, Rejected
from modemd.formats import smstools3
from modemd.formats.spoolfile import peek_priority, read
from modemd.gsm.outgoing import Outgoing, encode
from modemd.model import Priority, SendRequest
from tests.formats.made import BRUSSELS


def _read(octets: bytes) -> SendRequest:
    (request,) = read("file", octets, zone=BRUSSELS).requests
    return request


def _headed(*lines: str, body: bytes = b"hello\n") -> SendRequest:
    return _read("\n".join(("To: 32475123456", *lines)).encode() + b"\n\n" + body)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["To: 491721234567"], ("+491721234567", None)),
        (["To: +49 172 123-4567"], ("+491721234567", None)),
        (["To: 0049 172 1234567"], ("+491721234567", None)),
        (["To: Bob +491721234567"], ("+491721234567", None)),
        (["To: 491721234567 (Bob)"], ("+491721234567", None)),
        (["To: 491721234567", "To: 32475000002"], ("+32475000002", None)),
        (["To: 0475123456"], ("0475123456", None)),
        (["To: s1234"], ("1234", 0)),
        (["To: 12345"], ("12345", None)),
        (["To: *100#"], ("*100#", None)),
        (["To: 12345", "To_TOA: international"], ("+12345", None)),
        (["To: 475123456", "To_TOA: National"], ("475123456", 2)),
        (["To: 475123456", "To_TOA: unknown"], ("475123456", 0)),
    ],
)
def test_destinations(lines: list[str], expected: tuple[str, int | None]) -> None:
    request = _read("\n".join(lines).encode() + b"\n\nx\n")
    assert (request.to, request.type_of_number) == expected


@pytest.mark.parametrize(
    ("line", "field", "expected"),
    [
        ("From: me", "note", None),
        ("Flash: yes", "message_class", 0),
        ("Flash: Yes please", "message_class", 0),
        ("Flash: true", "message_class", 0),
        ("Flash: 1", "message_class", 0),
        ("Flash: on", "message_class", 0),
        ("Flash: oui", "message_class", None),
        ("Flash: no", "message_class", None),
        ("flash: yes", "message_class", None),
        ("Class: 2", "message_class", 2),
        ("Class: 9", "message_class", None),
        ("DCS_hex: F1", "dcs", 0xF1),
        ("Report: yes", "report", True),
        ("Report: no", "report", False),
        ("X: y", "report", None),
        ("Priority: High", "priority", Priority.HIGH),
        ("Priority: HIGH", "priority", Priority.HIGH),
        ("Priority: bulk", "priority", Priority.BULK),
        ("Priority: urgent", "priority", Priority.NORMAL),
        ("Provider: gsm1", "modem", "gsm1"),
        ("Queue: gsm2", "modem", "gsm2"),
        ("SMSC: 32475161616", "smsc", "+32475161616"),
        ("Validity: 255", "validity_vp", 255),
        ("Validity: 0", "validity_s", 300),
        ("Validity: 256", "validity_vp", None),
        ("Validity: hour", "validity_s", 3600),
        ("Validity: 2 days", "validity_s", 172800),
        ("Validity: 7 min", "validity_s", 300),
        ("Validity: 1 min", "validity_s", 300),
        ("Validity: 3 months", "validity_s", 12 * 604800),
        ("Validity: 9 years", "validity_s", 63 * 604800),
        ("Validity: soon", "validity_s", None),
        ("Autosplit: 0", "autosplit", "none"),
        ("Autosplit: 1", "autosplit", "plain"),
        ("Autosplit: 2", "autosplit", "numbered"),
        ("Autosplit: 3", "autosplit", "udh"),
        ("Replace: 3", "pid", 0x43),
        ("Replace: 8", "pid", 0),
        ("Ping: yes", "pid", 0x40),
        ("Ping: yes", "report", True),
        ("System_message: yes", "dcs", 0xF4),
        ("System_message: ToSIM", "pid", 0x7F),
        ("Reply_path: yes", "reply_path", True),
        ("Reject_duplicates: yes", "reject_duplicates", True),
        ("Message_reference: 255", "tp_mr", 255),
        ("Language: Turkish", "languages", (1,)),
        ("Language_ext: 3", "languages", (3,)),
        ("Retries: 2", "retries", 2),
        ("Account: clinic", "account", "clinic"),
        ("Client_id: a-1", "client_id", "a-1"),
        ("Id: a-2", "client_id", "a-2"),
        ("At: 2026-11-22 14:30", "not_before_at", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ("Appointment: 2026-11-22 14:30", "appointment_at", datetime(2026, 11, 22, 13, 30, tzinfo=UTC)),
        ("Appointment: 2026-11-22 14:30\nRemind: 2h, 2 days", "remind_s", (172_800, 7200)),
        ("At: 2026-11-22T14:30:00Z", "not_before_at", datetime(2026, 11, 22, 14, 30, tzinfo=UTC)),
        ("Smsd_debug: x", "text", "hello"),
        ("UDH-DATA: 06 05 04 0B 84 23 F0", "udh", bytes.fromhex("05040B8423F0")),
        ("UDH-DUMP: 05 00 03 AA 02 01", "autosplit", "none"),
    ],
)
def test_headers(line: str, field: str, expected: Any) -> None:
    assert getattr(_headed(line), field) == expected


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"To: 32475123456\n\nhello \n\n", "hello"),
        (b"To: 32475123456\r\n\r\nhello\r\n", "hello"),
        (b"To: 32475123456\n \t\nhello", "hello"),
        (b"\xef\xbb\xbfTo: 32475123456\n\nhello", "hello"),
        (b"To: 32475123456\n\n \n", " \n"),
        (b"To: 32475123456\n\none\n\ntwo", "one\n\ntwo"),
        ("To: 32475123456\n\ncafé Я".encode(), "café Я"),
        ("To: 32475123456\n\ncafé €".encode("iso8859-15"), "café €"),
        ("To: 32475123456\nAlphabet: UTF-8\n\ncafé Я".encode(), "café Я"),
        (b"To: 32475123456\nAlphabet: GSM\n\nab\x00\x01\x1bed\n", "ab@£€d"),
        (b"To: 32475123456\nAlphabet: UCS2\n\n" + "中小自家".encode("utf-16-be") + b"\n", "中小自家"),
        (b"To: 32475123456\nAlphabet: Unicode\n\n" + "\ufeffhej".encode("utf-16-le"), "hej"),
        (b"To: 32475123456\nMacro: NAME=Bob\nMacro: X=\n\nhi NAMEX", "hi Bob"),
    ],
)
def test_texts(octets: bytes, expected: str) -> None:
    assert _read(octets).text == expected


def test_the_alphabet_decides_the_coding() -> None:
    assert _headed("Alphabet: GSM").coding == "gsm7"
    assert _headed("Alphabet: UCS", body=b"\0h").coding == "ucs2"
    assert _headed("Alphabet: UTF-8").coding is None
    assert _headed("Alphabet: ISO-8859-15").coding is None


@pytest.mark.parametrize(
    ("lines", "body", "udh", "octets"),
    [
        (["UDH: no"], b"\x05data\n", b"", b"\x05data\n"),
        ([], b"\x06\x05\x04\x0b\x84\x23\xf0DATA", bytes.fromhex("05040B8423F0"), b"DATA"),
        (["UDH: true"], b"\x05\x00\x03\x01\x01\x01data", b"\x00\x03\x01\x01\x01", b"data"),
        (["UDH-DATA: 03 25 01 01"], b"data", b"\x25\x01\x01", b"data"),
        (["UDH: no", "Hex: yes"], b"// x\n41 42 'c\n\n43#\n", b"", b"ABC"),
    ],
)
def test_data(lines: list[str], body: bytes, udh: bytes, octets: bytes) -> None:
    request = _headed("Alphabet: binary", *lines, body=body)
    assert (request.udh, request.octets, request.coding) == (udh, octets, "8bit")


def test_the_keywords_of_hex_bodies_give_what_smsd_sent() -> None:
    body = b"06 : c\nLENGTH\nSTRING:ab c\nINLINESTRING:xyz // no comment\nLENGTH\n0F // x\n"
    request = _headed("Alphabet: bin", "Hex: yes", "UDH: no", body=body)
    assert request.octets == bytes.fromhex("0617616220630378797A202F2F206E6F20636F6D6D656E74000F")


@pytest.mark.parametrize(
    ("octets", "code", "fail_reason"),
    [
        (b"From: me\n\nno destination\n", "bad_request", "No destination"),
        (b"To: s\n\nx\n", "bad_request", "No destination"),
        (b"To: Bob\n\nx\n", "bad_request", "No destination"),
        (b"To: " + b"1" * 21 + b"\n\nx\n", "bad_request", "No destination"),
        (b"to: 32475123456\n\nx\n", "bad_request", "No destination"),
        (b"\x89PNG\r\n\x1a\n rubbish", "bad_request", "No destination"),
        (b"To: 32475123456\nAlphabet: klingon\n\nx\n", "bad_request", "Invalid alphabet"),
        (b"To: 32475123456\n\n", "empty", "No text or data"),
        (b"To: 32475123456\n", "empty", "No text or data"),
        (b"To: 32475123456\nAlphabet: bin\n\n", "empty", "No text or data"),
        (b"", "empty", "No text or data"),
        (b"\n\n\n", "empty", "No text or data"),
        (b"To: 32475123456\nTo_TOA: foo\n\nx\n", "bad_request", "Invalid number type"),
        (b"To: 32475123456\nMessage_reference: 256\n\nx\n", "bad_request", "Invalid message reference"),
        (b"To: 32475123456\nLanguage: Klingon\n\nx\n", "bad_request", "Invalid language/language_ext"),
        (b"To: 32475123456\nAlphabet: bin\n\n\xff\0data", "bad_request", "Incorrect first byte of UDH"),
        (b"To: 32475123456\nText_is_pdu: yes\n\n00", "bad_request", "Invalid key (To) for text_is_pdu"),
    ],
)
def test_smsds_words(octets: bytes, code: str, fail_reason: str) -> None:
    with pytest.raises(Rejected) as refused:
        _read(octets)
    assert (refused.value.code, refused.value.fail_reason) == (code, fail_reason)


@pytest.mark.parametrize(
    ("octets", "words"),
    [
        (b"To: 32475123456\nInclude: /etc/shadow\n\nx", "Include"),
        (b"To: 32475123456\nRemind: 2h\n\nx", "Remind: Appointment: is missing"),
        (b"To: 32475123456\nAppointment: soon\n\nx", "Appointment: 'soon' is not a time"),
        (b"To: 32475123456\nAt: 2026-11-22\nAppointment: 2026-11-22\n\nx", "At: what goes before an appoint"),
        (b"To: 32475123456\nAt: tomorrow\n\nx", "At: 'tomorrow' is not a time"),
        (b"To: 32475123456\nDCS_hex: F\n\nx", "DCS_hex"),
        (b"To: 32475123456\nUDH-DATA: XY\n\nx", "UDH-DATA"),
        (b"To: 32475123456\nAlphabet: UTF-8\n\nabc\xff", "not UTF-8"),
        (b"To: 32475123456\nAlphabet: UCS2\n\nabc", "not UCS2"),
        (b"To: 32475123456\nAlphabet: GSM\n\n\x80", "GSM alphabet"),
        (b"To: 32475123456\nHex: yes\nAlphabet: bin\n\n4", "line 1 of the hexadecimal body"),
        (b"To: 32475123456\nHex: yes\nAlphabet: bin\n\nLENGTH\n41", "odd number of times"),
        (b"To: 32475123456\n\na\0b", "NUL"),
        (b"To: 32475123456\0\n\nb", "NUL"),
        ("To: 32475123456\n\nhello".encode("utf-16"), "NUL"),
        (b"To: 32475123456\n" + b"X: y\n" * 20_000 + b"\nb", "header is longer"),
        (b"To: 32475123456\n\n" + b"b" * 2_000_000, "file is longer"),
        (b"To: 32475123456\nMacro: a=" + b"b" * 9999 + b"\n\n" + b"a" * 9999, "longer than any message"),
    ],
)
def test_the_rest_is_refused_with_a_clear_sentence(octets: bytes, words: str) -> None:
    with pytest.raises(Rejected) as refused:
        _read(octets)
    assert refused.value.code == "bad_request"
    assert words in refused.value.fail_reason
    assert "\n" not in refused.value.fail_reason


def test_priority_is_seen_in_the_first_octets() -> None:
    assert peek_priority("a", b"To: 1\nPriority: High\n\nx") is Priority.HIGH
    assert peek_priority("a", b"To: 1\n\nPriority: High\n") is Priority.NORMAL
    assert peek_priority("a", b"Fail_reason: x\nFailed: 26-11-22 14:14:49\nPriority: low\n\n") is Priority.LOW
    assert peek_priority("a", b"") is Priority.NORMAL


@given(
    st.sampled_from([b"32475123456", b"+32 475 12 34 56", b"s8888", b"0475123456", b"", b"nobody"]),
    st.text(max_size=80).map(str.encode) | st.binary(max_size=80),
)
def test_a_file_with_no_other_header_asks_for_what_it_would_with_one_that_asks_for_nothing(
    to: bytes, body: bytes
) -> None:
    usual, other = b"To: " + to + b"\n\n" + body, b"To: " + to + b"\nPriority: normal\n\n" + body
    assert _read_or_refused(usual) == _read_or_refused(other)


def _read_or_refused(octets: bytes) -> SendRequest | tuple[str, str, str]:
    try:
        return _read(octets)
    except Rejected as refused:
        return refused.code, refused.reason, refused.fail_reason


@given(st.binary(max_size=400))
def test_any_octets_are_a_message_or_rejected(octets: bytes) -> None:
    try:
        requests = read("file", octets).requests
    except Rejected as refused:
        told = refused.fail_reason
    else:
        told = requests[0].to
    assert told


_NAMES = ["To", "To_TOA", "Alphabet", "Hex", "UDH", "UDH-DATA", "Validity", "At", "Flash", "DCS_hex", "Macro"]
_NAMES += ["Language", "System_message", "Ping", "Priority", "Autosplit", "Message_reference", "Account"]
_VALUES = st.sampled_from(
    ["yes", "bin", "UCS2", "GSM", "UTF", "32475123456", "s1", "05 00 03 01 02 01", "3", ""]
)
_LINES = st.lists(st.tuples(st.sampled_from(_NAMES), _VALUES | st.text(max_size=12)), max_size=8)


@given(_LINES, st.binary(max_size=200))
def test_any_headers_and_body_are_a_message_that_encodes_or_a_sentence(
    lines: list[tuple[str, str]],
    body: bytes,
) -> None:
    head = "To: 32475123456\n" + "".join(f"{name}: {value}\n" for name, value in lines)
    try:
        (request,) = read("file", head.encode() + b"\n" + body).requests
        encoded = encode(
            Outgoing(
                destination=request.to,
                text=request.text,
                octets=request.octets,
                coding=request.coding,
                languages=request.languages,
                message_class=request.message_class,
                dcs=request.dcs,
                pid=request.pid,
                udh=request.udh,
                validity_vp=request.validity_vp,
                type_of_number=request.type_of_number,
                autosplit=request.autosplit,
            ),
        )
    except (Rejected, PduError) as refused:
        told = str(refused)
    else:
        told = encoded.parts[0].pdu
    assert told


@given(
    st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=60),
)
def test_what_is_written_is_read_back(to: str, text: str) -> None:
    request = _read(f"To: {to}\nAlphabet: UTF-8\n\n{text}".encode())
    assert request.to == to
    assert request.text == (text.rstrip(" \t\r\n") or text)


def test_a_voicecall_goes_by_the_channel_of_calls() -> None:
    request = smstools3.read_request(b"To: 32475123456\nVoicecall: yes\n\nTONE: TIME: 30 2 1,2,3\n", UTC)
    assert (request.channel, request.to) == ("voice", "+32475123456")
    assert request.text is not None
    assert request.text.startswith("TONE: TIME: 30 2 1,2,3")
    assert smstools3.read_request(b"To: 32475123456\nVoicecall: no\n\nHello\n", UTC).channel == "sms"
