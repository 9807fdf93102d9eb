"""The collection of PDUs from other projects' tests, where it lies beside the project."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(
    os.environ.get("MODEMD_VECTORS") or Path(__file__).resolve().parents[3] / "shared" / "vectors",
)
Case = dict[str, Any]

needs_vectors = pytest.mark.skipif(not FOLDER.is_dir(), reason="the collection of vectors is not there")


def cases(*files: str) -> list[Case]:
    """All cases of these files."""
    return [case for file in files for case in json.loads((FOLDER / f"{file}.json").read_text("utf-8"))]


def is_disputed(case: Case, field: str = "") -> bool:
    """Whether the source is known to be wrong, or arbitrary, in this case or in this field of it."""
    return bool(case.get("disputed")) or field in case.get("disputed_fields", {})


def text_of(given: Case) -> str:
    """The text of a case that has it run-length encoded or plain."""
    if "text_rle" in given:
        return "".join(piece * times for piece, times in given["text_rle"])
    text: str = given["text"]
    return text
