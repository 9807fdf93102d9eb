"""A SUBMIT without what a network may not know (3GPP TS 23.040, 9.2.2.2): for another try."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from modemd.gsm.outgoing import REPORT, SubmitPart

if TYPE_CHECKING:
    from collections.abc import Collection

_VPF: Final = 0x18
_VALIDITY_OCTETS: Final = {0x00: 0, 0x10: 1, 0x08: 7, 0x18: 7}
"""TP-VP by TP-VPF: none, relative, enhanced, absolute (9.2.3.3)."""


def leaner(part: SubmitPart, leave_out: Collection[str]) -> SubmitPart:
    """Take ``"report"`` (TP-SRR) or ``"validity"`` (TP-VP) out of a part of our own making.

    Other options stay: without its type of number a destination would be another one.
    """
    octets = bytes.fromhex(part.pdu)
    start = 1 + octets[0]
    first = octets[start]
    address_end = start + 4 + (octets[start + 2] + 1) // 2
    after_dcs = address_end + 2
    middle, rest = octets[start + 1 : after_dcs], octets[after_dcs:]
    if "report" in leave_out:
        first &= ~REPORT
    if "validity" in leave_out:
        rest = rest[_VALIDITY_OCTETS[first & _VPF] :]
        first &= ~_VPF
    tpdu = bytes((first,)) + middle + rest
    return SubmitPart((octets[:start] + tpdu).hex().upper(), len(tpdu))
