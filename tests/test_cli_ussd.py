"""``modemd ussd``: the command orders, the gateway's modem does it, the command shows the answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from modemd.errors import Rejected
from modemd.service.modems import modem_orders
from modemd.service.responses import COMMAND
from modemd.store import modems, outbox
from tests.desk import Desk, now

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.modems.modem_orders import Order


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk.begin(tmp_path)
    made.gateway_starts()
    return made


def answered(desk: Desk, answer: Any, *arguments: object) -> tuple[Order, int, str, str]:
    """What was ordered, and what the command made of the answer."""
    order, said = desk.answered(answer, "ussd", "gsm1", *arguments)
    return order, *said


def test_the_networks_answer_is_shown(desk: Desk) -> None:
    order, ended, out, err = answered(desk, {"text": "12 €\nand 3 SMS", "more": False}, "*100#")
    assert order.arguments == {"code": "*100#"}
    assert (ended, out, err) == (0, "12 €\nand 3 SMS\n", "")


def test_a_question_is_said_to_be_one(desk: Desk) -> None:
    order, ended, out, err = answered(
        desk, {"text": "1. Balance", "more": True}, "*101#", "--timeout", "2min"
    )
    assert (order.expires_at - now()).total_seconds() > 100
    assert (ended, out) == (0, "1. Balance\n")
    assert "give it as the next CODE" in err


def test_json_is_the_answer_itself(desk: Desk) -> None:
    _, ended, out, _ = answered(desk, {"text": "x", "more": False}, "--json", "1")
    assert (ended, json.loads(out)) == (0, {"text": "x", "more": False})


def test_a_dialogue_is_ended(desk: Desk) -> None:
    order, ended, out, err = answered(desk, {"text": "", "more": False}, "--cancel")
    assert (order.arguments, ended, out) == ({"cancel": True}, 0, "")
    assert "no dialogue is open" in err


def test_a_refusal_is_said(desk: Desk) -> None:
    refusal = Rejected("refused", "the network ended the dialogue")
    _, ended, out, err = answered(desk, refusal, "*106#")
    assert (ended, out, err) == (1, "", "modemd: the network ended the dialogue\n")


def test_nothing_is_left_in_the_store(desk: Desk) -> None:
    answered(desk, {"text": "x", "more": False}, "1")
    assert desk.write(lambda tx: outbox.untold(tx, COMMAND, 0, 10)) == []
    assert desk.write(modem_orders.next_due) is None


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("gsm9", "*100#"), 1, "there is no modem 'gsm9'; there are: gsm1, gsm2"),
        (("gsm1", "Привет"), 1, "'П' cannot be sent as USSD"),
        (("gsm1", "1", "--timeout", "soon"), 1, "timeout: 'soon' is not a length of time"),
        (("gsm2", "1"), 1, "modem gsm2 is absent: no /dev/gsm2"),
        (("gsm1",), 2, "give either CODE or --cancel"),
        (("gsm1", "1", "--cancel"), 2, "give either CODE or --cancel"),
    ],
)
def test_what_cannot_be_asked_is_said_at_once(
    desk: Desk, arguments: tuple[str, ...], status: int, said: str
) -> None:
    facts: dict[str, object] = {"state": "absent", "error": "no /dev/gsm2"}
    desk.write(lambda tx: modems.write_modem(tx, modems.modem_ids(tx, "gw")["gsm2"], facts))
    done = desk.run("ussd", *arguments)
    assert done.status == status
    assert said in done.err


def test_without_a_gateway_there_is_nobody_to_ask(desk: Desk) -> None:
    desk.gateway_stops()
    done = desk.run("ussd", "gsm1", "*100#")
    assert done.status == 75
    assert "no gateway is running on this store" in done.err
