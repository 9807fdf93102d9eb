"""The national language tables of 3GPP TS 23.038: annex A.2 (single shift) and A.3 (locking shift)."""

from __future__ import annotations

from typing import Final

LOCKING: Final[dict[int, str]] = {}
SINGLE: Final[dict[int, dict[int, str]]] = {}
