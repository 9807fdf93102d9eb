"""Bringing a database up to a revision. Imported only when there is something to do."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script.revision import RevisionError
from alembic.util import CommandError
from sqlalchemy import create_engine

from modemd.errors import StoreError


def upgrade(url: str, revision: str) -> None:
    """Run the missing revisions, in one transaction.

    Raises:
        StoreError: the database is at a revision that this program does not know.
    """
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
    except (CommandError, RevisionError) as error:
        raise StoreError(f"the store was made by a newer modemd: {error}") from error
    finally:
        engine.dispose()
