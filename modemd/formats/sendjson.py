"""The ``send`` payload: one object, or a list of them, each for one or several recipients."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from modemd.errors import Rejected
from modemd.formats.rejections import bad_request
from modemd.formats.sendfields import NO_CONTACTS, Fields, recipients
from modemd.model import SendRequest

MAX_MESSAGES: Final = 10_000
"""Objects times recipients in one payload; more is a mistake, and one transaction takes them all."""
MAX_CHARACTERS: Final = 20_000_000
"""Of all texts together, each counted for each recipient: they are encoded one by one."""


@dataclass(frozen=True, slots=True)
class SendPayload:
    """``requests`` in the payload's order; ``counts`` says how many belong to each object."""

    requests: tuple[SendRequest, ...]
    counts: tuple[int, ...]


def read_send(
    octets: bytes, zone: tzinfo, contacts: Mapping[str, tuple[str, ...]] = NO_CONTACTS
) -> SendPayload:
    """Read a payload or file; ``zone`` is where times without an offset are meant.

    ``contacts`` are names that may stand in ``to`` for one or several numbers.

    Raises:
        Rejected: the first thing that is wrong, as ``field: sentence``, with the message's place in a list.
    """
    objects = _objects(parse_json(octets))
    requests: list[SendRequest] = []
    counts, characters = [], 0
    for place, payload in enumerate(objects, start=1):
        where = f"message {place} of {len(objects)}: " if len(objects) > 1 else ""
        made = _requests(payload, zone, contacts, where)
        requests += made
        counts.append(len(made))
        if len(requests) > MAX_MESSAGES:
            raise _too_many()
        characters += sum(len(each.text or "") + len(each.octets or b"") for each in made)
        if characters > MAX_CHARACTERS:
            raise bad_request(f"text: more than {MAX_CHARACTERS} characters, counted for each recipient")
    return SendPayload(tuple(requests), tuple(counts))


def parse_json(octets: bytes) -> Any:
    """Any JSON, in UTF-8 with or without a byte order mark.

    Raises:
        Rejected: it is none, with line and column.
    """
    try:
        return json.loads(octets.decode("utf-8-sig"))
    except json.JSONDecodeError as wrong:
        raise bad_request(f"not JSON: {wrong.msg} in line {wrong.lineno}, column {wrong.colno}") from wrong
    except UnicodeDecodeError as wrong:
        raise bad_request(f"not JSON: octet {wrong.start + 1} is not UTF-8") from wrong
    except (ValueError, RecursionError) as wrong:  # a number of thousands of digits; brackets without end
        raise bad_request("not JSON that anybody would send: too many digits or too deep") from wrong


def _objects(parsed: Any) -> Sequence[Any]:
    if isinstance(parsed, list):
        if not parsed:
            raise bad_request("the list of messages is empty")
        return parsed
    return [parsed]


def _requests(
    payload: Any, zone: tzinfo, contacts: Mapping[str, tuple[str, ...]], where: str
) -> list[SendRequest]:
    try:
        return list(_for_each_recipient(payload, zone, contacts))
    except Rejected as wrong:
        raise Rejected(wrong.code, f"{where}{wrong.reason}") from wrong


def _for_each_recipient(
    payload: Any, zone: tzinfo, contacts: Mapping[str, tuple[str, ...]]
) -> Iterator[SendRequest]:
    if not isinstance(payload, dict):
        raise bad_request('a message is a JSON object, such as {"to": "+32475123456", "text": "Hello"}')
    fields = Fields(payload, zone)
    addressed = recipients(payload, contacts)
    if len(addressed) > MAX_MESSAGES:
        raise _too_many()
    client_id = fields.client_id()
    wishes = fields.wishes()
    for to in addressed:
        # Each recipient's message needs an id of its own, the same one whatever the order of the list.
        own_id = client_id if client_id is None or len(addressed) == 1 else f"{client_id}/{to}"
        yield SendRequest(to=to, client_id=own_id, **wishes)


def _too_many() -> Rejected:
    return bad_request(f"to: more than {MAX_MESSAGES} messages at once")
