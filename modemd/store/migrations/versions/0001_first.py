"""The first schema."""

from alembic import op
from sqlalchemy import Index, MetaData

from modemd.store.schema import METADATA

revision = "0001"
down_revision = None

# By name: tables and columns that later revisions add are theirs to create.
_TABLES = (
    "message", "part", "concat", "route", "route_modem", "modem", "gateway",
    "spool_file", "inbound_part", "inbound", "report", "outbox",
)  # fmt: skip
_LATER = {
    "message": ("gateway",),
    "part": ("evidence",),
    "modem": (
        "paused_at", "paused_by", "origin", "usb_path", "family", "revision", "operator_code", "lac", "cell",
        "rsrp_dbm", "rsrq_db", "storage_used", "storage_total", "sim_slot", "voice", "rung", "rung_at",
        "rungs_today",
    ),
    "inbound": ("mms",),
    "gateway": ("broker", "broker_error", "broker_at", "broker_filters", "spool"),
    "outbox": ("gateway", "topic", "correlation", "expires_at"),
    "spool_file": ("gateway",),
}  # fmt: skip


def _first_metadata() -> MetaData:
    first = MetaData()
    for name in _TABLES:
        table = METADATA.tables[name].to_metadata(first)
        for later in _LATER.get(name, ()):
            table._columns.remove(table.c[later])  # noqa: SLF001 - of a copy that was made for this
    outbox = first.tables["outbox"]
    outbox.indexes.clear()
    Index("outbox_untold", outbox.c.consumer, outbox.c.id)
    return first


def upgrade() -> None:
    """Create the tables."""
    _first_metadata().create_all(op.get_bind())


def downgrade() -> None:
    """Drop them."""
    METADATA.drop_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
