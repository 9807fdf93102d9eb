"""JSON Schemas (draft 2020-12) of the payloads, made from their types.

The types are the standard library's: pydantic takes no ``typing.TypedDict`` before Python 3.12, and what is
needed of JSON Schema here is little.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping
from enum import Enum
from typing import (
    Annotated,
    Any,
    Final,
    Literal,
    NotRequired,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from modemd.formats.payloads import Words

Schema = dict[str, Any]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_SIMPLE: Final[dict[Any, str]] = {
    str: "string",
    int: "integer",
    float: "number",
    bool: "boolean",
    type(None): "null",
    None: "null",
}


class Schemas:
    """The schemas of some types; what a type refers to is gathered in ``definitions``, by its name.

    ``place`` is where the reader of the schemas finds those: a JSON pointer that ends in a slash.
    ``keywords`` are words of JSON Schema for types by their names, which a type cannot say itself.
    """

    def __init__(self, place: str, keywords: Mapping[str, Schema], examples: Mapping[str, list[Any]]) -> None:
        self.definitions: dict[str, Schema] = {}
        self._place = place
        self._keywords = keywords
        self._examples = examples

    def of(self, kind: Any) -> Schema:
        """The schema of a type.

        Raises:
            TypeError: payloads are not made of such types.
        """
        if kind in _SIMPLE:
            return {"type": _SIMPLE[kind]}
        if is_typeddict(kind):
            return self._named(kind)
        if isinstance(kind, type) and issubclass(kind, Enum):
            return {"type": "string", "enum": [member.value for member in kind]}
        return {} if kind is Any else self._composed(kind)

    def _composed(self, kind: Any) -> Schema:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self._annotated(*arguments)
        if origin is Literal:
            return {"enum": list(arguments)}
        if origin in {Union, types.UnionType}:
            return self._union([self.of(each) for each in arguments])
        if origin is list:
            return {"type": "array", "items": self.of(arguments[0])}
        if origin is dict:
            return {"type": "object"}
        raise TypeError(f"no payload is made of {kind}")

    def _annotated(self, inner: Any, *said: str | Words) -> Schema:
        schema = self.of(inner)
        for each in said:
            schema |= {"description": each} if isinstance(each, str) else each.keywords
        return schema

    @staticmethod
    def _union(choices: list[Schema]) -> Schema:
        if all(list(choice) == ["type"] for choice in choices):
            return {"type": [choice["type"] for choice in choices]}
        return {"anyOf": choices}

    def _named(self, kind: Any) -> Schema:
        name = kind.__name__
        if name not in self.definitions:
            self.definitions[name] = {}  # a type that holds itself finds its name taken
            self.definitions[name] = self._object(kind)
        return {"$ref": self._place + name}

    def _object(self, kind: Any) -> Schema:
        properties: dict[str, Schema] = {}
        required = []
        for name, hint in get_type_hints(kind, include_extras=True).items():
            optional = get_origin(hint) is NotRequired
            properties[name] = self.of(get_args(hint)[0] if optional else hint)
            if not optional:
                required.append(name)
        schema: Schema = {"title": kind.__name__, "description": inspect.getdoc(kind), "type": "object"}
        schema |= {"properties": properties, "required": required} | self._keywords.get(kind.__name__, {})
        if kind.__name__ in self._examples:
            schema["examples"] = self._examples[kind.__name__]
        return schema
