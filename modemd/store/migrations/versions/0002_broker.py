"""What the broker's door keeps: topics of events, receipts, conversations, pauses, orders to modems."""

import secrets

from alembic import op
from sqlalchemy import BigInteger, Column, LargeBinary, Text, insert

from modemd.store.schema import METADATA, store_mark

revision = "0002"
down_revision = "0001"

_TABLES = ("store_mark", "receipt", "retained", "conversation", "modem_order")
_COLUMNS = {
    "modem": {"paused_at": BigInteger, "paused_by": Text},
    "gateway": {"broker": Text, "broker_error": Text, "broker_at": BigInteger, "broker_filters": Text},
    "outbox": {"topic": Text, "correlation": LargeBinary, "expires_at": BigInteger},
}


def upgrade() -> None:
    """Add columns and tables, and give the store its mark."""
    for table, columns in _COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, Column(name, kind))
    METADATA.create_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
    op.execute(insert(store_mark).values(tag=secrets.token_hex(4)))


def downgrade() -> None:
    """Take them away again."""
    METADATA.drop_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
    for table, columns in _COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
