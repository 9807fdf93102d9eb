"""The fields of a ``send`` object, each checked by itself: ``field: sentence`` where one is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any, Final

from modemd.errors import Rejected
from modemd.formats.durations import MAX_DURATION_S, parse_duration
from modemd.formats.leads import read_leads
from modemd.formats.moments import parse_moment
from modemd.formats.rejections import bad_request, checked_text
from modemd.gsm.header import split_elements
from modemd.model import Priority

_TO: Final = ("to", "number")
_TEXT: Final = ("text", "body", "message")
_SEPARATOR: Final = re.compile(r"[;,\n]")
_LONGEST_NAME: Final = 255
NO_CONTACTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({})
_PRIORITIES: Final = {priority.name.lower(): priority for priority in Priority}


def recipients(payload: dict[str, Any], contacts: Mapping[str, tuple[str, ...]] = NO_CONTACTS) -> list[str]:
    """Every recipient once, in order; ``to`` is a number, ``a;b``, or a list.

    A name of ``contacts`` stands for its numbers. A name that is none of them stays: it is no number, and who
    reads numbers says so.

    Raises:
        Rejected: nobody is named, or something that is no text.
    """
    named = _first(payload, _TO)
    if named is None:
        raise bad_request("to: is missing")
    found: dict[str, None] = {}
    for one in named if isinstance(named, list) else [named]:
        if not isinstance(one, str):
            raise bad_request(f"to: a number is written as text, in quotes, not as {kind_of(one)}")
        found |= dict.fromkeys(piece.strip() for piece in _SEPARATOR.split(checked_text(one, "to:")))
    numbers = list(dict.fromkeys(each for one in found if one for each in contacts.get(one, (one,))))
    if not numbers:
        raise bad_request("to: is empty")
    if longest := next((one for one in numbers if len(one) > _LONGEST_NAME), None):
        raise Rejected("bad_number", f"to: {longest[:20]!r}… is no phone number")
    return numbers


class Fields:
    """One object's fields, read on demand; unknown ones are left alone, ``null`` is as good as absent."""

    def __init__(self, payload: dict[str, Any], zone: tzinfo) -> None:
        self._payload = payload
        self._zone = zone

    def wishes(self) -> dict[str, Any]:
        """All that is the same for every recipient, by the names of ``SendRequest``."""
        octets = self._hexadecimal("data")
        return {
            "text": self._text(octets),
            "octets": octets,
            "coding": "8bit" if octets is not None else None,
            "account": self._word("account"),
            "report": self._flag("report"),
            "validity_s": self._validity(),
            **self._times(),
            "priority": self._priority(),
            "message_class": self._message_class(),
            "udh": self._udh(),
            "ports": self._ports(),
            "modem": self._word("modem"),
            "note": self._word("ref"),
            "channel": self._word("channel") or "sms",
        }

    def client_id(self) -> str | None:
        """``id``, a text or a whole number."""
        given = self._payload.get("id")
        if isinstance(given, int) and not isinstance(given, bool):
            return str(given)
        return self._word("id")

    def _text(self, octets: bytes | None) -> str | None:
        text = _first(self._payload, _TEXT)
        if text is not None and not isinstance(text, str):
            raise bad_request(f"text: is {kind_of(text)}, not text")
        if text is not None and octets is not None:
            raise bad_request("data: a message has either text or data")
        if not text and not octets:
            raise Rejected("empty", "text: is missing or empty")
        return checked_text(text, "text:") if text else None

    def _word(self, name: str) -> str | None:
        word = self._payload.get(name)
        if word is None or word == "":
            return None
        if not isinstance(word, str):
            raise bad_request(f"{name}: is {kind_of(word)}, not text")
        if len(word) > _LONGEST_NAME:
            raise bad_request(f"{name}: is longer than {_LONGEST_NAME} characters")
        return checked_text(word, f"{name}:")

    def _flag(self, name: str) -> bool | None:
        flag = self._payload.get(name)
        if flag is None or isinstance(flag, bool):
            return flag
        raise bad_request(f"{name}: is {kind_of(flag)}; write true or false")

    def _whole(self, name: str, given: Any, least: int, most: int) -> int:
        if isinstance(given, bool) or not isinstance(given, int) or not least <= given <= most:
            raise bad_request(f"{name}: is a whole number from {least} to {most}")
        return given

    def _validity(self) -> int | None:
        given = self._payload.get("validity")
        if given is None:
            return None
        if not isinstance(given, str):
            return self._whole("validity", given, 1, MAX_DURATION_S)
        try:
            return parse_duration(given)
        except ValueError as wrong:
            raise bad_request(f"validity: {wrong}") from wrong

    def _times(self) -> dict[str, Any]:
        """When: ``at``, or some time before an ``appointment``."""
        at, appointment_at = self._moment("at"), self._moment("appointment")
        remind_s = read_leads("remind", self._payload.get("remind"))
        if at is not None and appointment_at is not None:
            raise bad_request("at: what goes before an appointment has no time of its own; give one of both")
        if remind_s is not None and appointment_at is None:
            raise bad_request("remind: appointment: is missing: nobody can say before what")
        return {"not_before_at": at, "appointment_at": appointment_at, "remind_s": remind_s}

    def _moment(self, name: str) -> datetime | None:
        given = self._word(name)
        if given is None:
            return None
        try:
            return parse_moment(given, self._zone)
        except ValueError as wrong:
            raise bad_request(f"{name}: {wrong}") from wrong

    def _priority(self) -> Priority:
        given = self._word("priority") or "normal"
        priority = _PRIORITIES.get(given.lower())
        if priority is None:
            raise bad_request(f"priority: {given[:40]!r} is none of {', '.join(_PRIORITIES)}")
        return priority

    def _message_class(self) -> int | None:
        if self._flag("flash"):
            return 0
        given = self._payload.get("class")
        return None if given is None else self._whole("class", given, 0, 3)

    def _hexadecimal(self, name: str) -> bytes | None:
        digits = self._word(name) if name != "data" else self._payload.get(name)
        if digits is None:
            return None
        try:
            return bytes.fromhex(digits)
        except (ValueError, TypeError):
            raise bad_request(f"{name}: is not a text of hexadecimal digits") from None

    def _udh(self) -> bytes:
        """With its length octet, as everybody writes it, or without."""
        octets = self._hexadecimal("udh") or b""
        if octets and octets[0] == len(octets) - 1 and split_elements(octets[1:])[1]:
            return octets[1:]
        if not split_elements(octets)[1]:
            raise bad_request("udh: is not a user data header")
        return octets

    def _ports(self) -> tuple[int, int] | None:
        given = self._payload.get("port")
        if given is None:
            return None
        if isinstance(given, list) and len(given) == 2:
            destination, source = (self._whole("port", port, 0, 0xFFFF) for port in given)
            return destination, source
        return self._whole("port", given, 0, 0xFFFF), 0


def _first(payload: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((payload[name] for name in names if payload.get(name) is not None), None)


def kind_of(value: Any) -> str:
    """What JSON calls a value, for sentences."""
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number"
    return {str: "text", list: "a list", dict: "an object", type(None): "null"}.get(
        type(value), "something else"
    )
