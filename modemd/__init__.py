"""modemd: a GSM modem gateway daemon.

Read ``docs/architecture.md`` first: it draws the rooms and the way that a message takes through them.
"""

from typing import Final

__version__: Final = "0.1.0"
