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

    from modemd.formats.invoice_seller import Seller

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
    holder_lines: tuple[str, ...] = ()
    seller: Seller | None = None
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
    def pay_by(self) -> tuple[tuple[str, str], ...]:
        """Where and under which mention it is paid; nothing where nothing is to be paid any more."""
        return self.seller.payment(self.invoice_no) if self.seller is not None and self.open > 0 else ()

    @property
    def note(self) -> str:
        """The seller's line at the end; empty where he has none."""
        return (self.seller.note or "") if self.seller is not None else ""

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
        *_below("From", invoice.seller.lines if invoice.seller else ()),
        *_below("To", (invoice.customer, *invoice.holder_lines)),
        ("Order", str(invoice.order) + (", cancelled" if invoice.cancelled else "")),
    ]
    lines = [f"{name:<9}{_plain(value)}" for name, value in head]
    lines += ["", _plain(invoice.line), *_text_sums(invoice)]
    for each in invoice.payments:
        lines.append(_at_ends(_payment_line(each), _money(each.amount, invoice)))
    lines.append(_at_ends("Still to be paid", _money(invoice.open, invoice)))
    if invoice.pay_by:
        lines += ["", *(f"{name:<9}{_plain(value)}" for name, value in invoice.pay_by)]
    if invoice.note:
        lines += ["", _plain(invoice.note)]
    return "\n".join(lines)


def _below(name: str, values: tuple[str, ...]) -> list[tuple[str, str]]:
    """Values one below the other, the first behind its name."""
    return [("" if place else name, value) for place, value in enumerate(values)]


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
        f"{_html_lines('From: ', invoice.seller.lines if invoice.seller else ())}"
        f"{_html_lines('To: ', (invoice.customer, *invoice.holder_lines))}"
        f"<p>Date: {invoice.issued.isoformat()}<br>\n"
        f"Due: {invoice.due.isoformat()}<br>\nOrder: {invoice.order}{', cancelled' * invoice.cancelled}</p>\n"
        '<table>\n<thead><tr><th>What</th><th class="n">Price, without VAT</th>'
        '<th class="n">Amount, without VAT</th></tr></thead>\n'
        f'<tbody><tr><td>{escape(_plain(invoice.line))}</td><td class="n">{_price(invoice)}</td>'
        f'<td class="n">{_money(invoice.net, invoice)}</td></tr></tbody>\n'
        f"<tfoot>\n{foot}</tfoot>\n</table>\n"
        f"{_html_lines('', tuple(f'{name}: {value}' for name, value in invoice.pay_by))}"
        f"{_html_lines('', (invoice.note,) if invoice.note else ())}"
        "</body>\n</html>\n"
    )


def _html_lines(before: str, lines: tuple[str, ...]) -> str:
    """A paragraph of lines, escaped; none where there are none."""
    inside = "<br>\n".join(escape(_plain(each)) for each in lines)
    return f"<p>{before}{inside}</p>\n" if lines else ""


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
