"""Phone calls that the modem makes: dial, wait for an answer, say a text or key tones, hang up.

3GPP TS 27.007, 6.2 (``ATD``), 7.18 (``+CLCC``), C.2.11 (``+VTS``); what says a text is the makers' own, see
:class:`modemd.modem.dialects.Speech`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from modemd.errors import NoReply, PortLost, Refused
from modemd.modem import calls
from modemd.modem.notes import CallAnswered, CallEnded, Spoken

if TYPE_CHECKING:
    from modemd.modem.dialects import Speech
    from modemd.modem.session import Session

CallNews = CallAnswered | CallEnded | Spoken
CALL_NEWS: Final = (CallAnswered, CallEnded, Spoken)
News = Callable[[], list[CallNews]]
"""What the modem told of calls since the last time."""
Voice = Literal["speech", "tones", "none"]
_SLACK_S: Final = 10.0
_EMPTY_LOOKS: Final = 2
"""A call that was just dialed may not be in the modem's list yet."""
_FINALS: Final = {"BUSY": "busy", "NO ANSWER": "no_answer", "NO CARRIER": None, "NO DIALTONE": None}


class CallEnd(StrEnum):
    """What became of a call."""

    HEARD = "heard"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    NO_CARRIER = "no_carrier"
    CUT = "cut"
    UNSPOKEN = "unspoken"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """What is said, ``times`` times, to who answers within ``wait_s`` seconds: ``text``, or ``tones``."""

    text: str | None
    tones: str
    times: int
    wait_s: float


async def voice_of(session: Session) -> Voice:
    """What the modem can say in a call, as far as it tells; speech stands for tones, too.

    Raises:
        NoReply: it is dead.
        PortLost: it is gone.
    """
    dialect = session.dialect
    if dialect.speech is not None and await session.try_asking(dialect.speech.known) is not None:
        return "speech"
    test = dialect.tone.partition("=")[0] + "=?"
    return "none" if await session.try_asking(test) is None else "tones"


