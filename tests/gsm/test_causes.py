"""Every cause has a reaction, and the rows that matter most say what they must."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.errors import CauseKind
from modemd.gsm.cause_texts import CME, CMS, code_of_text
from modemd.gsm.causes import Verb, reaction, silence, tp_status_meaning

CMS_ROWS: list[tuple[str, Verb]] = [
    ("1 30", Verb.FAIL),
    ("8 10 21 29 50", Verb.MOVE),
    ("17 22 38 41 42 47 127 192 194 210 212 213 255 301 314 332 500 512 513 514", Verb.RETRY),
    ("27", Verb.RETRY_LONG),
    ("28 193 195 310 313 315", Verb.PAUSE),
    ("69 81 198 199", Verb.RETRY_ONCE),
    ("95 96 97 98 99 111", Verb.FAIL),
    ("128 129 130 143 144 145 159 160 161 175 176 196 197 304 305", Verb.FAIL),
    ("208 209 211 322", Verb.DRAIN),
    ("300", Verb.RESET),
    ("302 311 320 330", Verb.PREPARE),
    ("303 312 316 317 318", Verb.HUMAN),
    ("321 340", Verb.IGNORE),
    ("331 515", Verb.WAIT_READY),
]
CME_ROWS: list[tuple[str, Verb]] = [
    ("3 4", Verb.FORGO),
    ("10 13 15", Verb.PAUSE),
    ("11", Verb.PREPARE),
    ("5 12 16 17 18 262", Verb.HUMAN),
    ("14 31 100", Verb.RETRY),
    ("20", Verb.DRAIN),
    ("21 22", Verb.IGNORE),
    ("30 32 515", Verb.WAIT_READY),
    ("40 41 42 43 44 45 46 47 48", Verb.HUMAN),
    ("103 106 107 111 112 113", Verb.PAUSE),
    ("772", Verb.RESET),
]
CASES = [
    pytest.param(kind, int(code), verb, id=f"{kind} {code}")
    for kind, rows in (("CMS", CMS_ROWS), ("CME", CME_ROWS))
    for codes, verb in rows
    for code in codes.split()
]


@pytest.mark.parametrize(("kind", "code", "verb"), CASES)
def test_the_table(kind: CauseKind, code: int, verb: Verb) -> None:
    found = reaction(kind, code, after_body=False)
    assert found.verb is verb
    assert found.meaning == (CMS if kind == "CMS" else CME)[code]


@given(
    st.sampled_from(["CMS", "CME", "ERROR"]),
    st.none() | st.integers(-(10**6), 10**6),
    st.booleans(),
)
def test_every_figure_has_a_reaction_with_a_meaning(kind: CauseKind, code: int | None, after: bool) -> None:
    found = reaction(kind, code, after_body=after)
    assert found.meaning
    assert all(delay >= 0 for delay in found.delays_s)


@pytest.mark.parametrize(("kind", "code"), [("CMS", 332), ("CME", 31)])
def test_a_network_time_out_after_the_pdu_is_uncertain(kind: CauseKind, code: int) -> None:
    assert reaction(kind, code, after_body=True).verb is Verb.UNCERTAIN
    assert reaction(kind, code, after_body=False).verb is Verb.RETRY


def test_a_duplicate_is_known_as_such() -> None:
    assert reaction("CMS", 197, after_body=True).duplicate
    assert not reaction("CMS", 196, after_body=True).duplicate


def test_silence_is_uncertain_only_after_the_pdu() -> None:
    assert silence(after_body=True).verb is Verb.UNCERTAIN
    assert silence(after_body=False).verb is Verb.RETRY


def test_what_the_network_may_not_know_is_left_out() -> None:
    assert reaction("CMS", 69, after_body=True).leave_out == ("report", "type_of_number", "validity")
    assert reaction("CMS", 198, after_body=True).leave_out == ("validity",)


@pytest.mark.parametrize("code", [10, 312, 316, 317, 318, 28, 193])
def test_the_sims_trouble_pauses_it_and_calls_somebody(code: int) -> None:
    found = reaction("CMS", code, after_body=True)
    assert found.human
    assert found.pause or found.pause_after


def test_words_in_place_of_figures() -> None:
    assert code_of_text("CME", "SIM busy") == 14
    assert code_of_text("CMS", "memory full") == 322
    assert code_of_text("CMS", "Operation not allowed") == 302
    assert code_of_text("CMS", "no such thing") is None
    assert code_of_text("ERROR", "SIM busy") is None


@pytest.mark.parametrize(
    ("octets", "state", "final"),
    [
        (range(1), "delivered", True),
        (range(0x01, 0x02), "sent", True),
        (range(0x02, 0x03), "replaced", True),
        (range(0x03, 0x20), "delivered", True),
        (range(0x20, 0x40), "pending", False),
        (range(0x46, 0x47), "expired", True),
        (range(0x40, 0x46), "undelivered", True),
        (range(0x47, 0x80), "undelivered", True),
        (range(0x80, 0x100), "unknown", False),
        ([-1, 256], "unknown", False),
    ],
)
def test_tp_status(octets: range, state: str, final: bool) -> None:
    for octet in octets:
        assert tp_status_meaning(octet)[:2] == (state, final)


def test_tp_status_in_the_words_of_smstools3() -> None:
    assert tp_status_meaning(0).text == "Ok,short message received by the SME"
    assert tp_status_meaning(0x22).text == "Still trying,no response sendr SME"
    assert tp_status_meaning(0x46).text == "Error,SM validity period expired"
    assert tp_status_meaning(0x30).text == "unknown"
