"""The first schema."""

from alembic import op

from modemd.store.schema import METADATA

revision = "0001"
down_revision = None

# By name: tables that later revisions add are theirs to create.
_TABLES = (
    "message", "part", "concat", "route", "route_modem", "modem", "gateway",
    "spool_file", "inbound_part", "inbound", "report", "outbox",
)  # fmt: skip


def upgrade() -> None:
    """Create the tables."""
    METADATA.create_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])


def downgrade() -> None:
    """Drop them."""
    METADATA.drop_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
