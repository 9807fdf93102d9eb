"""What a modem's own task does beside messages: pauses, USSD, restarts that a person asked for."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import NoReply, PortLost, Refused, Rejected
from modemd.gsm.causes import reaction
from modemd.service.modems import modem_orders as service
from modemd.service.modems.modem_requests import paused_why, state_of
from modemd.store import modems
from modemd.workers.modems.receiving.dialogue import Dialogue
from modemd.workers.supervisor import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from modemd.gsm.ussd import UssdCode
    from modemd.modem.modem import Modem
    from modemd.service.modems.modem_orders import Order
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_LEAST_S: Final = 1.0
_LOOK_S: Final = 30.0
_CAME_TO_NOTHING: Final = {
    2: ("refused", "the network ended the dialogue"),
    3: ("refused", "another application of the phone took the dialogue"),
    4: ("refused", "the network or the SIM does not know this code"),
    5: ("timeout", "the network did not answer in time"),
}
"""What ``<m>`` of ``+CUSD`` says (3GPP TS 27.007, 7.15)."""


class Orders:
    """One modem's orders.

    ``paused`` says why, while a person has paused it; ``resumed``: in this turn it was seen that a person has
    ended whatever pause there was; ``resetting``: it is to restart, or does.
    """

    def __init__(self, floor: Floor, name: str, modem_id: int) -> None:
        self.paused: str | None = None
        self.resumed = False
        self.resetting = False
        self._floor = floor
        self._name = name
        self._modem_id = modem_id
        self._dialogue = Dialogue(floor, name)
        self._in_hand: Order | None = None
        self._answer: Mapping[str, Any] | Rejected | None = None
        self._until = 0.0
        floor.asked.add(name)  # what was asked, and who was paused, before the start

    @property
    def holds(self) -> bool:
        """Whether nothing is to be submitted: it is paused, or a dialogue waits for the network."""
        return self.paused is not None or self._in_hand is not None

    @property
    def busy(self) -> bool:
        """Whether something that was asked is not answered yet."""
        return self._in_hand is not None or self._answer is not None

    @property
    def until(self) -> float:
        """When the answer in hand is overdue, or the network's own dialogue is to be ended.

        On the monotonic clock; far away where there is neither.
        """
        return self._until if self._in_hand is not None else self._dialogue.until

    async def turn(self, modem: Modem, now: float) -> bool:
        """Do what is due; tell whether there was anything.

        Raises:
            NoReply: the modem has to be brought back into step; who asked was told.
            PortLost: it is gone; likewise.
            StoreError: nothing was begun, or the answer is not written yet.
        """
        said, self.resumed = modem.take_ussd(), False
        if self._answer is not None:
            await self._finish(self._answer)  # the store could not be written
            return True
        if self._in_hand is None:
            self._dialogue.hear(said, now)
            return await self._dialogue.turn(modem, now) or await self._look_and_begin(modem)
        if self.resetting:
            if now >= self._until:
                await self._finish(Rejected("timeout", "it has restarted, and finds no network"))
            return False
        if said:
            # Some end the dialogue in a code of its own right behind the answer.
            texts = [each for each in said if each.text is not None]
            await self._finish(_ussd_answer((texts or said)[-1]))
            return True
        if now < self._until:
            return False
        await self._finish(Rejected("timeout", "the network did not answer in time"))
        await modem.end_ussd()
        return True

    async def look(self) -> None:
        """Learn whether a person has paused this modem, before it is said to be ready.

        Raises:
            StoreError: it is not known.
        """
        await self._floor.store.run(self._look)

    async def ready(self) -> None:
        """The modem is ready, also after a restart that was asked for."""
        if self.resetting:
            floor, now = self._floor, self._floor.now()
            state = await floor.store.run(
                lambda tx: state_of(tx, floor.rules.gateway, self._name, now, floor.zone)
            )
            await self._finish(state or {})

    async def put_away(self, why: str) -> None:
        """The modem is gone: what it was asked is answered; a restart is waited for to its end."""
        self._dialogue.answered()
        if self._in_hand is None:
            return
        if self._answer is not None:
            await self._finish(self._answer)
        elif not self.resetting:
            await self._finish(Rejected("uncertain", f"{why}: nobody knows whether it was done"))
        elif time.monotonic() > self._until:
            await self._finish(Rejected("timeout", f"it has not come back: {why}"))

    async def stop(self) -> None:
        """The gateway stops: nobody waits for the modem any more."""
        if self._in_hand is not None:
            await self._finish(Rejected("uncertain", "the gateway stops: nobody knows whether it was done"))

    async def _look_and_begin(self, modem: Modem) -> bool:
        if self._name not in self._floor.asked:
            return False
        self._floor.asked.discard(self._name)
        try:
            order = await self._floor.store.run(self._begin)
        except BaseException:
            self._floor.asked.add(self._name)
            raise
        if order is not None:
            self._floor.asked.add(self._name)  # there may be another behind it
            await self._do(modem, order)
        return True

    def _begin(self, tx: Tx) -> Order | None:
        self._look(tx)
        return service.begin(tx, self._modem_id, self._floor.now())

    def _look(self, tx: Tx) -> None:
        floor = self._floor
        self.paused = paused_why(tx, floor.rules.gateway, self._name, floor.zone)
        row = modems.find(tx, self._modem_id)
        self.resumed = self.paused is None and row is not None and row.state == "ready"

    async def _do(self, modem: Modem, order: Order) -> None:
        left_s = (order.expires_at - self._floor.now()).total_seconds()
        self._in_hand, self._until = order, time.monotonic() + max(left_s, _LEAST_S)
        self._dialogue.answered()
        if order.verb == "reset":
            self.resetting = True
            return
        try:
            if order.arguments.get("cancel"):
                await modem.end_ussd()
                await self._finish({"text": "", "more": False})
            else:
                await modem.ussd(str(order.arguments["code"]))
        except Refused as refused:
            await self._finish(_refused(refused))
        except (NoReply, PortLost) as silent:
            await self._finish(Rejected("uncertain", f"{silent}: nobody knows whether it was done"))
            raise

    async def _finish(self, answer: Mapping[str, Any] | Rejected) -> None:
        order, floor = self._in_hand, self._floor
        assert order is not None
        self._answer = answer
        if isinstance(answer, Rejected):
            log.warning("modem %s: %s: %s", self._name, order.verb, answer.reason)
        await floor.store.run(lambda tx: service.finish(tx, floor.rules, order.id, answer, floor.now()))
        self._in_hand, self._answer, self.resetting = None, None, False
        floor.mqtt.ring()


def _ussd_answer(said: UssdCode) -> Mapping[str, Any] | Rejected:
    """Some networks end the dialogue with their answer: a text is an answer."""
    if said.text is None and (nothing := _CAME_TO_NOTHING.get(said.mode)) is not None:
        return Rejected(*nothing)
    return {"text": said.text or "", "more": said.mode == 1}


def _refused(refused: Refused) -> Rejected:
    meaning = reaction(refused.kind, refused.code, after_body=False).meaning
    return Rejected("refused", f"the modem refuses it: {refused.text}" + (f" ({meaning})" if meaning else ""))


class OrderWatch(Worker):
    """Sees to it that who asked something of a modem hears in time, whatever becomes of the modem."""

    name = "orders"

    def __init__(self, floor: Floor) -> None:
        super().__init__()
        self._floor = floor

    def stop(self) -> None:
        """Ask for the turn in hand to be the last."""
        super().stop()
        self._floor.orders.ring()

    async def step(self) -> None:
        """Answer what is overdue, then wait for the next such time."""
        now = self._floor.now()
        answered, due_at = await self._floor.store.run(lambda tx: self._tick(tx, now))
        if answered:
            self._floor.mqtt.ring()
        wait_s = _LOOK_S if due_at is None else (due_at - self._floor.now()).total_seconds()
        # An order that its modem has begun is its modem's to answer, and stays due meanwhile.
        await self._floor.orders.wait(min(max(wait_s, _LEAST_S), _LOOK_S))

    def _tick(self, tx: Tx, now: datetime) -> tuple[int, datetime | None]:
        service.forget_answers(tx, now)
        return service.overdue(tx, self._floor.rules, now), service.next_due(tx)
