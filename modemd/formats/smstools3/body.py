"""What is below the blank line, read as ``Alphabet:``, ``Hex:``, ``UDH:`` and ``Macro:`` tell."""

from __future__ import annotations

from typing import Final

from modemd.formats.rejections import bad_request, checked_text, nothing_to_send
from modemd.formats.smstools3.headers import decoded, is_yes
from modemd.formats.smstools3.hexbody import read_hex
from modemd.gsm.alphabet import GSM7
from modemd.gsm.values import value
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


_LONGEST_TEXT: Final = 1024 * 1024


@value(frozen=True, slots=True, kw_only=True)
class Contents:
    """What goes into the user data; ``udh`` are information elements without their length octet."""

    text: str | None = None
    octets: bytes | None = None
    coding: Coding | None = None
    udh: bytes = b""


def read_contents(headers: dict[str, str], macros: list[str], body: bytes) -> Contents:
    """The text or the data of a file; ``macros`` are the values of ``Macro:``, each ``name=value``.

    Raises:
        Rejected: ``Invalid alphabet``, ``No text or data``, ``Incorrect first byte of UDH``, or text that is
            not in the alphabet that the header names.
    """
    alphabet = _alphabet(headers)
    udh = _dumped_udh(headers)
    if is_yes(headers.get("Hex", "")):
        body = read_hex(body)
    if alphabet == "binary":
        return _binary(headers, body, udh)
    text, coding = _text(alphabet, body)
    text = checked_text(_expanded(text.rstrip(" \t\r\n") or text, macros), "the text")
    if not text:
        raise nothing_to_send("there is no text below the blank line that ends the header")
    return Contents(text=text, coding=coding, udh=udh)


def _expanded(text: str, macros: list[str]) -> str:
    for macro in macros:
        name, _, value = macro.partition("=")
        if not name:
            continue
        if len(text) + text.count(name) * len(value) > _LONGEST_TEXT:
            raise bad_request("the macros make the text longer than any message")
        text = text.replace(name, value)
    return text


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
    try:
        return (body.decode("utf-8"), None) if alphabet == "utf-8" else (_ucs2_text(body), "ucs2")
    except UnicodeDecodeError as wrong:
        raise bad_request(
            f"the text is not {alphabet.upper()} as Alphabet: says (octet {wrong.start + 1} of it)",
        ) from wrong


def _ucs2_text(body: bytes) -> str:
    """UTF-16, big endian unless a mark says otherwise; an editor's newline at the end is dropped."""
    if len(body) % 2 and body.endswith(b"\n"):
        body = body[:-1]
    return body.decode("utf-16" if body[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-16-be")


def _gsm_text(body: bytes) -> str:
    """One septet an octet, as smsd's ``Alphabet: GSM`` has it."""
    if not all(octet < 0x80 for octet in body):
        raise bad_request("the text has octets over 7F, which the GSM alphabet has not")
    return GSM7.decode(body)


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


def _binary(headers: dict[str, str], octets: bytes, udh: bytes) -> Contents:
    if not octets:
        raise nothing_to_send("there is no data below the blank line that ends the header")
    begins_with_udh = is_yes(headers["UDH"]) if "UDH" in headers else not udh
    if begins_with_udh and not udh:
        length = octets[0] + 1
        udh, octets = _elements(octets[:length]), octets[length:]
    return Contents(octets=octets, coding="8bit", udh=udh)
