"""What pydantic found, said in a sentence, with line, column and did-you-mean."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from modemd.config.strict_yaml import Document, Path, dotted
from modemd.errors import Fault

_SENTENCES: Final = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "string_type": "must be one text, not a list or a mapping",
    "model_type": "must be a mapping: lines of `key: value`, indented",
    "dict_type": "must be a mapping: lines of `key: value`, indented",
    "tuple_type": "must be a list: [one, two], or lines that begin with `- `",
    "too_short": "must not be empty",
    "string_too_short": "must not be empty",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}
_EXAMPLES: Final = {
    "store.url": "write sqlite:////path/of/a/file or postgresql://user@host/db",
    "metrics.listen": "write address:port, such as 127.0.0.1:9482",
    "mqtt.host": "write a name or an address and no more; the port is a key of its own",
    "mail.host": "write a name or an address and no more; the port is a key of its own",
    "mqtt.tls": "write {} to trust who the system trusts",
    "mqtt.prefix": "write levels of a topic, such as modemd or house/modemd, without + # $ or spaces",
    "mqtt.homeassistant": 'write its discovery prefix, such as homeassistant, or "" to turn it off',
    "mqtt.share": 'write one word without + # / or spaces, or "" for a plain subscription',
    "mqtt.client_id": "write one word of at most 64 characters, without + # / or spaces",
}


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``did you mean 'port'?``, or the list of what is known where nothing is near."""
    choices = sorted(set(known))
    if near := difflib.get_close_matches(word.lower(), choices, n=1, cutoff=0.6):
        return f"did you mean {near[0]!r}?"
    return f"known here: {', '.join(choices)}" if choices else ""


def faults_of(error: ValidationError, document: Document, root: type[BaseModel]) -> list[Fault]:
    """Every error of ``error``, placed in the file that ``document`` was read from."""
    return [_fault(details, document, root) for details in error.errors(include_url=False)]


def _fault(details: ErrorDetails, document: Document, root: type[BaseModel]) -> Fault:
    path: Path = tuple(details["loc"])
    kind, context = details["type"], details.get("ctx", {})
    if path and path[-1] == "[key]":
        path = path[:-1]
    suggestion = _EXAMPLES.get(dotted(path), "")
    if kind == "extra_forbidden":
        suggestion = did_you_mean(str(path[-1]), keys_of(model_at(root, path[:-1])))
        return Fault("unknown key", dotted(path), *document.place(path, key=True), suggestion)
    if kind == "missing":
        message = f"{str(path[-1])!r} is missing"
        return Fault(message, dotted(path[:-1]), *document.place(path[:-1]), suggestion)
    if kind == "value_error":
        message = str(context["error"])
    elif kind == "literal_error":
        choices = [choice.strip("'") for choice in context["expected"].replace(" or ", ", ").split(", ")]
        message = f"must be one of {', '.join(choices)}"
        near = difflib.get_close_matches(str(details["input"]).lower(), choices, n=1)
        suggestion = f"did you mean {near[0]!r}?" if near else ""
    elif kind == "string_pattern_mismatch":
        message = "is not written as it must be"
    else:
        message = _SENTENCES.get(kind, details["msg"]).format_map(context)
    return Fault(message, dotted(path), *document.place(path), suggestion)


def keys_of(model: type[BaseModel] | None) -> list[str]:
    """The keys that a section takes, as they are written in the file."""
    return [field.alias or name for name, field in model.model_fields.items()] if model else []


def model_at(root: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The section that ``path`` leads to from ``root``, if it is one."""
    model: type[BaseModel] | None = root
    for step in path:
        if model is None or isinstance(step, int):
            continue
        field = next((f for name, f in model.model_fields.items() if (f.alias or name) == step), None)
        if field is not None:
            model = _model_in(field.annotation)
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The section inside an annotation such as ``tuple[RouteConfig, ...]`` or ``MqttConfig | None``."""
    inner = typing.get_args(annotation)
    if not inner:
        return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None
    found = (_model_in(argument) for argument in inner)
    return next((model for model in found if model), None)
