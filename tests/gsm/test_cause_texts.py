"""What a person reads of a refusal: the modem's own line once, and a code only where no line tells it."""

from __future__ import annotations

import pytest

from modemd.gsm.cause_texts import trouble_words


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        ("CMS 21", "+CMS ERROR: 21 (rejected)", "+CMS ERROR: 21 (rejected)"),
        ("CME 10", "+CME ERROR: SIM not inserted", "+CME ERROR: SIM not inserted"),
        ("expired", "its validity ended", "expired: its validity ended"),
    ],
)
def test_the_code_is_told_once(code: str, reason: str, words: str) -> None:
    assert trouble_words(code, reason) == words
