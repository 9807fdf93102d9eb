"""What comes in: kept raw, announced once, joined in any order, handed out with gap marks in the end."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest

from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver
from modemd.service import arrival, told
from modemd.store import inbound
from tests.service.office import LONG, START, TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.model import Inbound
    from modemd.store.transaction import Tx

FROM = "+32475999999"


class Desk(Office):
    """An office that receives."""

    def take(self, *pdus: str, name: str = "gsm1", sim: str | None = None, account: str = "default") -> int:
        return self.run(
            lambda tx: arrival.take(tx, self.rules, self.seat(name, sim), account, pdus, self.now)
        )

    def hand_out(self) -> int:
        return self.run(lambda tx: arrival.hand_out_incomplete(tx, self.rules, self.now))

    def received(self) -> list[Inbound]:
        """What was announced, in its order."""
        ids = [row[0] for row in rows(self.database, "SELECT inbound_id FROM told WHERE event = 'RECEIVED'")]
        return self.database.transact(lambda tx: [self._value(tx, each) for each in ids])

    @staticmethod
    def _value(tx: Tx, inbound_id: int) -> Inbound:
        value = told.inbound_value(tx, inbound_id, {})
        assert value is not None
        return value

    def texts(self) -> list[str | None]:
        return [each.text for each in self.received()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def parts_of(text: str = LONG, *, sc_at: datetime = START, **wish: Any) -> list[str]:
    """The PDUs of a message from outside."""
    return [part.pdu for part in encode_deliver(FROM, text, sc_at=sc_at, **wish)]


def test_a_message_is_kept_and_announced(desk: Desk) -> None:
    [pdu] = parts_of("Hello")
    assert desk.take(pdu, account="clinic") == 1
    [one] = desk.received()
    assert (one.text, one.originator, one.account, one.modem) == ("Hello", FROM, "clinic", "gsm1")
    assert (one.sc_at, one.received_at, one.coding) == (START, START, "gsm7")
    assert (one.complete, one.part_count, one.pdus, one.error) == (True, 1, (pdu,), None)


def test_what_is_met_again_is_one_message(desk: Desk) -> None:
    [pdu] = parts_of("Hello")
    assert desk.take(pdu, pdu) == 1
    assert desk.take(pdu) == 0
    assert desk.texts() == ["Hello"]


def test_the_same_octets_for_two_sims_are_two_messages(desk: Desk) -> None:
    [pdu] = parts_of("Hello")
    assert desk.take(pdu, sim="one") + desk.take(pdu, sim="two") == 2
    assert desk.take(pdu, name="gsm2", sim="one") == 0, "the SIM was moved to another modem"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_parts_are_joined_in_any_order(desk: Desk, order: tuple[int, ...]) -> None:
    pdus = parts_of()
    for place, which in enumerate(order):
        assert desk.texts() == [], f"announced after {place} parts"
        desk.take(pdus[which])
    [one] = desk.received()
    assert (one.text, one.part_count, one.complete) == (LONG, 3, True)
    assert one.pdus == tuple(pdus)


def test_parts_that_are_met_again_join_nothing_twice(desk: Desk) -> None:
    pdus = parts_of()
    desk.take(pdus[0], pdus[0], pdus[1])
    desk.take(pdus[1], pdus[2])
    desk.take(*pdus)
    assert desk.texts() == [LONG]


def test_a_reference_is_used_again(desk: Desk) -> None:
    other = LONG.upper()
    desk.take(*parts_of(concat_ref=7))
    desk.take(*parts_of(other, concat_ref=7, sc_at=START + timedelta(hours=1)))
    assert desk.texts() == [LONG, other]


def test_two_messages_with_one_reference_at_a_time_are_told_apart(desk: Desk) -> None:
    """By when the service centre had them; whatever their order of coming."""
    other = LONG.upper()
    early, late = parts_of(), parts_of(other, sc_at=START + timedelta(minutes=3))
    for pdu in (early[0], late[0], early[1], late[2], late[1], early[2]):
        desk.take(pdu)
    assert sorted(text or "" for text in desk.texts()) == sorted([other, LONG])


@pytest.mark.parametrize(
    "wish",
    [{"originator": "+32475000000"}, {"concat_ref": 8}, {"concat_bits": 16}, {"sim": "other"}],
    ids=lambda wish: next(iter(wish)),
)
def test_parts_of_different_messages_are_not_joined(desk: Desk, wish: dict[str, Any]) -> None:
    sim, originator = wish.pop("sim", None), wish.pop("originator", FROM)
    others = encode_deliver(originator, LONG, sc_at=START, **({"concat_ref": 7} | wish))
    desk.take(parts_of(concat_ref=7)[0])
    desk.take(*(part.pdu for part in others[1:]), sim=sim)
    assert desk.texts() == []


def test_a_missing_part_is_waited_for_a_day(desk: Desk) -> None:
    first, _, last = parts_of()
    desk.take(last, first)
    desk.later(hours=23)
    assert desk.hand_out() == 0
    desk.later(hours=1)
    assert desk.hand_out() == 1
    assert desk.hand_out() == 0
    [one] = desk.received()
    assert (one.complete, one.part_count, one.received_at) == (False, 3, START)
    assert one.text is not None
    assert "[… 1 part missing …]" in one.text
    assert one.text.startswith(LONG[:150])
    assert one.text.endswith(LONG[-20:])


def test_a_part_that_comes_after_the_hand_out_is_not_lost(desk: Desk) -> None:
    first, second, last = parts_of()
    desk.take(first, last)
    desk.later(hours=24)
    desk.hand_out()
    desk.take(second)
    desk.later(hours=24)
    desk.hand_out()
    [_, one] = desk.received()
    assert one.text is not None
    assert one.text.startswith("[… 1 part missing …]")
    assert one.text.endswith("[… 1 part missing …]")


def test_what_is_left_of_an_old_message_does_not_tear_a_new_one(desk: Desk) -> None:
    old, new = parts_of(), parts_of(LONG.upper(), sc_at=START + timedelta(hours=25))
    desk.take(old[0])
    desk.later(hours=25)
    desk.take(new[1])
    assert desk.hand_out() == 1
    desk.take(new[0], new[2])
    assert desk.texts()[1] == LONG.upper()


def test_eight_bit_parts_are_joined_as_octets(desk: Desk) -> None:
    octets = bytes(range(256)) * 2
    for part in reversed(encode_deliver(FROM, octets=octets, sc_at=START)):
        desk.take(part.pdu)
    [one] = desk.received()
    assert (one.text, one.octets, one.coding) == (None, octets, "8bit")


@pytest.mark.parametrize(
    "pdu", ["", "zz", "00", "07913274", "no hex at all", "FF" * 10, "\x00\xff", "00" + "03" * 20]
)
def test_what_cannot_be_read_is_kept_raw_and_announced(desk: Desk, pdu: str) -> None:
    assert desk.take(pdu) == 1
    assert desk.take(pdu) == 0
    [one] = desk.received()
    assert (one.text, one.complete, one.coding, one.pdus) == (None, False, "8bit", (pdu,))
    assert one.error
    assert rows(desk.database, "SELECT pdu FROM inbound_part") == [(pdu,)]


def test_a_submit_that_somebody_stored_is_kept_as_it_is(desk: Desk) -> None:
    pdu = encode(Outgoing(destination=TO, text="a draft")).parts[0].pdu
    assert desk.take(pdu) == 1
    [one] = desk.received()
    assert one.octets == bytes.fromhex(pdu)
    assert one.error is not None
    assert "SMS-SUBMIT" in one.error


def test_a_report_goes_to_its_part(desk: Desk) -> None:
    message = desk.send()
    desk.taken(9)
    assert desk.take(desk.report_pdu(9)) == 1
    assert desk.state(message) == "delivered"
    assert desk.received() == []


def test_one_rubbish_pdu_does_not_hold_up_the_others(desk: Desk) -> None:
    assert desk.take("rubbish", *parts_of("one"), "07", *parts_of("two")) == 4
    assert desk.texts() == [None, "one", None, "two"]


def test_nobody_is_told_who_is_no_consumer(tmp_path: Path) -> None:
    desk = Desk(tmp_path, replace(rules_of(), consumers=frozenset()), broker=False)
    desk.take(*parts_of("Hello"))
    assert rows(desk.database, "SELECT * FROM outbox") == []
    assert desk.database.transact(lambda tx: inbound.find_inbound(tx, 1)) is not None
