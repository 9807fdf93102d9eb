"""What one line from a modem is: a final result code, an unsolicited result code, or something else.

Nothing here keeps state: these are the tables and patterns that :mod:`modemd.gsm.at` asks.
Final result codes are ITU-T V.250 table 1 and 3GPP TS 27.007 clause 9; unsolicited ones come from
27.005, 27.007 and makers' manuals.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from modemd.errors import CauseKind
from modemd.gsm.cause_texts import code_of_text

_ENDS: Final = frozenset({"OK", "ERROR", "COMMAND NOT SUPPORT", "TOO MANY PARAMETERS"})
_CALL_ENDS: Final = frozenset(
    {"NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE", "CONNECT", "DELAYED"},
)
_EXTENDED: Final = re.compile(r"\+CM([ES]) ERROR(?:: ?| |$)(.*)", re.DOTALL)

# Words that are unsolicited whatever command is in flight. CMGS and the like never stand here.
_UNSOLICITED: Final = re.compile(
    r"\+(?:CMTI|CMT|CDSI|CDS|CBMI|CBM|CRING|CCWA|CUSD|CSSU|CSSI|CIEV|CTZV|CTZE|CTZDST|CGEV|CMWI|PSUTTZ|DTMF"
    r"|WIND|SIND|CALA|SIM|STIN|UUSORD|CFUNSTATUS|PACSP|XSIM|QIND|QUSIM|QNTP|ZDONR|ZPASR|ZUSIMR|ZEND|ZCPI):"
    r"|\^(?:RSSI|BOOT|MODE|DSFLOWRPT|SIMST|SRVST|SMMEMFULL|STIN|CEND|ORIG|CONF|CONN|HCSQ|NWTIME|LTERSRP|RSSILVL"
    r"|THERM|ANLEVEL|CERSSI|NDISSTAT|EONS|SYSSTART|SYSLOADING|STN):?"
    r"|\*(?:PSUTTZ|EMREADY|PSNWID|EPEV|ESIMM|ESTK):?"
    r"|(?:RING|Call Ready|SMS Ready|SMS DONE|PB DONE|SMS READY|RDY|START|\+SMSFULL|NORMAL POWER DOWN"
    r"|POWERED DOWN|VOICE CALL: (?:BEGIN|END.*)|MISSED_CALL: .*|MODEM:STARTUP|\+PBREADY|\+SMS ?READY"
    r"|\+CALL ?READY)$",
)
# The same word asked for and unsolicited: 27.007 gives the answer to "?" one more value, <n>, in front.
_ASKED: Final = re.compile(
    r"\+(?:C5?G?E?REG|CLIP|COLP|CRC|CTZR|CGEREP|CMER): ?\(?\d+(?:[,-] ?\d{1,2})(?:[,)]|$)"
)
_TWO_FACED: Final = re.compile(r"\+(?:CREG|CGREG|CEREG|C5GREG|CLIP|COLP):")

_TWO_LINES: Final = re.compile(r"\+(?:CMT|CDS|CBM):")
_PDU_HEAD: Final = re.compile(r"\+CDS: ?\d+$|\+CBM: ?\d+$|\+CMT: ?[^,]*, ?\d+$|\+CMT: ?\d+$")
_TEXT_REPORT: Final = re.compile(r"\+CDS: ?\d*, ?\d+,")
_HEX: Final = re.compile(r"[0-9A-Fa-f]{2,}$")
_VERB: Final = re.compile(r"AT([+^%*$#&!_][A-Z0-9]+)", re.IGNORECASE)

# Commands whose answers are plain lines without their own word in front (27.007 clause 5 and makers').
_PLAIN: Final = frozenset(
    {
        *("+CGMI", "+CGMM", "+CGMR", "+CGSN", "+CIMI", "+GMI", "+GMM", "+GMR", "+GSN", "+CLAC", "+GCAP"),
        *("+CCID", "+QCCID", "+CICCID", "+ICCID", "^ICCID", "+ZGETICCID", "$QCCID", "#CCID", "!ICCID"),
    },
)


class Refusal(NamedTuple):
    """A final result code that says no; ``code`` is ``None`` where there is no figure in it."""

    kind: CauseKind
    code: int | None
    text: str


@lru_cache(maxsize=256)
def verb_of(command: str) -> str:
    """The command's word with its sign, as ``+CMGS`` of ``AT+CMGS=23``; empty for V.250 basic commands."""
    found = _VERB.match(command)
    return found[1].upper() if found else ""


def answers_plainly(verb: str) -> bool:
    """Whether the command is answered by lines that do not begin with its word."""
    return not verb or verb in _PLAIN


def is_final(line: str, *, call: bool = False) -> bool:
    """Whether the line ends the answer to the command in flight; the whole line must be the code.

    ``NO CARRIER`` and its kin end a command only while a call is being set up or ended (``call``).
    """
    if line in _ENDS:
        return True
    if line.startswith("+CM") and _EXTENDED.match(line):
        return True
    return call and (line in _CALL_ENDS or line.startswith("CONNECT "))


def refusal(final: str) -> Refusal | None:
    """Reads a final result code; ``None`` where it says yes."""
    if final == "OK" or final.startswith("CONNECT"):
        return None
    found = _EXTENDED.match(final)
    if not found:
        return Refusal("ERROR", None, final)
    kind: CauseKind = "CME" if found[1] == "E" else "CMS"
    told = found[2].strip()
    figure = told.isascii() and told.isdigit() and len(told) < 7
    return Refusal(kind, int(told) if figure else code_of_text(kind, told), final)


def is_unsolicited(line: str, verb: str) -> bool:
    """Whether the line is news and not part of the answer to the command with this verb.

    A word that can be both (``+CREG:``) is an answer only when its command is in flight and the line has
    the shape of an answer.
    """
    if _TWO_FACED.match(line):
        return not (line.startswith(verb + ":") and verb != "" and _ASKED.match(line))
    return _UNSOLICITED.match(line) is not None or line in _CALL_ENDS


def has_word(line: str) -> bool:
    """Whether the line begins like a result code with parameters (``+WORD:``, ``^WORD:``)."""
    return line[0] in "+^%*$#!" and ":" in line


def opens_two_lines(line: str) -> bool:
    """Whether a second line follows: the PDU, or in text mode the text (27.005, 3.4.1)."""
    return _TWO_LINES.match(line) is not None and not _TEXT_REPORT.match(line)


def announces_pdu(line: str) -> bool:
    """Whether the second line of a two-line code will be a PDU in hexadecimal."""
    return _PDU_HEAD.match(line) is not None


def is_hex(line: str) -> bool:
    """Whether the line is hexadecimal octets and nothing else."""
    return len(line) % 2 == 0 and _HEX.match(line) is not None
