"""The tables of credit. ``ledger`` is the book: rows are only added, by triggers' word as well.

``balance`` and ``lot`` are running sums of it, so that a balance costs one look whatever the ledger's length,
and so that the database itself refuses what would overspend: their sums are checked with every change. Two
unique indexes make it impossible to hold a part twice under one number, to close a hold twice, and to capture
a part twice.

``credits`` is what a row does to the balance, ``held`` what it does to the credits that are set aside: a hold
is (-n, +n), a capture (0, -n), a release (+n, -n).
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

from modemd.store.schema import ID, METADATA, id_column
from modemd.store.schema_accounts import account  # noqa: F401 - the tables below refer to it

_COUNTS: Final = "granted >= 0 AND captured >= 0 AND held >= 0 AND forfeited >= 0 AND revoked >= 0"

balance: Final = Table(
    "balance",
    METADATA,
    Column("account_id", ID, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("balance", BigInteger, nullable=False, server_default="0"),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("granted", BigInteger, nullable=False, server_default="0"),
    Column("captured", BigInteger, nullable=False, server_default="0"),
    Column("forfeited", BigInteger, nullable=False, server_default="0"),
    Column("revoked", BigInteger, nullable=False, server_default="0"),
    Column("posted_at", BigInteger),
    Column("first_funded_at", BigInteger),
    Column("funded_at", BigInteger),
    Column("sent_at", BigInteger),
    CheckConstraint("balance >= 0", name="balance_not_negative"),
    CheckConstraint(_COUNTS, name="balance_counts"),
    CheckConstraint(
        "balance = granted - captured - held - forfeited - revoked", name="balance_is_what_is_left"
    ),
)

lot: Final = Table(
    "lot",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("source", Text, nullable=False),
    Column("order_id", ID),
    Column("unspent", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False, server_default="0"),
    Column("granted", BigInteger, nullable=False),
    Column("captured", BigInteger, nullable=False, server_default="0"),
    Column("forfeited", BigInteger, nullable=False, server_default="0"),
    Column("revoked", BigInteger, nullable=False, server_default="0"),
    Column("opened_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("closed_at", BigInteger),
    Column("closed_as", Text),
    CheckConstraint("unspent >= 0", name="lot_not_negative"),
    CheckConstraint(_COUNTS, name="lot_counts"),
    CheckConstraint("unspent = granted - captured - held - forfeited - revoked", name="lot_is_what_is_left"),
    CheckConstraint("closed_as IN ('forfeit', 'revoke', 'transfer')", name="lot_closed_as"),
    sqlite_autoincrement=True,
)
_SPENDABLE = (lot.c.unspent > literal_column("0")) & lot.c.closed_at.is_(None)
Index("lot_spendable", lot.c.account_id, lot.c.expires_at, lot.c.id, sqlite_where=_SPENDABLE)
Index("lot_of", lot.c.account_id, lot.c.id)

ledger: Final = Table(
    "ledger",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("held", BigInteger, nullable=False),
    Column("lot_id", ID, ForeignKey("lot.id"), nullable=False),
    Column("message_id", ID),
    Column("part_id", ID),
    Column("part_no", Integer),
    Column("hold_no", Integer),
    Column("share", Integer),
    Column("closing", Integer),
    Column("order_id", ID),
    Column("payment_id", ID),
    CheckConstraint(
        "(kind = 'hold' AND credits < 0 AND held = -credits AND closing = 0)"
        " OR (kind = 'capture' AND credits = 0 AND held < 0 AND closing = 1)"
        " OR (kind = 'release' AND credits > 0 AND held = -credits AND closing = 1)"
        " OR (kind IN ('grant', 'order', 'transfer_in') AND credits > 0 AND held = 0)"
        " OR (kind IN ('forfeit', 'revoke', 'transfer_out') AND credits < 0 AND held = 0)"
        " OR (kind = 'adjust' AND credits <> 0 AND held = 0)",
        name="ledger_kind",
    ),
    CheckConstraint(
        "(closing IS NULL) = (part_id IS NULL) AND (part_id IS NULL) = (hold_no IS NULL)"
        " AND (part_id IS NULL) = (share IS NULL)",
        name="ledger_part",
    ),
    sqlite_autoincrement=True,
)
"""``hold_no`` counts a part's holds from 1, ``share`` the lots that one hold is taken from, from 0."""
_OF_PART = ledger.c.part_id.is_not(None)
_CAPTURE = ledger.c.kind == literal_column("'capture'")
Index(
    "ledger_part_once", ledger.c.part_id, ledger.c.hold_no, ledger.c.share, ledger.c.closing, unique=True,
    sqlite_where=_OF_PART,
)  # fmt: skip
Index("ledger_captured_once", ledger.c.part_id, ledger.c.share, unique=True, sqlite_where=_CAPTURE)
Index("ledger_of", ledger.c.account_id, ledger.c.id)

