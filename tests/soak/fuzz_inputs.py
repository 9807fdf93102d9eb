"""What the fuzzer throws: damaged octets, odd wishes, noise that looks like a modem."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

CHARACTERS = "abc @€{}\x00\x1b\x0c\r\nşğéőß😀न०\ud83d\udc00\ufffe\uffff\xa0"
PIECES = (
    b"\r\n",
    b"OK\r\n",
    b"\r\nOK\r\n",
    b"\r\nERROR\r\n",
    b"\r\n+CMS ERROR: 500\r\n",
    b"\r\n+CME ERROR: SIM busy\r\n",
    b'\r\n+CMTI: "SM",3\r\n',
    b"\r\n+CDS: 26\r\n0006230E",
    b"\r\n+CMT: ,24\r\n",
    b"\r\n+CMGL: 1,0,,24\r\n0791",
    b"\r\n+CMGS: 12\r\n",
    b"\r\n> ",
    b"> ",
    b"\r\nRING\r\n",
    b"\r\n^RSSI:12\r\n",
    b"\r\n+CREG: 2,1\r\n",
    b"\r\n+CSQ: 20,99\r\n",
    b"\x00",
    b"\xff",
    b"\x1a",
    b"\x1b",
)


def mutated(chance: random.Random, octets: bytes) -> bytes:
    """A good PDU with octets changed, lost, doubled or cut off."""
    changed = bytearray(octets)
    for _ in range(chance.randrange(1, 6)):
        at = chance.randrange(len(changed)) if changed else 0
        match chance.randrange(5):
            case 0 if changed:
                changed[at] = chance.randrange(256)
            case 1 if changed:
                changed[at] ^= 1 << chance.randrange(8)
            case 2:
                del changed[at:]
            case 3:
                del changed[at : at + chance.randrange(4)]
            case _:
                changed[at:at] = chance.randbytes(chance.randrange(1, 4))
    return bytes(changed)


def text(chance: random.Random) -> str:
    """A text of the characters that have made trouble somewhere."""
    alphabet = chance.sample(CHARACTERS, chance.randrange(1, len(CHARACTERS)))
    return "".join(chance.choices(alphabet, k=chance.randrange(chance.choice((5, 200, 900)))))


def wish(chance: random.Random) -> dict[str, Any]:
    """The arguments of one message, some of them impossible."""
    asked: dict[str, Any] = {
        "destination": chance.choice(("+32475000001", "1733", "*100#", "", "Alice", "1" * 30))
    }
    asked["octets" if chance.random() < 0.2 else "text"] = None
    if "text" in asked:
        asked["text"] = text(chance)
    else:
        asked["octets"] = chance.randbytes(chance.randrange(400))
    choices: dict[str, tuple[Any, ...]] = {
        "coding": ("gsm7", "ucs2", "8bit"),
        "languages": ((1,), (2, 6), tuple(range(20))),
        "message_class": (0, 3, 4, -1),
        "dcs": (0, 4, 8, 0x20, 0xC8, 0xE0, 0xF5, 255, 256),
        "udh": (
            b"\x00",
            b"\x70\x01\x00",
            b"\x00\x03\x01\x02\x01",
            b"\x70\x88" + bytes(136),
            chance.randbytes(9),
        ),
        "ports": ((0, 0), (2948, 9200), (70000, 1)),
        "smsc": ("+32475161616", "x", ""),
        "validity_s": (0, 300, 10**9),
        "validity_vp": (0, 255, 256),
        "validity_at": (datetime(2026, 1, 1, tzinfo=UTC),),
        "type_of_number": (0, 5, 7, 8),
        "concat_bits": (16,),
        "concat_ref": (255, 256, 65535, 65536),
        "autosplit": ("none", "plain", "numbered"),
    }
    for name in chance.sample(sorted(choices), chance.randrange(5)):
        asked[name] = chance.choice(choices[name])
    return asked


def modem_octets(chance: random.Random) -> bytes:
    """Lines that a modem could say, with noise between and within."""
    pieces = [
        chance.choice(PIECES) if chance.random() < 0.85 else chance.randbytes(chance.randrange(12))
        for _ in range(chance.randrange(12))
    ]
    return b"".join(pieces)
