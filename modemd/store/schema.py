"""The tables. Times are microseconds since 1970 UTC, states are those of :mod:`modemd.model`.

``part`` is the queue: which part a modem may take next is answered by ``part_ready`` alone, whatever
is waiting. A route is a set of modems; a part belongs to one route, and a modem looks at the head of each
route that it is in, so parts that wait for an absent modem cost the others nothing.

What makes an index a partial one is said for SQLite; ``migrations/upgrade.py`` says it again on PostgreSQL.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    literal_column,
)

METADATA: Final = MetaData()

# SQLite gives a rowid alias, and with it AUTOINCREMENT, to ``INTEGER PRIMARY KEY`` only.
ID: Final = BigInteger().with_variant(Integer(), "sqlite")


def id_column() -> Column[int]:
    """The key that a table counts by itself."""
    return Column("id", ID, primary_key=True, autoincrement=True)


message: Final = Table(
    "message",
    METADATA,
    id_column(),
    Column("account", Text, nullable=False),
    Column("client_id", Text),
    Column("digest", LargeBinary),
    Column("source", Text, nullable=False),
    Column("file_id", ID),
    Column("destination", Text),
    Column("text", Text),
    Column("coding", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("route_id", ID, nullable=False),
    Column("report", Integer, nullable=False),
    Column("part_count", Integer, nullable=False),
    Column("parts_done", Integer, nullable=False, server_default="0"),
    Column("retries", Integer, nullable=False),
    Column("credits", Integer, nullable=False, server_default="0"),
    Column("accepted_at", BigInteger, nullable=False),
    Column("deadline_at", BigInteger),
    Column("submitted_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("ended_at", BigInteger),
    Column("modem", Text),
    Column("error_code", Text),
    Column("error_reason", Text),
    Column("note", Text),
    Column("gateway", Text),
    sqlite_autoincrement=True,
)
Index(
    "message_client",
    message.c.account,
    message.c.client_id,
    unique=True,
    sqlite_where=message.c.client_id.is_not(None),
)
_OPEN = message.c.ended_at.is_(None) & message.c.deadline_at.is_not(None)
Index("message_deadline", message.c.deadline_at, sqlite_where=_OPEN)
_BY_FILE = message.c.file_id.is_not(None)
Index("message_file", message.c.file_id, sqlite_where=_BY_FILE)

part: Final = Table(
    "part",
    METADATA,
    id_column(),
    Column("message_id", ID, ForeignKey("message.id", ondelete="CASCADE"), nullable=False),
    Column("part_no", Integer, nullable=False),
    Column("part_count", Integer, nullable=False),
    Column("state", Integer, nullable=False),
    Column("route_id", ID, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("pdu", Text, nullable=False),
    Column("tpdu_length", Integer, nullable=False),
    Column("recipient", Text),
    Column("modem_id", ID),
    Column("sim", Text),
    Column("tp_mr", Integer),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("moves", Integer, nullable=False, server_default="0"),
    Column("not_before_at", BigInteger),
    Column("submitted_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("discharged_at", BigInteger),
    Column("tp_status", Integer),
    Column("awaiting", Integer, nullable=False, server_default="0"),
    Column("doubted", Integer, nullable=False, server_default="0"),
    Column("error_code", Text),
    Column("error_reason", Text),
    Column("evidence", Text),
    sqlite_autoincrement=True,
)
Index("part_of_message", part.c.message_id, part.c.part_no, unique=True)
# The predicates are literals, not parameters: only then does SQLite's planner use a partial index.
QUEUED: Final = part.c.state == literal_column("0")
SCHEDULED: Final = part.c.state == literal_column("8")
IN_DOUBT: Final = part.c.state.in_([literal_column("2"), literal_column("7")])
# With the index's own predicate in front: SQLite does not see that one state of the two implies it.
SUBMITTING: Final = IN_DOUBT & (part.c.state == literal_column("2"))
UNCERTAIN: Final = IN_DOUBT & (part.c.state == literal_column("7"))
AWAITING: Final = part.c.awaiting == literal_column("1")
TAKEN: Final = part.c.sent_at.is_not(None)
Index("part_ready", part.c.route_id, part.c.priority, part.c.id, sqlite_where=QUEUED)
Index("part_due", part.c.not_before_at, sqlite_where=SCHEDULED)
Index("part_in_doubt", part.c.modem_id, sqlite_where=IN_DOUBT)
Index("part_awaiting", part.c.recipient, part.c.tp_mr, sqlite_where=AWAITING)
# For "sent today": it grows at its end only, which costs next to nothing.
Index("part_taken", part.c.sent_at, part.c.modem_id, sqlite_where=TAKEN)

concat: Final = Table(
    "concat",
    METADATA,
    Column("destination", Text, primary_key=True),
    Column("concat_ref", Integer, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

route: Final = Table("route", METADATA, id_column(), Column("key", Text, nullable=False, unique=True))
route_modem: Final = Table(
    "route_modem",
    METADATA,
    Column("modem_id", ID, primary_key=True, autoincrement=False),
    Column("route_id", ID, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

modem: Final = Table(
    "modem",
    METADATA,
    id_column(),
    Column("gateway", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("error", Text),
    Column("port", Text),
    Column("manufacturer", Text),
    Column("model", Text),
    Column("imei", Text),
    Column("imsi", Text),
    Column("iccid", Text),
    Column("msisdn", Text),
    Column("smsc", Text),
    Column("operator", Text),
    Column("technology", Text),
    Column("registration", Integer),
    Column("signal_dbm", Integer),
    Column("seen_at", BigInteger),
    Column("paused_at", BigInteger),
    Column("paused_by", Text),
    Column("origin", Text, nullable=False, server_default="config"),
    Column("usb_path", Text),
    Column("family", Text),
    Column("revision", Text),
    Column("operator_code", Text),
    Column("lac", Text),
    Column("cell", Text),
    Column("rsrp_dbm", Integer),
    Column("rsrq_db", Integer),
    Column("storage_used", Integer),
    Column("storage_total", Integer),
    Column("sim_slot", Integer),
    Column("voice", Text),
    Column("rung", Text),
    Column("rung_at", BigInteger),
    Column("rungs_today", Integer, nullable=False, server_default="0"),
    UniqueConstraint("gateway", "name"),
)

gateway: Final = Table(
    "gateway",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("stopped_at", BigInteger),
    Column("broker", Text),
    Column("broker_error", Text),
    Column("broker_at", BigInteger),
    Column("broker_filters", Text),
    Column("spool", Text),
)

spool_file: Final = Table(
    "spool_file",
    METADATA,
    id_column(),
    Column("key", Text, nullable=False, unique=True),
    Column("gateway", Text),
    Column("name", LargeBinary, nullable=False),
    Column("format", Text, nullable=False),
    sqlite_autoincrement=True,
)

inbound_part: Final = Table(
    "inbound_part",
    METADATA,
    id_column(),
    Column("sim", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("pdu", Text, nullable=False),
    Column("modem", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("originator", Text),
    Column("concat_key", Text),
    Column("part_no", Integer, nullable=False, server_default="1"),
    Column("part_count", Integer, nullable=False, server_default="1"),
    Column("inbound_id", ID),
    UniqueConstraint("sim", "digest"),
)
_WAITING = inbound_part.c.inbound_id.is_(None) & inbound_part.c.concat_key.is_not(None)
Index(
    "inbound_waiting", inbound_part.c.concat_key, inbound_part.c.part_no, sqlite_where=_WAITING,
)  # fmt: skip
Index("inbound_part_of", inbound_part.c.inbound_id)

inbound: Final = Table(
    "inbound",
    METADATA,
    id_column(),
    Column("account", Text, nullable=False),
    Column("originator", Text),
    Column("text", Text),
    Column("coding", Text, nullable=False),
    Column("modem", Text, nullable=False),
    Column("sim", Text, nullable=False),
    Column("sc_at", BigInteger),
    Column("received_at", BigInteger, nullable=False),
    Column("part_count", Integer, nullable=False),
    Column("complete", Integer, nullable=False),
    Column("error", Text),
    Column("mms", Text),
    sqlite_autoincrement=True,
)

report: Final = Table(
    "report",
    METADATA,
    id_column(),
    Column("sim", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("pdu", Text, nullable=False),
    Column("modem", Text, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("tp_mr", Integer, nullable=False),
    Column("recipient", Text),
    Column("tp_status", Integer, nullable=False),
    Column("discharged_at", BigInteger),
    Column("sc_at", BigInteger),
    Column("part_id", ID),
    Column("orphan", Integer, nullable=False, server_default="0"),
    UniqueConstraint("sim", "digest"),
    sqlite_autoincrement=True,
)
ORPHAN: Final = report.c.orphan == literal_column("1")
Index("report_orphan", report.c.recipient, report.c.tp_mr, sqlite_where=ORPHAN)

outbox: Final = Table(
    "outbox",
    METADATA,
    id_column(),
    Column("consumer", Text, nullable=False),
    Column("gateway", Text),
    Column("event", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("message_id", ID),
    Column("inbound_id", ID),
    Column("report_id", ID),
    Column("body", Text),
    Column("topic", Text),
    Column("correlation", LargeBinary),
    Column("expires_at", BigInteger),
    sqlite_autoincrement=True,
)
Index("outbox_untold", outbox.c.consumer, outbox.c.gateway, outbox.c.id)

# --- what the broker's door remembers ----------------------------------------------------------------------
store_mark: Final = Table("store_mark", METADATA, Column("tag", Text, primary_key=True))

# Packet identifiers are those of one gateway's session with its broker.
receipt: Final = Table(
    "receipt",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("packet_id", Integer, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

retained: Final = Table(
    "retained",
    METADATA,
    Column("gateway", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    sqlite_with_rowid=False,
)

conversation: Final = Table(
    "conversation",
    METADATA,
    Column("account", Text, primary_key=True),
    Column("recipient", Text, primary_key=True),
    Column("message_id", ID, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

modem_order: Final = Table(
    "modem_order",
    METADATA,
    id_column(),
    Column("modem_id", ID, nullable=False),
    Column("gateway", Text, nullable=False),
    Column("verb", Text, nullable=False),
    Column("arguments", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("begun_at", BigInteger),
    Column("reply", Text),
    sqlite_autoincrement=True,
)
Index("modem_order_of", modem_order.c.modem_id, modem_order.c.id)
Index("modem_order_expiry", modem_order.c.gateway, modem_order.c.expires_at)
