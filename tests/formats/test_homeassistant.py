"""What Home Assistant is told: held against its rules, and its templates rendered with what is published."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import Any, Final

import pytest
from jinja2 import StrictUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from modemd.formats.homeassistant import Device, ModemDevice, Topics, gateway_device, modem_device
from modemd.formats.modem_states import STATES
from modemd.formats.payloads_examples import EXAMPLES
from modemd.formats.requestjson import read_request
from modemd.formats.sendjson import read_send
from modemd.model import MessageState
from tests.house import ROOT

TOPICS: Final = Topics("site/modemd", "gw1")
GATEWAY: Final = gateway_device(
    TOPICS, "1.2.3", accounts=["default", "clinic"], limited=["clinic"], contacts=["nurse", "Night_2"]
)
MODEM: Final = modem_device(
    TOPICS, "1.2.3", ModemDevice(name="gsm1", manufacturer="Quectel", model="EC25", imei="861234567890123")
)
UNKNOWN: Final = modem_device(TOPICS, "1.2.3", ModemDevice(name="gsm1"))
DEVICES: Final = (GATEWAY, MODEM, UNKNOWN)

_COMMON: Final = {
    "platform", "name", "unique_id", "icon", "entity_category", "availability", "availability_mode", "qos",
    "enabled_by_default", "json_attributes_topic", "device_class",
}  # fmt: skip
ALLOWED: Final = {
    "sensor": {"state_topic", "value_template", "unit_of_measurement", "state_class", "options"},
    "binary_sensor": {"state_topic", "value_template", "payload_on", "payload_off"},
    "event": {"state_topic", "value_template", "event_types"},
    "button": {"command_topic", "payload_press"},
    "notify": {"command_topic", "command_template"},
}
NEEDED: Final = {
    "sensor": {"state_topic"},
    "binary_sensor": {"state_topic"},
    "event": {"state_topic", "event_types"},
    "button": {"command_topic"},
    "notify": {"command_topic"},
}
DEVICE_CLASSES: Final = {
    "sensor": {"signal_strength", "enum", "timestamp"}, "binary_sensor": {"connectivity", "problem"},
    "button": {"restart"},
}  # fmt: skip
_ID: Final = re.compile(r"[a-zA-Z0-9_-]+")
_TOPIC: Final = re.compile(r"device/(?:[a-zA-Z0-9_-]+/)?[a-zA-Z0-9_-]+/config")


def parts() -> list[tuple[Device, str, dict[str, Any]]]:
    return [(device, name, part) for device in DEVICES for name, part in device.components.items()]


def render(template: str, payload: object) -> str:
    """As Home Assistant does: the payload is ``value``, and ``value_json`` where it is JSON."""
    world = ImmutableSandboxedEnvironment(undefined=StrictUndefined)
    values = {"value": payload} if isinstance(payload, str) else {"value_json": payload}
    return world.from_string(template).render(values)


def example(name: str) -> dict[str, Any]:
    [made, *_] = EXAMPLES[name]
    assert isinstance(made, dict)
    return dict(made)


# -- the rules of Home Assistant ---------------------------------------------------------------------------


@pytest.mark.parametrize("device", DEVICES)
def test_a_device_is_one_by_its_rules(device: Device) -> None:
    made = json.loads(device.payload())
    assert set(made) <= {"device", "origin", "components", "availability", "availability_mode"}
    assert set(made["device"]) <= {
        "identifiers", "name", "manufacturer", "model", "serial_number", "sw_version", "via_device",
    }  # fmt: skip
    assert made["device"]["identifiers"]
    assert set(made["origin"]) == {"name", "sw_version"}
    assert _TOPIC.fullmatch(device.topic)
    assert made["components"] == device.components


@pytest.mark.parametrize(("device", "name", "part"), parts())
def test_a_component_is_one_by_its_rules(device: Device, name: str, part: dict[str, Any]) -> None:
    platform = part["platform"]
    assert set(part) <= _COMMON | ALLOWED[platform], name
    assert set(part) >= {"name", "unique_id"} | NEEDED[platform], name
    assert _ID.fullmatch(name)
    assert part.get("entity_category") in {None, "diagnostic", "config"}
    assert part.get("device_class") in {None} | DEVICE_CLASSES.get(platform, set())
    assert ("options" in part) == (part.get("device_class") == "enum")
    assert part.get("state_class") in {None, "measurement", "total_increasing"}
    for key in ("state_topic", "command_topic", "json_attributes_topic"):
        assert not set(part.get(key, "")) & set("+#"), name
        assert part.get(key, TOPICS.prefix).startswith(TOPICS.prefix)
    # A state that changes is not to be mistaken for what only a person sets.
    assert platform not in {"sensor", "binary_sensor"} or part.get("entity_category") != "config"


def test_every_name_and_id_is_one_things() -> None:
    for devices in ((GATEWAY, MODEM), (GATEWAY, UNKNOWN)):
        ids = [part["unique_id"] for device in devices for part in device.components.values()]
        assert len(ids) == len(set(ids))
    for device in DEVICES:
        names = [(part["platform"], part["name"].lower()) for part in device.components.values()]
        assert len(names) == len(set(names))


def test_names_that_look_alike_when_joined_are_told_apart() -> None:
    one = modem_device(Topics("modemd", "a_b"), "1", ModemDevice(name="c"))
    other = modem_device(Topics("modemd", "a"), "1", ModemDevice(name="b_c"))
    assert one.topic != other.topic
    assert one.contents["device"]["identifiers"] != other.contents["device"]["identifiers"]
    ids = {part["unique_id"] for part in one.components.values()}
    assert not ids & {part["unique_id"] for part in other.components.values()}


def test_a_modem_stays_the_same_device_when_its_imei_comes_to_light() -> None:
    assert MODEM.contents["device"]["serial_number"] == "861234567890123"
    assert "serial_number" not in UNKNOWN.contents["device"]
    assert MODEM.contents["device"]["identifiers"] == UNKNOWN.contents["device"]["identifiers"]
    assert MODEM.components == UNKNOWN.components
    assert MODEM.contents["device"]["via_device"] in GATEWAY.contents["device"]["identifiers"]


def test_what_a_device_has_no_more_is_named_with_its_platform_alone() -> None:
    gone = {"notify_doctor": "notify", "notify_nurse": "notify"}
    made = json.loads(GATEWAY.payload(gone))["components"]
    assert made["notify_doctor"] == {"platform": "notify"}
    assert made["notify_nurse"] == GATEWAY.components["notify_nurse"]
    assert GATEWAY.platforms["notify_nurse"] == "notify"


# -- its templates, with what is published ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("signal", "-67"), ("registration", "home"), ("operator", "Proximus"), ("technology", "LTE"),
        ("state", "ready"), ("queue", "0"), ("sent_today", "12"), ("error", "none"),
        ("imei", "861234567890123"), ("number", "+32475000001"), ("rsrp", "-98"), ("cell", "0001C2D3"),
        ("problem", "OFF"), ("recovery", "none"), ("balance", "12.34"), ("storage", "0"),
    ],
)  # fmt: skip
def test_a_modems_state_is_shown(part: str, shown: str) -> None:
    assert render(MODEM.components[part]["value_template"], example("ModemState")) == shown


def test_what_is_not_known_is_unknown() -> None:
    """``None`` is that to a sensor of Home Assistant; an enumeration has a word of its own."""
    modem = dict.fromkeys(example("ModemState")) | {"state": "new", "queue": 0, "sent_today": 0}
    shown = {
        name: render(part["value_template"], modem)
        for name, part in MODEM.components.items()
        if part["platform"] == "sensor"
    }
    assert shown == {
        "signal": "None", "registration": "unknown", "operator": "None", "technology": "None", "state": "new",
        "queue": "0", "sent_today": "0", "error": "none", "imei": "None", "number": "None", "rsrp": "None",
        "cell": "None", "recovery": "none", "balance": "None", "storage": "None",
    }  # fmt: skip


def test_what_needs_a_person_is_a_problem() -> None:
    part = MODEM.components["problem"]
    wanting = example("ModemState") | {"state": "puk_required", "advice": "Put it into a telephone."}
    assert render(part["value_template"], wanting) == "ON"
    assert (part["platform"], part["device_class"]) == ("binary_sensor", "problem")


@pytest.mark.parametrize("code", [*range(9), 11, None])
def test_every_registration_is_one_of_the_options(code: int | None) -> None:
    part = MODEM.components["registration"]
    assert render(part["value_template"], example("ModemState") | {"registration": code}) in part["options"]


def test_every_state_of_a_modem_is_one_of_the_options() -> None:
    """Home Assistant drops a state that is none of them, with an error in its log."""
    assert MODEM.components["state"]["options"] == list(STATES)


def test_an_error_fits_into_a_state() -> None:
    shown = render(MODEM.components["error"]["value_template"], example("ModemState") | {"error": "é" * 999})
    assert len(shown) == 250


def test_the_gateway_is_shown() -> None:
    parts = GATEWAY.components
    state, queues = example("GatewayState"), example("GatewayQueues")
    assert render(parts["online"]["value_template"], state) == "ON"
    assert render(parts["online"]["value_template"], state | {"state": "offline"}) == "OFF"
    assert render(parts["version"]["value_template"], state) == "0.1.0"
    assert render(parts["queue"]["value_template"], queues) == "3"
    assert render(parts["sent_today"]["value_template"], queues) == "118"
    assert render(parts["problem"]["value_template"], queues) == "OFF"
    assert render(parts["problem"]["value_template"], queues | {"alarms": 2}) == "ON"


def test_what_an_account_has_left_is_shown() -> None:
    credit = example("Credit") | {"available": 42, "held": 3, "low": True, "state": "suspended"}
    assert shown_of_clinic(credit) == {
        "credit": "42", "held": "3", "low": "ON", "account": "suspended",
        "expires": "2027-02-01T23:00:00.000+00:00",
    }  # fmt: skip
    calm = shown_of_clinic(credit | {"low": False, "expiring": [], "state": "active"})
    assert (calm["low"], calm["expires"], calm["account"]) == ("OFF", "None", "active")
    assert {"active", "suspended", "closed"} == set(GATEWAY.components["account_clinic"]["options"])


def shown_of_clinic(credit: dict[str, Any]) -> dict[str, str]:
    return {
        name: render(GATEWAY.components[f"{name}_clinic"]["value_template"], credit)
        for name in ("credit", "held", "low", "account", "expires")
    }


def test_who_does_not_pay_has_no_entities_for_it() -> None:
    assert not [name for name in GATEWAY.components if name.startswith(("credit_default", "low_default"))]


@pytest.mark.parametrize(
    ("state", "network", "work"),
    [
        ("ready", True, True), ("searching", True, True), ("denied", True, True), ("helped", False, True),
        ("paused", True, True), ("lost", False, True),
        ("stopped", False, True), ("pin_required", False, True), ("new", False, True),
    ],
)  # fmt: skip
def test_who_is_available_when(state: str, network: bool, work: bool) -> None:
    gateway, modem = example("GatewayState"), example("ModemState") | {"state": state}
    told = {TOPICS.state: gateway, "site/modemd/modem/gsm1/state": modem}

    def available(part: dict[str, Any], online: bool) -> bool:
        told[TOPICS.state] = gateway | {"state": "online" if online else "offline"}
        asked = part.get("availability", MODEM.contents["availability"])
        return all(render(each["value_template"], told[each["topic"]]) == "online" for each in asked)

    assert MODEM.contents["availability_mode"] == "all"
    for name in ("signal", "registration", "operator", "technology", "call"):
        assert available(MODEM.components[name], True) is network
        assert not available(MODEM.components[name], False)
    for name in ("state", "error", "queue", "reset", "pause", "resume"):
        assert available(MODEM.components[name], True) is work
        assert not available(MODEM.components[name], False)
    assert GATEWAY.components["online"]["availability"] == []


@pytest.mark.parametrize(
    ("device", "part", "payload"),
    [
        (GATEWAY, "received_default", "Received"), (GATEWAY, "received_clinic", "Received"),
        (GATEWAY, "messages_default", "Event"), (MODEM, "call", "Call"),
        (GATEWAY, "alarm", "Alarm"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("text", ["Hello", '"{{ 1 }}" <b>&\'\n\\ \u2028 é € \U0001f600', "", None])
def test_an_event_has_a_type_and_all_that_was_told(
    device: Device, part: str, payload: str, text: str | None
) -> None:
    told = example(payload) | {"text": text}
    made = json.loads(render(device.components[part]["value_template"], told))
    assert made.pop("event_type") in device.components[part]["event_types"]
    assert made == told


def test_every_state_of_a_message_is_a_type_of_event() -> None:
    part = GATEWAY.components["messages_default"]
    for state in MessageState:
        made = json.loads(render(part["value_template"], example("Event") | {"event": state.value}))
        assert made["event_type"] in part["event_types"]


# -- what Home Assistant publishes --------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["Hello", '"{{ 1 }}" <b>&\'\n\\ é € \U0001f600'])
def test_a_notification_is_a_message_to_the_contact(text: str) -> None:
    part = GATEWAY.components["notify_nurse"]
    assert part["command_topic"] == "site/modemd/send"
    payload = render(part["command_template"], text).encode()
    [request] = read_send(payload, UTC, {"nurse": ("+32475123456",)}).requests
    assert (request.to, request.text) == ("+32475123456", text)


@pytest.mark.parametrize("verb", ["reset", "pause", "resume"])
def test_a_button_is_a_request(verb: str) -> None:
    part = MODEM.components[verb]
    assert part["command_topic"] == f"site/modemd/request/{verb}"
    asked = read_request(part["payload_press"].encode())
    assert (asked.needed("modem"), asked.needed("gateway")) == ("gsm1", "gw1")


def test_every_entity_stands_in_the_page() -> None:
    page = (ROOT / "docs" / "homeassistant.md").read_text("utf-8").partition("## Automations")[0]
    shown = re.findall(r"^\| (`.*?`) \|", page, re.MULTILINE)
    silent = {
        f"{part['platform']} {name}"
        for device in (GATEWAY, MODEM)
        for part in device.components.values()
        for name in [_entity(part)]
        if not any(f"{part['platform']}." in cell and f"_{name}`" in cell for cell in shown)
    }
    assert silent == set()


def _entity(part: dict[str, Any]) -> str:
    """How its id ends on the page."""
    name = str(part["name"]).removeprefix("clinic ").lower().replace(" ", "_")
    return "<contact>" if part["platform"] == "notify" else name
