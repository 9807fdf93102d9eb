"""Where the machine over the ledger has its accounts: one store, for thousands of examples in turn."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Self

from tests.service.bank import Bank, opened
from tests.store.files import close_all, fresh, served

if TYPE_CHECKING:
    from modemd.service.rules import Rules


class Place:
    """A store that is brought back to its beginning for each example; ``with`` takes it away in the end."""

    def __init__(self, dialect: str) -> None:
        memory = Path("/dev/shm")
        self._folder = tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None)
        self._served = dialect == "postgresql"
        self._database = served() if self._served else fresh(Path(self._folder.name))
        self._patterns: dict[datetime | None, sqlite3.Connection] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        close_all()
        for each in self._patterns.values():
            each.close()
        self._folder.cleanup()

    def begin(self, rules: Rules, now: datetime) -> Bank:
        """Its accounts were opened at that moment, and nothing has happened since."""
        if self._served:
            close_all()
            self._database = served()
            opened(self._database, rules, now)
        elif now in self._patterns:
            self._patterns[now].backup(self._database.connection)
        else:
            if None in self._patterns:
                self._patterns[None].backup(self._database.connection)
            else:
                self._keep(None)
            opened(self._database, rules, now)
            self._keep(now)
        return Bank(self._database, rules, now)

    def _keep(self, now: datetime | None) -> None:
        pattern = self._patterns[now] = sqlite3.connect(":memory:", check_same_thread=False)
        self._database.connection.backup(pattern)
