"""Results written back into a JSON file: the same object or objects, each with ``result``."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from modemd.errors import Rejected
from modemd.formats.events import event_object, iso
from modemd.formats.sendfields import NO_CONTACTS, recipients
from modemd.formats.sendjson import parse_json
from modemd.model import OutboundResult

_SAME_DIGITS: Final = 8


def finished_json(
    original: bytes,
    results: Sequence[OutboundResult],
    contacts: Mapping[str, tuple[str, ...]] = NO_CONTACTS,
) -> bytes:
    """The file with a ``result`` in each object: an object for one recipient, a list for several.

    ``null`` stands where there is no result. ``contacts`` are the names that stood for numbers.
    """
    try:
        parsed = parse_json(original)
    except Rejected:
        return original
    objects = [
        payload for payload in (parsed if isinstance(parsed, list) else [parsed]) if _is_object(payload)
    ]
    addressed = [_recipients(payload, contacts) for payload in objects]
    told = iter(_placed([one for group in addressed for one in group], results))
    for payload, numbers in zip(objects, addressed, strict=True):
        mine = [next(told) for _ in numbers]
        payload["result"] = mine if len(mine) > 1 else mine[0]
    # Half a surrogate pair can stand in a field that nobody reads; ASCII escapes write it as it came.
    text = json.dumps(parsed, ensure_ascii=False, indent=2)
    return (text if _is_unicode(text) else json.dumps(parsed, indent=2)).encode() + b"\n"


def result_object(result: OutboundResult) -> dict[str, Any]:
    """An event, and what is known of how it came about."""
    told = event_object(result.event)
    more = {
        "sent_at": iso(result.sent_at) if result.sent_at else None,
        "sending_time_s": result.sending_time_s or None,
        "message_ids": list(result.tp_mrs) or None,
        "fail_reason": result.fail_reason,
        "number": result.msisdn,
        "imsi": result.imsi,
        "imei": result.imei,
        "pdus": list(result.pdus) or None,
    }
    return told | {name: value for name, value in more.items() if value is not None}


def _is_object(payload: Any) -> bool:
    return isinstance(payload, dict)


def _recipients(payload: dict[str, Any], contacts: Mapping[str, tuple[str, ...]]) -> list[str]:
    try:
        return recipients(payload, contacts)
    except Rejected:
        return [""]


def _placed(numbers: list[str], results: Sequence[OutboundResult]) -> list[dict[str, Any] | None]:
    """A result, or none, for each number.

    Some have none when they were refused or known before; then the numbers' ends tell whose is whose.
    """
    told = [(result_object(result), _end(result.event.to)) for result in results]
    if len(told) == len(numbers):
        return [made for made, _ in told]
    placed: list[dict[str, Any] | None] = []
    for recipient in numbers:
        mine = next((each for each in told if each[1] == _end(recipient)), None)
        placed.append(mine[0] if mine else None)
        if mine:
            told.remove(mine)
    return placed


def _end(address: str) -> str:
    """What national and international spellings have in common."""
    return "".join(digit for digit in address if digit.isdigit())[-_SAME_DIGITS:]


def _is_unicode(text: str) -> bool:
    return all(not "\ud800" <= character <= "\udfff" for character in text)
