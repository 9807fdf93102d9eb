"""How many parts, and that no cut goes through a character."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modemd.errors import PduError
from modemd.gsm.incoming import Submit, decode_submit
from modemd.gsm.outgoing import Encoded, Outgoing, encode
from modemd.gsm.segments import Autosplit

TURKISH, SPANISH, HINDI = 1, 2, 6


def parts_of(made: Encoded) -> list[Submit]:
    return [decode_submit(part.pdu, tpdu_length=part.tpdu_length) for part in made.parts]


def made(text: str, **wishes: object) -> Encoded:
    return encode(Outgoing(destination="+32475000001", text=text, **wishes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("character", "count", "parts", "coding"),
    [
        ("x", 0, 1, "gsm7"),
        ("x", 160, 1, "gsm7"),
        ("x", 161, 2, "gsm7"),
        ("x", 306, 2, "gsm7"),
        ("x", 307, 3, "gsm7"),
        ("x", 1530, 10, "gsm7"),
        ("x", 1531, 11, "gsm7"),
        ("€", 80, 1, "gsm7"),
        ("€", 81, 2, "gsm7"),
        ("€", 152, 2, "gsm7"),  # 153 septets are 76 pairs and one septet left over
        ("€", 153, 3, "gsm7"),
        ("ő", 70, 1, "ucs2"),
        ("ő", 71, 2, "ucs2"),
        ("ő", 134, 2, "ucs2"),
        ("ő", 135, 3, "ucs2"),
        ("ő", 670, 10, "ucs2"),
        ("ő", 671, 11, "ucs2"),
        ("😀", 35, 1, "ucs2"),
        ("😀", 36, 2, "ucs2"),
        ("😀", 66, 2, "ucs2"),  # 67 units are 33 pairs and one unit left over
        ("😀", 67, 3, "ucs2"),
    ],
)
def test_part_counts(character: str, count: int, parts: int, coding: str) -> None:
    message = made(character * count)
    assert (len(message.parts), message.coding) == (parts, coding)
    assert "".join(part.text or "" for part in parts_of(message)) == character * count


@pytest.mark.parametrize(
    ("wishes", "single", "several"),
    [
        ({}, 160, 153),
        ({"concat_bits": 16}, 160, 152),
        ({"coding": "ucs2"}, 70, 67),
        ({"coding": "ucs2", "concat_bits": 16}, 70, 66),
        ({"coding": "8bit"}, 140, 134),
        ({"coding": "8bit", "concat_bits": 16}, 140, 133),
        ({"ports": (5499, 0)}, 152, 146),
        ({"ports": (5499, 0), "coding": "ucs2"}, 66, 64),
        ({"ports": (5499, 0), "coding": "8bit"}, 133, 128),
        ({"udh": b"\x70\x01\x00"}, 155, 149),
    ],
)
def test_part_sizes_beside_a_header(wishes: dict[str, object], single: int, several: int) -> None:
    assert len(made("x" * single, **wishes).parts) == 1
    assert len(made("x" * (single + 1), **wishes).parts) == 2
    assert len(made("x" * (4 * several), **wishes).parts) == 4
    assert len(made("x" * (4 * several + 1), **wishes).parts) == 5


def test_part_sizes_with_national_tables() -> None:
    message = made("ş" * 155, languages=(TURKISH,))
    assert (len(message.parts), message.coding, message.languages) == (1, "gsm7", (TURKISH, 0))
    assert len(made("ş" * 156, languages=(TURKISH,)).parts) == 2
    assert len(made("ş" * 298, languages=(TURKISH,)).parts) == 2
    assert len(made("ş" * 299, languages=(TURKISH,)).parts) == 3
    text = "न" * 150 + "०"  # the letter is in the locking table, the digit in the single shift table
    message = made(text, languages=(HINDI,))
    assert (len(message.parts), message.languages) == (1, (HINDI, HINDI))
    assert len(made(text + "न", languages=(HINDI,)).parts) == 2
    assert len(made("न" * 290 + "०", languages=(HINDI,)).parts) == 2
    assert len(made("न" * 291 + "०", languages=(HINDI,)).parts) == 3
    assert made("₹", languages=(HINDI,)).coding == "ucs2"


def test_national_tables_only_where_they_save_a_part() -> None:
    assert made("ş" * 70, languages=(TURKISH,)).coding == "ucs2"
    assert made("ş" * 71, languages=(TURKISH,)).coding == "gsm7"
    assert made("ş" * 71).coding == "ucs2"
    assert made("á" + "x" * 70, languages=(SPANISH,)).languages == (0, SPANISH)
    plain = made("x" * 200, languages=(TURKISH, SPANISH, HINDI))
    assert (plain.coding, plain.languages, len(plain.parts)) == ("gsm7", (0, 0), 2)
    # 156 septets and 1 escape more than fits the default alphabet's one part
    assert made("€" * 81, languages=(TURKISH,)).languages == (TURKISH, 0)


def test_asked_for_gsm7_with_a_language_takes_its_table() -> None:
    message = made("ş", coding="gsm7", languages=(TURKISH,))
    assert message.coding == "gsm7"
    assert parts_of(message)[0].text == "ş"
    with pytest.raises(PduError, match="'ş' is not in the GSM 7-bit alphabet"):
        made("ş", coding="gsm7")


@settings(deadline=None, max_examples=60)
@given(
    st.text(st.sampled_from("aé€{ş😀न०\n"), max_size=700),
    st.sampled_from((8, 16)),
    st.sets(st.integers(0, 14), max_size=3),
)
def test_no_cut_goes_through_a_character(text: str, bits: int, languages: set[int]) -> None:
    message = made(text, concat_bits=bits, languages=tuple(languages), concat_ref=7)
    parts = parts_of(message)
    assert "".join(part.text or "" for part in parts) == text
    assert all(part.faults == () and part.udl <= 160 for part in parts)
    if len(parts) > 1:
        assert [part.concat and part.concat.seq for part in parts] == list(range(1, len(parts) + 1))
        assert {(part.concat.ref, part.concat.parts, part.concat.bits) for part in parts if part.concat} == {
            (7, len(parts), bits)
        }


def test_255_parts_are_the_most() -> None:
    assert len(made("x" * 153 * 255).parts) == 255
    with pytest.raises(PduError, match="more than 255 parts"):
        made("x" * (153 * 255 + 1))
    with pytest.raises(PduError, match="more than 255 parts"):
        made("x" * 200_000, autosplit="numbered")


def test_the_ways_to_split() -> None:
    text = "".join(f"{count:04} " for count in range(80))
    ways: tuple[Autosplit, ...] = ("plain", "numbered", "udh")
    parts = {way: parts_of(made(text, autosplit=way)) for way in ways}
    assert [len(found) for found in parts.values()] == [3, 3, 3]
    assert "".join(part.text or "" for part in parts["plain"]) == text
    assert not any(part.headed for way in ("plain", "numbered") for part in parts[way])
    assert [(part.text or "")[:4] for part in parts["numbered"]] == ["1/3 ", "2/3 ", "3/3 "]
    assert "".join((part.text or "")[4:] for part in parts["numbered"]) == text
    assert made("short", autosplit="none").parts == made("short").parts
    with pytest.raises(PduError, match="does not fit one part"):
        made(text, autosplit="none")


def test_numbers_in_the_text_count_themselves() -> None:
    found = parts_of(made("x" * 156 * 9, autosplit="numbered"))
    assert len(found) == 9
    more = parts_of(made("ő" * 700, autosplit="numbered"))
    assert (more[0].text or "")[:5] == "1/11 "
    assert (more[-1].text or "")[:6] == "11/11 "
    assert all(part.udl <= 140 for part in more)
    labelled = [(part.text or "").split(" ", 1)[0] for part in more]
    assert all(before != after for before, after in pairwise(labelled))


def test_numbers_in_a_text_whose_tables_lack_the_stroke() -> None:
    found = parts_of(made("न" * 160, languages=(HINDI,), autosplit="numbered"))
    assert (found[0].text or "")[:4] == "1/2 "
    assert found[0].languages == (HINDI, HINDI)


def test_octets_split_without_a_text_to_number() -> None:
    octets = bytes(range(256)) * 2
    found = parts_of(encode(Outgoing(destination="1", octets=octets, autosplit="numbered")))
    assert b"".join(part.octets or b"" for part in found) == octets
    assert [part.concat and part.concat.parts for part in found] == [4, 4, 4, 4]


def test_a_header_that_leaves_no_room() -> None:
    with pytest.raises(PduError, match="no room"):
        made("x", udh=b"\x70\x8c" + bytes(140))
    with pytest.raises(PduError, match="no room"):
        made("x" * 200, udh=b"\x70\x84" + bytes(132))
    with pytest.raises(PduError, match="no room"):
        made("xx", udh=b"\x70\x88" + bytes(136), autosplit="numbered")
    with pytest.raises(PduError, match="no room"):
        made("", udh=b"\x70\x8c" + bytes(140))
    assert len(made("", udh=b"\x70\x89" + bytes(137)).parts) == 1


def test_a_message_that_is_a_part_already_is_not_cut_again() -> None:
    part = b"\x00\x03\x07\x02\x01"
    assert len(made("x" * 153, udh=part).parts) == 1
    with pytest.raises(PduError, match="does not fit one part"):
        made("x" * 154, udh=part)
