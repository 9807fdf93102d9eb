"""An account from its first order to its end, as its application and Home Assistant see it, and by e-mail."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from modemd.formats.payloads_table import payload_schemas
from tests.desk import Desk
from tests.system.mqtt_run import connected
from tests.system.mqtt_user import MqttUser
from tests.workers.mail_room import PostOffice, mail_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.gateway import Site
    from tests.system.mosquitto import Broker

SCHEMAS = payload_schemas()
TO = "+32475123456"
CREDIT = "modemd/account/clinic/credit"
DEVICE = "homeassistant/device/modemd_test/config"
ENTITIES = {"credit_clinic", "held_clinic", "low_clinic", "account_clinic", "expires_clinic"}
TARIFFS = {"standard": [{"valid_from": "2026-01-01", "vat": "21", "bundles": [{"price": "0.10"}]}]}


@contextlib.contextmanager
def post_office() -> Iterator[PostOffice]:
    """A mail server in a thread of its own, beside the gateway's process."""
    begun, over, found = threading.Event(), threading.Event(), list[PostOffice]()

    async def serve() -> None:
        async with mail_server() as office:
            found.append(office)
            begun.set()
            await asyncio.to_thread(over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert begun.wait(10)
        yield found[0]
    finally:
        over.set()
        thread.join()


@pytest.fixture
def board(broker: Broker) -> Iterator[MqttUser]:
    """Who listens to accounts, messages and what stays on the broker."""
    filters = ("modemd/account/#", "modemd/status/#", "modemd/response/#", "homeassistant/#")
    with MqttUser(broker.port, *filters) as made:
        yield made


def newest(board: MqttUser, topic: str) -> Any:
    """What stands on a topic; ``None`` where it was cleared or never was."""
    heard = board.on(topic)
    return heard[-1].body if heard and heard[-1].payload else None


def stands(board: MqttUser, **wanted: Any) -> None:
    """Wait until the account's credits stand so."""

    def check() -> bool:
        credit = newest(board, CREDIT)
        return credit is not None and {name: credit[name] for name in wanted} == wanted

    board.until(check, f"{CREDIT} with {wanted}")


def shown(board: MqttUser) -> set[str]:
    """The entities that Home Assistant has of the gateway; one with a platform alone is taken away."""
    components = newest(board, DEVICE)["components"]
    return {name for name, component in components.items() if len(component) > 1}


def happened(board: MqttUser, event: str) -> dict[str, Any]:
    """An event of the account."""

    def found() -> list[dict[str, Any]]:
        return [each.body for each in board.on("modemd/account/clinic/event") if each.body["event"] == event]

    board.until(found, f"the event {event}")
    return found()[-1]


def test_an_account_from_its_order_to_its_end(site: Site, broker: Broker, board: MqttUser) -> None:
    with post_office() as office:
        site.simulate("--airtime", "0.01", modems=1)
        given: dict[str, Any] = {
            "mqtt": broker.settings(homeassistant="homeassistant", repeat=0.2),
            "tariffs": TARIFFS,
        }
        site.configure(**given)
        site.start()
        connected(site)
        site.configure(**given, mail={"port": office.port, "security": "none", "from": "sms@gw.example"})
        site.signal(signal.SIGHUP)
        site.until(lambda: "read again" in site.log, "the mail server is known")
        desk = Desk(site.folder)
        desk.call("account", "add", "clinic", "--terms", "sms4less", "--email", "desk@clinic.example",
                  "--set", 'mail=["invoice", "low_credit"]', "--set", "low_credit=1")  # fmt: skip
        stands(board, balance=0, held=0, available=0, expiring=[], state="active", low=True)
        board.until(lambda: shown(board) >= ENTITIES, "its entities")

        board.publish("modemd/request/order/clinic", {"transaction": "po-1", "credits": 3})
        board.until(lambda: board.on("modemd/response/order/clinic"), "the response")
        ordered = board.on("modemd/response/order/clinic")[0].body["data"]
        assert (ordered["amount"], ordered["vat"], ordered["total"]) == ("0.30", "0.06", "0.36")
        assert happened(board, "invoice")["invoice"] == ordered["invoice"]

        desk.call("credit", "pay", ordered["order"], "--amount", "0.36", "--ref", "bank 1")
        stands(board, balance=3, low=False)
        assert happened(board, "credited")["credits"] == 3

        board.publish("modemd/send/clinic", {"to": TO, "text": "x" * 161, "id": "a"})
        assert board.event("sent", "a")["credits"] == 2
        stands(board, balance=1, held=0, low=True)
        assert happened(board, "low_credit")["available"] == 1
        board.publish("modemd/send/clinic", {"to": TO, "text": "x" * 161, "id": "b"})
        refused = board.event("rejected", "b")["error"]
        assert refused["code"] == "insufficient_credit"
        assert "needs 2 credits" in refused["reason"]

        desk.call("account", "suspend", "clinic", "--reason", "obligation_unmet")
        stands(board, state="suspended", balance=1)
        desk.call("account", "close", "clinic", "--reason", "customer")
        stands(board, state="closed", balance=0)
        desk.call("account", "erase", "clinic")
        board.until(lambda: newest(board, CREDIT) is None, "the topic is cleared")
        board.until(lambda: not ENTITIES & shown(board), "so are its entities")
        assert happened(board, "erased")["account"] == "clinic"

        site.until(lambda: len(office.letters) == 2, "two letters")
        assert [each["Subject"] for each in office.letters] == [
            "SMS account clinic: invoice",
            "SMS account clinic: credits are low",
        ]
        assert {to for _, [to] in office.envelopes} == {"desk@clinic.example"}
    assert "desk@" not in site.log
    for each in board.on("modemd/account/clinic/event"):
        jsonschema.validate(each.body, SCHEMAS["AccountEvent"])
        assert set(each.body) <= set(SCHEMAS["AccountEvent"]["properties"]), each.body
