"""Calls that say something: by modems that can, as often as is wanted, and charged when somebody heard."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.formats.spoken import script_value
from modemd.model import PartState, SendRequest
from modemd.service import dispatch, upkeep
from modemd.service.intake import Accepted
from modemd.service.modems import voice
from modemd.service.outcomes import Heard, Unanswered, Unreached
from tests.service.office import START, TO, Office, rules_of
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.modems.voice import Voice
    from modemd.service.outcomes import Outcome
    from modemd.service.trouble import Decision

TEXT, TONES = "Fire in hall 3", "TONE: 1,2,3"
BUSY = Unreached("busy", "who was called is busy")


class Hall(Office):
    """An office whose modems tell what they can say."""

    def learn(self, name: str, told: Voice) -> None:
        self.run(lambda tx: voice.learned(tx, self.rules, self.ids[name], told))

    def call(self, text: str = TEXT, **wish: Any) -> int:
        return self.send(text, channel="voice", **wish)

    def promote(self) -> None:
        self.run(lambda tx: upkeep.promote(tx, self.rules, self.now))

    def refusal(self, text: str = TEXT, **wish: Any) -> Rejected:
        [answer] = self.accept(SendRequest(to=TO, text=text, channel="voice", **wish))
        assert isinstance(answer, Rejected)
        return answer

    def ended(self, outcome: Outcome, name: str = "gsm1") -> Decision | None:
        """The modem takes what waits; that is what becomes of it."""
        part = self.claim(name)
        assert part is not None
        return self.run(lambda tx: dispatch.record(tx, self.rules, self.seat(name), part, outcome, self.now))


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


def test_a_call_is_made_by_a_modem_that_can(hall: Hall) -> None:
    hall.learn("gsm1", "tones")
    hall.learn("gsm2", "speech")
    hall.call()
    assert hall.claim("gsm1") is None
    part = hall.claim("gsm2")
    assert part is not None
    to, script = script_value(part.pdu)
    assert (to, script.text, part.tpdu_length) == (TO, TEXT, 0)
    hall.call(TONES)
    assert hall.claim("gsm1") is not None


def test_a_call_that_was_heard_is_delivered(hall: Hall) -> None:
    hall.learn("gsm1", "speech")
    message = hall.call()
    hall.ended(Heard())
    assert hall.facts(message).states == (PartState.DELIVERED,)
    told = rows(hall.database, "SELECT event FROM told WHERE event IN ('sent', 'delivered', 'SENT')")
    assert told == [("sent",), ("SENT",), ("delivered",)]
    assert rows(hall.database, "SELECT sum(sent) FROM sim_day") == [(1,)]


def test_a_call_that_reached_nobody_is_made_again_and_then_given_up(hall: Hall) -> None:
    hall.learn("gsm1", "speech")
    message = hall.call(retries=2)
    waits = []
    for _ in range(2):
        decision = hall.ended(BUSY)
        assert decision is not None
        assert decision.until_at is not None
        waits.append(decision.until_at - hall.now)
        hall.later(seconds=waits[-1].total_seconds())
        hall.promote()
    assert waits == [timedelta(minutes=1), timedelta(minutes=5)]
    hall.ended(BUSY)
    assert rows(hall.database, "SELECT state, error_code, error_reason FROM message") == [
        ("failed", "busy", "who was called is busy, after 3 calls")
    ]
    assert hall.facts(message).ended


def test_a_call_that_a_stop_cut_short_is_no_try(hall: Hall) -> None:
    hall.learn("gsm1", "speech")
    hall.call(retries=0)
    decision = hall.ended(Unreached("stopped", "the gateway stopped"))
    assert decision is not None
    assert decision.state is PartState.SCHEDULED
    hall.later(minutes=1)
    hall.promote()
    hall.ended(Heard())
    assert rows(hall.database, "SELECT state FROM message") == [("delivered",)]


@pytest.mark.parametrize("code", ["unspoken", "undialed"])
def test_what_one_modem_would_not_say_another_does(hall: Hall, code: str) -> None:
    hall.learn("gsm1", "speech")
    hall.learn("gsm2", "speech")
    hall.call()
    hall.ended(Unreached(code, "the modem would not"))
    assert hall.claim("gsm1") is None
    assert hall.claim("gsm2") is not None


def test_a_call_that_may_have_been_heard_is_in_doubt(hall: Hall) -> None:
    hall.learn("gsm1", "speech")
    message = hall.call()
    hall.ended(Unanswered("the port is gone", after_body=True))
    assert hall.facts(message).states == (PartState.UNCERTAIN,)


def test_where_no_modem_can_it_is_refused(hall: Hall) -> None:
    hall.learn("gsm1", "none")
    hall.learn("gsm2", "tones")
    refused = hall.refusal()
    assert (refused.code, "can say a text" in refused.reason) == ("no_route", True)
    assert isinstance(hall.accept(SendRequest(to=TO, text=TONES, channel="voice"))[0], Accepted)
    assert hall.refusal(TONES, modem="gsm1").code == "no_route"
    hall.learn("gsm2", "none")
    assert "key tones" in hall.refusal(TONES).reason


def test_of_a_modem_that_was_never_asked_it_may_be_hoped(hall: Hall) -> None:
    hall.learn("gsm1", "none")
    hall.call()
    assert hall.claim("gsm2") is None
    hall.learn("gsm2", "speech")
    assert hall.claim("gsm2") is not None


def test_routes_of_prefixes_and_modems_are_kept(tmp_path: Path) -> None:
    hall = Hall(tmp_path, rules_of(routes=[{"prefix": "+324", "modems": ["gsm2"]}]))
    hall.learn("gsm1", "speech")
    hall.learn("gsm2", "speech")
    hall.call()
    assert hall.claim("gsm1") is None
    assert hall.claim("gsm2") is not None
    hall.call(modem="gsm1")
    assert hall.claim("gsm2") is None
    assert hall.claim("gsm1") is not None
    keys = {key for (key,) in rows(hall.database, "SELECT key FROM route")}
    assert {"speech:prefix:+324", "speech:modem:gsm1"} <= keys


def test_what_is_no_text_is_refused(hall: Hall) -> None:
    with pytest.raises(Rejected, match="carries no data"):
        hall.accept(SendRequest(to=TO, octets=b"1", channel="voice"))
    with pytest.raises(Rejected, match="401 characters"):
        hall.accept(SendRequest(to=TO, text="x" * 401, channel="voice"))


def test_a_connector_of_that_name_comes_first(tmp_path: Path) -> None:
    hall = Hall(tmp_path, rules_of(mqtt={"channels": ["voice"]}))
    hall.call()
    assert rows(hall.database, "SELECT key FROM route WHERE key LIKE '%voice%'") == [("channel:voice",)]


def test_quiet_hours_hold_for_calls_too(tmp_path: Path) -> None:
    hall = Hall(tmp_path, rules_of(accounts={"default": {"quiet_hours": "11:00-13:00"}}))
    hall.learn("gsm1", "speech")
    hall.call()
    assert hall.now == START
    assert hall.claim("gsm1") is None
