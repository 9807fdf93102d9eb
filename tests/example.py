"""The example configuration, as it is and with every option set."""

from __future__ import annotations

import re

from tests.house import ROOT

EXAMPLE = ROOT / "config.example.yaml"


def uncommented() -> str:
    """The example with its options set: a ``#`` right before a key (or a list's dash) is taken away."""
    return re.sub(r"^(\s*)#(?=[a-z-])", r"\1", EXAMPLE.read_text("utf-8"), flags=re.MULTILINE)
