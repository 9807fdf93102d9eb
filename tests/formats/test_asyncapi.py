"""The AsyncAPI document: whole, true to the topics that there are, and about the configured broker."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from jsonschema.validators import Draft7Validator

from modemd import __version__
from modemd.cli.main import cli
from modemd.formats.asyncapi import Door, asyncapi
from tests.formats.checking import SCHEMAS

DOCUMENT = asyncapi(Door(version="1.2.3"))
TOPICS = {
    "modemd/send": "receive",
    "modemd/send/{account}": "receive",
    "modemd/status/{account}": "send",
    "modemd/received/{account}": "send",
    "modemd/call/{modem}": "send",
    "modemd/account/{account}/credit": "send",
    "modemd/account/{account}/event": "send",
    "modemd/channel/{channel}": "send",
    "modemd/gateway/{gateway}/state": "send",
    "modemd/gateway/{gateway}/queues": "send",
    "modemd/gateway/{gateway}/alarm": "send",
    "modemd/modem/{modem}/state": "send",
    "modemd/modem/{modem}/event": "send",
    "modemd/response/{verb}": "send",
    "modemd/response/{verb}/{account}": "send",
}
RETAINED = {"credit", "gatewayState", "gatewayQueues", "modemState"}
VERBS = ("quote", "cancel", "ussd", "pause", "resume", "reset", "order", "balance")


def _references(inside: Any) -> Iterator[str]:
    if isinstance(inside, dict):
        if isinstance(inside.get("$ref"), str):
            yield inside["$ref"]
        inside = list(inside.values())
    if isinstance(inside, list):
        for each in inside:
            yield from _references(each)


def _found(document: dict[str, Any], pointer: str) -> Any:
    found: Any = document
    for step in pointer.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_leads_to_something() -> None:
    pointers = set(_references(DOCUMENT))
    assert len(pointers) > 50
    assert all(_found(DOCUMENT, pointer) is not None for pointer in pointers)


def test_every_topic_is_a_channel_with_one_operation() -> None:
    ways = {}
    for name, operation in DOCUMENT["operations"].items():
        channel = _found(DOCUMENT, operation["channel"]["$ref"])
        ways[channel["address"]] = operation["action"]
        retained = any(name.lower().endswith(each.lower()) for each in RETAINED)
        assert operation["bindings"]["mqtt"] == {"qos": 1, "retain": retained, "bindingVersion": "0.2.0"}
    wanted = dict(TOPICS)
    for verb in VERBS:
        wanted |= {f"modemd/request/{verb}": "receive", f"modemd/response/{verb}": "send"}
    for verb in ("quote", "cancel", "order", "balance"):
        wanted[f"modemd/request/{verb}/{{account}}"] = "receive"
        wanted[f"modemd/response/{verb}/{{account}}"] = "send"
    assert ways == wanted
    assert {channel["address"] for channel in DOCUMENT["channels"].values()} - {None} == set(wanted)


def test_a_request_is_answered_on_the_topic_of_its_kind() -> None:
    for name, operation in DOCUMENT["operations"].items():
        if name.startswith("takeRequest"):
            asked = _found(DOCUMENT, operation["channel"]["$ref"])["address"]
            answer = _found(DOCUMENT, operation["reply"]["channel"]["$ref"])["address"]
            assert answer == asked.replace("/request/", "/response/")
    assert DOCUMENT["operations"]["takeSend"]["reply"]["channel"]["$ref"] == "#/channels/status"


def test_what_varies_in_an_address_is_described() -> None:
    for channel in DOCUMENT["channels"].values():
        wanted = {piece.rstrip("}") for piece in (channel["address"] or "").split("/") if piece.endswith("}")}
        told = channel.get("parameters", {})
        assert {f"{{{name}" for name in told} == wanted
        assert all(parameter["description"] for parameter in told.values())


@pytest.mark.parametrize("dialect", [Draft202012Validator, Draft7Validator])
def test_the_examples_of_messages_fit_their_payloads(dialect: Any) -> None:
    """Also by draft 7, which is how programs that read AsyncAPI read schemas."""
    for name, message in DOCUMENT["components"]["messages"].items():
        schema = message["payload"] | {"components": DOCUMENT["components"]}
        if "$ref" in message["payload"]:  # draft 7 sees nothing beside a reference
            schema = {"allOf": [message["payload"]], "components": DOCUMENT["components"]}
        for example in message["examples"]:
            dialect(schema).validate(example["payload"])
        assert not dialect(schema).is_valid(5), name


def test_the_schemas_are_those_of_the_payloads() -> None:
    told = DOCUMENT["components"]["schemas"]
    assert set(SCHEMAS) <= set(told)
    for name, schema in SCHEMAS.items():
        assert list(told[name]["properties"]) == list(schema["properties"])


def _printed(*arguments: str | Path) -> Any:
    done = CliRunner().invoke(cli, ["schema", *map(str, arguments)])
    assert done.exit_code == 0, done.output
    return json.loads(done.output)


def test_the_command_prints_schemas_and_document(tmp_path: Path) -> None:
    assert _printed("payloads") == json.loads(json.dumps(SCHEMAS))
    file = tmp_path / "config.yaml"
    file.write_text("{}")
    assert _printed("asyncapi", "-c", file) == json.loads(json.dumps(asyncapi(Door(version=__version__))))


def test_the_document_is_about_the_configured_broker(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "gateway: {name: east}\n"
        "mqtt: {host: broker.example.org, port: 8883, prefix: site/sms, username: gw, client_id: me,"
        " keepalive: 60, session_expiry: 1d, tls: {cert_file: a, key_file: b}}\n"
    )
    told = _printed("asyncapi", "-c", file)
    server = told["servers"]["broker"]
    assert (server["host"], server["protocol"]) == ("broker.example.org:8883", "secure-mqtt")
    names = ["password", "certificate"]
    assert server["security"] == [{"$ref": f"#/components/securitySchemes/{name}"} for name in names]
    binding = server["bindings"]["mqtt"]
    assert binding["clientId"] == "me"
    assert binding["lastWill"]["topic"] == "site/sms/gateway/east/state"
    assert (binding["keepAlive"], binding["sessionExpiryInterval"]) == (60, 86400)
    assert told["channels"]["sendAccount"]["address"] == "site/sms/send/{account}"


def test_a_configuration_that_is_named_must_be_there(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["schema", "asyncapi", "-c", str(tmp_path / "none.yaml")])
    assert done.exit_code != 0
    assert "none.yaml" in str(done.exception)
