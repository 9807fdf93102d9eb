"""What no store can keep, given to commands on the books: a sentence, and nothing is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.desk import Desk

ACCOUNTS = "{clinic: {terms: sms4less}}"
BEYOND = 2**63
BYTES = "\udcff"
"""As an argument that is no UTF-8 comes to a program."""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path, accounts=ACCOUNTS)


@pytest.mark.parametrize(
    "command",
    [
        ("messages", "retry", BEYOND),
        ("messages", "show", 0),
        ("credit", "pay", BEYOND, "--amount", "5", "--ref", "x"),
        ("credit", "cancel", BEYOND),
        ("credit", "orders", "--order", BEYOND),
        ("account", "decide", BEYOND, "dismissed", "--reason", "x"),
    ],
)
def test_a_key_that_no_row_can_have_is_wrong_usage(desk: Desk, command: tuple[object, ...]) -> None:
    said = desk.run(*command)
    assert said.status == 2
    assert "is not in the range" in said.err


@pytest.mark.parametrize(
    "command",
    [
        ("credit", "grant", "clinic", 5, "--reason", BYTES),
        ("credit", "chargeback", BYTES),
        ("credit", "statement", BYTES),
        ("account", "suspend", "clinic", "--reason", f"bankruptcy: {BYTES}"),
    ],
)
def test_bytes_that_are_no_text_are_said_to_be_that(desk: Desk, command: tuple[object, ...]) -> None:
    said = desk.run(*command)
    assert said.status == 2
    assert said.err.endswith("holds bytes that are not UTF-8: nothing was written\n")
    assert desk.call("credit", "statement", "clinic", "--json").json["entries"] == []
