"""The MQTT door as an AsyncAPI 3.0 document: made from the channels and the payloads' types.

As the standard wants it, the document is written from the gateway's side: it *receives* messages to send, and
*sends* events. A program that talks to the gateway does the opposite.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from modemd.formats.channels import CHANNELS, PARAMETERS, Channel
from modemd.formats.payloads_examples import EXAMPLES
from modemd.formats.payloads_table import gathered

Document = dict[str, Any]

_BINDING: Final = "0.2.0"
_PLACE: Final = "#/components/schemas/"

_TEXT: Final = """\
A gateway of GSM modems: publish a message, see it sent and delivered, subscribe to what comes in.

Payloads are UTF-8 JSON. Publish with QoS 1: the gateway acknowledges what it has written down, not before.
Give each message an `id`: the same `id` of the same account is never sent twice, so that a message that was
perhaps lost can be published again. What the gateway tells is kept until the broker has acknowledged it; the
same `event_id` is the same event. Fields may be added to payloads: leave alone what you do not know.

With MQTT 5 a response topic and correlation data may be given: the answer to this message goes there too.
A message's expiry is its deadline: what waits at the broker for longer is not sent. Nothing else
needs version 5."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """What of a configuration stands in the document; times in seconds."""

    version: str
    gateway: str = "gw1"
    host: str = "localhost"
    port: int = 1883
    tls: bool = False
    user: str | None = None
    certificate: bool = False
    prefix: str = "modemd"
    client_id: str = "modemd-gw1"
    keepalive_s: int = 20
    session_expiry_s: int = 7 * 86400


def asyncapi(door: Door) -> Document:
    """The whole document (AsyncAPI 3.0.0)."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "modemd",
            "version": door.version,
            "description": _TEXT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {"broker": _server(door)},
        "channels": {each.name: _channel(each, door) for each in CHANNELS} | _responses(),
        "operations": {_operation_name(each): _operation(each) for each in CHANNELS},
        "components": {
            "messages": {name: _message(name) for name in _payloads()},
            "schemas": {name: _without_examples(schema) for name, schema in gathered(_PLACE).items()},
            "securitySchemes": {"password": {"type": "userPassword"}, "certificate": {"type": "X509"}},
        },
    }


def _server(door: Door) -> Document:
    security = [name for name, used in (("password", door.user), ("certificate", door.certificate)) if used]
    last_words = json.dumps({"state": "offline", "version": door.version, "since": None})
    will = {"topic": f"{door.prefix}/gateway/{door.gateway}/state", "qos": 1, "retain": True}
    server: Document = {
        "host": f"{door.host}:{door.port}",
        "protocol": "secure-mqtt" if door.tls else "mqtt",
        "protocolVersion": "5.0",
        "description": "The broker; where it refuses MQTT 5, the gateway speaks 3.1.1.",
        "bindings": {
            "mqtt": {
                "clientId": door.client_id,
                "cleanSession": False,
                "lastWill": will | {"message": last_words},
                "keepAlive": door.keepalive_s,
                "sessionExpiryInterval": door.session_expiry_s,
                "bindingVersion": _BINDING,
            }
        },
    }
    if security:
        server["security"] = [{"$ref": f"#/components/securitySchemes/{name}"} for name in security]
    return server


def _channel(each: Channel, door: Door) -> Document:
    made: Document = {
        "address": each.address(door.prefix),
        "description": each.text,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in _messages_of(each)},
    }
    if parameters := re.findall(r"{(\w+)}", each.topic):
        made["parameters"] = {name: {"description": PARAMETERS[name]} for name in parameters}
    return made


def _responses() -> Document:
    """The topic that a sender names itself; it has no address of its own."""
    answers = (each.payload for each in CHANNELS if each.topic.startswith("response/"))
    told = sorted({"Event", *answers})
    return {
        "responseTopic": {
            "address": None,
            "description": "The MQTT 5 response topic that came with a message or request: without "
            "wildcards, and not one that the gateway itself listens on.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in told},
        }
    }


def _operation_name(each: Channel) -> str:
    verb = "take" if each.way == "in" else "tell"
    return verb + each.name[0].upper() + each.name[1:]


def _operation(each: Channel) -> Document:
    made: Document = {
        "action": "receive" if each.way == "in" else "send",
        "channel": {"$ref": f"#/channels/{each.name}"},
        "summary": each.text,
        "messages": [{"$ref": f"#/channels/{each.name}/messages/{name}"} for name in _messages_of(each)],
        "bindings": {"mqtt": {"qos": 1, "retain": each.retain, "bindingVersion": _BINDING}},
    }
    if each.answered:
        made["reply"] = {"channel": {"$ref": f"#/channels/{each.answered}"}}
    return made


def _messages_of(each: Channel) -> list[str]:
    return [each.payload, f"{each.payload}List"] if each.several else [each.payload]


def _payloads() -> Iterable[str]:
    return dict.fromkeys(name for each in CHANNELS for name in _messages_of(each))


def _message(name: str) -> Document:
    kind = name.removesuffix("List")
    payload: Document = {"$ref": _PLACE + kind}
    examples = EXAMPLES[kind]
    if name != kind:
        payload, examples = {"type": "array", "items": payload, "minItems": 1}, [EXAMPLES[kind][:2]]
    made: Document = {
        "name": name,
        "contentType": "application/json",
        "payload": payload,
        "examples": [{"payload": example} for example in examples],
        "bindings": {"mqtt": {"contentType": "application/json", "bindingVersion": _BINDING}},
    }
    if pointer := _correlation(name):
        made["correlationId"] = {"location": f"$message.payload#/{pointer}"}
    return made


def _correlation(name: str) -> str | None:
    """The field that tells which answer belongs to which message."""
    if name.endswith(("Request", "Response", "Refusal")):
        return "transaction"
    return {"Send": "id", "Event": "client_id"}.get(name)


def _without_examples(schema: Document) -> Document:
    """They stand at the messages already."""
    return {word: said for word, said in schema.items() if word != "examples"}
