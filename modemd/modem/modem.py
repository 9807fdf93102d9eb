"""A modem's verbs. One task calls them; each raises nothing but the room's errors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from modemd.errors import NoReply, PortLost, Refused
from modemd.gsm.at import LateReply, Urc
from modemd.gsm.ussd import UssdCode, read_ussd
from modemd.model import ModemIdentity
from modemd.modem import calls as calls_room
from modemd.modem import health as health_room
from modemd.modem import init_plan, last_used, radio, storage
from modemd.modem import ussd as ussd_room
from modemd.modem import voice as voice_room
from modemd.modem.binding import ANY, Binding
from modemd.modem.capabilities import Capabilities
from modemd.modem.health import Health
from modemd.modem.link import Link
from modemd.modem.notes import (
    CallEnded,
    Clip,
    Note,
    Restarted,
    Ring,
    SimGone,
    Ussd,
    read_late,
    read_urc,
    tp_mr_of,
)
from modemd.modem.pins import PinMemory, Pins
from modemd.modem.readiness import Domain, look_for_smsc
from modemd.modem.session import Session
from modemd.modem.sim import check_sim, not_ready
from modemd.modem.storage import Stored
from modemd.modem.timing import Timing
from modemd.modem.trouble import Trace
from modemd.modem.voice import CALL_NEWS, CallEnd, CallNews, Speaking, Voice

log = logging.getLogger(__name__)

_NOTE_LIMIT: Final = 5000
_CALLS: Final = (Ring, Clip, CallEnded)
_DIALOGUE_LIMIT: Final = 15
_PINS: Final = PinMemory()
"""The one thing that must outlive every reopening of a modem: a refused PIN is never entered again."""


class Modem:
    """An open modem: first :meth:`prepare`, then the rest.

    Every verb may raise :class:`~modemd.errors.PortLost` (reopen) and :class:`~modemd.errors.NoReply`
    (resync); what else it raises stands with it.
    """

    def __init__(self, name: str, on_urc: Callable[[], None], pins: Pins) -> None:
        self.name = name
        self.identity = ModemIdentity()
        self._wake = on_urc
        self._pins = pins
        self._notes: list[Note] = []
        self._dialogue: list[UssdCode] = []
        self._session: Session | None = None
        self._keeping = False
        self._mum = False
        """Whether it echoed nothing when it was last looked at, as it was told."""
        self._smsc: str | None = None

    @classmethod
    async def open(
        cls,
        name: str,
        spec: str,
        *,
        baudrate: int = 115200,
        on_urc: Callable[[], None],
        timing: Timing | None = None,
        pins: Pins = _PINS,
        trace: Trace | None = None,
    ) -> Modem:
        """Opens the port of the modem; nothing is asked yet.

        ``on_urc`` is called when there are notes; ``trace`` keeps the last of what is said.

        Raises:
            PortLost: the port is absent, not allowed, or in use.
        """
        modem = cls(name, on_urc, pins)
        link = await Link.open(
            spec,
            baudrate=baudrate,
            timing=timing or Timing(),
            on_urc=modem._heard,
            on_late=modem._heard_late,
            on_lost=modem._lost,
            trace=trace,
        )
        modem._session = Session(name, link)
        return modem

    async def prepare(
        self,
        *,
        pin: str | None = None,
        smsc: str | None = None,
        domain: Domain = "auto",
        slot: int | None = None,
        binding: Binding = ANY,
    ) -> ModemIdentity:
        """Learns who and what the modem is, opens its SIM, and sets it up for messages in PDU mode.

        Raises:
            NotReady: the SIM is absent, locked, refuses the PIN, or still starts; ``identity`` holds what
                is known by then.
            WrongModem: it is not the one of ``binding``; its SIM was left alone.
        """
        session = self._open_session
        session.begin_anew()
        self._smsc, self._mum = smsc, False
        wishes = init_plan.Wishes(pin=pin, smsc=smsc, domain=domain, slot=slot, binding=binding)
        try:
            return await init_plan.prepare(session, wishes, self._pins)
        finally:
            self.identity = session.identity  # as far as it came
            # Whose SIM it is was asked since.
            self._notes = [note for note in self._notes if not isinstance(note, SimGone)]

    async def submit(self, pdu: str, tpdu_length: int) -> int | None:
        """Sends one part and gives its TP-MR; ``None``: the modem took it and told none.

        Raises:
            Refused: with ``after_body``; ask ``gsm.causes``.
            NoReply: with ``after_body``; then the part is uncertain.
            PortLost: with ``after_body``, likewise.
        """
        reply = await self._link.submit(f"AT+CMGS={tpdu_length}", pdu)
        tp_mr = tp_mr_of(reply.lines)
        if tp_mr is None:
            log.warning("%s: a part was taken without a TP-MR: %s", self.name, reply.lines)
        return tp_mr

    async def keep_link(self, on: bool) -> None:  # noqa: FBT001
        """Keeps the radio link open between parts, or lets it go (``AT+CMMS``, 27.005, 3.5.6).

        Does nothing where the modem does not know it or it is already so.
        """
        self._link.check()
        mode = self.capabilities.keeps_link
        if mode is None or on == self._keeping:
            return
        try:
            await self._link.command(f"AT+CMMS={mode if on else 0}")
        except Refused as refused:
            log.info("%s: the link is not kept open: %s", self.name, refused)
            self.capabilities.keeps_link = None
        self._keeping = on

    async def list_stored(self, places: Collection[str] = ()) -> list[Stored]:
        """Everything that lies in the modem's storages, in its order; in ``places`` only, if anything does.

        Raises:
            Refused: none of them can be read.
        """
        return await storage.list_stored(self._open_session, places)

    @property
    def storage_totals(self) -> dict[str, int]:
        """How many entries each storage can hold, of those that told it (``+CPMS``, 27.005, 3.2.2)."""
        return {name: total for name, (_used, total) in self._open_session.rooms.items() if total}

    async def read_stored(self, place: str, index: int) -> Stored | None:
        """One entry of the storage ``place``; ``None`` where it is empty.

        Raises:
            Refused: the storage cannot be read.
        """
        return await storage.read_stored(self._open_session, place, index)

    async def delete_stored(self, item: Stored) -> None:
        """Frees an entry, after its contents are safe; one that is gone already is as good.

        Raises:
            Refused: the modem does not let it go.
        """
        await storage.delete_stored(self._open_session, item)

    def take_urcs(self) -> list[Note]:
        """All notes since the last call, oldest first."""
        notes, self._notes = self._notes, []
        return notes

    async def acknowledge(self) -> None:
        """Tells the network that a direct message or report is safe, where the modem wants that told.

        Does nothing with ``+CSMS: 0``; a modem that expects none (CMS 340) is left in peace.
        """
        self._link.check()
        if not self.capabilities.acknowledges:
            return
        try:
            await self._link.command("AT+CNMA")
        except Refused as refused:
            log.info("%s: acknowledgement not wanted: %s", self.name, refused)

    @property
    def restarted(self) -> bool:
        """Whether it may have started anew since it was handed a PDU: it echoes, as it was told not to."""
        return self._link.echoed

    async def last_used_tp_mr(self) -> int | None:
        """The TP-MR that the SIM says was last used; ``None`` where it is not told (31.102, 4.2.9)."""
        return await last_used.last_used_tp_mr(self._open_session)

    async def ussd(self, code: str) -> None:
        """Hands a USSD code, or an answer in an open dialogue, to the network (27.007, 7.15).

        What the network says to it comes as notes of their own: ``on_urc`` is called, see :meth:`take_ussd`.

        Raises:
            Refused: the modem does not take it, or has no network.
        """
        self._dialogue.clear()  # what came before answers nothing that is asked now
        await ussd_room.begin(self._open_session, code)

    async def end_ussd(self) -> None:
        """Ends the USSD dialogue, if one is open."""
        await ussd_room.end(self._open_session)
        self._dialogue.clear()

    def take_ussd(self) -> list[UssdCode]:
        """What the network said by USSD since the last call, oldest first."""
        said, self._dialogue = self._dialogue, []
        return said

    async def hang_up(self) -> bool:
        """Ends whatever call there is; tells whether it is gone. What rang till then is forgotten."""
        gone = await calls_room.hang_up(self._open_session)
        if gone:
            self._notes = [note for note in self._notes if not isinstance(note, _CALLS)]
        return gone

    async def voice(self) -> Voice:
        """What it can say in a call, as far as it tells."""
        return await voice_room.voice_of(self._open_session)

    async def call(self, destination: str, speaking: Speaking, stopping: Callable[[], bool]) -> CallEnd:
        """Calls a phone, says what is to be said, and hangs up; ``stopping`` ends an unanswered call.

        Raises:
            Refused: it does not dial.
            NoReply: ``after_body`` tells that the call had been answered.
            PortLost: likewise.
        """
        caller = voice_room.Caller(self._open_session, self._take_call_news, stopping)
        end = await caller.call(destination, speaking)
        self._take_call_news()  # its end, which ends no call that rings
        return end

    def _take_call_news(self) -> list[CallNews]:
        told = [note for note in self._notes if isinstance(note, CALL_NEWS)]
        if told:
            self._notes = [note for note in self._notes if not isinstance(note, CALL_NEWS)]
        return told

    async def health(self) -> Health:
        """Signal, registration, operator, cell and room, as far as the modem tells.

        A service centre that was missing is looked for once more, and the SIM where there is no network.

        Raises:
            NotReady: the SIM is gone, or it or the modem was started anew: prepare the modem once more. One
                that restarts without a word echoes again, and may have another SIM.
        """
        session = self._open_session
        echoes = session.link.echoes
        session.identity = self.identity = replace(
            self.identity, smsc=await look_for_smsc(session, self._smsc)
        )
        health = await health_room.read_health(session)
        if not health.registered:
            await check_sim(session)
        mum, self._mum = self._mum, session.link.echoes == echoes
        if mum and not self._mum:
            raise not_ready("starting", "The modem has started anew without a word", human=False)
        return health

    async def check_sim(self) -> None:
        """Does nothing while the SIM is open.

        Raises:
            NotReady: it is gone, or was started anew: prepare the modem once more.
        """
        await check_sim(self._open_session)

    async def probe(self) -> None:
        """Whether the modem is there: it says anything at all to ``AT``."""
        try:
            await self._link.command("AT")
        except Refused:
            return

    async def resync(self) -> None:
        """Brings commands and answers back into step after :class:`NoReply`.

        Raises:
            NoReply: the modem is dead: reopen it.
        """
        await self._link.resync()

    async def soft_reset(self) -> None:
        """Restarts the modem (``AT+CFUN=1,1``, 27.007, 8.2); it must be prepared again, or even reopened.

        Raises:
            NoReply: it did not come back in time.
        """
        link = self._link
        for command in self._open_session.dialect.resets:
            try:
                await link.command(command, timeout_s=link.timing.slow_s)
            except Refused:
                continue
            except NoReply:
                break  # some restart without a word
            break
        self._keeping = False
        await link.come_back(link.timing.reset_s)

    async def choose_network(self) -> None:
        """Leaves the choice of the network to the modem, and begins it anew (``AT+COPS=0``; 27.007, 7.3).

        Raises:
            Refused: it may not, or does not know that.
        """
        await radio.choose_network(self._open_session)

    async def switch_radio(self) -> None:
        """Radio off and on (``AT+CFUN``; 27.007, 8.2).

        Raises:
            Refused: it cannot.
        """
        await radio.switch_radio(self._open_session)

    async def close(self) -> None:
        """Gives the port back."""
        if self._session is not None:
            self._session.link.close()

    @property
    def capabilities(self) -> Capabilities:
        """What the modem can do, as far as :meth:`prepare` found out."""
        return self._open_session.capabilities

    @property
    def lost(self) -> PortLost | None:
        """Why the port is gone; ``None`` while it is there."""
        return self._link.lost

    @property
    def _open_session(self) -> Session:
        assert self._session is not None
        return self._session

    @property
    def _link(self) -> Link:
        return self._open_session.link

    def _heard(self, urc: Urc) -> None:
        note = read_urc(urc)
        if isinstance(note, Restarted) and self._session is not None:
            self._link.started_anew()
        self._note(note)

    def _heard_late(self, late: LateReply) -> None:
        note = read_late(late)
        if note is not None:
            self._note(note)

    def _note(self, note: Note) -> None:
        if isinstance(note, Ussd):
            packed = self._session is not None and self._session.capabilities.ussd_packed
            code = read_ussd(note.said, packed=packed)
            if code is not None:
                self._dialogue = [*self._dialogue[-_DIALOGUE_LIMIT:], code]
        elif len(self._notes) < _NOTE_LIMIT:  # a mad modem must not fill the memory
            self._notes.append(note)
        self._wake()

    def _lost(self, failure: PortLost) -> None:
        log.debug("%s: %s", self.name, failure)  # who has it open is told by the next verb, and says so
        self._wake()
