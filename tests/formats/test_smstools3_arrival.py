"""What came in is written as the real smsd 3.1.21 wrote it for the very same PDUs, octet by octet."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.smstools3 import call, received, report
from modemd.gsm.incoming import decode_deliver, decode_status_report
from modemd.model import Call, Inbound, StatusReportFacts

_AT = datetime(2026, 11, 22, 14, 20, 36, tzinfo=UTC)
_MODEM = (
    b"Received: 26-11-22 14:20:36\nSubject: GSM1\nModem: GSM1\nNumber: 32475000001\n"
    b"IMSI: 206011234567890\nIMEI: 861234567890123\n"
)

MESSAGES = [
    (
        (
            "07917248010080F0240B917248001064F30000312070604220809F537AD8"
            "4D0ECBC92061D8BDD681B2EFBA1C141E8FDF75377D0E"
            "0ACBCB20F71BC47EBBCF6539C8981C0641E3771BCE4E87DD741708CA2E87"
            "E76590589E769F414922C80482CBDF6F33E86D06C9CB"
            "F334B9EC1E9741F43728ECCE83C4F2B07B8C06D1DF2079393CA6A7ED617A"
            "19947FD7E5A0F078FCAEBBE97317285A2FCBD3E5F90F"
            "04C3D96030D88C2693B900"
        ),
        b"From: 27840001463\nFrom_TOA: 91 international, ISDN/telephone\nFrom_SMSC: 27841000080\n"
        b"Sent: 13-02-07 06:24:02\n" + _MODEM + b"Report: yes\nAlphabet: UTF-8\nLength: 159\n\n",
    ),
    (
        "0791447758100650040DD0F334FC1CA6970100008080312170224008D4F29CDE0EA7D9",
        b"From: sipgate\nFrom_TOA: D0 alphanumeric, unknown\nFrom_SMSC: 447785016005\n"
        b"Sent: 08-08-13 12:07:22\n" + _MODEM + b"Report: no\nAlphabet: UTF-8\nLength: 8\n\nTestmail",
    ),
    (
        (
            "0791947122725014440185F039F501801140311480720605040B8423F001"
            "06246170706C69636174696F6E2F766E642E7761702E"
            "6D6D732D6D65737361676500AF84B4868C82984F67514B4B42008D908908"
            "8045726F74696B009650696E2D557073008A808E0240"
            "008805810303F48083687474703A2F2F657073332E64652F4F2F5A39495A4F00"
        ),
        b"From: 0\nFrom_TOA: 85 unknown, unknown\nFrom_SMSC: 491722270541\nSent: 10-08-11 04:13:41\n"
        + _MODEM
        + b"Report: no\nAlphabet: binary\nUDH-DATA: 06 05 04 0B 84 23 F0 \n"
        b"UDH-Type: Length=7, [05]Application port addressing scheme, 16 bit address\nLength: 107\n\n"
        b"\x01\x06$application/vnd.wap.mms-message\x00\xaf\x84\xb4\x86\x8c\x82\x98OgQKKB\x00\x8d\x90\x89\x08"
        b"\x80Erotik\x00\x96Pin-Ups\x00\x8a\x80\x8e\x02@\x00\x88\x05\x81\x03\x03\xf4\x80\x83"
        b"http://eps3.de/O/Z9IZO\x00",
    ),
    (
        "07911326040000F0240B911346610089F64110208062917314080CC8F71D14969741F977FD07",
        b"From: 31641600986\nFrom_TOA: 91 international, ISDN/telephone\nFrom_SMSC: 31624000000\n"
        b"Sent: 02-08-26 19:37:41\n" + _MODEM + b"Report: yes\nReplace: 1\nFlash: yes\nAlphabet: UTF-8\n"
        b"Length: 12\n\nHow are you?",
    ),
]


def _inbound(pdu: str, *, complete: bool = True) -> Inbound:
    read = decode_deliver(pdu)
    return Inbound(
        id="i1",
        account="default",
        originator=read.originator,
        originator_toa=read.originator_toa,
        text=read.text,
        octets=read.octets,
        coding=read.coding,
        modem="GSM1",
        sc_at=read.sc_at,
        received_at=_AT,
        complete=complete,
        message_class=read.message_class,
        pid=read.pid,
        smsc=read.smsc,
        udh=read.udh_octets,
        imsi="206011234567890",
        imei="861234567890123",
        msisdn="+32475000001",
        sends_reports=read.sends_reports,
    )


@pytest.mark.parametrize(("pdu", "expected"), MESSAGES)
def test_a_received_file_is_smsds(pdu: str, expected: bytes) -> None:
    message = _inbound(pdu)
    # smsd copies the service centre's digits, so the zone here is the one of the time stamp itself.
    zone = message.sc_at.tzinfo if message.sc_at else None
    written = received(message, zone=zone or UTC)
    here = _AT.astimezone(zone).strftime("%H:%M:%S").encode()
    assert written.replace(here, b"14:20:36").startswith(expected)


def test_ucs2_text_is_written_as_utf8_and_its_octets_are_counted() -> None:
    written = received(_inbound("07914306073011F0040B914316709807F2000880604290224080084E2D5174901A8BAF"))
    assert written.endswith(b"Alphabet: UTF-8\nLength: 12\n\n" + "中兴通讯".encode())


def test_a_part_without_the_others_says_so_and_keeps_its_header() -> None:
    pdu = "07911326040000F0440B911346610089F600002080629173140814050003AA0301906536FB0DBABFE56C3210"
    written = received(_inbound(pdu, complete=False))
    assert b"Incomplete: yes\nAlphabet: UTF-8\nUDH-DATA: 05 00 03 AA 03 01 \n" in written
    assert b"UDH-Type: Length=6, [00]Concatenated short messages, 8-bit reference number\n" in written
    assert b"UDH" not in received(_inbound(pdu))


def test_national_tables_are_named() -> None:
    address_and_time = "00440B918100551512F2000011101021436500"
    pdu = address_and_time + "22062501012401011BC586B2416D529BD786B7E96D7C1BE002C8011318870E"
    head, _, _ = received(_inbound(pdu)).partition(b"\n\n")
    assert head.endswith(
        b"Report: no\nAlphabet: UTF-8\nUDH-DATA: 06 25 01 01 24 01 01 \n"
        b"UDH-Type: Length=7, [25]Locking Shift Character Set information, "
        b"[24]Single Shift Character Set information\nLength: 26\n"
        b"Language: Turkish (1)\nLanguage_ext: Turkish (1)",
    )


def test_what_cannot_be_decoded_is_told_with_its_pdu() -> None:
    message = Inbound(
        id="i2",
        account="default",
        originator="",
        text=None,
        coding="8bit",
        modem="GSM1",
        sc_at=None,
        received_at=_AT,
        error="the PDU ends too early",
        pdus=("0043010C",),
    )
    assert received(message) == (
        b"Error: Cannot decode PDU, see text part for details.\nFrom: \nReceived: 26-11-22 14:20:36\n"
        b"Subject: GSM1\nModem: GSM1\nReport: no\nAlphabet: UTF-8\nLength: 23\nUDH: no\nPDU: 0043010C\n\n"
        b"the PDU ends too early\n"
    )


@pytest.mark.parametrize(
    ("pdu", "origin", "body"),
    [
        (
            "07914306073011F006270B913426565711F7012081111345400120811174054043",
            (
                b"From: 43626575117\nFrom_TOA: 91 international, ISDN/telephone\nFrom_SMSC: 34607003110\n"
                b"Sent: 10-02-18 11:31:54\n"
            ),
            b"Message_id: 39\nDischarge_timestamp: 10-02-18 11:47:50\nStatus: 67,Error,not obtainable",
        ),
        (
            "07917248014000F506B70AA18092020000317071518590803170715185418000",
            (
                b"From: 0829200000\nFrom_TOA: A1 national, ISDN/telephone\nFrom_SMSC: 27841004005\n"
                b"Sent: 13-07-17 15:58:09\n"
            ),
            (
                b"Message_id: 183\nDischarge_timestamp: 13-07-17 15:58:14\n"
                b"Status: 0,Ok,short message received by the SME"
            ),
        ),
    ],
)
def test_a_status_report_file_is_smsds(pdu: str, origin: bytes, body: bytes) -> None:
    read = decode_status_report(pdu)
    assert read.sc_at is not None
    facts = StatusReportFacts(
        tp_mr=read.tp_mr,
        recipient=read.recipient,
        recipient_toa=read.recipient_toa,
        sc_at=read.sc_at,
        discharged_at=read.discharged_at,
        tp_status=read.tp_status,
        modem="GSM1",
        received_at=_AT,
        smsc=read.smsc,
        imsi="206011234567890",
        imei="861234567890123",
        msisdn="+32475000001",
    )
    zone = read.sc_at.tzinfo or UTC
    body = b"SMS STATUS REPORT\n" + body
    here = _AT.astimezone(zone).strftime("%H:%M:%S").encode()
    assert report(facts, zone=zone).replace(here, b"14:20:36") == (
        origin + _MODEM + b"Report: no\nAlphabet: UTF-8\nLength: %d\nUDH: no\n\n" % len(body) + body
    )


def test_a_call_file_is_smsds() -> None:
    rang = Call(originator="+32475123456", at=_AT, modem="GSM1", msisdn="+32475000001")
    assert call(rang) == (
        b"From: 32475123456\nFrom_TOA: 91 international, ISDN/telephone\nSubject: GSM1\nModem: GSM1\n"
        b"Number: 32475000001\nCall_type: missed\nReceived: 26-11-22 14:20:36\n\nCALL MISSED\n"
    )


def test_a_call_that_hides_its_number_has_an_empty_from() -> None:
    assert call(Call(originator=None, at=_AT, modem="GSM1")).startswith(b"From: \nSubject: GSM1\n")


@given(st.text(max_size=40), st.text(max_size=80))
def test_no_originator_or_text_can_forge_a_header(originator: str, text: str) -> None:
    message = Inbound(
        id="i",
        account="default",
        originator=originator,
        text=text,
        coding="ucs2",
        modem="GSM1",
        sc_at=None,
        received_at=_AT,
    )
    head, _, body = received(message).partition(b"\n\n")
    assert [line.split(b":")[0] for line in head.split(b"\n")][-5:] == [
        b"Subject",
        b"Modem",
        b"Report",
        b"Alphabet",
        b"Length",
    ]
    assert len(head.split(b"\n")) in {7, 8}
    assert body == text.encode("utf-8", "replace")
