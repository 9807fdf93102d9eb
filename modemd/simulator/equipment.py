"""A modem's inside: what it is, what it keeps, and how it stands with the network."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Protocol

from modemd.errors import PduError
from modemd.gsm.incoming import decode_deliver
from modemd.gsm.terminated import encode_deliver
from modemd.simulator.answers import refused
from modemd.simulator.settings import Settings
from modemd.simulator.storage import READ, UNREAD, JoinedStore, Slot, Store
from modemd.simulator.textmode import handed_over

if TYPE_CHECKING:
    from collections.abc import Callable

    from modemd.simulator.answers import Outcome
    from modemd.simulator.call_values import Call, Ending
    from modemd.simulator.card import SimCard
    from modemd.simulator.dialect import Dialect

HOME = 1
ACKNOWLEDGE_S = 60.0
"""How long the modem waits for +CNMA."""
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
USABLE = frozenset({1, 5, 6, 7})
"""``<stat>`` of +CREG with which messages go (3GPP TS 27.007, 7.2)."""


class Air(Protocol):
    """What a modem asks of the network."""

    def submit(self, sender: Equipment, pdu: str, done: Callable[[Outcome], None], *, prefix: str) -> None:
        """Carry an SMS-SUBMIT; ``done`` gets ``prefix`` with the TP-MR, or the error."""

    def room(self, receiver: Equipment) -> None:
        """This modem can take what it had to refuse."""

    def rings(self, destination: str) -> tuple[Ending, float]:
        """What becomes of a call to there, and after how many seconds of ringing."""

    def called(self, call: Call) -> None:
        """A call is over."""

    @property
    def talks_s(self) -> float:
        """Seconds until who answered hangs up; 0: never."""

    @property
    def speech_s(self) -> float:
        """Seconds that a modem takes to say a text."""

    def give_back(self, receiver: Equipment, pdu: str, length: int, *, report: bool) -> None:
        """This modem was not believed to have it: it comes again when there is room."""


@dataclass(frozen=True, slots=True)
class Held:
    """What was handed over and is not acknowledged yet."""

    pdu: str
    length: int
    report: bool


@dataclass(slots=True, kw_only=True)
class Equipment:
    """The mobile equipment with its SIM; commands read and change it."""

    name: str
    dialect: Dialect
    card: SimCard | None
    imei: str
    air: Air
    operator: str = "Simulated"
    operator_code: str = "20699"
    registration: int = HOME
    technology: int = 0
    signal: int = 20
    balance: str = "Your balance is 12.34 EUR."
    ussd_open: bool = False
    ussd_heard: list[str] = field(default_factory=list)
    functional: int = 1
    settings: Settings = field(default_factory=Settings)
    stores: dict[str, Store] = field(default_factory=dict)
    chosen: list[str] = field(default_factory=list)
    cnmi: list[int] = field(default_factory=lambda: [0, 0, 0, 0, 0])
    phonebook: dict[int, tuple[str, str]] = field(default_factory=dict)
    powered: bool = True
    unacknowledged: Held | None = None
    busy_left: int = 0
    waiting: list[tuple[str, ...]] = field(default_factory=list)
    announce: Callable[[tuple[str, ...]], None] = lambda _lines: None
    restart: Callable[[float], None] = lambda _seconds: None
    later: Callable[[float, Callable[[], None]], object] = lambda _seconds, _call: None
    call: Call | None = None
    rsrp_dbm: int = -95
    rsrq_db: float = -10.5
    second_card: SimCard | None = None
    taken_out: SimCard | None = None
    """The SIM that a person took out, until it is put back."""
    slot: int = 1
    clock_off_s: float = 0.0
    packet_only: bool = False
    """The network here has no circuit-switched service: ``AT+CGSMS=1`` gets nothing through (CMS 500)."""
    caller: str = ""
    rings_left: int = 0
    asked_at: float = 0.0
    """When the first octet of the last command line came (seconds of the epoch)."""

    def __post_init__(self) -> None:
        dialect = self.dialect
        self.technology = self.technology or dialect.technology
        names = {name for group in dialect.memories for name in group}
        for name in ("SM", "ME", "SR"):
            if name in names:
                first = dialect.me_first if name == "ME" else 1
                self.stores.setdefault(name, Store(name, dialect.capacities[name], first))
        if "MT" in names:
            both = [self.stores[name] for name in ("ME", "SM") if name in self.stores]
            self.stores["MT"] = JoinedStore(*both) if len(both) > 1 else both[0]
        self.chosen = [("SM" if "SM" in group else group[0]) for group in dialect.memories]

    # -- power ---------------------------------------------------------------------------------------

    def power_up(self) -> None:
        """As after the supply was cut: settings and PIN are forgotten, messages are kept."""
        self.settings = Settings()
        self.cnmi = [0, 0, 0, 0, 0]
        self.functional = 1
        self.waiting.clear()
        self.call = None
        if self.card:
            self.card.power_up()
        self._give_back()

    # -- what must be so before a command can work -----------------------------------------------------

    def need_card(self) -> SimCard:
        """The SIM, unlocked; Refused (CME 10, 11, 12) without."""
        if self.card is None:
            raise refused("CME", 10)
        if self.card.wants != "READY":
            raise refused("CME", 12 if self.card.wants == "SIM PUK" else 11)
        return self.card

    def need_card_for_messages(self) -> SimCard:
        """The same in the words of +CMS ERROR: 310, 311, 316."""
        if self.card is None:
            raise refused("CMS", 310)
        if self.card.wants != "READY":
            raise refused("CMS", 316 if self.card.wants == "SIM PUK" else 311)
        return self.card

    def need_network(self) -> None:
        """Refused (CMS 331) while nothing can be sent."""
        if not self.on_air:
            raise refused("CMS", 331)
        if self.packet_only and self.settings.plain.get("+CGSMS", str(self.dialect.domain)) == "1":
            raise refused("CMS", 500)

    @property
    def on_air(self) -> bool:
        """Registered in a way that carries messages, with the radio on and the SIM open."""
        ready = self.card is not None and self.card.wants == "READY"
        return ready and self.powered and self.functional == 1 and self.registration in USABLE

    @property
    def memory(self) -> Store:
        """``<mem1>``: read and deleted from."""
        return self.stores[self.chosen[0]]

    # -- what comes from the network -------------------------------------------------------------------

    def deliver(self, pdu: str, length: int) -> bool:
        """An SMS-DELIVER; False when the network must keep it (no room, no radio, not acknowledged)."""
        if not self.on_air or self.unacknowledged:
            return False
        message_class = _class_of(pdu) if self.cnmi[1] > 1 else None
        if (self.cnmi[1] == 2 and message_class != 2) or (self.cnmi[1] == 3 and message_class == 3):
            self._hand_over(f"+CMT: ,{length}", pdu, length, report=False)
            return True
        chosen = self.chosen[2] if len(self.chosen) > 2 else self.chosen[0]
        return self._keep(
            "SM" if message_class == 2 else chosen, pdu, length, "+CMTI" if self.cnmi[1] else ""
        )

    def report(self, pdu: str, length: int) -> bool:
        """An SMS-STATUS-REPORT, as ``<ds>`` of +CNMI says (3GPP TS 27.005, 3.4.1)."""
        if not self.on_air or self.unacknowledged:
            return False
        routed = self.cnmi[3]
        if routed == 1:
            self._hand_over(f"+CDS: {length}", pdu, length, report=True)
        elif routed == 2 and "SR" in self.stores:
            return self._keep("SR", pdu, length, "+CDSI")
        return True

    def _hand_over(self, head: str, pdu: str, length: int, *, report: bool) -> None:
        if self.settings.csms:
            held = self.unacknowledged = Held(pdu, length, report)
            self.later(ACKNOWLEDGE_S, lambda: self._unheard(held))
        self.notify(handed_over(self.settings, pdu, report=report) or (head, pdu))

    def _unheard(self, held: Held) -> None:
        """No +CNMA in time: nothing is handed over any more, the network tries again (27.005, 3.4.1)."""
        if self.unacknowledged is held:
            self.cnmi[1] = self.cnmi[3] = 0
            self._give_back()

    def _give_back(self) -> None:
        held, self.unacknowledged = self.unacknowledged, None
        if held:
            self.air.give_back(self, held.pdu, held.length, report=held.report)

    def acknowledge(self) -> None:
        """+CNMA: what was handed over is safe; Refused (CMS 340) when there is nothing."""
        if not self.unacknowledged:
            raise refused("CMS", 340)
        self.unacknowledged = None
        self.air.room(self)

    def _keep(self, memory: str, pdu: str, length: int, notice: str) -> bool:
        store = self.stores[memory]
        if store.full:
            if self.dialect.full_line:
                self.notify((self.dialect.full_line.format(memory),))
            return False
        index = store.add(Slot(UNREAD, pdu, length))
        if notice:
            self.notify((f'{notice}: "{memory}",{index}',))
        return True

    def tell_call(self, lines: tuple[str, ...]) -> None:
        """What is told of a call, behind the answer to ``ATD``."""
        for line in lines:
            self.later(0.0, partial(self.announce, (line,)))

    def notify(self, lines: tuple[str, ...]) -> None:
        """An indication of +CNMI: mode 0 keeps it in the modem until the mode is changed."""
        if self.cnmi[0]:
            self.announce(lines)
        else:
            self.waiting.append(lines)
            del self.waiting[:-64]

    def flush(self) -> None:
        """Hand on what mode 0 has held back (``<bfr>`` 0)."""
        waiting, self.waiting = self.waiting, []
        for lines in waiting:
            self.announce(lines)

    def ring(self, caller: str, rings: int) -> None:
        """A call comes in, and rings so often, every 3 s, unless it is ended here."""
        self.caller, self.rings_left = caller, rings
        self._ring()

    def _ring(self) -> None:
        if not self.caller:
            return
        if not self.rings_left:
            self.caller = ""
            self.announce(("NO CARRIER",))
            return
        self.rings_left -= 1
        self.announce(("+CRING: VOICE" if self.settings.crc else "RING",))
        if self.settings.clip:
            self.announce((f'+CLIP: "{self.caller}",{145 if self.caller[:1] == "+" else 129},,,,0',))
        self.later(3.0, self._ring)

    def hang_up(self) -> None:
        """The call is over."""
        self.caller = ""

    # -- changes from outside ---------------------------------------------------------------------------

    def register(self, stat: int) -> None:
        """Change the registration, with the URCs that were asked for."""
        self.registration = stat
        for command, level in self.settings.creg.items():
            if level:
                self.announce((f"{command}: {stat}",))
        if self.on_air:
            self.air.room(self)

    def fill_up(self) -> None:
        """Every slot is taken, by messages of long ago that were read and never deleted."""
        for store in self.stores.values():
            while not store.full:
                text = f"Old message {store.used}"
                part = encode_deliver("+32475888888", text, sc_at=LONG_AGO)[0]
                store.add(Slot(READ, part.pdu, part.tpdu_length))

    def use_slot(self, slot: int) -> None:
        """The SIM in the other slot is used from now on; CME 50 where there is no such slot."""
        if slot not in {1, 2} or self.second_card is None:
            raise refused("CME", 50)
        if slot != self.slot:
            self.slot, self.card, self.second_card = slot, self.second_card, self.card
            if self.card:
                self.card.power_up()

    def take_card_out(self) -> None:
        """The SIM is taken out; it lies beside the modem."""
        self.taken_out, self.card = self.card or self.taken_out, None

    def put_card_in(self) -> None:
        """The SIM that was taken out is put back; its PIN is wanted again."""
        self.card, self.taken_out = self.card or self.taken_out, None
        if self.card:
            self.card.power_up()

    def swap_card(self, iccid: str) -> None:
        """Another SIM is put in; what the old one kept goes with it."""
        if self.card:
            last = iccid or str(int(self.card.iccid) + 1)
            self.card = replace(self.card, iccid=last, imsi=self.card.imsi[:-9] + last[-9:], last_mr=-1)
        if "SM" in self.stores:
            self.stores["SM"].slots.clear()


def _class_of(pdu: str) -> int | None:
    try:
        return decode_deliver(pdu).message_class
    except PduError:
        return None
