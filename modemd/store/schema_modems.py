"""Tables of SIMs, what went by them, and what is wrong with modems (see :mod:`modemd.store.schema`).

A SIM's key, ``sim``, is its ICCID, else its IMSI, else ``modem:<name>``. Times are microseconds since 1970, a
``day`` is counted since 1970 in the gateway's zone.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, Table, Text

from modemd.store.schema import ID, METADATA, id_column

sim: Final = Table(
    "sim",
    METADATA,
    Column("sim", Text, primary_key=True),
    Column("imsi", Text),
    Column("msisdn", Text),
    Column("modem", Text),
    Column("seen_at", BigInteger, nullable=False),
    Column("balance", Text),
    Column("balance_text", Text),
    Column("balance_at", BigInteger),
    sqlite_with_rowid=False,
)

# What went by which SIM in which modem on each day: the limits of a day and a month are held against it.
sim_day: Final = Table(
    "sim_day",
    METADATA,
    Column("sim", Text, primary_key=True),
    Column("modem", Text, primary_key=True),
    Column("day", Integer, primary_key=True, autoincrement=False),
    Column("sent", Integer, nullable=False, server_default="0"),
    Column("refused", Integer, nullable=False, server_default="0"),
    Column("received", Integer, nullable=False, server_default="0"),
    Column("calls", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)

# A PIN that was entered and not accepted: "refused", "unknown" where the answer never came, "again" where it
# did not come a second time either. ``holder`` is the SIM's ICCID, or the modem that it was in.
pin_try: Final = Table(
    "pin_try",
    METADATA,
    Column("holder", Text, primary_key=True),
    Column("fingerprint", LargeBinary, primary_key=True),
    Column("outcome", Text, nullable=False),
    Column("modem", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# The SIM that last sent to a recipient, for senders that are to keep one number.
sticky: Final = Table(
    "sticky",
    METADATA,
    Column("recipient", Text, primary_key=True),
    Column("sim", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# What was done about a modem that did not work: a step of :mod:`modemd.service.modems.ladder`, and why.
recovery: Final = Table(
    "recovery",
    METADATA,
    id_column(),
    Column("modem_id", ID, nullable=False),
    Column("rung", Text, nullable=False),
    Column("why", Text),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)
Index("recovery_of", recovery.c.modem_id, recovery.c.id)

# ``modem`` is empty where it is the gateway's own trouble. An alarm is open until it is cleared.
alarm: Final = Table(
    "alarm",
    METADATA,
    id_column(),
    Column("gateway", Text, nullable=False),
    Column("modem", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("count", Integer, nullable=False, server_default="1"),
    Column("raised_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger),
    sqlite_autoincrement=True,
)
_OPEN = alarm.c.cleared_at.is_(None)
Index(
    "alarm_open", alarm.c.gateway, alarm.c.modem, alarm.c.code,
    unique=True, sqlite_where=_OPEN,
)  # fmt: skip
Index("alarm_ended", alarm.c.cleared_at)
