"""What is below the blank line, read as ``Alphabet:``, ``Hex:`` and ``UDH:`` tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from modemd.formats.rejections import bad_request, checked_text, nothing_to_send
from modemd.formats.smstools3.headers import decoded, is_yes
from modemd.formats.smstools3.hexbody import read_hex
from modemd.model import Coding

_ALPHABETS: Final = {
    "gsm": "gsm",
    "iso": "iso",
    "lat": "iso",
    "ans": "iso",
    "bin": "binary",
    "ucs": "ucs2",
    "chi": "ucs2",
    "uni": "ucs2",
    "utf": "utf-8",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into the user data; ``udh`` are information elements without their length octet."""

    text: str | None = None
    octets: bytes | None = None
    coding: Coding | None = None
    udh: bytes = b""


def read_contents(headers: dict[str, str], body: bytes) -> Contents:
    """The text or the data of a file.

    Raises:
        Rejected: ``Invalid alphabet``, ``No text or data``, ``Incorrect first byte of UDH``, or text that is not
            in the alphabet that the header names.
    """
    alphabet = _alphabet(headers)
    udh = _dumped_udh(headers)
    if alphabet == "binary":
        return _binary(headers, body, udh)
    if is_yes(headers.get("Hex", "")):
        body = read_hex(body)
    text, coding = _text(alphabet, body)
    text = checked_text(text.rstrip() or text, "the text")
    if not text:
        raise nothing_to_send("there is no text below the blank line that ends the header")
    return Contents(text=text, coding=coding, udh=udh)


def _alphabet(headers: dict[str, str]) -> str:
    named = headers.get("Alphabet", "")
    if not named:
        return "binary" if is_yes(headers.get("Binary", "")) else "iso"
    alphabet = _ALPHABETS.get(named[:3].lower())
    if alphabet is None:
        raise bad_request(
            f"Alphabet: {named[:40]!r} is none of GSM, ISO, UTF-8, UCS and binary", "Invalid alphabet"
        )
    return alphabet


def _text(alphabet: str, body: bytes) -> tuple[str, Coding | None]:
    if alphabet == "iso":
        return decoded(body), None
    if alphabet == "gsm":
        return _gsm_text(body), "gsm7"
    codec = "utf-8" if alphabet == "utf-8" else "utf-16-be"
    if codec == "utf-16-be" and body[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        codec = "utf-16"
    try:
        return body.decode(codec), None if codec == "utf-8" else "ucs2"
    except UnicodeDecodeError as wrong:
        raise bad_request(
            f"the text is not {codec.upper()} as Alphabet: says (octet {wrong.start + 1} of it)"
        ) from wrong


def _gsm_text(body: bytes) -> str:
    """One octet a septet, as smsd's ``Alphabet: GSM`` has it."""
    raise bad_request("Alphabet: GSM is not read", "Invalid alphabet")


def _dumped_udh(headers: dict[str, str]) -> bytes:
    dump = headers.get("UDH-DATA", headers.get("UDH-DUMP", ""))
    if not dump:
        return b""
    try:
        octets = bytes.fromhex(dump)
    except ValueError:
        raise bad_request("UDH-DATA: is not hexadecimal") from None
    return _elements(octets)


def _elements(octets: bytes) -> bytes:
    if not octets or octets[0] + 1 != len(octets):
        raise bad_request(
            "the first octet of the user data header is not its length",
            "Incorrect first byte of UDH",
        )
    return octets[1:]


def _binary(headers: dict[str, str], body: bytes, udh: bytes) -> Contents:
    octets = read_hex(body) if is_yes(headers.get("Hex", "")) else body
    if not octets:
        raise nothing_to_send("there is no data below the blank line that ends the header")
    begins_with_udh = is_yes(headers["UDH"]) if "UDH" in headers else not udh
    if begins_with_udh and not udh:
        length = octets[0] + 1
        udh, octets = _elements(octets[:length]), octets[length:]
    return Contents(octets=octets, coding="8bit", udh=udh)
