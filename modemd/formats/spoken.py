"""What is to be said in a phone call: a text, or tones, as ``TONE: [TIME: n] [n] digits`` (smstools3)."""

from __future__ import annotations

import json
import re
from typing import Final

from modemd.errors import Rejected
from modemd.formats.rejections import bad_request
from modemd.gsm.values import value

LONGEST: Final = 400
"""Characters: it is said twice, and a call keeps the modem from all else."""
MOST_TONES: Final = 100
"""All of them, as often as they are keyed."""
TIMES_SAID: Final = 2
WAIT_S: Final = 45
"""So long an answer is waited for, in seconds; networks give up after about as much."""
_LEAST_WAIT_S: Final = 5
_LONGEST_WAIT_S: Final = 60
_MOST_TIMES: Final = 10
_TONES: Final = re.compile(
    r"TONE:\s*(?:TIME:\s*(?P<wait>\d{1,4})\b)?\s*(?:(?P<times>\d{1,4})\s+(?=\S))?(?P<digits>\S.*)?",
    re.IGNORECASE | re.DOTALL,
)
_SEPARATORS: Final = re.compile(r"[\s,]+")
_KEYS: Final = re.compile(r"[0-9*#A-D]+")


@value(frozen=True, slots=True, kw_only=True)
class Script:
    """What is said ``times`` times to who answers within ``wait_s`` seconds: ``text``, or else ``tones``."""

    text: str | None = None
    tones: str = ""
    times: int = TIMES_SAID
    wait_s: int = WAIT_S


def read_script(written: str) -> Script:
    """Read what a sender wrote.

    Raises:
        Rejected: ``empty``, ``too_long``, ``not_encodable`` or ``bad_request``, with a sentence.
    """
    found = _TONES.fullmatch(written.strip())
    if found is not None:
        return _read_tones(found)
    text = " ".join(written.split())
    if not text:
        raise Rejected("empty", "there is no text to be said", fail_reason="No text or data")
    if len(text) > LONGEST:
        raise Rejected(
            "too_long", f"the text has {len(text)} characters, and {LONGEST} can be said in a call",
            fail_reason="Too long text",
        )  # fmt: skip
    foreign = next((letter for letter in text if not letter.isprintable() or ord(letter) > 0xFFFF), None)
    if foreign is not None or not any(letter.isalnum() for letter in text):
        shown = "it" if foreign is None else repr(foreign)
        raise Rejected("not_encodable", f"{shown} cannot be said by a modem")
    return Script(text=text)


def _read_tones(found: re.Match[str]) -> Script:
    tones = _SEPARATORS.sub("", found["digits"] or "").upper()
    if not _KEYS.fullmatch(tones):
        raise bad_request("TONE: takes digits, *, # and A to D: TONE: TIME: 30 2 1,2,3", "No text or data")
    wait_s = WAIT_S if found["wait"] is None else int(found["wait"])
    times = 1 if found["times"] is None else int(found["times"])
    if not _LEAST_WAIT_S <= wait_s <= _LONGEST_WAIT_S:
        raise bad_request(f"TIME: is {_LEAST_WAIT_S} to {_LONGEST_WAIT_S} seconds")
    if not 1 <= times <= _MOST_TIMES:
        raise bad_request(f"TONE: repeats its tones 1 to {_MOST_TIMES} times")
    if len(tones) * times > MOST_TONES:
        raise bad_request(f"TONE: keys {MOST_TONES} tones at most", "Too long text")
    return Script(tones=tones, times=times, wait_s=wait_s)


def script_json(destination: str, script: Script) -> str:
    """What stands in the store in the place of a PDU."""
    kept = {
        "to": destination, "text": script.text, "tones": script.tones, "times": script.times,
        "wait_s": script.wait_s,
    }  # fmt: skip
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def script_value(kept: str) -> tuple[str, Script]:
    """Whom to call, and what to say, as the store kept it."""
    read = json.loads(kept)
    to = str(read.pop("to"))
    return to, Script(**read)
