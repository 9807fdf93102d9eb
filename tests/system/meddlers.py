"""Brokers that cannot do everything: what a proxy makes of mosquitto (MQTT 5.0, clauses in brackets)."""

from __future__ import annotations

from typing import Final

_CONNECT, _CONNACK, _SUBSCRIBE, _SUBACK = 0x10, 0x20, 0x80, 0x90
_NOWHERE: Final = b"nowhere/at/all/"
UNACCEPTABLE_VERSION: Final = bytes([_CONNACK, 2, 0, 1])
"""MQTT 3.1.1, 3.2.2.3: the answer of a broker that has not heard of version 5."""
UNSUPPORTED_VERSION: Final = bytes([_CONNACK, 3, 0, 0x84, 0])
"""MQTT 5.0, 3.2.2.2: the same in version 5's own words."""


class Changes:
    """Changes nothing."""

    def up(self, packet: bytes) -> tuple[bytes, bytes]:
        """From the client."""
        return packet, b""

    def down(self, packet: bytes) -> bytes:
        """From the broker."""
        return packet


class OnlyOld(Changes):
    """Refuses version 5 with ``answer`` (nothing: it just closes) and knows 3.1.1 well."""

    def __init__(self, answer: bytes = UNACCEPTABLE_VERSION) -> None:
        self._answer = answer

    def up(self, packet: bytes) -> tuple[bytes, bytes]:
        """The protocol's level stands behind its name (3.1.2.2)."""
        if packet[0] == _CONNECT and packet[packet.index(b"MQTT") + 4] >= 5:
            return b"\xe0\x00", self._answer  # the broker hears a DISCONNECT, and closes
        return packet, b""


class SaysNoShared(Changes):
    """Says in CONNACK that there are no shared subscriptions (3.2.2.3.13), and has none."""

    def down(self, packet: bytes) -> bytes:
        """Property 42 with the value 0 is put in front of CONNACK's properties."""
        if packet[0] != _CONNACK:
            return packet
        # These CONNACKs are short: remaining length and the properties' length are one octet each.
        return bytes([_CONNACK, packet[1] + 2]) + packet[2:4] + bytes([packet[4] + 2, 42, 0]) + packet[5:]


class RefusesFilters(Changes):
    """Refuses subscriptions to filters that begin so, in SUBACK (3.9.3), and does not make them."""

    def __init__(self, begin: bytes, code: int) -> None:
        self._begin, self._code = begin, code
        self._refused: dict[bytes, list[bool]] = {}

    def up(self, packet: bytes) -> tuple[bytes, bytes]:
        """The broker is asked for a topic of the same length that nobody publishes to."""
        if packet[0] & 0xF0 != _SUBSCRIBE:
            return packet, b""
        begin = 2 if packet[1] < 0x80 else 3
        mid, place = packet[begin : begin + 2], begin + 2
        place += packet[place] + 1  # properties
        made, refused = packet[:place], []
        while place < len(packet):
            size = int.from_bytes(packet[place : place + 2], "big")
            name, option = packet[place + 2 : place + 2 + size], packet[place + 2 + size : place + 3 + size]
            place += 3 + size
            refused.append(name.startswith(self._begin))
            if refused[-1]:
                name = (_NOWHERE * size)[: size - 1] + b"x"
            made += size.to_bytes(2, "big") + name + option
        self._refused[mid] = refused
        return made, b""

    def down(self, packet: bytes) -> bytes:
        """The reason codes are the last octets, one for each filter."""
        if packet[0] != _SUBACK:
            return packet
        refused = self._refused.pop(packet[2:4])
        codes = packet[-len(refused) :]
        told = bytes(self._code if no else code for no, code in zip(refused, codes, strict=True))
        return packet[: -len(refused)] + told


class RefusesShared(RefusesFilters):
    """Has no shared subscriptions, and says so in SUBACK only."""

    def __init__(self) -> None:
        super().__init__(b"$share/", 0x9E)


class ForbidsSending(RefusesFilters):
    """Does not let anybody subscribe to what gateways are asked."""

    def __init__(self) -> None:
        super().__init__(b"modemd/send", 0x87)
