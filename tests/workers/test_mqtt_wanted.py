"""What is to stay on the broker, from how things stand and from the notes of what was there before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modemd.config.mqtt import MqttConfig
from modemd.service.states import Make, Standing
from modemd.workers.mqtt_wanted import Wanted, wanted
from tests.service.office import rules_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from modemd.formats.payloads import Credit, ModemState

GATEWAY = "homeassistant/device/modemd_gw1/config"
STATE: ModemState = {
    "state": "ready", "registration": 1, "technology": None, "operator": None, "signal_dbm": -70,
    "imei": "1", "iccid": None, "number": None, "queue": 0, "sent_today": 0, "storage": None, "error": None,
    "advice": None, "recovery": None, "recoveries_today": 0, "operator_code": None, "lac": None, "cell": None,
    "rsrp_dbm": None, "rsrq_db": None, "usb": None, "sim_slot": None, "balance": None, "voice": None,
}  # fmt: skip


FREE: Credit = {
    "balance": None, "held": 0, "available": None, "expiring": [], "state": "active", "low": False,
}  # fmt: skip
PAYS: Credit = {"balance": 90, "held": 10, "available": 90, "expiring": [], "state": "active", "low": False}


def made(
    known: Iterable[str] = (),
    *modems: str,
    contacts: Iterable[str] = (),
    paying: Mapping[str, Credit] | None = None,
    **config: Any,
) -> Wanted:
    rules = rules_of(
        contacts=dict.fromkeys(contacts, "+32475000001"), accounts={name: {} for name in paying or ()}
    )
    standing = Standing(
        modems=dict.fromkeys(modems, STATE),
        makes=dict.fromkeys(modems, Make("Quectel", "EC25", "1")),
        queues={"queued": 0, "scheduled": 0, "sending": 0, "uncertain": 0, "sent_today": 0, "alarms": 0},
        credits={"default": FREE} | dict(paying or {}),
    )
    return wanted(standing, rules, MqttConfig(**config), known)


def after(first: Wanted) -> frozenset[str]:
    """What is noted once it is published."""
    return first.notes


def test_at_first_all_of_it_is_noted_and_nothing_is_gone() -> None:
    first = made((), "gsm1")
    assert list(first.topics) == [
        GATEWAY, "homeassistant/device/modemd_gw1/gsm1/config", "modemd/gateway/gw1/queues",
        "modemd/modem/gsm1/state", "modemd/account/default/credit",
    ]  # fmt: skip
    assert set(first.topics) | {"modemd/gateway/gw1/state"} == {n for n in first.notes if "#" not in n}
    assert not first.gone
    again = made(after(first), "gsm1")
    assert (again.topics, again.notes, again.gone) == (first.topics, frozenset(), frozenset())


def test_a_modem_that_goes_is_cleared_with_its_device() -> None:
    both = made((), "gsm1", "gsm2")
    one = made(after(both), "gsm1")
    cleared = {topic for topic, payload in one.topics.items() if not payload}
    assert cleared == {"homeassistant/device/modemd_gw1/gsm2/config", "modemd/modem/gsm2/state"}
    assert {note for note in one.gone if "#" not in note} == cleared
    assert made(after(both) - one.gone, "gsm1").topics == made((), "gsm1").topics


def test_a_contact_that_goes_is_taken_out_of_the_device_and_then_not_named() -> None:
    with_it = made((), contacts=["nurse", "night"])
    without = made(after(with_it), contacts=["night"])
    assert without.gone == {f"{GATEWAY}#notify_nurse#notify"}
    assert json.loads(without.topics[GATEWAY])["components"]["notify_nurse"] == {"platform": "notify"}
    then = made(after(with_it) - without.gone, contacts=["night"])
    assert "notify_nurse" not in json.loads(then.topics[GATEWAY])["components"]
    assert then.topics[GATEWAY] == made((), contacts=["night"]).topics[GATEWAY]


def test_without_home_assistant_its_devices_are_cleared_and_states_stay() -> None:
    off = made(after(made((), "gsm1")), "gsm1", homeassistant="")
    assert [topic for topic, payload in off.topics.items() if not payload] == [
        GATEWAY, "homeassistant/device/modemd_gw1/gsm1/config",
    ]  # fmt: skip
    assert off.topics["modemd/modem/gsm1/state"]


def test_another_prefix_clears_the_old_one_and_the_gateways_own_state_there() -> None:
    moved = made(after(made((), "gsm1")), "gsm1", prefix="site/sms")
    cleared = [topic for topic, payload in moved.topics.items() if not payload]
    assert cleared == [
        "modemd/account/default/credit", "modemd/gateway/gw1/queues", "modemd/gateway/gw1/state",
        "modemd/modem/gsm1/state",
    ]  # fmt: skip
    assert json.loads(moved.topics[GATEWAY])["components"]["queue"]["state_topic"].startswith("site/sms/")


def test_credits_change_alone_while_the_accounts_stay() -> None:
    first = made((), "gsm1", paying={"clinic": PAYS})
    fresh = first.with_credits({"default": FREE, "clinic": PAYS | {"available": 80}}, "modemd")
    assert fresh is not None
    assert {topic for topic in first.topics if first.topics[topic] != fresh.topics[topic]} == {
        "modemd/account/clinic/credit"
    }
    assert json.loads(fresh.topics["modemd/account/clinic/credit"])["available"] == 80
    assert (fresh.notes, fresh.gone) == (first.notes, first.gone)


def test_accounts_that_come_go_or_pay_otherwise_need_a_whole_look() -> None:
    first = made((), "gsm1", paying={"clinic": PAYS})
    assert first.with_credits({"default": FREE}, "modemd") is None
    assert first.with_credits({"default": FREE, "clinic": FREE}, "modemd") is None
    assert first.with_credits({"default": FREE, "clinic": PAYS, "new": PAYS}, "modemd") is None


def test_an_account_that_goes_is_cleared_with_its_entities() -> None:
    both = made((), paying={"clinic": PAYS})
    one = made(after(both))
    assert one.topics["modemd/account/clinic/credit"] == b""
    device = json.loads(one.topics[GATEWAY])["components"]
    gone = {name for name, component in device.items() if list(component) == ["platform"]}
    assert gone >= {"received_clinic", "messages_clinic", "credit_clinic"}
    assert one.gone >= {"modemd/account/clinic/credit"}
