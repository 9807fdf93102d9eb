"""``modemd pause``, ``resume`` and ``reset``: written into the store, and done by the gateway."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import pytest

from modemd.errors import Rejected
from modemd.service.modems import adoption
from modemd.service.modems.adoption import Adoptable
from modemd.service.modems.modem_requests import paused_why
from modemd.store import modems
from modemd.store.times import to_us
from tests.desk import PATIENCE_S, Desk, Said, now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk.begin(tmp_path)
    made.gateway_starts()
    return made


def why(desk: Desk, name: str = "gsm1") -> str | None:
    return desk.write(lambda tx: paused_why(tx, "gw", name, desk.rules.zone))


def test_a_modem_is_paused_and_resumed_without_a_gateway_too(desk: Desk) -> None:
    desk.gateway_stops()
    done = desk.run("pause", "gsm1", "--reason", "a new antenna")
    assert (done.status, done.out) == (0, "modem gsm1 is paused\n")
    said = why(desk)
    assert said is not None
    assert said.endswith(": a new antenna")
    assert desk.run("resume", "gsm1", "--json").json["state"] == "ready"
    assert why(desk) is None


def test_a_pause_is_told_when_the_gateway_has_seen_it(desk: Desk) -> None:
    modem_id, deadline = desk.seat("gsm1").modem_id, monotonic() + PATIENCE_S
    with desk.running("pause", "gsm1") as command:
        while why(desk) is None:
            assert monotonic() < deadline, "it was not paused"
        assert command.poll() is None, "the modem may have a part in hand"
        desk.write(lambda tx: modems.write_modem(tx, modem_id, {"state": "paused", "seen_at": to_us(now())}))
        done = command.ended()
    assert (done.stdout, done.stderr, done.returncode) == ("modem gsm1 is paused\n", "", 0)


def test_a_pause_says_by_whom_where_nobody_says_why(desk: Desk) -> None:
    desk.gateway_stops()
    assert desk.run("pause", "gsm1", "--json").json["state"] == "paused"
    assert (why(desk) or "").endswith(": a command")


@pytest.mark.parametrize("verb", ["pause", "resume", "reset"])
def test_a_modem_that_is_not_there_is_said(desk: Desk, verb: str) -> None:
    done = desk.run(verb, "gsm9")
    assert (done.status, done.out) == (1, "")
    assert "there is no modem 'gsm9'; there are: gsm1, gsm2" in done.err


def reset(desk: Desk, answer: Mapping[str, object] | Rejected) -> Said:
    order, said = desk.answered(answer, "reset", "gsm1")
    assert order.verb == "reset"
    return said


def test_a_reset_tells_how_the_modem_is_then(desk: Desk) -> None:
    assert reset(desk, {"state": "ready"}) == (0, "modem gsm1 has restarted, and is ready\n", "")
    no_network = Rejected("timeout", "it has restarted, and finds no network")
    assert reset(desk, no_network) == (1, "", "modemd: it has restarted, and finds no network\n")


def test_a_reset_that_cannot_be_is_said_at_once(desk: Desk) -> None:
    facts: dict[str, object] = {"state": "absent", "error": "no /dev/gsm1"}
    desk.write(lambda tx: modems.write_modem(tx, modems.modem_ids(tx, "gw")["gsm1"], facts))
    done = desk.run("reset", "gsm1")
    assert (done.status, done.err) == (1, "unavailable: modem gsm1 is absent: no /dev/gsm1\n")
    desk.gateway_stops()
    assert desk.run("reset", "gsm1").status == 75


def test_a_modem_that_was_adopted_is_known_by_its_name(desk: Desk) -> None:
    found = Adoptable(port="/dev/ttyUSB7", imei="861234567890123")
    desk.write(lambda tx: adoption.adopt(tx, desk.rules, found, now()))
    desk.gateway_stops()
    assert desk.run("pause", "modem-890123").status == 0
    assert desk.run("send", "--to", "+32475123456", "--modem", "modem-890123", "Hello").status == 0
    desk.write(lambda tx: adoption.dismiss(tx, desk.rules, "modem-890123", now()))
    assert "there is no modem 'modem-890123'" in desk.run("resume", "modem-890123").err