# Apart, since it may name people: it can be emptied, the ledger cannot.
ledger_note: Final = Table(
    "ledger_note",
    METADATA,
    Column("entry_id", ID, primary_key=True, autoincrement=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
)

# Messages that wait for credits (``on_insufficient: wait``): nothing is held for them yet.
credit_wait: Final = Table(
    "credit_wait",
    METADATA,
    Column(
        "message_id", ID, ForeignKey("message.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    ),
    Column("account_id", ID, nullable=False),
    Column("credits", BigInteger, nullable=False),
    Column("due_at", BigInteger),
)
Index("credit_wait_of", credit_wait.c.account_id, credit_wait.c.message_id)

# --- money: whole cents, without VAT unless it says gross --------------------------------------------------
credit_order: Final = Table(
    "credit_order",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("client_id", Text),
    Column("credits", BigInteger, nullable=False),
    Column("bundle", Text),
    Column("tariff", Text),
    Column("tariff_from", Text),
    Column("unit_price", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("net_cents", BigInteger, nullable=False),
    Column("vat_rate", Text),
    Column("vat_cents", BigInteger, nullable=False),
    Column("gross_cents", BigInteger, nullable=False),
    Column("paid_cents", BigInteger, nullable=False, server_default="0"),
    Column("early", Integer, nullable=False, server_default="0"),
    Column("state", Text, nullable=False, server_default="open"),
    Column("ordered_at", BigInteger, nullable=False),
    Column("ordered_by", Text, nullable=False),
    Column("due_at", BigInteger),
    Column("paid_at", BigInteger),
    Column("lot_id", ID),
    UniqueConstraint("account_id", "client_id"),
    CheckConstraint("credits > 0 AND net_cents >= 0 AND vat_cents >= 0", name="order_amounts"),
    CheckConstraint("gross_cents = net_cents + vat_cents", name="order_gross"),
    CheckConstraint("paid_cents >= 0 AND paid_cents <= gross_cents", name="order_paid"),
    CheckConstraint("state IN ('open', 'paid', 'cancelled', 'in_default')", name="order_state"),
    sqlite_autoincrement=True,
)
Index("credit_order_of", credit_order.c.account_id, credit_order.c.id)

invoice: Final = Table(
    "invoice",
    METADATA,
    id_column(),
    Column("number", Text, nullable=False, unique=True),
    Column("order_id", ID, ForeignKey("credit_order.id"), nullable=False, unique=True),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("holder", Text),
    Column("holder_lines", Text),
    Column("seller", Text),
    Column("issued_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
Index("invoice_of", invoice.c.account_id, invoice.c.id)

payment: Final = Table(
    "payment",
    METADATA,
    id_column(),
    Column("order_id", ID, ForeignKey("credit_order.id"), nullable=False),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("cents", BigInteger, nullable=False),
    Column("ref", Text, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("charged_back_at", BigInteger),
    Column("charged_back_by", Text),
    CheckConstraint("cents > 0", name="payment_positive"),
    sqlite_autoincrement=True,
)
Index("payment_of", payment.c.order_id, payment.c.id)

objection: Final = Table(
    "objection",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("target", Text),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("decided_at", BigInteger),
    Column("verdict", Text),
    Column("decided_by", Text),
    Column("entry_id", ID),
    CheckConstraint("kind IN ('invoice', 'service', 'terms')", name="objection_kind"),
    CheckConstraint("verdict IN ('upheld', 'dismissed')", name="objection_verdict"),
    sqlite_autoincrement=True,
)

# What an account was told of once, such as that its credits are low: not again until that has changed.
account_told: Final = Table(
    "account_told",
    METADATA,
    Column("account_id", ID, primary_key=True, autoincrement=False),
    Column("event", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
