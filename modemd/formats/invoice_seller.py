"""Who sells, as an invoice names him."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Seller:
    """The seller of the day on which an invoice was issued; ``iban`` is without spaces."""

    name: str
    address: tuple[str, ...] = ()
    vat_number: str | None = None
    iban: str | None = None
    bic: str | None = None
    email: str | None = None
    note: str | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Who he is and where, line by line."""
        return (
            self.name,
            *party_lines(self.address, self.vat_number),
            *((self.email,) if self.email else ()),
        )

    def payment(self, invoice_no: str) -> tuple[tuple[str, str], ...]:
        """What a payment of an invoice needs, each with its name; nothing where no bank account is known."""
        if self.iban is None:
            return ()
        grouped = " ".join(self.iban[place : place + 4] for place in range(0, len(self.iban), 4))
        bank = (("BIC", self.bic),) if self.bic else ()
        return (("IBAN", grouped), *bank, ("Mention", invoice_no))


def party_lines(address: tuple[str, ...], vat_number: str | None) -> tuple[str, ...]:
    """What stands below a name: where that is, and its VAT number."""
    return (*address, *((f"VAT number {vat_number}",) if vat_number else ()))
