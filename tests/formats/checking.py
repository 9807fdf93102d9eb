"""Validators of the payloads: as they are published, and one that allows no field without documentation."""

from __future__ import annotations

import json
import re
from typing import Any

from jsonschema import Draft202012Validator

from modemd.formats.channels import CHANNELS, Channel
from modemd.formats.payloads_table import payload_schemas

SCHEMAS = payload_schemas()
VALID = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}


def _closed(schema: Any) -> Any:
    """The same, but what is not named is not allowed."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {word: _closed(said) for word, said in schema.items() if word != "examples"}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made["additionalProperties"] = False
    return made


STRICT = {name: Draft202012Validator(_closed(schema)) for name, schema in SCHEMAS.items()}


def faults(name: str, payload: Any) -> list[str]:
    """What is wrong with a payload that the gateway has made; a field without documentation is wrong too."""
    return [f"{each.json_path}: {each.message}" for each in STRICT[name].iter_errors(payload)]


def channel_of(topic: str, prefix: str = "modemd") -> Channel | None:
    """The channel that a topic belongs to: the one that says most of it."""
    fitting = [each for each in CHANNELS if _pattern(each.address(prefix)).fullmatch(topic)]
    return min(fitting, key=lambda each: each.topic.count("{"), default=None)


def _pattern(address: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(address)))


def faults_on(topic: str, octets: bytes) -> list[str]:
    """What is wrong with something that the gateway has published on one of its topics."""
    channel = channel_of(topic)
    if channel is None:
        return ["no such topic is documented"]
    return faults(channel.payload, json.loads(octets))
