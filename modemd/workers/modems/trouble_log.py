"""Writing down what a modem said before something went wrong with it: a file each time, not too many.

Nothing is written while all goes well. A file is redacted, and for its owner and group only.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.gsm.incoming import decode_submit

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from modemd.modem.trouble import Trace
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_APART_S: Final = 60.0
_MOST_FILES: Final = 20
_MOST_OCTETS: Final = 200_000
_MODE: Final = 0o640
_MOMENT: Final = "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]-[0-9][0-9]-[0-9][0-9]"


class TroubleLog:
    """One modem's files; the folder is ``floor.trouble``, and where there is none nothing is written."""

    def __init__(self, floor: Floor, modem: str, trace: Trace) -> None:
        self._floor = floor
        self._modem = modem
        self._trace = trace
        self._not_before = 0.0

    async def write(self, why: str, facts: Sequence[str] = ()) -> Path | None:
        """Write down what was said last; return the file, or ``None`` where nothing was written.

        What went wrong has been logged by then: only the file's name is.

        Args:
            why: what went wrong, as a sentence.
            facts: more of it, line by line; nothing private.
        """
        folder, now_s = self._floor.trouble, time.monotonic()
        if folder is None or now_s < self._not_before:
            return None
        self._not_before = now_s + _APART_S
        now = self._floor.now().astimezone(self._floor.zone)
        head = [f"modem {self._modem}, {now:%Y-%m-%d %H:%M:%S %z}: {why}", *facts, ""]
        text = _cut("\n".join(head), "\n".join(self._trace.lines(now)))
        try:
            path = await asyncio.to_thread(_write, folder, self._modem, now, text)
        except OSError as error:
            log.warning("modem %s: its trouble is not written down: %s", self._modem, error)
            return None
        log.info("modem %s: what it said before that is in %s", self._modem, path)
        return path


def _cut(head: str, said: str) -> bytes:
    """The end of it where it is too long: the last is what matters."""
    room = _MOST_OCTETS - len(head.encode()) - 1
    octets = said.encode("utf-8", "replace")
    return (
        head.encode("utf-8", "replace") + b"\n" + (octets[-room:] if len(octets) > room else octets) + b"\n"
    )


def _write(folder: Path, modem: str, now: datetime, text: bytes) -> Path:
    folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    old = sorted(folder.glob(f"{modem}-{_MOMENT}.log"))
    for each in old[: max(0, len(old) + 1 - _MOST_FILES)]:
        each.unlink(missing_ok=True)
    path = folder / f"{modem}-{now:%Y-%m-%dT%H-%M-%S}.log"
    opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, _MODE)
    with os.fdopen(opened, "wb") as file:
        file.write(text)
    return path


def pdu_facts(pdu: str) -> list[str]:
    """What the head of a submitted PDU says (23.040, 9.2.2.2): neither its text nor whom it goes to."""
    try:
        read = decode_submit(pdu)
    except PduError as error:
        return [f"PDU of {len(pdu) // 2} octets that cannot be read: {error}"]
    facts = (
        f"PDU of {len(pdu) // 2} octets, TPDU of {read.tpdu_length}: first octet {read.first_octet:#04x},"
        f" service centre {'given' if read.smsc else 'of the SIM'}, PID {read.pid:#04x}, DCS {read.dcs:#04x},"
        f" type of number {read.destination_toa:#04x}, {len(read.destination)} signs,"
        f" header of {len(read.udh_octets)} octets, report {'asked' if read.report else 'not asked'},"
        f" validity {read.validity}"
    )
    return [facts]
