"""What a modem tells unasked, as values: each is a hint, and may be lost without harm but the direct ones."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from modemd.errors import Refused
from modemd.gsm.at import Command, LateReply, Urc
from modemd.gsm.at_lines import refusal
from modemd.gsm.at_values import integer, parameters


@dataclass(frozen=True, slots=True)
class NewStored:
    """A message (``+CMTI``) or status report (``+CDSI``) lies in the modem's storage."""

    storage: str
    index: int
    report: bool = False


@dataclass(frozen=True, slots=True)
class DirectDeliver:
    """``+CMT``: an SMS-DELIVER that the modem did not store."""

    pdu: str
    tpdu_length: int | None = None


@dataclass(frozen=True, slots=True)
class DirectReport:
    """``+CDS``: an SMS-STATUS-REPORT that the modem did not store."""

    pdu: str
    tpdu_length: int | None = None


@dataclass(frozen=True, slots=True)
class Ring:
    """A call rings; it repeats every few seconds."""


@dataclass(frozen=True, slots=True)
class Clip:
    """``+CLIP``: who calls; ``originator`` is ``None`` where it is withheld."""

    originator: str | None
    originator_toa: int = 0x91


@dataclass(frozen=True, slots=True)
class CallEnded:
    """The ringing stopped, or a call of ours is over; ``why``: ``busy``, ``no_answer``, or untold."""

    why: str | None = None


@dataclass(frozen=True, slots=True)
class CallAnswered:
    """A call of ours was answered."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The modem has said what it was to say (makers' ``+CTTS``, ``+QWTTS``); ``well``: to its end."""

    well: bool = True


@dataclass(frozen=True, slots=True)
class StorageFull:
    """No room for what comes in: sweep now."""

    storage: str | None = None


@dataclass(frozen=True, slots=True)
class MessagesReady:
    """The SIM's messages can be read only now (``SMS Ready``, ``+QIND: SMS DONE``): sweep now."""


@dataclass(frozen=True, slots=True)
class Restarted:
    """The modem started anew by itself: its settings are gone, prepare it again."""


@dataclass(frozen=True, slots=True)
class SimGone:
    """The SIM was taken out, or is not ready any more: who is in there next has to be asked."""


@dataclass(frozen=True, slots=True)
class Registration:
    """The registration changed (27.007, 7.2): 1, 5, 6 and 7 are usable."""

    stat: int


@dataclass(frozen=True, slots=True)
class LateSubmit:
    """The answer to a submit came after its deadline: the network took it under this TP-MR.

    ``pdu`` is what had been handed over; ``None`` where the submit was another process's.
    """

    tp_mr: int
    pdu: str | None = None


@dataclass(frozen=True, slots=True)
class LateRefusal:
    """The refusal of a submit came after its deadline: the network did not take it."""

    pdu: str
    refused: Refused


@dataclass(frozen=True, slots=True)
class Ussd:
    """``+CUSD``, as it came: how its text is to be read depends on the modem."""

    said: str


@dataclass(frozen=True, slots=True)
class Other:
    """Anything else, as it came."""

    line: str


Note = (
    NewStored
    | DirectDeliver
    | DirectReport
    | Ring
    | Clip
    | CallEnded
    | CallAnswered
    | Spoken
    | StorageFull
    | MessagesReady
    | Restarted
    | SimGone
    | Registration
    | LateSubmit
    | LateRefusal
    | Ussd
    | Other
)

_TP_MR: Final = re.compile(r"\+CMG[SC]: ?(\d{1,3})")
_FULL: Final = re.compile(r'\^SMMEMFULL:? ?"?(\w+)?|\+SMS ?FULL|\+ZSMMEMFULL|\+QIND: "SMSFULL"(?:,"(\w+)")?')
_STARTED: Final = frozenset({"RDY", "^SYSSTART", "START", "MODEM:STARTUP"})
_MESSAGES_READY: Final = re.compile(r"\+?SMS ?READY$|(?:\+QIND: ?)?(?:SMS|PB) DONE$", re.IGNORECASE)
"""Makers' own words: SIMCom's, and Quectel's with and without its head; of the two the later one counts."""
_SIM_GONE: Final = re.compile(
    r"\+CPIN: ?(?:NOT READY|NOT INSERTED|SIM REMOVED)|\^SIMST: ?(?:0|255)\b|\+QSIMSTAT: ?\d,0|#QSS: ?0"
)
"""27.007, 8.3, told unasked; Huawei's, Quectel's and Telit's own words for it."""
_LAST: Final = re.compile(r"(\d+)$")
_CALL_OVER: Final = {
    "NO CARRIER": None, "BUSY": "busy", "NO ANSWER": "no_answer", "NO DIALTONE": None, "NO DIAL TONE": None,
}  # fmt: skip
_CAUSES: Final = {17: "busy", 18: "no_answer", 19: "no_answer", 21: "busy"}
"""24.008, table 10.5.123: user busy, no user responding, alerting but no answer, call rejected."""


