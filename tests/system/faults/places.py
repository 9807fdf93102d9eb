"""Faults of the line and of the modem, each at every place where it can strike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.system.faults.cases import Case

if TYPE_CHECKING:
    from collections.abc import Iterator

PREPARING: Final = (
    "AT+CMEE?", "ATE0", "ATV1", "AT+CMEE=1", "AT+CFUN?", "AT+CGMI", "AT+CGMM", "AT+CGMR", "AT+CGSN",
    "AT+CPIN?", "AT+CMGF=0", 'AT+CSCS="GSM"', "AT+COPS=3,0", "AT+CLIP=1", "AT+CPMS=?",
    'AT+CPMS="SM","SM","SM"', "AT+CNMI=?", "AT+CNMI=2,1,0,2,0", "AT+CMMS=?", "AT+CREG=2", "AT+CEREG=2",
    "AT+CGREG=2", "AT+C5GREG=2", "AT+CGSMS?", "AT+CIMI", "AT+CRSM=176,12258,0,0,10", "AT+CNUM", "AT+CSCA?",
)  # fmt: skip
"""What a modem is asked at its opening; ``test_matrix.py`` holds this against what it is really asked."""
CARING: Final = ("AT+CSQ", "AT+CESQ", "AT+CREG?", "AT+COPS?", "AT+COPS=3,2")
SWEEPING: Final = ('AT+CPMS="ME"', 'AT+CPMS="SR"', 'AT+CPMS="SM"', "AT+CMGL=4", "AT+CMGD=*")
SENDING: Final = ("AT+CMGS=*", "AT+CMMS=2", "AT+CMMS=0")

_SUBMIT: Final = {
    "command": "before the prompt", "prompt": "at the prompt", "body": "after Ctrl-Z, not taken",
    "answer": "after Ctrl-Z, taken",
}  # fmt: skip
_NOISE: Final = {
    **_SUBMIT, "inside": "inside the answer", "after": "behind the answer",
}  # fmt: skip


def _on(command: str) -> str:
    """How a fault's ``on=`` names a command line."""
    return command.replace(",", "?")


def _while_sending(fault: str, spec: str, places: dict[str, str], **more: object) -> Iterator[Case]:
    rest = "".join(f",{key}={value}" for key, value in more.items())
    for at, words in places.items():
        yield Case(fault=fault, place=words, faults=(f"{spec}:on=AT+CMGS*,nth=20,at={at}{rest}",))


def hangs() -> Iterator[Case]:
    """A command that is never answered."""
    yield from _while_sending("hang", "hang", _SUBMIT)
    for command in (*PREPARING, *CARING, *SWEEPING, *SENDING[1:]):
        yield Case(fault="hang", place=command, faults=(f"hang:on={_on(command)}",))


def silences() -> Iterator[Case]:
    """Nothing at all is answered for a while, or for ever."""
    yield from _while_sending("silence of 30 s", "silence", _SUBMIT, seconds=30)
    yield from _while_sending("late by 5 s", "late", _SUBMIT, seconds=5)
    yield from _while_sending("late by 70 s", "late", _SUBMIT, seconds=70)
    for at, words in _SUBMIT.items():
        yield Case(
            fault="dead for good", place=words, faults=(f"dead:on=AT+CMGS*,nth=12,at={at}",), spare=1,
            tells="modem", repeats=int(at == "answer"),  # nobody is left to tell: the policy sends it again
        )  # fmt: skip
    yield Case(
        fault="dead for good", place="opens, never answers", modem={"dead": True}, spare=1, tells="modem"
    )


def noises() -> Iterator[Case]:
    """Octets and lines that nobody asked for."""
    yield from _while_sending("0xFF 0x00 0xE9", "garbage", _NOISE)
    yield from _while_sending("64 octets of noise", "garbage", _NOISE, hex="80fffe0d1b7f" * 10 + "00000a2a")
    for line in ('+CMTI: "SM",3', "^RSSI:18", "RING", "+CREG: 1", "^BOOT:27710117,0,0,0,72"):
        yield from _while_sending(f"URC {line}", "urc", _NOISE, text=line)
    for command in ("AT+CMGL=4", "AT+CNMI=?", "AT+CSCA?"):
        for at in ("command", "inside", "after"):
            yield Case(
                fault="0xFF 0x00 0xE9",
                place=f"{command}, {at}",
                faults=(f"garbage:on={_on(command)},at={at}",),
            )
    yield from _while_sending("echo on", "echo", _SUBMIT)
    yield from _while_sending("no blank: +CMGS:12", "joined", {"answer": "in the answer"})


def losses() -> Iterator[Case]:
    """The modem restarts, or its plug is pulled."""
    yield from _while_sending("reboot of 5 s", "reboot", _SUBMIT, seconds=5)
    yield from _while_sending("unplugged for 10 s", "unplug", _SUBMIT, seconds=10)
    for at, words in _SUBMIT.items():
        yield Case(
            fault="reboot of 5 s, told", place=words, modem={"dialect": "simcom"},
            faults=(f"reboot:on=AT+CMGS*,nth=20,at={at},seconds=5",),
        )  # fmt: skip
    for kind, seconds in (("reboot", 5), ("unplug", 10)):
        for command in ("AT+CMGL=4", "AT+CMGD=*", "AT+CNMI=?", "AT+CSQ"):
            yield Case(
                fault=f"{kind} of {seconds} s", place=f"at {command}",
                faults=(f"{kind}:on={_on(command)},seconds={seconds}",),
            )  # fmt: skip
    yield Case(
        fault="unplugged for good", place="in mid-send", faults=("unplug:on=AT+CMGS*,nth=12,at=body",),
        spare=1, tells="modem",
    )  # fmt: skip
    for kind, within_s in (("dead", 60.0), ("unplug", 20.0)):
        yield Case(
            fault=f"one of 8: {kind}", place="for good", faults=(f"{kind}:on=AT+CMGS*,nth=3",), spare=7,
            within_s=within_s, tells="modem",
        )  # fmt: skip
