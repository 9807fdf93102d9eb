"""Result files are those that the real smsd 3.1.21 wrote for the same messages, octet by octet."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.smstools3.outcome import is_sent
from modemd.formats.spoolfile import finished, read, rejected
from modemd.model import MessageState
from tests.formats.made import BRUSSELS, FAILED, NOW, SENT


def test_a_sent_file_is_smsds_and_loses_the_results_of_an_earlier_try() -> None:
    dropped = b"To: 32475123456\nReport: yes\nDescription: x\nFail_reason: old\n\nlong text here\n"
    assert finished("smstools3", dropped, SENT, zone=BRUSSELS) == (
        b"To: 32475123456\nReport: yes\nDescription: x\n"
        b"Modem: GSM1\nNumber: 32475000001\nSent: 26-11-22 14:14:49\nSending_time: 1\nMessage_id: 102\n"
        b"IMSI: 206011234567890\nIMEI: 861234567890123\n"
        b"\nlong text here\n"
    )


def test_line_ends_of_windows_stay() -> None:
    dropped = b"To: 32475123456\r\nReport: no\r\n\r\nwindows text\r\n"
    assert finished("smstools3", dropped, replace(SENT, report=False, sending_time_s=0), zone=BRUSSELS) == (
        b"To: 32475123456\r\nReport: no\r\n"
        b"Modem: GSM1\nNumber: 32475000001\nSent: 26-11-22 14:14:49\nSending_time: 0\n"
        b"IMSI: 206011234567890\nIMEI: 861234567890123\n"
        b"\r\nwindows text\r\n"
    )


def test_a_failed_file_is_smsds() -> None:
    assert finished("smstools3", b"To: 11111111\n\nrefused\n", FAILED, zone=BRUSSELS) == (
        b"To: 11111111\nModem: GSM1\nNumber: 32475000001\nIMSI: 206011234567890\nIMEI: 861234567890123\n"
        b"Fail_reason: +CMS ERROR: 38 (Network out of order)\nFailed: 26-11-22 14:14:49\n"
        b"PDU: 0031000891111111110000FF07F2B2B93E2F9301\n"
        b"\nrefused\n"
    )


def test_without_a_report_there_is_no_message_id() -> None:
    assert b"Message_id" not in finished("smstools3", b"To: 1\n\nx", replace(SENT, report=False))


def test_a_delivered_message_stays_a_sent_one() -> None:
    delivered = replace(SENT, event=replace(SENT.event, event=MessageState.DELIVERED))
    assert finished("smstools3", b"To: 1\n\nx", delivered) == finished("smstools3", b"To: 1\n\nx", SENT)


def test_a_reason_of_several_lines_stays_one_header() -> None:
    told = finished("smstools3", b"To: 1\n\nx", replace(FAILED, fail_reason="one\nTo: 2\r\n\ntwo\udc80"))
    assert b"Fail_reason: one To: 2 two?\n" in told


def test_a_rejected_file_is_unchanged_below_its_reason() -> None:
    rubbish = b"\x00\xff no message"
    assert rejected(rubbish, "No destination", NOW, zone=BRUSSELS) == (
        b"Fail_reason: No destination\nFailed: 26-11-22 14:14:49\n" + rubbish
    )


def test_a_rejected_file_can_be_repaired_and_dropped_again() -> None:
    again = rejected(b"\xef\xbb\xbfTo: 32475123456\n\nx\n", "No destination", NOW)
    assert read("a", again).requests[0].to == "+32475123456"
    assert finished("smstools3", again, SENT).startswith(b"\xef\xbb\xbfTo: 32475123456\nModem: GSM1\n")


@given(st.binary(max_size=300) | st.from_regex(rb"((To|Sent|PDU|x): [ -~]{0,9}\r?\n){0,5}\r?\n?.{0,20}"))
def test_finishing_and_rejecting_twice_changes_nothing(octets: bytes) -> None:
    for result in (SENT, FAILED):
        once = finished("smstools3", octets, result)
        assert finished("smstools3", once, result) == once
    once = rejected(octets, "Invalid alphabet", NOW)
    assert rejected(once, "Invalid alphabet", NOW) == once


@given(st.binary(max_size=300))
def test_what_is_below_the_blank_line_is_never_touched(body: bytes) -> None:
    assert finished("smstools3", b"To: 1\n\n" + body, SENT).endswith(b"\n\n" + body)
    assert finished("smstools3", b"To: 1\n\n" + body, FAILED).endswith(b"\n\n" + body)


def test_a_message_that_the_network_had_belongs_into_sent_whatever_its_report_said() -> None:
    """The report may be quicker than the file."""
    for state in (MessageState.UNDELIVERED, MessageState.EXPIRED):
        event = replace(SENT.event, event=state, parts=2, parts_done=2)
        assert is_sent(replace(SENT, event=event))
        assert not is_sent(replace(SENT, event=replace(event, parts_done=1)))
