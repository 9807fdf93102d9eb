"""What can be done about a cause: the verbs, and all that goes with one."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Option = Literal["report", "type_of_number", "validity"]


class Verb(StrEnum):
    """What becomes of the part, or what the modem has to do before it goes on."""

    RETRY = "retry"
    """The same modem, after the delays."""
    RETRY_ONCE = "retry_once"
    """One more try and no other; without what ``leave_out`` names, if anything."""
    RETRY_LONG = "retry_long"
    """The destination is away: minutes, not seconds."""
    MOVE = "move"
    """Another modem at once."""
    FAIL = "fail"
    """For good."""
    PAUSE = "pause"
    """The modem or its SIM cannot send: probe it, and let others send."""
    HUMAN = "human"
    """As PAUSE, and nothing automatic helps."""
    UNCERTAIN = "uncertain"
    """The network may have taken the part."""
    WAIT_READY = "wait_ready"
    """The modem waits for the network, or is still starting."""
    DRAIN = "drain"
    """Empty the storages, then again."""
    PREPARE = "prepare"
    """Run the init plan again (PIN, service centre, PDU mode), then again."""
    RESET = "reset"
    """Soft reset, then again."""
    FORGO = "forgo"
    """The modem lacks the command: remember that, never ask it again."""
    IGNORE = "ignore"
    """It is as good as done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What to do about one cause.

    ``delays_s`` are the pauses before each further try, in seconds, and as many tries as it has are worth
    making; ``then`` is the verb when they are used up (``None``: fail). ``pause``: the SIM sends nothing
    until it was probed, each ``probe_s``; ``pause_after``: only after so many such refusals in a row, of
    different messages, or of messages for different recipients where ``distinct``. ``human``: raise an
    alarm, at once or with that pause, but only once it has lasted for ``human_after_s``. ``ask_balance``:
    with that pause, see whether there is money on the SIM. ``ladder``: with that pause, help the modem.
    ``leave_out``: options of the message that the network may not know. ``duplicate``: the network has had
    this very part: an uncertain one is thereby sent. ``unanswered``: the network did not answer in time, so
    that after the PDU it may have taken it all the same. ``bug``: keep PDU and dialogue, for it is probably
    ours.
    """

    verb: Verb
    meaning: str = ""
    delays_s: tuple[int, ...] = (5, 30, 120)
    then: Verb | None = None
    pause: bool = False
    pause_after: int | None = None
    distinct: bool = False
    probe_s: int = 60
    human: bool = False
    human_after_s: int = 0
    ask_balance: bool = False
    ladder: bool = False
    leave_out: tuple[Option, ...] = ()
    jitter: bool = False
    duplicate: bool = False
    unanswered: bool = False
    bug: bool = False
