"""An invoice as plain text and as a page of HTML: no scripts, nothing from elsewhere, it prints as it is.

Amounts are ``Decimal`` and stand without VAT; VAT is a line of its own where the operator set a rate.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import date
    from decimal import Decimal

_WIDTH: Final = 72
_STYLE: Final = (
    "body{font:11pt/1.4 sans-serif;margin:2cm;color:#000;background:#fff}"
    "table{border-collapse:collapse;width:100%}"
    "th,td{padding:.3em .6em;text-align:left;border-bottom:1px solid #999}"
    ".n{text-align:right;white-space:nowrap}"
    "tfoot td{border:0}tfoot tr:last-child td{font-weight:bold;border-top:1px solid #000}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """Money that came in for it; ``charged_back`` says when it went again."""

    on: date
    ref: str
    amount: Decimal
    charged_back: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Invoice:
    """What an invoice says; ``unit_price`` is for one credit, ``vat_rate`` in per cent."""

    invoice_no: str
    issued: date
    due: date
    account: str
    holder: str | None
    order: int
    credits: int
    bundle: str | None
    unit_price: Decimal
    currency: str
    net: Decimal
    vat_rate: Decimal | None
    vat: Decimal
    total: Decimal
    open: Decimal
    payments: tuple[Payment, ...] = ()
    cancelled: bool = False

    @property
    def customer(self) -> str:
        """Whom it is for."""
        return f"{self.holder} (account {self.account})" if self.holder else f"account {self.account}"

    @property
    def line(self) -> str:
        """What is sold, in words."""
        bundle = f", bundle {self.bundle}" if self.bundle else ""
        return f"{self.credits} SMS credits{bundle}"

    @property
    def vat_line(self) -> str:
        """The name of the line of VAT; empty where no rate is set."""
        return "" if self.vat_rate is None else f"VAT {self.vat_rate.normalize():f} %"


def as_text(invoice: Invoice) -> str:
    """The invoice in lines of at most 72 characters, but for long names."""
    head = [
        ("Invoice", invoice.invoice_no),
        ("Date", invoice.issued.isoformat()),
        ("Due", invoice.due.isoformat()),
        ("To", invoice.customer),
        ("Order", str(invoice.order) + (", cancelled" if invoice.cancelled else "")),
    ]
    lines = [f"{name:<9}{_plain(value)}" for name, value in head]
    lines += ["", _plain(invoice.line), *_text_sums(invoice)]
    for each in invoice.payments:
        lines.append(_at_ends(_payment_line(each), _money(each.amount, invoice)))
    lines.append(_at_ends("Still to be paid", _money(invoice.open, invoice)))
    return "\n".join(lines)


def _text_sums(invoice: Invoice) -> list[str]:
    rule = "-" * _WIDTH
    each = f"{invoice.credits} x {_price(invoice)}"
    sums = [_at_ends(f"  {each}, without VAT", _money(invoice.net, invoice)), rule]
    if invoice.vat_line:
        sums.append(_at_ends(invoice.vat_line, _money(invoice.vat, invoice)))
    return [*sums, _at_ends("Total", _money(invoice.total, invoice)), rule]


def _at_ends(left: str, right: str) -> str:
    return f"{left}{right:>{max(_WIDTH - len(left), len(right) + 1)}}"


def as_html(invoice: Invoice) -> str:
    """The invoice as a whole page; every text is escaped."""
    rows = [(invoice.vat_line, invoice.vat)] if invoice.vat_line else []
    rows += [("Total", invoice.total)]
    rows += [(_payment_line(each), each.amount) for each in invoice.payments]
    rows += [("Still to be paid", invoice.open)]
    foot = "".join(
        f'<tr><td colspan="2">{escape(name)}</td><td class="n">{_money(amount, invoice)}</td></tr>\n'
        for name, amount in rows
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Invoice {escape(invoice.invoice_no)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        f"<h1>Invoice {escape(invoice.invoice_no)}</h1>\n"
        f"<p>To: {escape(_plain(invoice.customer))}<br>\nDate: {invoice.issued.isoformat()}<br>\n"
        f"Due: {invoice.due.isoformat()}<br>\nOrder: {invoice.order}{', cancelled' * invoice.cancelled}</p>\n"
        '<table>\n<thead><tr><th>What</th><th class="n">Price, without VAT</th>'
        '<th class="n">Amount, without VAT</th></tr></thead>\n'
        f'<tbody><tr><td>{escape(_plain(invoice.line))}</td><td class="n">{_price(invoice)}</td>'
        f'<td class="n">{_money(invoice.net, invoice)}</td></tr></tbody>\n'
        f"<tfoot>\n{foot}</tfoot>\n</table>\n</body>\n</html>\n"
    )


def _payment_line(payment: Payment) -> str:
    gone = f", taken back {payment.charged_back.isoformat()}" if payment.charged_back else ""
    return f"Received {payment.on.isoformat()}, {_plain(payment.ref)}{gone}"


def _money(amount: Decimal, invoice: Invoice) -> str:
    return f"{amount:.2f} {invoice.currency}"


def _price(invoice: Invoice) -> str:
    """A price for one credit has two decimals at least, and all that it needs."""
    price = invoice.unit_price.normalize()
    exponent = price.as_tuple().exponent
    decimals = max(2, -exponent if isinstance(exponent, int) else 2)
    return f"{price:.{decimals}f} {invoice.currency}"


def _plain(text: str) -> str:
    """Somebody's text as one line, without characters that are not seen."""
    return "".join(each if each.isprintable() else "�" for each in " ".join(text.split()))
