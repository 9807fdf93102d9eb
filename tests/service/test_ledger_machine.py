"""Everything that moves credits, in any order: after each step the books are right, to the last credit.

A longer run, with figures: ``python -m tests.soak.ledger``.
"""

from __future__ import annotations

import logging

import pytest

from tests.service import ledger_machine


@pytest.mark.parametrize(("dialect", "examples"), [("sqlite", 80), ("postgresql", 8)])
def test_the_books_are_right_whatever_happens(
    dialect: str, examples: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)
    happened = ledger_machine.run(dialect, examples)
    assert happened["send"] >= examples // 2, happened
