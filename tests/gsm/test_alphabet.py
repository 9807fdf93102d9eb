"""Every table read and written: nothing lost, nothing replaced, escapes as the standard says."""

from __future__ import annotations

import itertools
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.alphabet import GSM7, alphabet, encode_gsm7
from modemd.gsm.basic import DEFAULT, EXTENSION
from modemd.gsm.languages import LANGUAGES, LOCKING, SINGLE, UNDEFINED

PAIRS = list(itertools.product(range(14), repeat=2))


def every_character(locking: int, single: int) -> str:
    known = LOCKING.get(locking, DEFAULT) + "".join(SINGLE.get(single, EXTENSION).values())
    return "".join(sorted(set(known) - {"\x1b", UNDEFINED}))


@pytest.mark.parametrize("pair", PAIRS)
def test_all_characters_of_two_tables_come_back(pair: tuple[int, int]) -> None:
    shifts = alphabet(*pair)
    text = every_character(*pair)
    septets = shifts.encode(text)
    assert septets is not None
    assert max(septets) < 0x80
    assert shifts.decode(septets) == text


def test_the_tables_are_whole() -> None:
    assert set(SINGLE) == set(range(1, len(LANGUAGES)))
    assert set(LOCKING) == set(SINGLE) - {LANGUAGES.index("spanish")}
    assert all(len(table) == 128 and table[0x1B] == "\x1b" for table in LOCKING.values())
    assert all(0x1B not in table and table[0x0A] == "\f" for table in SINGLE.values())


@pytest.mark.parametrize(
    ("language", "script"),
    [
        ("bengali", "BENGALI"),
        ("gujarati", "GUJARATI"),
        ("hindi", "DEVANAGARI"),
        ("kannada", "KANNADA"),
        ("malayalam", "MALAYALAM"),
        ("oriya", "ORIYA"),
        ("punjabi", "GURMUKHI"),
        ("tamil", "TAMIL"),
        ("telugu", "TELUGU"),
        ("urdu", "ARABIC"),
    ],
)
def test_a_table_has_letters_of_its_own_script_only(language: str, script: str) -> None:
    number = LANGUAGES.index(language)
    letters = {
        character
        for character in LOCKING[number] + "".join(SINGLE[number].values())
        if ord(character) > 0xFF and character not in {UNDEFINED, "€", "।", "॥"}
    }
    names = {unicodedata.name(letter) for letter in letters}
    assert len(names) > 60
    assert {name for name in names if not name.startswith((script, "EXTENDED ARABIC"))} == set()


def test_the_ten_digits_of_a_script_stand_in_a_row() -> None:
    digits = "".join(SINGLE[LANGUAGES.index("hindi")][code] for code in range(0x1C, 0x26))
    assert [unicodedata.digit(digit) for digit in digits] == list(range(10))


@pytest.mark.parametrize(
    ("septets", "text"),
    [
        (b"\x1b", " "),
        (b"a\x1b", "a "),
        (b"\x1b\x1b", " "),
        (b"\x1b\x1ba", " a"),
        (b"\x1b\x15", "Ω"),
        (b"\x1b\x65", "€"),
        (b"\x1b\x0a", "\f"),
        (b"\x1b\x0d", "\r"),
        (b"\x00", "@"),
    ],
)
def test_escapes(septets: bytes, text: str) -> None:
    assert GSM7.decode(septets) == text


def test_a_code_without_a_character_shows_that_something_is_missing() -> None:
    assert alphabet(LANGUAGES.index("tamil"), 0).decode(b"\x00") == "\ufffd"


def test_a_language_that_nobody_knows_counts_as_the_default() -> None:
    unknown = alphabet(99, 200)
    assert (unknown.locking, unknown.single) == (0, 0)
    assert unknown.decode(b"\x00\x1b\x65") == "@€"


@pytest.mark.parametrize("foreign", ["\x00", "\x1b", "ç", "\xa0", "😀", "\ud83d", UNDEFINED, "ÿ"])
def test_what_has_no_code_is_named(foreign: str) -> None:
    assert GSM7.encode(f"ab{foreign}c") is None
    assert GSM7.first_foreign(f"ab{foreign}c") == foreign
    with pytest.raises(PduError, match="not in the GSM 7-bit alphabet"):
        encode_gsm7(foreign)


@settings(deadline=None)
@given(st.text(every_character(0, 0)))
def test_any_text_of_the_default_alphabet_comes_back(text: str) -> None:
    assert GSM7.decode(encode_gsm7(text)) == text
    assert GSM7.first_foreign(text) == ""


@settings(deadline=None)
@given(st.binary().map(lambda octets: bytes(octet & 0x7F for octet in octets)), st.sampled_from(PAIRS))
def test_any_septets_give_a_text(septets: bytes, pair: tuple[int, int]) -> None:
    text = alphabet(*pair).decode(septets)
    assert len(text) <= len(septets)
    assert text.encode().decode() == text  # no half of a pair, so it can be stored and sent on
