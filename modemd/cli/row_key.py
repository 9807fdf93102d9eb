"""The keys of rows as people give them: of messages, orders, objections, changes of terms."""

from __future__ import annotations

from typing import Final

import click

ROW_KEY: Final = click.IntRange(1, 2**63 - 1)
"""No store has others."""
