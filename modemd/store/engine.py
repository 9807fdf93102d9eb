"""What the two databases do each in their own way: connecting, transactions, whose fault an error is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx


class Released(Protocol):
    """The right to be one gateway on one store, until it is given back."""

    def release(self) -> None:
        """Give it back."""


class Engine(ABC):
    """One connection to a database, for one thread.

    Whatever the database: one writer at a time. Who has begun a transaction that may write is alone with the
    store until its end, so what it has read stays so, and no two of them wait for each other in a ring.
    """

    dialect: str
    """A name in ``statement.DIALECTS``."""
    errors: tuple[type[Exception], ...]
    """What the driver raises."""
    gateway: str = ""
    """Who acts by this connection."""
    place: str
    """Where the store is, for sentences; no password is in it."""

    @property
    @abstractmethod
    def connection(self) -> Any:
        """The driver's connection, as it is now: one that was lost is replaced by ``begin``."""

    @abstractmethod
    def connect(self) -> None:
        """Open the connection.

        Raises:
            StoreError: this cannot be a store.
            Exception: one of ``errors``, or an ``OSError``.
        """

    @abstractmethod
    def revision(self) -> str | None:
        """Return the revision of the schema; ``None`` where there is no schema yet."""

    @abstractmethod
    def upgrade(self, revision: str) -> None:
        """Bring the schema up to a revision.

        Raises:
            StoreError: it was made by a newer program, or cannot be written.
        """

    @abstractmethod
    def act_as(self, gateway: str) -> None:
        """Say who acts by this connection, from the next transaction on."""

    @abstractmethod
    def begin(self) -> Tx:
        """Begin a transaction that may write, once nobody else does; a lost connection is made anew."""

    @abstractmethod
    def begin_reading(self) -> Tx:
        """Begin a transaction that sees one state of the store and stops nobody."""

    @abstractmethod
    def commit(self) -> None:
        """Write down what the transaction did; when this returns it is on disk."""

    @abstractmethod
    def rollback(self) -> None:
        """Undo the transaction, if there still is one; never raises."""

    @abstractmethod
    def writes(self) -> int:
        """Return a count that differs after something was written, or after the transaction broke."""

    @abstractmethod
    def is_the_stores(self, error: Exception) -> bool:
        """Tell whether the store failed: a constraint or a wrong value is one job's own fault."""

    def refuses(self, error: Exception) -> bool:
        """Tell whether an error of ``connect`` is a refusal, which trying again does not mend."""
        return self.is_the_stores(error)

    @abstractmethod
    def say(self, error: Exception) -> str:
        """Return an error as half a sentence."""

    @abstractmethod
    def changes(self) -> int:
        """Return a count that differs after another connection has committed."""

    @abstractmethod
    def hold_tenure(self, gateway: str) -> Released:
        """Become this gateway on this store, the only one.

        Raises:
            StoreError: another daemon is it.
        """

    @abstractmethod
    def backup(self, target: Path) -> None:
        """Copy the store into a file.

        Raises:
            StoreError: it cannot be done.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""
