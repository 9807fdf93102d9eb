"""What a modem answered, as a file: one JSON object, with nothing in it of who it belongs to.

``responses`` has the lines of each answer as they came, by the command line with its carriage return; what
was not asked is answered by ``default_response``. ``seconds`` is how long each answer took; an answer that
never came is an empty list.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """One modem's answers; ``source`` says where they come from, ``notes`` what they do not show."""

    modem: str
    real_device: bool
    responses: Mapping[str, Lines]
    seconds: Mapping[str, float] = field(default_factory=dict)
    default_response: Lines = ("ERROR\r\n",)
    allowed_before_pin: Lines = ("ATZ\r", "ATE0\r", "ATV1\r", "AT+CMEE=1\r", "AT+CFUN?\r", "AT+CFUN=1\r")
    refused_before_pin_with: Lines = ("+CME ERROR: 11\r\n",)
    responses_pin_locked: Mapping[str, Lines] = field(
        default_factory=lambda: {"AT+CPIN?\r": ("+CPIN: SIM PIN\r\n", "OK\r\n")}
    )
    notes: Lines = ()
    source: str = ""

    def answer(self, command: str) -> Lines | None:
        """The lines of the answer to a command, without their ends; ``None`` where it was not asked."""
        told = self.responses.get(command + "\r")
        return None if told is None else tuple(line.rstrip("\r\n") for line in told)

    def accepted(self, command: str) -> Lines | None:
        """As :meth:`answer`, without the ``OK`` behind it; ``None`` where the answer was another."""
        told = self.answer(command)
        return told[:-1] if told and told[-1] == "OK" else None


def write_trace(trace: Trace) -> str:
    """The trace as a text of JSON, readable and ended by a line feed."""
    return json.dumps(asdict(trace), indent=1, ensure_ascii=False) + "\n"


def read_trace(text: str) -> Trace:
    """A trace from its text.

    Raises:
        ValueError: it is no trace; with a sentence.
    """
    try:
        told = json.loads(text)
    except ValueError as wrong:
        raise ValueError(f"a trace is JSON; this is not: {wrong}") from wrong
    if not isinstance(told, dict) or not isinstance(told.get("responses"), dict):
        raise ValueError("a trace is an object with the modem's responses")  # noqa: TRY004 - of a text
    try:
        return Trace(
            modem=str(told.get("modem", "")),
            real_device=bool(told.get("real_device")),
            responses=_answers(told["responses"]),
            seconds={str(key): float(value) for key, value in told.get("seconds", {}).items()},
            notes=_lines(told.get("notes", [])),
            source=str(told.get("source", "")),
            **_optional(told),
        )
    except (TypeError, AttributeError, ValueError) as wrong:
        raise ValueError(f"a trace's responses are lists of lines: {wrong}") from wrong


def _optional(told: Mapping[str, Any]) -> dict[str, Any]:
    lines = ("default_response", "allowed_before_pin", "refused_before_pin_with")
    found: dict[str, Any] = {key: _lines(told[key]) for key in lines if key in told}
    if "responses_pin_locked" in told:
        found["responses_pin_locked"] = _answers(told["responses_pin_locked"])
    return found


def _answers(told: Mapping[str, Any]) -> dict[str, Lines]:
    return {str(key): _lines(value) for key, value in told.items()}


def _lines(told: Any) -> Lines:
    if not isinstance(told, list):
        raise TypeError(f"{told!r} is no list")
    return tuple(str(line) for line in told)
