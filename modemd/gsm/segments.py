"""Text or octets to the user data of as many parts as they need (3GPP TS 23.040, 9.2.3.24)."""

from __future__ import annotations

from itertools import product, repeat
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from modemd.errors import PduError, TooLong
from modemd.gsm.alphabet import ESCAPE, GSM7, Alphabet, alphabet
from modemd.gsm.header import LOCKING_SHIFT, SINGLE_SHIFT, Concat, encode_concat
from modemd.gsm.languages import LOCKING, SINGLE
from modemd.gsm.septets import pack

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.gsm.dcs import Coding

Autosplit = Literal["none", "plain", "numbered", "udh"]

MAX_PARTS: Final = 255
MAX_OCTETS: Final = 140
MAX_SEPTETS: Final = 160


class Form(NamedTuple):
    """Contents in one coding: septets (one an octet), UTF-16 or plain octets, and their header elements."""

    coding: Coding
    units: bytes
    elements: bytes = b""
    shifts: Alphabet = GSM7

    def room(self, header: int) -> int:
        """How many units fit beside ``header`` octets of elements (without the length octet).

        Raises:
            PduError: the header is longer than a message.
        """
        used = header + 1 if header else 0
        if used > MAX_OCTETS:
            raise PduError("the user data header leaves no room for the message")
        if self.coding == "gsm7":
            return MAX_SEPTETS - (used * 8 + 6) // 7
        if self.coding == "ucs2":
            return (MAX_OCTETS - used) // 2 * 2
        return MAX_OCTETS - used

    def end(self, start: int, room: int) -> int:
        """Where a part that begins at ``start`` ends: never within an escape or a surrogate pair."""
        end = start + max(room, 0)
        if end >= len(self.units):
            return len(self.units)
        if self.coding == "gsm7" and self.units[end - 1] == ESCAPE:
            return end - 1
        if self.coding == "ucs2" and self.units[end - 2] & 0xFC == 0xD8:
            return end - 2
        return end

    def cut(self, room: Callable[[int], int]) -> list[bytes]:
        """The units of each part; ``room`` says how many part 1, 2, … may have.

        Raises:
            PduError: there would be more than 255 parts, or there is no room at all.
        """
        pieces: list[bytes] = []
        at = 0
        while at < len(self.units) or not pieces:
            end = self.end(at, room(len(pieces) + 1))
            if end <= at < len(self.units):
                raise PduError("the user data header leaves no room for the message")
            if len(pieces) == MAX_PARTS:
                raise TooLong(f"the message needs more than {MAX_PARTS} parts")
            pieces.append(self.units[at:end])
            at = end
        return pieces


class UserData(NamedTuple):
    """TP-UDL and TP-UD of one part."""

    length: int
    octets: bytes


class Segments(NamedTuple):
    """The parts of one message; ``headed`` says whether each begins with a user data header (TP-UDHI)."""

    coding: Coding
    parts: tuple[UserData, ...]
    headed: bool
    locking: int = 0
    single: int = 0


class Split(NamedTuple):
    """How a message may be cut, and what every part's header has besides (``header``: elements only)."""

    header: bytes = b""
    autosplit: Autosplit = "udh"
    concat_ref: int = 0
    concat_bits: Literal[8, 16] = 8

    @property
    def concat_octets(self) -> int:
        """The length of a concatenation element."""
        return 5 if self.concat_bits == 8 else 6

    def parts(self, form: Form) -> int:
        """How many parts the contents take in this form; one more than allowed where they cannot be cut."""
        fixed = len(form.elements) + len(self.header)
        try:
            if len(form.units) <= form.room(fixed):
                return 1
            room = form.room(fixed + self.concat_octets)
            return len(form.cut(lambda _seq: room))
        except PduError:
            return MAX_PARTS + 1


def _gsm7(text: str, shifts: Alphabet) -> Form | None:
    septets = shifts.encode(text)
    if septets is None:
        return None
    elements = b""
    if shifts.single:
        elements += bytes((SINGLE_SHIFT, 1, shifts.single))
    if shifts.locking:
        elements += bytes((LOCKING_SHIFT, 1, shifts.locking))
    return Form("gsm7", septets, elements, shifts)


