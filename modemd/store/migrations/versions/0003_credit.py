"""Accounts and credit: the ledger, lots, orders, payments, consents; whose an event and a file are."""

from alembic import op
from sqlalchemy import Column, Text

from modemd.store import schema_accounts, schema_credit  # noqa: F401 - their tables are in METADATA
from modemd.store.schema import METADATA

revision = "0003"
down_revision = "0002"

_TABLES = (
    "account", "terms_version", "terms_plan", "terms_run", "consent", "consent_log", "usage", "pace",
    "same_text", "calendar", "appointment", "reminder",
    "balance", "lot", "ledger", "ledger_note", "credit_wait", "credit_order", "invoice", "payment",
    "objection", "account_told",
)  # fmt: skip
_COLUMNS = {"message": {"gateway": Text}, "outbox": {"gateway": Text}, "spool_file": {"gateway": Text}}
_ONE_GATEWAY = "(SELECT name FROM gateway ORDER BY seen_at DESC LIMIT 1)"
_SAYS = "the ledger is only added to"


def upgrade() -> None:
    """Add the tables, and see to it that nobody changes the ledger's rows."""
    for table, columns in _COLUMNS.items():
        for name, kind in columns.items():
            op.add_column(table, Column(name, kind))
        op.execute(f"UPDATE {table} SET gateway = {_ONE_GATEWAY}")  # noqa: S608 - names of ours
    op.add_column("gateway", Column("spool", Text))
    # Two gateways may each have a file of the same place, octets and time.
    op.execute("UPDATE spool_file SET key = coalesce(gateway, '') || ' ' || key")
    op.drop_index("outbox_untold", "outbox")
    op.create_index("outbox_untold", "outbox", ["consumer", "gateway", "id"])
    METADATA.create_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER ledger_no_{verb.lower()} BEFORE {verb} ON ledger"
                f" BEGIN SELECT RAISE(ABORT, '{_SAYS}'); END"
            )
    else:
        op.execute(
            "CREATE FUNCTION ledger_is_a_book() RETURNS trigger LANGUAGE plpgsql AS"
            f" $$ BEGIN RAISE EXCEPTION '{_SAYS}'; END $$"
        )
        op.execute(
            "CREATE TRIGGER ledger_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger"
            " FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_a_book()"
        )


def downgrade() -> None:
    """Take it all away again; the books go with it."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP TRIGGER ledger_no_change ON ledger")
    METADATA.drop_all(op.get_bind(), tables=[METADATA.tables[name] for name in _TABLES])
    if op.get_bind().dialect.name != "sqlite":
        op.execute("DROP FUNCTION ledger_is_a_book()")
    op.drop_index("outbox_untold", "outbox")
    op.create_index("outbox_untold", "outbox", ["consumer", "id"])
    op.execute("UPDATE spool_file SET key = substr(key, length(coalesce(gateway, '')) + 2)")
    op.drop_column("gateway", "spool")
    for table, columns in _COLUMNS.items():
        for name in columns:
            op.drop_column(table, name)
