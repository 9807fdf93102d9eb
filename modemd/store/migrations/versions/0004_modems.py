"""SIMs and what went by them, PINs that were refused, alarms, and what settled a part in doubt."""

from alembic import op
from sqlalchemy import BigInteger, Column, Integer, Text

from modemd.store import schema_modems  # noqa: F401 - its tables are in METADATA
from modemd.store.schema import METADATA

revision = "0004"
down_revision = "0003"

_TABLES = ("sim", "sim_day", "pin_try", "sticky", "alarm", "recovery")
_MODEM: dict[str, type] = {
    "usb_path": Text, "family": Text, "revision": Text, "operator_code": Text, "lac": Text, "cell": Text,
    "rsrp_dbm": Integer, "rsrq_db": Integer, "storage_used": Integer, "storage_total": Integer,
    "sim_slot": Integer, "voice": Text, "rung": Text, "rung_at": BigInteger,
}  # fmt: skip
_COLUMNS: dict[str, dict[str, type]] = {"modem": _MODEM, "part": {"evidence": Text}, "inbound": {"mms": Text}}


def upgrade() -> None:
    """Add columns and tables."""
    for table, columns in _COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, Column(name, kind))
    op.add_column("modem", Column("origin", Text, nullable=False, server_default="config"))
    op.add_column("modem", Column("rungs_today", Integer, nullable=False, server_default="0"))
    METADATA.create_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])


def downgrade() -> None:
    """Take them away again; which PINs were refused is forgotten with them."""
    METADATA.drop_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
    for name in ("origin", "rungs_today"):
        op.drop_column("modem", name)
    for table, columns in _COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
