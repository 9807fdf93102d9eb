"""What the log has of files that are no messages, and of what hooks print: no whole phone number."""

from __future__ import annotations

import pytest

from modemd.formats.veil import veiled
from modemd.workers.program import one_line


@pytest.mark.parametrize(
    ("name", "logged"),
    [
        ("OUT+32475123456.txt", "OUT+3247…56.txt"),
        ("OUTA_0475123456_1.txt", "OUTA_0475…56_1.txt"),
        ("'0475123456' has a wrong number of digits", "'0475…56' has a wrong number of digits"),
        ("table-7", "table-7"),
        ("20261122", "202…22"),
    ],
)
def test_numbers_are_cut(name: str, logged: str) -> None:
    assert veiled(name) == logged


@pytest.mark.parametrize(
    ("printed", "logged"),
    [
        (b"no such mailbox\nbye\n", "no such mailbox bye"),
        (b"\x1b[2J\xff", "?[2J\N{REPLACEMENT CHARACTER}"),
        (b"", "it printed nothing"),
        (b"a" * 600, "a" * 500),
    ],
)
def test_what_a_hook_prints_is_one_line(printed: bytes, logged: str) -> None:
    assert one_line(printed) == logged
