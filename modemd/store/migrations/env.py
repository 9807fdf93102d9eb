"""Alembic's entry: the connection comes from ``upgrade``."""

from alembic import context

from modemd.store.schema import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