def _ucs2(text: str) -> Form:
    try:
        return Form("ucs2", text.encode("utf-16-be"))
    except UnicodeEncodeError as refusal:
        raise PduError(f"character {refusal.start + 1} is half of a surrogate pair") from None


def _national(text: str, languages: tuple[int, ...], split: Split) -> list[Form]:
    known = [language for language in languages if language in LOCKING or language in SINGLE]
    pairs = product([0, *known], repeat=2)
    shifts = {(a.locking, a.single): a for a in (alphabet(locking, single) for locking, single in pairs)}
    shifts.pop((0, 0), None)
    if split.autosplit == "numbered":  # most locking shift tables have no "/"
        shifts = {pair: a for pair, a in shifts.items() if a.encode("1/") is not None}
    forms = [form for form in (_gsm7(text, a) for a in shifts.values()) if form]
    return sorted(forms, key=lambda form: (len(form.elements), len(form.units)))


def choose_form(text: str, coding: Coding | None, languages: tuple[int, ...], split: Split) -> Form:
    """The coding that takes the fewest parts, the plainest of them where several do.

    Raises:
        PduError: the coding that was asked for lacks a character of the text.
    """
    if coding == "8bit":
        try:
            return Form("8bit", text.encode("latin-1"))
        except UnicodeEncodeError as refusal:
            raise PduError(
                f"{text[refusal.start]!r} is not in Latin-1, which 8-bit text goes out as"
            ) from None
    if coding == "ucs2":
        return _ucs2(text)
    plain = _gsm7(text, GSM7)
    if plain and (not languages or split.parts(plain) == 1):
        return plain
    forms = [plain] if plain else []
    if coding is None:
        forms.append(_ucs2(text))
    forms += _national(text, languages, split)
    if not forms:
        raise PduError(f"{GSM7.first_foreign(text)!r} is not in the GSM 7-bit alphabet")
    return min(forms, key=split.parts) if len(forms) > 1 else forms[0]


def segment(form: Form, split: Split) -> Segments:
    """Cut contents into parts as ``split`` allows.

    Raises:
        PduError: they do not fit and may not be split, or take more than 255 parts.
    """
    fixed = split.header + form.elements
    room = form.room(len(fixed))
    if len(form.units) <= room:
        return _segments(form, [form.units], [fixed])
    if split.autosplit == "none":
        raise TooLong("the message does not fit one part and is not to be split")
    if split.autosplit == "plain":
        pieces = form.cut(lambda _seq: room)
        return _segments(form, pieces, [fixed] * len(pieces))
    if split.autosplit == "numbered" and form.coding != "8bit":
        pieces = _numbered(form, room)
        return _segments(form, pieces, [fixed] * len(pieces))
    room = form.room(len(fixed) + split.concat_octets)
    pieces = form.cut(lambda _seq: room)
    headers = [
        encode_concat(Concat(split.concat_ref, len(pieces), seq, split.concat_bits)) + fixed
        for seq in range(1, len(pieces) + 1)
    ]
    return _segments(form, pieces, headers)


def _numbered(form: Form, room: int) -> list[bytes]:
    def mark(seq: int, total: int) -> bytes:
        label = f"{seq}/{total} "
        return label.encode("utf-16-be") if form.coding == "ucs2" else form.shifts.encode(label) or b""

    for guess in (9, 99, MAX_PARTS):
        pieces = form.cut(lambda seq, guess=guess: room - len(mark(seq, guess)))  # type: ignore[misc]
        if len(pieces) <= guess:
            break
    return [mark(seq, len(pieces)) + piece for seq, piece in enumerate(pieces, 1)]


def _segments(form: Form, pieces: list[bytes], headers: list[bytes]) -> Segments:
    parts = tuple(map(_user_data, repeat(form.coding), pieces, headers))
    return Segments(form.coding, parts, bool(headers[0]), form.shifts.locking, form.shifts.single)


def _user_data(coding: Coding, units: bytes, header: bytes) -> UserData:
    if not header:
        return UserData(len(units), pack(units) if coding == "gsm7" else units)
    front = bytes((len(header),)) + header
    if coding != "gsm7":
        return UserData(len(front) + len(units), front + units)
    # The header takes whole septets: those, empty, are packed before the text and then written over.
    blank = (len(front) * 8 + 6) // 7
    return UserData(blank + len(units), front + pack(bytes(blank) + units)[len(front) :])
