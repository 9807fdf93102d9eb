"""Whole dialogues as they go over the wire, and a runner that feeds them to the core cut anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modemd.gsm.at import AtCore, Command, Event, Prompt, Reply, Urc

PDU = "07911326040000F0040B911346610089F60000208062917314080CC8F71D14969741F977FD07"
DELIVER = "07917283010010F5040BC87238880900F10000993092516195800AE8329BFD4697D9EC37"
REPORT = "07917248014000F506B70AA18092020000317071518590803170715185418000"


@dataclass(frozen=True)
class Dialogue:
    """``said`` is what the modem sends, up to its prompt; ``after`` what follows the body."""

    command: Command
    said: tuple[bytes, ...]
    lines: tuple[str, ...]
    final: str = "OK"
    body: str | None = None
    after: tuple[bytes, ...] = ()


DIALOGUES = {
    "plain": Dialogue(Command("AT"), (b"\r\nOK\r\n",), ()),
    "refused": Dialogue(Command("AT+CSQ"), (b"\r\n+CME ERROR: 14\r\n",), (), "+CME ERROR: 14"),
    "verbose": Dialogue(Command("AT+CSQ"), (b"\r\n+CME ERROR: SIM busy\r\n",), (), "+CME ERROR: SIM busy"),
    "unknown": Dialogue(Command("AT^X"), (b"COMMAND NOT SUPPORT\r\n",), (), "COMMAND NOT SUPPORT"),
    "echoed": Dialogue(
        Command("AT+CSQ"), (b"AT+CSQ\r", b"\r\n+CSQ: 18,99\r\n", b"\r\nOK\r\n"), ("+CSQ: 18,99",)
    ),
    "identity": Dialogue(Command("AT+CGMI"), (b"huawei\r\n", b"OK\r\n"), ("huawei",)),
    "imsi": Dialogue(Command("AT+CIMI"), (b"\r\n206012345678901\r\n", b"\r\nOK\r\n"), ("206012345678901",)),
    "registration": Dialogue(
        Command("AT+CREG?"),
        (b'\r\n+CREG: 2,1,"00C3","0BE6"\r\n', b"\r\nOK\r\n"),
        ('+CREG: 2,1,"00C3","0BE6"',),
    ),
    "list": Dialogue(
        Command("AT+CMGL=4"),
        (
            b"\r\n+CMGL: 1,0,,30\r\n",
            PDU.encode() + b"\r\n",
            b'+CMGL: 2,1,"a, b",24\r\n',
            REPORT.encode() + b"\r\n",
            b"\r\nOK\r\n",
        ),
        ("+CMGL: 1,0,,30", PDU, '+CMGL: 2,1,"a, b",24', REPORT),
    ),
    "read": Dialogue(
        Command("AT+CMGR=3"),
        (b"+CMGR: 0,,24\r\n", REPORT.encode() + b"\r\n", b"OK\r\n"),
        ("+CMGR: 0,,24", REPORT),
    ),
    "submit": Dialogue(
        Command("AT+CMGS=30", prompt=True),
        (b"\r\n> ",),
        ("+CMGS:129",),
        body=PDU,
        after=(b"\r\n+CMGS:129\r\n", b"\r\nOK\r\n"),
    ),
    "submit, echoed": Dialogue(
        Command("AT+CMGS=30", prompt=True),
        (b"AT+CMGS=30\r", b"\r\n> "),
        ('+CMGS: 12,"26/11/22,14:00:00+04"',),
        body=PDU,
        after=(
            PDU.encode() + b"\x1a\r\n",
            b'+CMGS: 12,"26/11/22,14:00:00+04"\r\n',
            b"\r\nOK\r\n",
        ),
    ),
    "submit, prompt as a line": Dialogue(
        Command("AT+CMGS=30", prompt=True),
        (b"> \r\n",),
        ("+CMGS: 183",),
        body=PDU,
        after=(b"+CMGS: 183\r\n", b"OK\r\n"),
    ),
    "submit refused": Dialogue(
        Command("AT+CMGS=30", prompt=True),
        (b"\r\n> ",),
        (),
        "+CMS ERROR: 38",
        body=PDU,
        after=(b"\r\n+CMS ERROR: 38\r\n",),
    ),
    "no prompt": Dialogue(Command("AT+CMGS=30", prompt=True), (b"\r\nERROR\r\n",), (), "ERROR"),
}

URCS: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "CMTI": (b'\r\n+CMTI: "SM",3\r\n', ('+CMTI: "SM",3',)),
    "CDSI": (b'+CDSI: "SR",1\r\n', ('+CDSI: "SR",1',)),
    "CMT": (b"\r\n+CMT: ,27\r\n" + DELIVER.encode() + b"\r\n", ("+CMT: ,27", DELIVER)),
    "CDS": (b"\r\n+CDS: 24\r\n" + REPORT.encode() + b"\r\n", ("+CDS: 24", REPORT)),
    "RSSI": (b"\r\n^RSSI:17\r\n", ("^RSSI:17",)),
    "RING": (b"\r\nRING\r\n", ("RING",)),
    "CLIP": (b'\r\n+CLIP: "+27820001111",145,,,,0\r\n', ('+CLIP: "+27820001111",145,,,,0',)),
    "CREG": (b'\r\n+CREG: 1,"00C3","0BE6",7\r\n', ('+CREG: 1,"00C3","0BE6",7',)),
    "CUSD": (
        b'\r\n+CUSD: 1,"Bal:$100\r\n1. Recharge\r\n2. OK see you",15\r\n',
        ('+CUSD: 1,"Bal:$100', "1. Recharge", '2. OK see you",15'),
    ),
    "hang-up": (b"\r\nNO CARRIER\r\n", ("NO CARRIER",)),
    "unheard of": (b'\r\n^NEWMAKER: 1,"x"\r\n', ('^NEWMAKER: 1,"x"',)),
}


def drain(core: AtCore) -> list[Event]:
    """All events there are."""
    events = []
    while (event := core.next_event()) is not None:
        events.append(event)
    return events


def run(dialogue: Dialogue, said: Iterable[bytes], after: Iterable[bytes]) -> tuple[list[Reply], list[Urc]]:
    """Plays one dialogue; the body is handed over when the prompt comes, as the link does."""
    core = AtCore()
    assert core.send(dialogue.command) == dialogue.command.text.encode() + b"\r"
    replies: list[Reply] = []
    urcs: list[Urc] = []
    prompts = 0
    for phase, pieces in enumerate((said, after)):
        for piece in pieces:
            core.receive(piece)
            for event in drain(core):
                if isinstance(event, Reply):
                    replies.append(event)
                elif isinstance(event, Urc):
                    urcs.append(event)
                elif isinstance(event, Prompt):
                    prompts += 1
                    assert dialogue.body is not None
                    assert phase == 0
                    assert core.body(dialogue.body) == dialogue.body.encode() + b"\x1a"
    assert prompts == (dialogue.body is not None)
    return replies, urcs
