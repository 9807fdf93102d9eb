"""Random and mutated PDUs and modem lines: ``python -m tests.soak.fuzz_gsm --seconds N``.

Anything but a value or the room's own error ends the run with exit status 1, and prints the input (in
hex) and the seed that makes it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from modemd.errors import PduError
from modemd.gsm.at import AtCore, Command, Prompt
from modemd.gsm.incoming import Direction, StatusReport, decode_any
from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver, encode_status_report
from tests.soak.fuzz_inputs import modem_octets, mutated, wish

AT = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
GOOD = [
    bytes.fromhex(part.pdu)
    for part in (
        *encode_deliver("+32475000001", "Hello € {there}" * 20, sc_at=AT, smsc="+32475161616", ports=(1, 2)),
        *encode_deliver("Modemd", "ş" * 200, sc_at=AT, languages=(1,), concat_bits=16),
        *encode_deliver("1733", "😀" * 60, sc_at=AT, message_class=0),
        *encode(Outgoing(destination="+32475000001", text="x" * 170, validity_at=AT, report=True)).parts,
        encode_status_report(tp_mr=1, recipient="+32475000001", sc_at=AT, discharged_at=AT, tp_status=0),
    )
]
DIRECTIONS: tuple[Direction | None, ...] = (None, "deliver", "submit", "status_report")
COMMANDS = (
    Command("AT+CMGL=4"),
    Command("AT+CMGS=23", prompt=True),
    Command("AT+CSQ"),
    Command("AT+CREG?"),
    Command("AT+CMEE?", anchored=True),
    Command("ATD*100#;", call=True),
    Command("ATI"),
)

Trial = Callable[[random.Random, list[bytes]], str]


def read_random(chance: random.Random, tried: list[bytes]) -> str:
    return read(chance, tried, chance.randbytes(chance.randrange(200)))


def read_mutated(chance: random.Random, tried: list[bytes]) -> str:
    return read(chance, tried, mutated(chance, chance.choice(GOOD)))


def read(chance: random.Random, tried: list[bytes], octets: bytes) -> str:
    tried.append(octets)
    pdu = octets.hex()[: chance.choice((None, None, None, -1))]
    try:
        value = decode_any(
            pdu,
            chance.choice(DIRECTIONS),
            no_smsc=chance.random() < 0.2,
            tpdu_length=chance.choice((None, len(octets) - 1, chance.randrange(256))),
        )
    except PduError as refusal:
        str(refusal).encode()
        return "PDUs refused"
    if not isinstance(value, StatusReport):
        (value.text or "").encode()
    return "PDUs read with faults" if value.faults else "PDUs read"


def write(chance: random.Random, tried: list[bytes]) -> str:
    asked = wish(chance)
    tried.append(repr(asked).encode("utf-8", "backslashreplace"))
    try:
        made = encode(Outgoing(**asked))
    except PduError as refusal:
        str(refusal).encode("utf-8", "strict")
        return "messages refused"
    for part in made.parts:
        back = decode_any(part.pdu, "submit", tpdu_length=part.tpdu_length)
        if back.faults:
            raise AssertionError(back.faults)
    return "messages written"


def talk(chance: random.Random, tried: list[bytes]) -> str:
    core = AtCore()
    for _ in range(chance.randrange(1, 6)):
        if core.in_flight is None or chance.random() < 0.2:
            core.expire()
            core.send(chance.choice(COMMANDS))
        octets = modem_octets(chance)
        tried.append(octets)
        while octets:
            cut = chance.randrange(1, len(octets) + 1)
            core.receive(octets[:cut])
            octets = octets[cut:]
        while (event := core.next_event()) is not None:
            if isinstance(event, Prompt) and not event.late:
                core.body("0001000B")
        if chance.random() < 0.2:
            core.forget()
    return "modem dialogues"


TRIALS: tuple[Trial, ...] = (read_random, read_mutated, read_mutated, write, talk)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=None, help="run this one trial again")
    asked = parser.parse_args()
    counts: Counter[str] = Counter()
    first = asked.seed if asked.seed is not None else time.time_ns()
    end = time.monotonic() + asked.seconds
    seed = first
    while time.monotonic() < end and (asked.seed is None or seed == first):
        chance, tried = random.Random(seed), list[bytes]()
        try:
            counts[chance.choice(TRIALS)(chance, tried)] += 1
        except Exception:
            sys.stderr.write(f"seed {seed}, input {[octets.hex() for octets in tried]}\n")
            raise
        seed += 1
    for what, count in sorted(counts.items()):
        sys.stdout.write(f"{count:>12,} {what}\n")
    sys.stdout.write(f"{counts.total():>12,} trials, seeds {first} to {seed - 1}, nothing escaped\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
