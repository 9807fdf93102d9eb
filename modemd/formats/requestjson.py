"""What is asked of the gateway in a payload, and what it answers: one object each."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import Rejected
from modemd.formats.durations import parse_duration
from modemd.formats.rejections import bad_request, checked_text
from modemd.formats.sendfields import kind_of
from modemd.formats.sendjson import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_OCTETS: Final = 1_000_000
"""Of a request's payload."""
_LONGEST_TEXT: Final = 255
_LONGEST_TRANSACTION: Final = 1000
_LARGEST: Final = 2**63


@dataclass(frozen=True, slots=True)
class RequestFields:
    """A request's object, its fields read on demand; unknown ones are left alone, ``null`` is as absent."""

    payload: Mapping[str, Any]

    def transaction(self) -> Any:
        """``transaction``: anything that the asker knows the request by; it comes back as it was.

        Raises:
            Rejected: it cannot be given back, or is longer than 1,000 characters.
        """
        given = self.payload.get("transaction")
        try:
            written = _written(given)
            written.encode()
        except (ValueError, RecursionError) as wrong:  # NaN, half of a surrogate pair, brackets without end
            raise bad_request("transaction: is nothing that can be given back") from wrong
        if len(written) > _LONGEST_TRANSACTION:
            raise bad_request(f"transaction: is longer than {_LONGEST_TRANSACTION} characters")
        return given

    def text(self, name: str) -> str | None:
        """A short text, or ``None``.

        Raises:
            Rejected: it is something else, or longer than 255 characters.
        """
        given = self.payload.get(name)
        if given is None or given == "":
            return None
        if not isinstance(given, str):
            raise bad_request(f"{name}: is {kind_of(given)}, not text")
        if len(given) > _LONGEST_TEXT:
            raise bad_request(f"{name}: is longer than {_LONGEST_TEXT} characters")
        return checked_text(given, f"{name}:")

    def word(self, name: str) -> str | None:
        """As :meth:`text`; a whole number counts as its digits.

        Raises:
            Rejected: it is something else.
        """
        given = self.payload.get(name)
        if isinstance(given, int) and not isinstance(given, bool) and abs(given) < _LARGEST:
            return str(given)
        return self.text(name)

    def needed(self, name: str) -> str:
        """A short text that must be there.

        Raises:
            Rejected: it is missing, or something else.
        """
        given = self.text(name)
        if given is None:
            raise bad_request(f"{name}: is missing")
        return given

    def whole(self, name: str, least: int, most: int) -> int | None:
        """A whole number, also where it is written as text, or ``None``.

        Raises:
            Rejected: it is none, or not within ``least`` and ``most``.
        """
        given = self.payload.get(name)
        if given is None:
            return None
        if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 20:
            given = int(given)
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise bad_request(f"{name}: is a whole number from {least} to {most}")
        return given

    def flag(self, name: str) -> bool:
        """``true`` or ``false``; absent is false.

        Raises:
            Rejected: it is something else.
        """
        given = self.payload.get(name)
        if given is None or isinstance(given, bool):
            return bool(given)
        raise bad_request(f"{name}: is {kind_of(given)}; write true or false")

    def seconds(self, name: str, least: int, most: int, default: int) -> int:
        """A length of time, ``90`` or ``"90s"``, in seconds.

        Raises:
            Rejected: it is none, or not within ``least`` and ``most``.
        """
        given = self.payload.get(name)
        if isinstance(given, str):
            try:
                given = parse_duration(given)
            except ValueError as wrong:
                raise bad_request(f"{name}: {wrong}") from wrong
        if given is None:
            return default
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise bad_request(f"{name}: is a length of time from {least} to {most} seconds")
        return given


def read_request(octets: bytes) -> RequestFields:
    """Read a payload: a JSON object, or nothing at all, which is as good as ``{}``.

    Raises:
        Rejected: it is too long, no JSON, or no object.
    """
    if len(octets) > MAX_OCTETS:
        raise bad_request(f"payload: has {len(octets)} octets, and {MAX_OCTETS} are allowed")
    payload = parse_json(octets) if octets.strip() else {}
    if not isinstance(payload, dict):
        raise bad_request(
            f'payload: is {kind_of(payload)}; a request is an object, such as {{"transaction": 1}}'
        )
    return RequestFields(payload)


def response_json(transaction: Any, answer: Mapping[str, Any] | Rejected) -> str:
    """The response: ``data`` where it was done, ``error`` where it was not."""
    refused = isinstance(answer, Rejected)
    told = {
        "transaction": transaction,
        "status": "error" if refused else "ok",
        "data": None if refused else answer,
        "error": {"code": answer.code, "reason": answer.reason} if isinstance(answer, Rejected) else None,
    }
    return _written(told)


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
