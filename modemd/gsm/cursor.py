"""Reading octets one field after the other, never past their end."""

from __future__ import annotations

from modemd.errors import PduError


class Cursor:
    """Octets and a place in them."""

    __slots__ = ("at", "octets")

    def __init__(self, octets: bytes, at: int = 0) -> None:
        self.octets = octets
        self.at = at

    @property
    def left(self) -> int:
        """How many octets have not been read."""
        return len(self.octets) - self.at

    def take(self, count: int, what: str) -> bytes:
        """The next ``count`` octets.

        Raises:
            PduError: there are fewer; the sentence names ``what`` was to be read.
        """
        end = self.at + count
        if end > len(self.octets):
            raise PduError(f"the PDU ends within its {what}")
        taken = self.octets[self.at : end]
        self.at = end
        return taken

    def octet(self, what: str) -> int:
        """The next octet.

        Raises:
            PduError: there is none.
        """
        return self.take(1, what)[0]
