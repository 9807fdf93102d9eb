"""The exit statuses of every command, and the one place that gives an error its own."""

from __future__ import annotations

from typing import Final

from modemd.errors import BrokerLost, ConfigError, ModemdError, NoReply, PortLost, StoreError

EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_TRY_AGAIN: Final = 75
"""sysexits.h EX_TEMPFAIL: the daemon or the store cannot be reached."""
EXIT_CONFIG: Final = 78
"""sysexits.h EX_CONFIG."""
EXIT_INTERRUPTED: Final = 130


def exit_status(error: ModemdError) -> int:
    """The exit status that stands for ``error``: the one place that maps the tree of errors."""
    if isinstance(error, ConfigError):
        return EXIT_CONFIG
    if isinstance(error, BrokerLost):
        return EXIT_CONFIG if error.permanent else EXIT_TRY_AGAIN
    if isinstance(error, StoreError | PortLost | NoReply):
        return EXIT_TRY_AGAIN
    return EXIT_FAILED
