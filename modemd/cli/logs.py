"""Log lines on standard error, in the form that whoever reads them wants."""

from __future__ import annotations

import json
import logging
import sys
from typing import Final

from modemd.formats.veil import veiled_phones

_LEVELS: Final = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (0, 7))
"""The journal's priorities (sd-daemon(3)): a line that begins with ``<4>`` is a warning."""


class PhoneVeil(logging.Filter):
    """Takes phone numbers out of every line but those that are for debugging: ``+3247…56``.

    Nothing of ours logs one by intention; what others say (a program's output, a traceback) may hold some.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite one record; every record is let through."""
        if record.levelno > logging.DEBUG:
            record.msg, record.args = veiled_phones(record.getMessage()), None
            if record.exc_info:
                record.exc_text = veiled_phones(logging.Formatter().formatException(record.exc_info))
        return True


class JournalFormatter(logging.Formatter):
    """``<priority>message``; the journal adds the time, the unit and the process."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record; the lines of a traceback keep its priority."""
        priority = next(level for least, level in _LEVELS if record.levelno >= least)
        text = super().format(record)
        return "\n".join(f"<{priority}>{line}" for line in text.split("\n"))


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one record."""
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["traceback"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(line)


def set_up_logging(level: str, form: str) -> None:
    """Send log lines of ``level`` and above to standard error as ``journal``, ``text`` or ``json``."""
    formatters = {
        "journal": JournalFormatter("%(message)s"),
        "json": JsonFormatter(),
        "text": logging.Formatter("%(asctime)s %(levelname)-7s %(message)s"),
    }
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatters[form])
    handler.addFilter(PhoneVeil())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # What Alembic does is told by the store, in a line instead of ten.
    logging.getLogger("alembic").setLevel(logging.WARNING)
