"""A PUBLISH that came in, read from its octets (MQTT 5.0, 3.3).

Paho copies the whole packet for each property, so that one publish with many of them would stop the loop for
minutes; and it takes U+FEFF in a property, which is allowed, for the broker's mistake, so that a connection
would break at each try to get past that message.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from paho.mqtt.client import MQTTMessage
from paho.mqtt.exception import MalformedPacket

_EXPIRY: Final = 0x02
_RESPONSE_TOPIC: Final = 0x08
_CORRELATION: Final = 0x09
_FIXED: Final = {0x01: 1, _EXPIRY: 4, 0x23: 2}
"""Octets of payload format, expiry, topic alias (MQTT 5.0, 3.3.2.3)."""
_COUNTED: Final = {0x03: 1, _RESPONSE_TOPIC: 1, _CORRELATION: 1, 0x26: 2}
"""How many pieces, each with its length in front: content type, …, user property is a pair."""
_SUBSCRIPTION: Final = 0x0B


def read_publish(first: int, octets: bytes | bytearray, *, with_properties: bool) -> MQTTMessage:
    """Read what follows the fixed header, of which ``first`` is the first octet.

    ``properties`` of the answer has those of ``ResponseTopic`` (empty where it is not UTF-8),
    ``CorrelationData`` and ``MessageExpiryInterval`` that are there; ``None`` without properties.

    Raises:
        MalformedPacket: it is not what the standard says.
    """
    topic, at = _counted(octets, 0)
    qos, mid = (first >> 1) & 3, 0
    if qos:
        mid, at = _whole(octets, at, 2), at + 2
    made = MQTTMessage(mid, topic)
    made.dup, made.qos, made.retain = bool(first & 8), qos, bool(first & 1)
    if with_properties:
        found, at = _properties(octets, at)
        made.properties = found  # type: ignore[assignment]  # only its attributes are looked at
    made.payload = bytes(memoryview(octets)[at:])
    return made


def _properties(octets: bytes | bytearray, at: int) -> tuple[SimpleNamespace, int]:
    length, at = _variable(octets, at)
    end, found = at + length, SimpleNamespace()
    if end > len(octets):
        raise _malformed()
    while at < end:
        name, at = octets[at], at + 1
        if name in _FIXED:
            value, at = _whole(octets, at, _FIXED[name]), at + _FIXED[name]
            if name == _EXPIRY:
                found.MessageExpiryInterval = value
        elif name == _SUBSCRIPTION:
            _, at = _variable(octets, at)
        else:
            at = _take(found, name, octets, at)
    if at != end:
        raise _malformed()
    return found, end


def _take(found: SimpleNamespace, name: int, octets: bytes | bytearray, at: int) -> int:
    if name not in _COUNTED:
        raise _malformed()
    piece = b""
    for _ in range(_COUNTED[name]):
        piece, at = _counted(octets, at)
    if name == _CORRELATION:
        found.CorrelationData = piece
    elif name == _RESPONSE_TOPIC:
        try:
            found.ResponseTopic = piece.decode()
        except UnicodeDecodeError:
            found.ResponseTopic = ""
    return at


def _counted(octets: bytes | bytearray, at: int) -> tuple[bytes, int]:
    begin = at + 2
    end = begin + _whole(octets, at, 2)
    if end > len(octets):
        raise _malformed()
    return bytes(octets[begin:end]), end


def _whole(octets: bytes | bytearray, at: int, length: int) -> int:
    if at + length > len(octets):
        raise _malformed()
    return int.from_bytes(octets[at : at + length], "big")


def _variable(octets: bytes | bytearray, at: int) -> tuple[int, int]:
    """A variable byte integer (MQTT 5.0, 1.5.5)."""
    value = 0
    for place in range(4):
        octet = _whole(octets, at + place, 1)
        value |= (octet & 0x7F) << (7 * place)
        if octet < 0x80:
            return value, at + place + 1
    raise _malformed()


def _malformed() -> MalformedPacket:
    return MalformedPacket("a PUBLISH that nobody can read")
