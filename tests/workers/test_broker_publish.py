"""A PUBLISH is read from its octets: all that the standard allows, in one pass, and nothing else."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from typing import Any

import pytest
from paho.mqtt.exception import MalformedPacket

from modemd.workers.broker_publish import read_publish
from tests.system.mosquitto import Broker
from tests.workers.test_broker import connected, settings_of

_FIRST = 0x32
_HEAD = b"\x00\x01a\x00\x07"


def counted(octets: bytes) -> bytes:
    return len(octets).to_bytes(2, "big") + octets


def variable(length: int) -> bytes:
    made = bytearray()
    while length > 0x7F:
        made.append(length & 0x7F | 0x80)
        length >>= 7
    return bytes([*made, length])


def read(properties: bytes, payload: bytes = b"{}") -> dict[str, Any]:
    octets = _HEAD + variable(len(properties)) + properties + payload
    message = read_publish(_FIRST, octets, with_properties=True)
    assert (message.mid, message.topic, message.payload) == (7, "a", payload)
    return dict(vars(message.properties))


def test_properties_that_matter_are_read_and_others_are_passed_over() -> None:
    assert read(b"") == {}
    several = (
        b"\x01\x01",
        b"\x02\x00\x01\x00\x00",
        b"\x03" + counted("te\ufeffxt".encode()),
        b"\x08" + counted(b"re/ply"),
        b"\x09" + counted(b"\x00\xff"),
        b"\x0b\x80\x01",
        b"\x26" + counted(b"k") + counted(b"\x00"),
        b"\x23\x00\x01",
    )
    assert read(b"".join(several)) == {
        "MessageExpiryInterval": 65536,
        "ResponseTopic": "re/ply",
        "CorrelationData": b"\x00\xff",
    }
    assert read(b"\x08" + counted(b"\xff")) == {"ResponseTopic": ""}


def test_a_hundred_thousand_properties_hold_nobody_up() -> None:
    assert read((b"\x26" + counted(b"") + counted(b"")) * 100_000, b"x" * 1_000_000) == {}


def test_the_header_is_read() -> None:
    message = read_publish(0x3B, b"\x00\x01a\x01\x00payload", with_properties=False)
    assert (message.qos, message.dup, message.retain, message.mid) == (1, True, True, 256)
    assert (message.payload, message.properties) == (b"payload", None)
    message = read_publish(0x30, b"\x00\x01a", with_properties=False)
    assert (message.qos, message.dup, message.retain, message.mid, message.payload) == (
        0,
        False,
        False,
        0,
        b"",
    )


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\x00\x09a",
        b"\x00\x01a\x00",
        _HEAD,
        _HEAD + b"\x05",
        _HEAD + b"\x01\x02",
        _HEAD + b"\x02\x77\x00",
        _HEAD + b"\x03\x09\x00\x09",
        _HEAD + b"\x80\x80\x80\x80\x01",
        _HEAD + b"\x03\x08\x00\x01a",
    ],
)
def test_what_is_cut_off_is_malformed(octets: bytes) -> None:
    with pytest.raises(MalformedPacket):
        read_publish(_FIRST, octets, with_properties=True)


@pytest.mark.parametrize("name", ["content-type", "response-topic", "user-property"])
def test_a_zero_width_space_in_a_property_is_a_character_like_others(broker: Broker, name: str) -> None:
    program = shutil.which("mosquitto_pub")
    if program is None:
        pytest.skip("mosquitto_pub is not installed")

    async def talk() -> None:
        async with connected(settings_of(broker.port), "a") as (desk, connection):
            values = ["key", "x\ufeffy"] if name == "user-property" else ["x\ufeffy"]
            await asyncio.to_thread(
                subprocess.run,
                [program, "-V", "5", "-p", str(broker.port), "-q", "1", "-t", "a", "-m", "text",
                 "-D", "publish", name, *values],
                check=True,
            )  # fmt: skip
            await desk.until(lambda: desk.came)
            assert desk.came[0].payload == b"text"
            assert desk.came[0].response_topic == ("x\ufeffy" if name == "response-topic" else None)
            assert connection.alive

    asyncio.run(talk())
