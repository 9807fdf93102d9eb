"""What each cause figure means, in the words of its standard.

``+CMS ERROR`` carries RP causes (3GPP TS 24.011, table 8.4), TP-FCS (23.040, 9.2.3.22), the equipment's own
(27.005, 3.2.5) and makers' figures; ``+CME ERROR`` those of 27.007, 9.2. With ``AT+CMEE=2`` a modem
writes these words in place of the figure.
"""

from __future__ import annotations

from typing import Final

CMS: Final[dict[int, str]] = {
    1: "unassigned number",
    8: "operator determined barring",
    10: "call barred",
    17: "network failure",
    21: "short message transfer rejected",
    22: "memory capacity exceeded or congestion",
    27: "destination out of order",
    28: "unidentified subscriber",
    29: "facility rejected",
    30: "unknown subscriber",
    38: "network out of order",
    41: "temporary failure",
    42: "congestion",
    47: "resources unavailable",
    50: "requested facility not subscribed",
    69: "requested facility not implemented",
    81: "invalid short message transfer reference value",
    95: "semantically incorrect message",
    96: "invalid mandatory information",
    97: "message type non-existent or not implemented",
    98: "message not compatible with short message protocol state",
    99: "information element non-existent or not implemented",
    111: "protocol error, unspecified",
    127: "interworking, unspecified",
    128: "telematic interworking not supported",
    129: "short message type 0 not supported",
    130: "cannot replace short message",
    143: "unspecified TP-PID error",
    144: "data coding scheme not supported",
    145: "message class not supported",
    159: "unspecified TP-DCS error",
    160: "command cannot be actioned",
    161: "command unsupported",
    175: "unspecified TP-command error",
    176: "TPDU not supported",
    192: "SC busy",
    193: "no SC subscription",
    194: "SC system failure",
    195: "invalid SME address",
    196: "destination SME barred",
    197: "SM rejected, duplicate SM",
    198: "TP-VPF not supported",
    199: "TP-VP not supported",
    208: "SIM SMS storage full",
    209: "no SMS storage capability in SIM",
    210: "error in MS",
    211: "memory capacity exceeded",
    212: "SIM application toolkit busy",
    213: "SIM data download error",
    255: "unspecified error cause",
    300: "ME failure",
    301: "SMS service of ME reserved",
    302: "operation not allowed",
    303: "operation not supported",
    304: "invalid PDU mode parameter",
    305: "invalid text mode parameter",
    310: "SIM not inserted",
    311: "SIM PIN required",
    312: "PH-SIM PIN required",
    313: "SIM failure",
    314: "SIM busy",
    315: "SIM wrong",
    316: "SIM PUK required",
    317: "SIM PIN2 required",
    318: "SIM PUK2 required",
    320: "memory failure",
    321: "invalid memory index",
    322: "memory full",
    330: "SMSC address unknown",
    331: "no network service",
    332: "network timeout",
    340: "no +CNMA acknowledgement expected",
    500: "unknown error",
    512: "failed to establish, or please wait (maker's own)",
    513: "lower layer failure (maker's own)",
    514: "congestion (maker's own)",
    515: "busy or initialising (maker's own)",
    532: "SIM not ready (maker's own)",
    538: "maker's own",
    540: "maker's own",
}

CME: Final[dict[int, str]] = {
    3: "operation not allowed",
    4: "operation not supported",
    5: "PH-SIM PIN required",
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    13: "SIM failure",
    14: "SIM busy",
    15: "SIM wrong",
    16: "incorrect password",
    17: "SIM PIN2 required",
    18: "SIM PUK2 required",
    20: "memory full",
    21: "invalid index",
    22: "not found",
    30: "no network service",
    31: "network timeout",
    32: "network not allowed - emergency calls only",
    40: "network personalization PIN required",
    41: "network personalization PUK required",
    42: "network subset personalization PIN required",
    43: "network subset personalization PUK required",
    44: "service provider personalization PIN required",
    45: "service provider personalization PUK required",
    46: "corporate personalization PIN required",
    47: "corporate personalization PUK required",
    48: "hidden key required",
    100: "unknown",
    103: "illegal MS",
    106: "illegal ME",
    107: "GPRS services not allowed",
    111: "PLMN not allowed",
    112: "location area not allowed",
    113: "roaming not allowed in this location area",
    262: "SIM blocked (maker's own)",
    515: "please wait, initialising (maker's own)",
    772: "SIM powered down (maker's own)",
}

_BY_TEXT: Final[dict[str, dict[str, int]]] = {
    "CMS": {text.lower(): code for code, text in reversed(CMS.items())},
    "CME": {text.lower(): code for code, text in reversed(CME.items())},
}


def trouble_words(code: str, reason: str) -> str:
    """A trouble for people: its code and its reason, or the reason alone where that tells the code itself."""
    return reason if reason.startswith(("+CMS ERROR:", "+CME ERROR:")) else f"{code}: {reason}"


def code_of_text(kind: str, text: str) -> int | None:
    """The figure that stands for the words of a verbose error, ``None`` for words of no standard."""
    words = text.strip().lower().replace("(u)sim", "sim").replace("usim", "sim")
    return _BY_TEXT.get(kind, {}).get(words)