def tp_mr_of(lines: tuple[str, ...]) -> int | None:
    """The TP-MR of a submit's answer, ``+CMGS: 12`` in any of its spellings (27.005, 3.5.1)."""
    for line in reversed(lines):
        found = _TP_MR.match(line)
        if found and int(found[1]) < 256:
            return int(found[1])
    return None


def read_urc(urc: Urc) -> Note:
    """What an unsolicited result code says; :class:`Other` where it is none that matters."""
    head, body = urc.lines[0], urc.lines[1] if len(urc.lines) > 1 else None
    word = head.partition(":")[0].rstrip()
    if word in {"+CMTI", "+CDSI"}:
        return _new_stored(head, report=word == "+CDSI")
    if word in {"+CMT", "+CDS"} and body is not None:
        found = _LAST.search(head)
        length = int(found[1]) if found and len(found[1]) < 4 else None
        return DirectDeliver(body, length) if word == "+CMT" else DirectReport(body, length)
    if word == "+CUSD":
        return Ussd("\n".join(urc.lines))
    if word == "+CMGS" and (tp_mr := tp_mr_of(urc.lines)) is not None:
        return LateSubmit(tp_mr)
    return _read_call(word, head) or _read_condition(word, head) or Other("\n".join(urc.lines))


def read_late(late: LateReply) -> Note | None:
    """What a late answer is worth: only one to a submit whose PDU was handed over says something."""
    if late.body is None:
        return None
    tp_mr = tp_mr_of(late.lines)
    if tp_mr is not None:
        return LateSubmit(tp_mr, late.body)
    said = refusal(late.final) if late.final else None
    if said is None:
        return None
    refused = Refused(_text(late.command), said.kind, said.code, said.text, after_body=True)
    return LateRefusal(late.body, refused)


def _text(command: Command) -> str:
    return command.text


def _new_stored(head: str, *, report: bool) -> Note:
    values = parameters(head)
    index = integer(values[1]) if len(values) > 1 else None
    if index is None:
        return Other(head)
    return NewStored(values[0], index, report)


def _read_call(word: str, head: str) -> Note | None:
    if head == "RING" or word == "+CRING":
        return Ring()
    if word == "+CLIP":
        values = parameters(head)
        kind = integer(values[1]) if len(values) > 1 else None
        return Clip(values[0] or None, kind if kind is not None and kind < 256 else 0x81)
    if head in _CALL_OVER:
        return CallEnded(_CALL_OVER[head])
    if word == "^CEND":
        return CallEnded(_why_ended(parameters(head)))
    return _read_makers_call(word, head)


def _read_makers_call(word: str, head: str) -> Note | None:
    """Huawei's ``^CONN``, SIMCom's ``VOICE CALL`` and ``+CLCC`` unasked, ZTE's ``HANGUP``, and others'."""
    if word in {"^CONN", "+COLP"} or head == "VOICE CALL: BEGIN":
        return CallAnswered()
    if head.startswith("VOICE CALL: END") or word in {"MISSED_CALL", "HANGUP"}:
        return CallEnded()
    if word in {"+CTTS", "+QWTTS", "+QTTS", "+QLDTMF"}:
        return Spoken(well=parameters(head)[0] in {"0", "5"})
    if word == "+CLCC":
        return _read_clcc(parameters(head))
    return None


def _read_clcc(values: list[str]) -> Note | None:
    """``+CLCC: <id>,<dir>,<stat>,<mode>,<mpty>[,<number>,<type>]`` (27.007, 7.18), told unasked."""
    if len(values) < 4:
        return None
    incoming, stat = values[1] == "1", values[2]
    if stat == "6":
        return CallEnded()
    if incoming and stat in {"4", "5"}:
        kind = integer(values[6]) if len(values) > 6 else None
        caller = values[5] if len(values) > 5 else ""
        return Clip(caller or None, kind if kind is not None and kind < 256 else 0x81)
    return CallAnswered() if not incoming and stat == "0" else None


def _why_ended(values: list[str]) -> str | None:
    """``^CEND:<id>,<duration>,<end>[,<cause>]``: the last is a cause of 24.008, 10.5.4.11."""
    cause = integer(values[3]) if len(values) > 3 else None
    return None if cause is None else _CAUSES.get(cause)


def _read_condition(word: str, head: str) -> Note | None:
    if found := _FULL.match(head):
        return StorageFull(found[1] or found[2])
    if head in _STARTED:
        return Restarted()
    if _MESSAGES_READY.match(head):
        return MessagesReady()
    if _SIM_GONE.match(head):
        return SimGone()
    if word in {"+CREG", "+CEREG", "+C5GREG"}:
        stat = integer(parameters(head)[0])
        return None if stat is None else Registration(stat)
    return None
