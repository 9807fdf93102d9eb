"""What a person does about a cause that nothing automatic helps against: a sentence for each."""

from __future__ import annotations

from typing import Final

from modemd.errors import CauseKind

_MONEY: Final = (
    "The operator bars this SIM: often its credit is used up or its contract has ended. Look at its balance,"
    " or ask the operator."
)
_NO_SERVICE: Final = "This SIM may not send short messages: ask the operator to switch the service on."
_CENTRE: Final = (
    "The service centre does not serve this SIM: compare its number (`smsc:`, AT+CSCA?) with the operator's."
)
_SIM: Final = "The SIM cannot be used: take it out, clean it and put it back, or change it."
_PUK: Final = "The SIM is locked: unlock it by its PUK in a telephone. modemd never enters a PUK."
_LOCK: Final = "The modem is locked to another network or SIM: have it unlocked, or use another."
_NETWORK: Final = "The network does not accept this SIM or modem here: ask the operator."
_PIN: Final = "The SIM wants a PIN that modemd does not enter: correct pin_file, or open it in a telephone."
_MODEM: Final = "The modem cannot send in PDU mode: it is unsuited, use another, or renew its firmware."
_STRANGE: Final = (
    "The modem does not say what is wrong; if it goes on after the modem was restarted, look at its"
    " registration and its SIM. On a network without 2G and 3G it may lack SMS over LTE."
)

_ADVICE: Final[tuple[tuple[CauseKind, tuple[int, ...], str], ...]] = (
    ("CMS", (8, 10, 21), _MONEY),
    ("CMS", (28,), "The network does not know this SIM: it may have been cancelled. Ask the operator."),
    ("CMS", (29, 50), _NO_SERVICE),
    ("CMS", (193, 195), _CENTRE),
    ("CMS", (197,), "The service centre takes it for one that it has had: send another text, if it is none."),
    ("CMS", (303,), _MODEM),
    ("CMS", (310,), "There is no SIM in the modem: put one in."),
    ("CMS", (313, 315), _SIM),
    ("CMS", (312,), _LOCK),
    ("CMS", (316, 318), _PUK),
    ("CMS", (317,), _PIN),
    ("CMS", (330,), "No service centre is known: write the operator's number into `smsc:` of this modem."),
    ("CME", (3, 4), _MODEM),
    ("CME", (5, 40, 41, 42, 43, 44, 45, 46, 47, 48), _LOCK),
    ("CME", (10,), "There is no SIM in the modem: put one in."),
    ("CME", (13, 15), _SIM),
    ("CME", (12, 18, 262), _PUK),
    ("CME", (16, 17), _PIN),
    (
        "CME",
        (32,),
        "Only emergency calls are allowed: the network does not accept the SIM. Ask the operator.",
    ),
    ("CME", (103, 106, 107, 111, 112, 113), _NETWORK),
)
_BY_CODE: Final = {(kind, code): advice for kind, codes, advice in _ADVICE for code in codes}


def cause_advice(kind: CauseKind, code: int | None) -> str:
    """What to do about a refusal with this cause (CMS: 27.005, 3.2.5; CME: 27.007, 9.2)."""
    return _STRANGE if code is None else _BY_CODE.get((kind, code), _STRANGE)
