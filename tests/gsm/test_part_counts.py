"""Parts are what credits are counted in: their number, from the rules alone, against what the encoder sends.

The count here knows nothing of the encoder. It walks the text character by character, as the rules are
written: 160 septets in one part and 153 in each of several, a character of the extension table two septets
that stay together; where a character is in neither table 70 UTF-16 units, or 67, a surrogate pair two units
that stay together; 10 parts at most.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from modemd.config.model import Config
from modemd.errors import Rejected
from modemd.gsm.incoming import Submit, decode_submit
from modemd.gsm.outgoing import Encoded, encode
from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.outcomes import Taken
from modemd.service.rules import Rules
from tests.service.office import Office

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TO = "+32475123456"
RULES = Rules.of(
    Config.model_validate(
        {"gateway": {"country": "BE"}, "modems": {"list": [{"name": "m", "port": "/dev/m"}]}}
    )
)
# 3GPP TS 23.038, 6.2.1 and 6.2.1.1: the default alphabet in the order of its codes (without the escape),
# and the characters of its extension table.
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENSION = "\f^{}\\[~]|€"
MOST = 10


def sizes(text: str) -> tuple[list[int], int, int]:
    """What each character takes, what fits one part, and what fits each of several."""
    if all(character in BASIC or character in EXTENSION for character in text):
        return [2 if character in EXTENSION else 1 for character in text], 160, 153
    return [2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67


def parts_needed(text: str) -> int:
    """The number of parts, by the rules."""
    units, alone, each = sizes(text)
    if sum(units) <= alone:
        return 1
    parts, used = 1, 0
    for unit in units:
        if used + unit > each:
            parts, used = parts + 1, 0
        used += unit
    return parts


def pieces(made: Encoded) -> list[Submit]:
    return [decode_submit(part.pdu, tpdu_length=part.tpdu_length) for part in made.parts]


def prepared(text: str, rules: Rules = RULES) -> intake.Prepared:
    return intake.prepare(SendRequest(to=TO, text=text), rules, NOW)


def test_the_alphabet_of_the_count_is_the_whole_alphabet() -> None:
    assert len(BASIC) == len(set(BASIC)) == 127
    assert len(EXTENSION) == 10


# fmt: off
TABLE = [
    ("x", 1, 1), ("x", 160, 1), ("x", 161, 2), ("x", 306, 2), ("x", 307, 3), ("x", 1529, 10), ("x", 1530, 10),
    ("x", 1531, 11), ("x", 1683, 11), ("x", 1684, 12),
    ("€", 80, 1), ("€", 81, 2), ("€", 152, 2), ("€", 153, 3), ("€", 760, 10), ("€", 761, 11),
    ("ő", 70, 1), ("ő", 71, 2), ("ő", 134, 2), ("ő", 135, 3), ("ő", 670, 10), ("ő", 671, 11),
    ("😀", 35, 1), ("😀", 36, 2), ("😀", 66, 2), ("😀", 67, 3), ("😀", 330, 10), ("😀", 331, 11),
]
# fmt: on


@pytest.mark.parametrize(("character", "count", "parts"), TABLE)
def test_what_a_text_takes(character: str, count: int, parts: int) -> None:
    text = character * count
    assert parts_needed(text) == parts
    if parts <= MOST:
        assert_agrees(text)
    else:
        assert_refused(text, parts)


BOUNDARIES = ("€", "😀", "é", "ő", "👩🏽‍⚕️", "🇧🇪")
"""An extension character, a surrogate pair, plain ones of either alphabet, and what is several pairs."""


@pytest.mark.parametrize("character", BOUNDARIES)
@pytest.mark.parametrize("before", [66, 67, 68, 69, 70, 133, 134, 152, 153, 154, 158, 159, 160, 305, 306])
def test_a_character_at_a_boundary(character: str, before: int) -> None:
    assert_agrees("x" * before + character)
    assert_agrees("x" * before + character + "x" * 160)


@pytest.mark.parametrize("character", ["€", "😀"])
def test_a_full_last_part_that_a_pair_of_units_overflows(character: str) -> None:
    room = 153 if character == "€" else 67
    foreign = "" if character == "€" else "ő"
    fits = foreign + "x" * (room * MOST - len(foreign) - 2) + character
    assert len(prepared(fits).encoded.parts) == MOST
    assert_refused(foreign + "x" * (room * MOST - len(foreign) - 1) + character, MOST + 1)
    # Straddling would save a part here: the pair may not.
    early = foreign + "x" * (room - len(foreign) - 1) + character
    assert_refused(early + "x" * (room * MOST - room - 1), MOST + 1)


def assert_agrees(text: str) -> None:
    """The count, what is quoted, what is encoded and what comes out of the parts agree."""
    parts = parts_needed(text)
    message = prepared(text)
    sent = pieces(message.encoded)
    assert len(message.encoded.parts) == intake.quote(message).parts == parts, repr(text)
    assert len(encode(message.outgoing).parts) == parts
    assert "".join(part.text or "" for part in sent) == text
    assert all(part.faults == () for part in sent)
    if parts > 1:
        assert [(part.concat.seq, part.concat.parts) for part in sent if part.concat] == [
            (seq, parts) for seq in range(1, parts + 1)
        ]


def assert_refused(text: str, parts: int) -> None:
    """It is refused whole, and the parts needed are named."""
    with pytest.raises(Rejected, match=rf"needs {parts} parts, and {MOST} are allowed") as refusal:
        prepared(text)
    assert refusal.value.code == "too_long"


letters = st.sampled_from(BASIC + EXTENSION)
foreign = st.sampled_from("őşЖ中🎂😀🇪👍\u200d\ufe0f\u0301")
anything = st.characters(codec="utf-8")
runs = st.builds(lambda character, count: character * count, letters | foreign, st.integers(1, 170))
plain = st.text(letters, min_size=1, max_size=400)
texts = st.one_of(
    plain,
    st.text(letters | foreign, min_size=1, max_size=200),
    st.text(anything, min_size=1, max_size=120),
    st.lists(st.one_of(runs, plain), min_size=1, max_size=12).map("".join),
)


@settings(deadline=None, max_examples=400)
@given(texts)
@example("x" * 159 + "€")
@example("x" * 152 + "€" + "x" * 7)
@example("x" * 66 + "😀" + "x" * 3)
@example("\x00")
@example("\x1b")
def test_every_text_takes_the_parts_that_the_encoder_sends(text: str) -> None:
    needed = parts_needed(text)
    if needed > MOST:
        assert_refused(text, needed)
    else:
        assert_agrees(text)


@settings(deadline=None, max_examples=60)
@given(st.sampled_from([1, 2, 3, 5, 12, 100]), st.integers(0, 2000), st.sampled_from("xé€ő😀"))
def test_the_limit_is_the_configured_one(most: int, count: int, character: str) -> None:
    rules = Rules.of(Config.model_validate({"gateway": {"country": "BE"}, "sending": {"max_parts": most}}))
    text = character * (count + 1)
    needed = parts_needed(text)
    if needed <= most:
        assert len(prepared(text, rules).encoded.parts) == needed
    else:
        with pytest.raises(Rejected, match=rf"needs {needed} parts, and {most} are allowed"):
            prepared(text, rules)


@pytest.mark.parametrize(
    "text",
    ["x" * 1530, "€" * 760, "😀" * 330, "x" * 152 + "€" * 77, "ő" + "x" * 65 + "😀" * 33, "Hello", "😀"],
    ids=[
        "septets",
        "pairs of septets",
        "pairs of units",
        "a straddling pair",
        "a straddling emoji",
        "short",
        "one",
    ],
)
def test_what_the_modems_are_handed_reads_as_the_text(tmp_path: Path, text: str) -> None:
    """As many parts as were counted leave, and the phone reads what was written."""
    office = Office(tmp_path, broker=False)
    message = office.send(text)
    sent = []
    while (part := office.claim()) is not None:
        sent.append(decode_submit(part.pdu, tpdu_length=part.tpdu_length))
        office.record(part, Taken(len(sent)))
    assert len(sent) == parts_needed(text) == office.facts(message).message.part_count
    assert "".join(part.text or "" for part in sent) == text
    assert office.state(message) == "sent"
