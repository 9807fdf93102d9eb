"""What may be said in a call, as senders write it."""

from __future__ import annotations

import pytest

from modemd.errors import Rejected
from modemd.formats.spoken import LONGEST, Script, read_script, script_json, script_value


@pytest.mark.parametrize(
    ("written", "script"),
    [
        ("Fire in\n hall 3", Script(text="Fire in hall 3")),
        ("Olé!", Script(text="Olé!")),
        ("TONE: 1,2,#", Script(tones="12#", times=1)),
        ("tone: 3 1 2 3", Script(tones="123", times=3)),
        ("TONE: TIME: 15 2 1,2,3\r\n", Script(tones="123", times=2, wait_s=15)),
        ("TONE: TIME: 15 2", Script(tones="2", times=1, wait_s=15)),
        ("TONE: *21#a", Script(tones="*21#A", times=1)),
        ("Tones are heard", Script(text="Tones are heard")),
    ],
)
def test_scripts_are_read_and_kept(written: str, script: Script) -> None:
    assert read_script(written) == script
    assert script_value(script_json("+32475123456", script)) == ("+32475123456", script)


@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        (" \n", "empty", "there is no text"),
        ("x" * (LONGEST + 1), "too_long", "401 characters, and 400 can be said"),
        ("Party \U0001f389", "not_encodable", "'\U0001f389' cannot be said"),
        ("beep \x07", "not_encodable", "'\\x07' cannot be said"),
        ("...", "not_encodable", "it cannot be said"),
        ("TONE:", "bad_request", "takes digits"),
        ("TONE: hello", "bad_request", "takes digits"),
        ("TONE: 3 " + "1" * 34, "bad_request", "100 tones at most"),
        ("TONE: TIME: 2 1", "bad_request", "5 to 60 seconds"),
        ("TONE: TIME: 9999 1", "bad_request", "5 to 60 seconds"),
        ("TONE: 11 1", "bad_request", "1 to 10 times"),
    ],
)
def test_what_cannot_be_said_is_refused_in_words(written: str, code: str, said: str) -> None:
    with pytest.raises(Rejected) as refused:
        read_script(written)
    assert refused.value.code == code
    assert said in refused.value.reason
