"""The parts of a concatenated message, joined (3GPP TS 23.040, 9.2.3.24.1).

Neighbouring parts are joined before they are decoded: senders do split escape pairs and surrogate pairs.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from modemd.gsm.userdata import read_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modemd.gsm.incoming import Deliver


def gap(missing: int) -> str:
    """Return the mark that stands for parts that never came."""
    return f"[… {missing} part{'s' if missing > 1 else ''} missing …]"


def join(reads: Mapping[int, Deliver], part_count: int) -> str | None:
    """Return the text of the parts at hand, by part number from 1, with a mark for each gap.

    ``None`` where the message is not text.
    """
    if any(read.text is None for read in reads.values()):
        return None
    pieces: list[str] = []
    for here, numbers in groupby(range(1, part_count + 1), key=lambda each: each in reads):
        run = list(numbers)
        pieces.append("".join(_decoded(reads[each] for each in run)) if here else gap(len(run)))
    return "".join(pieces)


def _decoded(run: Iterable[Deliver]) -> Iterable[str]:
    for (coding, languages), group in groupby(run, key=lambda read: (read.coding, read.languages)):
        payload = b"".join(read.payload for read in group)
        yield read_text(coding, payload, *languages)[0] or ""


def joined_octets(reads: Mapping[int, Deliver]) -> bytes | None:
    """Return the 8-bit contents of the parts at hand, in order; ``None`` where the message is text."""
    if all(read.octets is None for read in reads.values()):
        return None
    return b"".join(reads[each].octets or b"" for each in sorted(reads))
