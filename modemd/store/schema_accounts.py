"""The tables of accounts: who may send, under which terms, to whom, and how much of it was done.

An account is known to other tables by its number, never by its name: a name may be a person's, and must be
able to go while the books stay. ``gateway`` is whose configuration declares it; ``terms_since`` is when it
came under terms of this name, whichever version: what they count begins then at the earliest; ``closing`` is
1 while messages of a closed account have yet to be cancelled; ``erased_as`` is a digest of the name that an
erased account had.
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
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from modemd.store.schema import ID, METADATA, id_column

account: Final = Table(
    "account",
    METADATA,
    id_column(),
    Column("name", Text, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("gateway", Text),
    Column("settings", Text, nullable=False, server_default="{}"),
    Column("state", Text, nullable=False, server_default="active"),
    Column("state_code", Text),
    Column("state_reason", Text),
    Column("state_by", Text),
    Column("state_at", BigInteger),
    Column("holder", Text),
    Column("email", Text),
    Column("terms", Text, nullable=False),
    Column("terms_version", Integer, nullable=False, server_default="1"),
    Column("terms_accepted_at", BigInteger, nullable=False),
    Column("terms_since", BigInteger, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("closed_at", BigInteger),
    Column("closing", Integer, nullable=False, server_default="0"),
    Column("erased_as", LargeBinary),
    CheckConstraint("state IN ('active', 'suspended', 'closed', 'erased')", name="account_state"),
    CheckConstraint("origin IN ('config', 'command', 'gone')", name="account_origin"),
    sqlite_autoincrement=True,
)

terms_version: Final = Table(
    "terms_version",
    METADATA,
    Column("terms", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("rules", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

terms_plan: Final = Table(
    "terms_plan",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("terms", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("announced_at", BigInteger, nullable=False),
    Column("effective_at", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    Column("by", Text, nullable=False),
    CheckConstraint("state IN ('planned', 'applied', 'objected', 'withdrawn')", name="terms_plan_state"),
    sqlite_autoincrement=True,
)

terms_run: Final = Table(
    "terms_run",
    METADATA,
    Column("day", Text, primary_key=True),
    Column("gateway", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# --- whom it may send to -----------------------------------------------------------------------------------
consent: Final = Table(
    "consent",
    METADATA,
    Column("account_id", ID, ForeignKey("account.id"), primary_key=True, autoincrement=False),
    Column("recipient", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("how", Text, nullable=False),
    Column("by", Text, nullable=False),
    CheckConstraint("state IN ('granted', 'revoked')", name="consent_state"),
    sqlite_with_rowid=False,
)

consent_log: Final = Table(
    "consent_log",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("recipient", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("how", Text, nullable=False),
    Column("by", Text, nullable=False),
    sqlite_autoincrement=True,
)
Index("consent_log_of", consent_log.c.account_id, consent_log.c.recipient, consent_log.c.id)

# --- how much it sends -------------------------------------------------------------------------------------
# ``day`` counts days since 1970 in the gateway's zone.
usage: Final = Table(
    "usage",
    METADATA,
    Column("account_id", ID, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("parts", BigInteger, nullable=False),
    Column("credits", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# Sixty slots a span (a minute, an hour, a day, in seconds): what was accepted within each.
pace: Final = Table(
    "pace",
    METADATA,
    Column("account_id", ID, primary_key=True, autoincrement=False),
    Column("span_s", Integer, primary_key=True, autoincrement=False),
    Column("slot", BigInteger, primary_key=True, autoincrement=False),
    Column("messages", Integer, nullable=False),
    sqlite_with_rowid=False,
)

same_text: Final = Table(
    "same_text",
    METADATA,
    Column("account_id", ID, primary_key=True, autoincrement=False),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, primary_key=True),
    Column("recipients", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# --- appointments ------------------------------------------------------------------------------------------
# An appointment without a ``key`` cannot be named again: it neither moves nor is it replaced.
calendar: Final = Table(
    "calendar",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("uid", Text, nullable=False),
    Column("sequence", Integer, nullable=False, server_default="0"),
    Column("body", Text, nullable=False),
    Column("taken_at", BigInteger, nullable=False),
    Column("expanded_to", BigInteger),
    UniqueConstraint("account_id", "uid"),
    sqlite_autoincrement=True,
)

appointment: Final = Table(
    "appointment",
    METADATA,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id"), nullable=False),
    Column("key", Text),
    Column("calendar_id", ID),
    Column("at", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("digest", LargeBinary, nullable=False),
    Column("state", Text, nullable=False, server_default="planned"),
    UniqueConstraint("account_id", "key"),
    CheckConstraint("state IN ('planned', 'cancelled')", name="appointment_state"),
    sqlite_autoincrement=True,
)
Index("appointment_at", appointment.c.at)
_OF_CALENDAR = appointment.c.calendar_id.is_not(None)
Index("appointment_of_calendar", appointment.c.calendar_id, appointment.c.at, sqlite_where=_OF_CALENDAR)

reminder: Final = Table(
    "reminder",
    METADATA,
    Column("message_id", ID, primary_key=True, autoincrement=False),
    Column("appointment_id", ID, ForeignKey("appointment.id"), nullable=False),
    Column("lead_s", BigInteger, nullable=False),
    Column("revision", Integer, nullable=False),
)
Index("reminder_of", reminder.c.appointment_id)