class Caller:
    """One call, from dialing to hanging up. ``stopping`` tells that it is to be ended at once."""

    def __init__(self, session: Session, news: News, stopping: Callable[[], bool]) -> None:
        self._session = session
        self._link = session.link
        self._dialect = session.dialect
        self._news = news
        self._stopping = stopping
        self._answered = False
        self._ended: CallEnd | None = None
        self._spoken: bool | None = None
        self._empty_looks = 0
        self._talk_ends = 0.0

    async def call(self, destination: str, speaking: Speaking) -> CallEnd:
        """Makes the call, and hangs up.

        Raises:
            Refused: the modem does not dial.
            NoReply: it does not answer; ``after_body`` tells that the call had been answered.
            PortLost: it is gone; likewise.
        """
        wait_ends = monotonic() + speaking.wait_s
        try:
            end = await self._dial(destination)
            if end is None:
                end = await self._until_answered(wait_ends) or await self._speak(speaking)
            await calls.hang_up(self._session)
        except NoReply as silent:
            await self._give_up()
            raise NoReply(silent.command, after_body=self._answered) from silent
        except PortLost as lost:
            raise PortLost(str(lost), lost, after_body=self._answered) from lost
        return end

    async def _give_up(self) -> None:
        """A modem that answers again is not left with a call that nobody speaks in."""
        try:
            await self._link.resync()
            await calls.hang_up(self._session)
        except (NoReply, Refused):
            return

    async def _dial(self, destination: str) -> CallEnd | None:
        self._news()  # what was told before is of other calls
        wait_s = self._link.timing.dial_s
        try:
            reply = await self._link.command(f"ATD{destination};", timeout_s=wait_s, call=True)
        except Refused as refused:
            if refused.text in _FINALS:
                return CallEnd(_FINALS[refused.text] or "no_carrier")
            raise
        self._answered = reply.final.startswith("CONNECT")
        return None

    async def _until_answered(self, ends: float) -> CallEnd | None:
        """Waits for an answer; ``None``: there is one."""
        while not self._answered:
            if self._stopping():
                return CallEnd.STOPPED
            if monotonic() >= ends:
                return CallEnd.NO_ANSWER
            await self._look()
            if self._ended is not None:
                return self._ended
        return None

    async def _look(self) -> None:
        """Learns how the call stands, or lets a while pass."""
        self._hear()
        if self._answered or self._ended is not None:
            return
        listed = await calls.list_calls(self._session)
        self._hear()  # why it ended may have come with the list
        ours = None if listed is None else [each for each in listed if not each.incoming]
        if ours:
            self._empty_looks = 0
            self._answered = any(each.stat == calls.ACTIVE for each in ours)
        elif ours is not None:
            self._empty_looks += 1
            if self._empty_looks >= _EMPTY_LOOKS:
                self._ended = self._ended or CallEnd.NO_CARRIER
        if not self._answered and self._ended is None:
            await self._link.rest(self._link.timing.call_look_s)

    def _hear(self) -> None:
        for note in self._news():
            if isinstance(note, CallAnswered):
                self._answered = True
            elif isinstance(note, Spoken):
                self._spoken = note.well
            else:
                self._ended = CallEnd(note.why or "no_carrier")

    async def _speak(self, speaking: Speaking) -> CallEnd:
        """Says it; whoever hung up after the first time has heard it."""
        self._ended = None
        self._talk_ends = monotonic() + self._link.timing.talk_s
        await self._wait(self._link.timing.pick_up_s)
        for turn in range(speaking.times):
            try:
                said = await (self._say(speaking.text) if speaking.text else self._key(speaking.tones))
            except Refused:
                said = False
                if self._ended is None:  # else the refusal came of that
                    return CallEnd.HEARD if turn else CallEnd.UNSPOKEN
            if not said:
                return CallEnd.HEARD if turn else CallEnd.CUT
            if self._stopping() or monotonic() >= self._talk_ends:
                break
            await self._wait(self._link.timing.pick_up_s)
        return CallEnd.HEARD

    async def _say(self, text: str) -> bool:
        """Says a text; tells whether the call lasted so long."""
        speech = self._dialect.speech
        if speech is None:
            raise Refused("a text", "ERROR", None, "this modem cannot say a text")
        for command in speech.before:
            await self._session.try_asking(command)
        for piece in pieces(text, speech.longest):
            if not await self._say_piece(speech, piece):
                return False
        return True

    async def _say_piece(self, speech: Speech, piece: str) -> bool:
        timing = self._link.timing
        self._spoken = None
        reply = await self._link.command(spoken_command(speech, piece), timeout_s=timing.slow_s)
        if any(line.startswith(speech.done) for line in reply.lines):
            self._spoken = True
        ends = min(self._talk_ends, monotonic() + _SLACK_S + timing.word_s * len(piece))
        while self._spoken is None and monotonic() < ends:
            self._hear()
            if self._ended is not None:
                return False
            if self._spoken is None:
                await self._link.rest(timing.call_look_s)
        self._hear()
        if self._spoken is False:
            raise Refused(speech.known, "ERROR", None, "it was not said to its end")
        return self._ended is None

    async def _key(self, tones: str) -> bool:
        """Keys tones; tells whether the call lasted so long."""
        for tone in tones:
            self._hear()
            if self._ended is not None:
                return False
            await self._link.command(self._dialect.tone.format(tone), timeout_s=self._link.timing.slow_s)
            await self._wait(self._link.timing.tone_s)
        return True

    async def _wait(self, wait_s: float) -> None:
        """Lets so long pass, whatever the modem says meanwhile, while the call lasts."""
        ends = monotonic() + wait_s
        while (left_s := ends - monotonic()) > 0 and self._ended is None:
            await self._link.rest(left_s)
            self._hear()


def spoken_command(speech: Speech, piece: str) -> str:
    """The command that says a piece: plain where it is ASCII and holds nothing that ends it, else UCS-2."""
    if piece.isascii() and piece.isprintable() and '"' not in piece:
        return speech.plain.format(piece)
    return speech.ucs2.format(piece.encode("utf-16-be").hex().upper())


def pieces(text: str, longest: int) -> list[str]:
    """A text cut between words, each piece of at most ``longest`` octets as the modem is given it."""
    cut: list[str] = []
    for word in text.split():
        joined = f"{cut[-1]} {word}" if cut else word
        if cut and _size(joined) <= longest:
            cut[-1] = joined
        elif _size(word) <= longest:
            cut.append(word)
        else:
            cut += [word[at : at + longest // 4] for at in range(0, len(word), longest // 4)]
    return cut


def _size(piece: str) -> int:
    return len(piece) if piece.isascii() and '"' not in piece else 4 * len(piece)
