"""``UDH-DATA:``, ``UDH-Type:`` and the languages of a received file."""

from __future__ import annotations

from typing import Final

from modemd.formats.smstools3.languages import LANGUAGE_NAMES
from modemd.gsm.header import decode_header, split_elements

_CONCAT: Final = frozenset({0x00, 0x08})
_NAMES: Final = {
    0x00: "Concatenated short messages, 8-bit reference number",
    0x01: "Special SMS Message Indication",
    0x04: "Application port addressing scheme, 8 bit address",
    0x05: "Application port addressing scheme, 16 bit address",
    0x06: "SMSC Control Parameters",
    0x07: "UDH Source Indicator",
    0x08: "Concatenated short message, 16-bit reference number",
    0x09: "Wireless Control Message Protocol",
    0x0A: "Text Formatting",
    0x0B: "Predefined Sound",
    0x0C: "User Defined Sound (iMelody max 128 bytes)",
    0x0D: "Predefined Animation",
    0x0E: "Large Animation (16*16 times 4 = 32*4 =128 bytes)",
    0x0F: "Small Animation (8*8 times 4 = 8*4 =32 bytes)",
    0x10: "Large Picture (32*32 = 128 bytes)",
    0x11: "Small Picture (16*16 = 32 bytes)",
    0x20: "RFC 822 E-Mail Header",
    0x21: "Hyperlink format element",
    0x22: "Reply Address Element",
    0x23: "Enhanced Voice Mail Information",
    0x24: "Single Shift Character Set information",
    0x25: "Locking Shift Character Set information",
}


def udh_headers(udh: bytes, *, joined: bool) -> list[tuple[str, str]]:
    """The lines for a user data header (no length octet); a joined message loses its concatenation."""
    elements = [element for element in split_elements(udh)[0] if not (joined and element.iei in _CONCAT)]
    if not elements:
        return []
    octets = b"".join(bytes((element.iei, len(element.octets))) + element.octets for element in elements)
    named = "".join(f", [{element.iei:02X}]{_NAMES.get(element.iei, 'Reserved')}" for element in elements)
    dump = "".join(f"{octet:02X} " for octet in (len(octets), *octets))
    return [("UDH-DATA", dump), ("UDH-Type", f"Length={len(octets) + 1}{named}")]


def language_headers(udh: bytes) -> list[tuple[str, str]]:
    """``Language:`` names the locking shift table, ``Language_ext:`` the single shift table, where used."""
    header = decode_header(udh)
    used = [("Language", header.locking), ("Language_ext", header.single)]
    return [
        (name, f"{LANGUAGE_NAMES[table].capitalize()} ({table})")
        for name, table in used
        if 0 < table < len(LANGUAGE_NAMES)
    ]
