"""``python -m tests.bench.lean``: users of the broker that cost next to nothing.

They speak MQTT 3.1.1 on a bare socket, with QoS 1, and know only the packets that they need::

    publish PORT TOPIC COUNT    COUNT messages, as fast as they are acknowledged
    listen PORT FILTER EVENT=COUNT ...    until so many events of each name have come
    echo PORT FILTER TOPIC      what a gateway does, without doing it: two events for each message

Each says ``ready`` on standard output; ``publish`` then waits for a line on standard input, and ``publish``
and ``listen`` say what they saw as JSON. Times are seconds of the epoch.
"""

from __future__ import annotations

import json
import socket
import sys
import time
from collections.abc import Callable

_WINDOW = 100
_CONNECT, _CONNACK, _PUBLISH, _PUBACK, _SUBSCRIBE = 0x10, 0x20, 0x32, 0x40, 0x82
_CHUNK = 1 << 18
_EVENT = b'"event":"'
TEXT = "Your appointment is on Thursday at 14:30. Please call us if you can't come. Thank you, the clinic."


def packet(kind: int, body: bytes) -> bytes:
    """A packet with its fixed header (MQTT 3.1.1, 2.2)."""
    length, left = b"", len(body)
    while True:
        left, digit = divmod(left, 128)
        length += bytes((digit | (0x80 if left else 0),))
        if not left:
            return bytes((kind,)) + length + body


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2) + text.encode()


def published(topic: str, place: int, payload: bytes) -> bytes:
    """The PUBLISH of the ``place``-th message; packet ids come round."""
    return packet(_PUBLISH, _text(topic) + (place % 65535 + 1).to_bytes(2) + payload)


def request(name: str, text: str, place: int) -> bytes:
    """What is published to send a message."""
    return b'{"id":"%b","to":"+32475%06d","text":"%b"}' % (name.encode(), place % 1_000_000, text.encode())


class Client:
    """A connection; with ``session`` the broker keeps what comes while it is away."""

    def __init__(self, port: int, name: str, *, session: bool = False) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""
        self._kept: list[tuple[int, bytes]] = []
        self.acknowledged = 0
        self.send(packet(_CONNECT, _text("MQTT") + bytes((4, 0 if session else 2, 0, 0)) + _text(name)))
        kind, body = self._first()
        if kind != _CONNACK or body[1]:
            raise ConnectionError(f"CONNACK: {body!r}")

    def close(self) -> None:
        self._socket.close()

    def send(self, octets: bytes) -> None:
        self._socket.sendall(octets)

    def subscribe(self, pattern: str) -> None:
        self.send(packet(_SUBSCRIBE, b"\0\1" + _text(pattern) + b"\1"))
        self._first()

    def _first(self) -> tuple[int, bytes]:
        """One packet; what came with it is kept."""
        one, *self._kept = self.packets()
        return one

    def packets(self, timeout_s: float | None = None) -> list[tuple[int, bytes]]:
        """What has come by the next reading; TimeoutError where nothing does."""
        self._socket.settimeout(timeout_s)
        there, self._kept = self._kept, []
        while not there:
            octets = self._socket.recv(_CHUNK)
            if not octets:
                raise ConnectionError("the broker closed the connection")
            there = self._parsed(octets)
        self._socket.settimeout(None)
        return there

    def _parsed(self, octets: bytes) -> list[tuple[int, bytes]]:
        octets = self._rest + octets
        found, at, end = [], 0, len(octets)
        while at + 2 <= end:
            length, shift, body = 0, 0, at + 1
            while body < end and octets[body] & 0x80:
                length |= (octets[body] & 0x7F) << shift
                shift, body = shift + 7, body + 1
            if body >= end:
                break
            length |= octets[body] << shift
            if body + 1 + length > end:
                break
            found.append((octets[at], octets[body + 1 : body + 1 + length]))
            at = body + 1 + length
        self._rest = octets[at:]
        return found

    def messages(self, timeout_s: float | None = None) -> list[bytes]:
        """The bodies of PUBLISHes that have come by the next reading, without the topic; acknowledged.

        What the broker acknowledged is counted in ``acknowledged``.
        """
        bodies, acks = [], []
        for kind, body in self.packets(timeout_s):
            if kind & 0xF0 == 0x30:
                end = 2 + int.from_bytes(body[:2])
                acks.append(b"\x40\x02" + body[end : end + 2])
                bodies.append(body[end + 2 :])
            elif kind == _PUBACK:
                self.acknowledged += 1
        self.send(b"".join(acks))
        return bodies


def publish(port: int, topic: str, count: int) -> dict[str, float]:
    """Publish so many, at most a hundred of them unacknowledged."""
    client = Client(port, "bench-publisher")
    ready = [published(topic, i, request(f"m{i:07d}", f"Message {i:07d}: {TEXT}", i)) for i in range(count)]
    _say("ready")
    sys.stdin.readline()
    first_at, cpu_s = time.time(), time.process_time()
    sent = acknowledged = 0
    while acknowledged < count:
        if sent < min(count, acknowledged + _WINDOW):
            upto = min(count, acknowledged + _WINDOW)
            client.send(b"".join(ready[sent:upto]))
            sent = upto
        acknowledged += sum(1 for kind, _ in client.packets() if kind == _PUBACK)
    return {"first_at": first_at, "last_at": time.time(), "cpu_s": time.process_time() - cpu_s}


def listen(port: int, pattern: str, wanted: dict[bytes, int]) -> dict[str, object]:
    """Count events by name until all that are wanted have come."""
    client = Client(port, "bench-listener")
    client.subscribe(pattern)
    _say("ready")
    counts: dict[bytes, int] = {}
    first_at, reached_at = 0.0, {}
    while any(counts.get(name, 0) < count for name, count in wanted.items()):
        bodies = client.messages()
        now = time.time()
        first_at = first_at or now
        for body in bodies:
            begins = body.find(_EVENT) + len(_EVENT)
            name = body[begins : body.find(b'"', begins)]
            counts[name] = counts.get(name, 0) + 1
            if counts[name] == wanted.get(name):
                reached_at[name.decode()] = now
    return {
        "first_at": first_at,
        "reached_at": reached_at,
        "counts": {name.decode(): count for name, count in counts.items()},
        "cpu_s": time.process_time(),
    }


def echo(port: int, pattern: str, topic: str) -> None:
    """Answer each message with two events, until killed."""
    client = Client(port, "bench-echo")
    client.subscribe(pattern)
    _say("ready")
    place = 0
    pad = b'","at":"2026-01-01T00:00:00.000000+00:00","text":"' + b"x" * 300 + b'"}'
    while True:
        answers = []
        for _ in client.messages():
            answers.append(published(topic, place, b'{"event":"accepted' + pad))
            answers.append(published(topic, place + 1, b'{"event":"queued' + pad))
            place += 2
        client.send(b"".join(answers))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _wanted(words: list[str]) -> dict[bytes, int]:
    pairs = (word.split("=") for word in words)
    return {name.encode(): int(count) for name, count in pairs}


def main() -> None:
    """Be one of them."""
    role, port, topic, *more = sys.argv[1:]
    roles: dict[str, Callable[[], object]] = {
        "publish": lambda: publish(int(port), topic, int(more[0])),
        "listen": lambda: listen(int(port), topic, _wanted(more)),
        "echo": lambda: echo(int(port), topic, more[0]),
    }
    _say(json.dumps(roles[role]()))


if __name__ == "__main__":
    main()
