"""One daemon a gateway: two of one name on one store would each take the other's parts for abandoned."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

from modemd.errors import StoreError

if TYPE_CHECKING:
    from pathlib import Path


class Tenure:
    """The right to be one gateway on one store; the kernel takes it back however the process ends."""

    def __init__(self, store: Path, gateway: str) -> None:
        """Take it.

        Raises:
            StoreError: another daemon has it, or the lock file cannot be made.
        """
        path = store.with_name(f"{store.name}.{gateway}.lock")
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        except OSError as error:
            raise StoreError(f"cannot make {path}: {error.strerror}") from error
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._descriptor)
            raise StoreError(f"gateway {gateway} is running already on the store {store}") from error

    def release(self) -> None:
        """Give it back."""
        os.close(self._descriptor)
