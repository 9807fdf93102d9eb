"""Every error that modemd raises, cut by what the caller does next.

::

    ModemdError
    ├── ConfigError     the configuration is wrong: say all faults, exit with 78
    ├── Rejected        a request cannot be accepted: tell the sender, nothing was written
    ├── StoreError      the store cannot be read or written now: keep what you have, try again (75)
    ├── BrokerLost      the broker is not to be had, or gone: connect again, later
    ├── MailLost        the mail server is not to be had, or does not take the letter: later, or never
    ├── PortLost        the serial port is gone: reopen it with back-off
    ├── NoReply         the modem did not answer in time: resync; after the PDU the part is uncertain
    ├── Refused         the modem or the network said no: ask ``gsm.causes`` what to do
    ├── NotReady        the modem works, but its SIM or network does not: do what it says, look again later
    ├── WrongModem      another modem or SIM is behind the port: give the port back, look for the right one
    └── PduError        octets that are no PDU, or a PDU that cannot be made: keep the raw bytes, go on
        └── TooLong     contents that need more parts than there may be

The three modem errors and ``PduError`` also are the matching exceptions of python-gsmmodem-new, so
that scripts which know that library catch them by the names they know.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

with warnings.catch_warnings():
    # The package is frozen at 2021 and its first import warns of invalid escapes on Python 3.12 and later.
    warnings.simplefilter("ignore", SyntaxWarning)
    from gsmmodem.exceptions import (
        CommandError,
        EncodingError,
        InterruptedException,
        TimeoutException,
    )

if TYPE_CHECKING:
    from collections.abc import Sequence

CauseKind = Literal["CMS", "CME", "ERROR"]


class ModemdError(Exception):
    """The root: nothing raises it directly."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a configuration file; lines and columns count from 1."""

    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    suggestion: str = ""

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        where = f"{self.path}: " if self.path else ""
        hint = f" ({self.suggestion})" if self.suggestion else ""
        return f"{place}{where}{self.message}{hint}"


class ConfigError(ModemdError):
    """The configuration cannot be used; ``faults`` holds everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault], source: str = "") -> None:
        self.faults = tuple(faults)
        self.source = source
        super().__init__("\n".join(f"{source}: {fault}" if source else str(fault) for fault in self.faults))


class Rejected(ModemdError):
    """A request that is not accepted: ``code`` is one of the contract's rejection codes.

    ``fail_reason`` is the text that a spool user reads; it defaults to ``reason``.
    """

    def __init__(self, code: str, reason: str, *, fail_reason: str = "") -> None:
        self.code = code
        self.reason = reason
        self.fail_reason = fail_reason or reason
        super().__init__(f"{code}: {reason}")


class StoreError(ModemdError):
    """The store cannot be read or written at present (full, locked, unreachable)."""


class BrokerLost(ModemdError):
    """There is no connection with the broker: ``reason`` is a sentence for the operator.

    ``permanent``: trying again changes nothing until a person does something (password, certificate, name).
    ``blames``: how much it looks as if something that we sent had brought it about; 0: not at all.
    """

    def __init__(self, reason: str, *, permanent: bool = False, blames: int = 0) -> None:
        self.reason = reason
        self.permanent = permanent
        self.blames = blames
        super().__init__(reason)


class MailLost(ModemdError):
    """A letter did not go out: ``reason`` is a sentence for the operator, with no address in it.

    ``permanent``: trying again changes nothing by itself. ``letter``: only this letter is concerned, others
    may go.
    """

    def __init__(self, reason: str, *, permanent: bool = False, letter: bool = False) -> None:
        self.reason = reason
        self.permanent = permanent
        self.letter = letter
        super().__init__(reason)


class PortLost(ModemdError, InterruptedException):
    """The port is gone or failed: the modem was unplugged, or the connection was closed.

    ``after_body`` tells whether a PDU and its Ctrl-Z had just been handed over: the part is uncertain.
    """

    def __init__(
        self,
        message: str,
        cause: BaseException | None = None,
        *,
        after_body: bool = False,
    ) -> None:
        InterruptedException.__init__(self, message, cause)
        self.after_body = after_body


class NoReply(ModemdError, TimeoutException):
    """No final result code within the command's deadline.

    ``after_body`` tells whether the PDU and its Ctrl-Z had been handed over: then nobody can say whether
    the network took the part (3GPP TS 27.005, 3.5.1 gives no limit for the answer).
    """

    def __init__(self, command: str, *, after_body: bool = False) -> None:
        self.command = command
        self.after_body = after_body
        super().__init__(f"no answer to {command}" + (" after its PDU" if after_body else ""))


class Refused(ModemdError, CommandError):
    """A final result code that says no: ``ERROR``, ``+CME ERROR: n`` or ``+CMS ERROR: n``.

    ``code`` is ``None`` where the modem gave none; ``text`` is what it said, whole; ``after_body`` tells
    whether the PDU had been handed over before.
    """

    def __init__(
        self,
        command: str,
        kind: CauseKind,
        code: int | None,
        text: str,
        *,
        after_body: bool = False,
    ) -> None:
        CommandError.__init__(self, command, kind, code)
        self.kind: CauseKind = kind
        self.text = text
        self.after_body = after_body

    def __str__(self) -> str:
        return f"{self.command}: {self.text}"


class NotReady(ModemdError):
    """The modem answers, but cannot serve: no SIM, a PIN or PUK is wanted, a lock is on.

    ``state`` is a short word (``sim_absent``, ``pin_required``, ``pin_wrong``, ``puk_required``, ...),
    ``advice`` a sentence for the operator, ``human`` whether it will not go away without one.
    """

    def __init__(self, state: str, advice: str, *, human: bool = True) -> None:
        self.state = state
        self.advice = advice
        self.human = human
        super().__init__(advice)


class WrongModem(ModemdError):
    """The modem behind a port is not the one that was meant, or has another SIM: who it is instead."""

    def __init__(self, imei: str | None, iccid: str | None) -> None:
        self.imei = imei
        self.iccid = iccid
        told = (("the modem", imei), ("the SIM", iccid))
        super().__init__(f"is {' with '.join(f'{what} {who}' for what, who in told if who)}")


class PduError(ModemdError, EncodingError):
    """Octets that cannot be read as a PDU, or contents that no PDU can carry."""


class TooLong(PduError):
    """Contents that need more parts than there may be."""
