"""The kinds of values that a configuration is made of, and what is said when a value is none of them."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)

from modemd.config.strict_yaml import Scalar
from modemd.formats.durations import parse_duration

_FRACTION: Final = re.compile(r"(\d*\.?\d+)\s*(ms|s)?$")
_CLOCK: Final = r"([01]\d|2[0-3]):[0-5]\d"


class Section(BaseModel):
    """A part of the configuration: unknown keys are errors, a key without a value has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: entry for key, entry in value.items() if entry is not None}
        return value


def _written_as_text(value: object) -> object:
    if isinstance(value, Scalar) and value.changed_by_yaml:
        raise ValueError(f'{value} without quotes is no text to YAML, which may change it: write "{value}"')
    return value


def _matching(pattern: str, sentence: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is {sentence}")
        return value

    return AfterValidator(check)


def _secret(pattern: str, sentence: str) -> AfterValidator:
    """As :func:`_matching`, but the value is not told."""
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(sentence)
        return value

    return AfterValidator(check)


def _compact(value: object) -> object:
    """A phone number as people write it, without its spaces, hyphens, points and brackets."""
    return re.sub(r"[\s()./-]", "", value) if isinstance(value, str) else value


def _international(value: object) -> object:
    """``0032`` as ``+32``, the way that destinations are kept."""
    return f"+{value[2:]}" if isinstance(value, str) and value.startswith("00") else value


def _seconds(value: object) -> object:
    return parse_duration(str(value)) if isinstance(value, str) else value


def _fine_seconds(value: object) -> object:
    """``0.5s``, ``200ms``, ``0.5``, or a duration in words."""
    if not isinstance(value, str):
        return value
    if match := _FRACTION.fullmatch(value.strip()):
        return float(match[1]) / (1000 if match[2] == "ms" else 1)
    return float(parse_duration(str(value)))


def _zone(value: str) -> str:
    if value == "UTC":
        return value
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"{value!r} is no time zone that this machine knows, such as Europe/Brussels"
        ) from None
    return value


def _a_pattern(value: str) -> str:
    try:
        groups = re.compile(value).groups
    except re.error as error:
        raise ValueError(f"{value!r} is no regular expression: {error}") from None
    if not groups:
        raise ValueError(f"{value!r} has no group: the amount stands in brackets, as ([0-9]+[.,][0-9]{{2}})")
    return value


def _one_or_more(value: object) -> object:
    """One text as a list of one; a list as it is."""
    return [value] if isinstance(value, str) else value


_TEXT = BeforeValidator(_written_as_text)
_DURATION_SCHEMA: Final = {"type": ["string", "integer"], "examples": ["90s", "10 min", "24h", "30d"]}

Name = Annotated[str, _matching(r"[A-Za-z0-9_-]{1,64}", "no name: letters, digits, - and _ only, at most 64")]
ChannelName = Annotated[
    str,
    _matching(
        r"(?!sms$)[a-z][a-z0-9_-]{0,31}", "no channel: a word in small letters, such as whatsapp, but sms"
    ),
]
UsbPath = Annotated[
    str,
    _matching(r"[0-9]+-[0-9]+(\.[0-9]+)*", "no USB socket: as Linux names it, such as 1-1.2"),
    WithJsonSchema({"type": "string", "examples": ["1-1.2"]}),
]
UssdPattern = Annotated[str, AfterValidator(_a_pattern)]
"""A regular expression with a group at least."""
ContactName = Annotated[
    str,
    _matching(
        r"(?=.*[A-Za-z])[A-Za-z0-9_-]{1,64}",
        "no contact's name: letters, digits, - and _ only, at most 64, a letter among them",
    ),
]
PhoneNumber = Annotated[
    str,
    BeforeValidator(_compact),
    _TEXT,  # the last of these is asked first, and wants the text as it was written
    _matching(r"\+?[0-9]{3,20}", "no phone number: digits, with + in front of a country code"),
    WithJsonSchema({"type": "string", "examples": ["+32475123456"]}),
]
Numbers = Annotated[
    tuple[PhoneNumber, ...],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "examples": ["+32475123456"]}),
]
Prefix = Annotated[
    str,
    BeforeValidator(_international),
    BeforeValidator(_compact),
    _TEXT,
    _matching(r"\+?[0-9]{0,20}", 'no prefix: digits, with + in front of a country code, such as "+324"'),
]
Pin = Annotated[
    str,
    _TEXT,
    _secret(r"[0-9]{4,8}", "a PIN has 4 to 8 digits"),
    WithJsonSchema({"type": "string", "writeOnly": True, "pattern": "^[0-9]{4,8}$"}),
]
Imei = Annotated[str, _TEXT, _matching(r"[0-9]{14,16}", "no IMEI: 15 digits")]
Iccid = Annotated[str, _TEXT, _matching(r"[0-9]{18,20}[0-9A-Fa-f]?", "no ICCID: 19 or 20 digits")]
Country = Annotated[
    str,
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
    _matching(r"[A-Z]{2}", "no country: two letters of ISO 3166, such as BE"),
]
TimeZone = Annotated[str, AfterValidator(_zone)]
Duration = Annotated[int, BeforeValidator(_seconds), WithJsonSchema(_DURATION_SCHEMA)]
FineDuration = Annotated[
    float,
    BeforeValidator(_fine_seconds),
    WithJsonSchema({"type": ["string", "number"], "examples": ["0.5s", "200ms"]}),
]
Hours = Annotated[
    str,
    _TEXT,
    _matching(rf"{_CLOCK}-{_CLOCK}", "no time of day from-to, such as 21:00-08:00"),
]
Email = Annotated[
    str,
    _matching(r"[^\s@<>,;:\"()]{1,64}@[A-Za-z0-9.-]{1,253}", "no e-mail address, such as office@example.org"),
]
Line = Annotated[
    str,
    _TEXT,
    _matching(r"[^\x00-\x1f\x7f-\x9f]{1,100}", "no line of text: 1 to 100 characters that are seen"),
]
Lines = Annotated[
    tuple[Line, ...],
    BeforeValidator(_one_or_more),
    Field(max_length=6),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}, "maxItems": 6}),
]
VatNumber = Annotated[
    str,
    _TEXT,
    _matching(r"[A-Za-z0-9][A-Za-z0-9 .*+/-]{1,31}", "no VAT number, such as BE0123.456.749"),
]
Program = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    WithJsonSchema({"type": ["string", "array"], "items": {"type": "string"}}),
]
Port = Annotated[
    str,
    _matching(
        r"/[^\s].*|(tcp|socket|rfc2217)://([^\s/:]+|\[[0-9a-fA-F:]+\]):[0-9]{1,5}(\?.*)?",
        "no port: a device such as /dev/serial/by-id/..., or tcp://host:port",
    ),
]
