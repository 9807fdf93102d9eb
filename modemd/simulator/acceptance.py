"""What the network took: in memory, and in a file that outlives whoever sent it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

try:
    import orjson
except ImportError:
    orjson = None  # type: ignore[assignment]  # an extra

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from modemd.gsm.incoming import Submit
    from modemd.simulator.call_values import Call

_in_json: Final = json.JSONEncoder(ensure_ascii=False).encode
"""Made once: ``json.dumps`` would make an encoder for each line."""


def _encoded(fields: dict[str, object]) -> bytes:
    if orjson is not None:
        with contextlib.suppress(TypeError):  # a lone surrogate is no UTF-8
            return orjson.dumps(fields)
    return _in_json(fields).encode("utf-8", "backslashreplace")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One SMS-SUBMIT that the network took, at ``at`` (seconds of the epoch)."""

    at: float
    modem: str
    sender: str
    iccid: str
    tp_mr: int
    pdu: str
    submit: Submit
    asked_at: float = 0.0
    """When the first octet of its ``AT+CMGS`` came."""

    @property
    def destination(self) -> str:
        """TP-DA."""
        return self.submit.destination

    @property
    def text(self) -> str | None:
        """The part's text; ``None`` for 8-bit contents."""
        return self.submit.text

    def line(self) -> bytes:
        """It as a line of JSON."""
        submit = self.submit
        concat = submit.concat
        return (
            _encoded(
                {
                    "at": self.at,
                    "asked_at": self.asked_at,
                    "modem": self.modem,
                    "sender": self.sender,
                    "iccid": self.iccid,
                    "destination": submit.destination,
                    "tp_mr": self.tp_mr,
                    "concat": concat
                    and {"ref": concat.ref, "parts": concat.parts, "seq": concat.seq, "bits": concat.bits},
                    "text": submit.text,
                    "octets": submit.octets.hex() if submit.octets is not None else None,
                    "pdu": self.pdu,
                },
            )
            + b"\n"
        )


class AcceptanceLog:
    """All that was taken, in order; each line is with the kernel before the modem is answered."""

    def __init__(self, path: Path | None = None) -> None:
        self.all: list[Accepted] = []
        self.calls: list[Call] = []
        self._fd = -1
        self._grown: list[asyncio.Event] = []
        if path is not None:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)

    def add(self, one: Accepted) -> None:
        """Write it down."""
        self.all.append(one)
        if self._fd >= 0:
            os.write(self._fd, one.line())
        self._tell()

    def add_call(self, call: Call) -> None:
        """Write a call down, beside the messages: its line has ``call`` for the destination."""
        self.calls.append(call)
        if self._fd >= 0:
            os.write(self._fd, _encoded(call.fields()) + b"\n")
        self._tell()

    def _tell(self) -> None:
        for event in self._grown:
            event.set()

    async def wait_for_calls(self, count: int, timeout_s: float) -> list[Call]:
        """All calls that are over, once there are ``count``; TimeoutError when there are not."""
        await self._wait(lambda: len(self.calls) >= count, timeout_s)
        return self.calls

    async def wait_for(self, count: int, timeout_s: float) -> list[Accepted]:
        """All, once there are ``count`` of them; TimeoutError when there are not after so many seconds."""
        await self._wait(lambda: len(self.all) >= count, timeout_s)
        return self.all

    async def _wait(self, reached: Callable[[], bool], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        event = asyncio.Event()
        self._grown.append(event)
        try:
            while not reached():
                event.clear()
                await asyncio.wait_for(event.wait(), max(0.0, deadline - time.monotonic()))
        finally:
            self._grown.remove(event)

    def close(self) -> None:
        """Close the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
