"""Invoices as text and as pages: what they say, in columns, with nothing of anybody's taken for markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from modemd.formats.invoice import Invoice, Payment, as_html, as_text
from modemd.formats.invoice_seller import Seller

INVOICE = Invoice(
    invoice_no="2026-0001",
    issued=date(2026, 11, 22),
    due=date(2026, 12, 22),
    account="clinic",
    holder="Clinic Ltd",
    order=7,
    credits=1000,
    bundle="501-1000",
    unit_price=Decimal("0.0725"),
    currency="EUR",
    net=Decimal("72.50"),
    vat_rate=Decimal("21.0"),
    vat=Decimal("15.23"),
    total=Decimal("87.73"),
    open=Decimal("37.73"),
    payments=(
        Payment(on=date(2026, 11, 23), ref="bank 1", amount=Decimal(50)),
        Payment(
            on=date(2026, 11, 24), ref="bank 2", amount=Decimal("37.73"), charged_back=date(2026, 11, 30)
        ),
    ),
)

SELLER = Seller(
    name="Example <Messaging>",
    address=("Stationsstraat 1", "9000 Gent"),
    vat_number="BE0123.456.749",
    iban="BE68539007547034",
    bic="GKCCBEBB",
    email="billing@sms.example",
    note="Thank you & see you soon.",
)
SOLD = replace(INVOICE, seller=SELLER, holder_lines=("Kerkstraat 5", "VAT number BE0987.654.394"))


class Reading(HTMLParser):
    """The elements of a page, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def test_as_text_it_says_all_in_two_columns() -> None:
    assert as_text(INVOICE).splitlines() == [
        "Invoice  2026-0001",
        "Date     2026-11-22",
        "Due      2026-12-22",
        "To       Clinic Ltd (account clinic)",
        "Order    7",
        "",
        "1000 SMS credits, bundle 501-1000",
        "  1000 x 0.0725 EUR, without VAT                               72.50 EUR",
        "-" * 72,
        "VAT 21 %                                                       15.23 EUR",
        "Total                                                          87.73 EUR",
        "-" * 72,
        "Received 2026-11-23, bank 1                                    50.00 EUR",
        "Received 2026-11-24, bank 2, taken back 2026-11-30             37.73 EUR",
        "Still to be paid                                               37.73 EUR",
    ]


def test_without_a_rate_there_is_no_line_of_vat_and_without_a_holder_the_account() -> None:
    plain = replace(INVOICE, vat_rate=None, vat=Decimal(0), holder=None, bundle=None, payments=())
    assert "VAT 21" not in as_text(plain)
    assert "To       account clinic\n" in as_text(plain)
    assert "\n1000 SMS credits\n" in as_text(plain)
    assert "VAT 21" not in as_html(plain)


def test_seller_and_holder_stand_line_by_line_and_below_it_where_to_pay() -> None:
    lines = as_text(SOLD).splitlines()
    assert lines[3:11] == [
        "From     Example <Messaging>",
        "         Stationsstraat 1",
        "         9000 Gent",
        "         VAT number BE0123.456.749",
        "         billing@sms.example",
        "To       Clinic Ltd (account clinic)",
        "         Kerkstraat 5",
        "         VAT number BE0987.654.394",
    ]
    assert lines[-6:] == [
        "",
        "IBAN     BE68 5390 0754 7034",
        "BIC      GKCCBEBB",
        "Mention  2026-0001",
        "",
        "Thank you & see you soon.",
    ]


def test_the_page_says_the_same_escaped() -> None:
    page = as_html(SOLD)
    assert "<p>From: Example &lt;Messaging&gt;<br>\nStationsstraat 1<br>\n9000 Gent<br>\n" in page
    assert "<p>To: Clinic Ltd (account clinic)<br>\nKerkstraat 5<br>\nVAT number BE0987.654.394</p>" in page
    assert "<p>IBAN: BE68 5390 0754 7034<br>\nBIC: GKCCBEBB<br>\nMention: 2026-0001</p>" in page
    assert "<p>Thank you &amp; see you soon.</p>" in page
    assert Reading(page).tags == Reading(as_html(INVOICE)).tags


def test_what_is_paid_or_has_no_bank_account_says_nothing_of_how_to_pay() -> None:
    for invoice in (replace(SOLD, open=Decimal(0)), replace(SOLD, seller=Seller(name="Example"))):
        assert "IBAN" not in as_text(invoice) + as_html(invoice)
        assert "Mention" not in as_text(invoice) + as_html(invoice)


def test_a_cancelled_one_says_so() -> None:
    gone = replace(INVOICE, cancelled=True, open=Decimal(0), payments=())
    assert "Order    7, cancelled\n" in as_text(gone)
    assert "Order: 7, cancelled</p>" in as_html(gone)


def test_a_price_has_two_decimals_at_least_and_all_that_it_needs() -> None:
    for price, shown in (("0.1", "0.10"), ("1", "1.00"), ("0.09500", "0.095"), ("0", "0.00")):
        assert f" x {shown} EUR," in as_text(replace(INVOICE, unit_price=Decimal(price)))


@given(st.text(max_size=40), st.text(max_size=40))
def test_nobody_s_text_is_markup_nor_plays_with_a_terminal(holder: str, ref: str) -> None:
    payment = Payment(on=date(2026, 1, 1), ref=ref, amount=Decimal(1))
    seller = Seller(name=holder, address=(ref,), iban=ref, note=holder)
    invoice = replace(INVOICE, holder=holder, holder_lines=(ref,), seller=seller, payments=(payment,))
    page, plain = Reading(as_html(invoice)), Reading(as_html(replace(INVOICE, payments=())))
    assert page.tags == plain.tags
    assert page.attributes == {"lang", "charset", "class", "colspan"}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", as_text(invoice))
