"""PDUs as JSON objects: the names that ``modemd pdu`` reads and answers with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final, get_args

from modemd.errors import PduError
from modemd.gsm.address import TYPES_OF_NUMBER
from modemd.gsm.dcs import Coding
from modemd.gsm.incoming import Contents, Deliver, Direction, Pdu, StatusReport, Submit, decode_any
from modemd.gsm.outgoing import Encoded, Outgoing, encode
from modemd.gsm.segments import Autosplit

Fields = dict[str, Any]

LONGEST_TEXT: Final = 1 << 20
"""No message is a tenth as long; the few octets of a run-length must not fill the memory."""


def decoded(request: Fields) -> Fields:
    """The answer to ``{"pdu", "direction"?, "no_smsc"?, "tpdu_length"?}``.

    Raises:
        PduError: the request or its PDU cannot be read.
    """
    unknown = set(request) - {"pdu", "direction", "no_smsc", "tpdu_length"}
    if unknown:
        raise PduError(f"unknown field {min(unknown)!r}")
    direction = request.get("direction")
    if direction is not None and direction not in get_args(Direction):
        raise PduError(f"the direction is one of {', '.join(get_args(Direction))}, not {direction!r}")
    pdu = decode_any(
        _text("pdu", request.get("pdu")),
        direction,
        no_smsc=_flag("no_smsc", request.get("no_smsc", False)),
        tpdu_length=None
        if request.get("tpdu_length") is None
        else _whole("tpdu_length", request["tpdu_length"]),
    )
    return pdu_fields(pdu)


def encoded(request: Fields) -> Fields:
    """The answer to a message: ``{"pdus", "tpdu_lengths", "parts", "coding"}`` and ``warnings`` if any.

    Raises:
        PduError: the request cannot be read, or no PDU can say it.
    """
    result = encode(outgoing(request))
    return encoded_fields(result)


def encoded_fields(result: Encoded) -> Fields:
    """What the encoder made, as JSON names."""
    answer: Fields = {
        "pdus": [part.pdu for part in result.parts],
        "tpdu_lengths": [part.tpdu_length for part in result.parts],
        "parts": len(result.parts),
        "coding": result.coding,
    }
    if any(result.languages):
        answer["languages"] = {"locking": result.languages[0], "single": result.languages[1]}
    if result.warnings:
        answer["warnings"] = list(result.warnings)
    return answer


def outgoing(request: Fields) -> Outgoing:
    """The message that a JSON object asks for; a field that is ``null`` counts as left out.

    Raises:
        PduError: a field is unknown, missing or of the wrong kind.
    """
    wish: Fields = {}
    for name, value in request.items():
        if name not in _ENCODE:
            raise PduError(f"unknown field {name!r}")
        if value is not None:
            key, read = _ENCODE[name]
            wish[key] = read(name, value)
    if "destination" not in wish:
        raise PduError("the field 'to' is missing")
    return Outgoing(**wish)


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise PduError(f"the field {name!r} must be a string")
    return value


def _run_lengths(name: str, value: object) -> str:
    if not isinstance(value, list) or any(not isinstance(pair, list) or len(pair) != 2 for pair in value):
        raise PduError(f"the field {name!r} must be a list of [text, times]")
    runs = [(_text(name, text), _whole(name, times)) for text, times in value]
    if sum(len(text) * max(times, 0) for text, times in runs) > LONGEST_TEXT:
        raise PduError(f"the field {name!r} is longer than {LONGEST_TEXT} characters")
    return "".join(text * times for text, times in runs)


def _flag(name: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise PduError(f"the field {name!r} must be true or false")
    return value


def _whole(name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise PduError(f"the field {name!r} must be a whole number")
    return value


def _octets(name: str, value: object) -> bytes:
    try:
        return bytes.fromhex(_text(name, value))
    except ValueError:
        raise PduError(f"the field {name!r} must be hexadecimal") from None


def _moment(name: str, value: object) -> datetime:
    try:
        return datetime.fromisoformat(_text(name, value))
    except ValueError:
        raise PduError(f"the field {name!r} must be an ISO 8601 time") from None


def _one_of(choices: tuple[object, ...]) -> Callable[[str, object], object]:
    def read(name: str, value: object) -> object:
        if isinstance(value, bool) or value not in choices:
            raise PduError(f"the field {name!r} is one of {', '.join(map(str, choices))}, not {value!r}")
        return value

    return read


def _languages(name: str, value: object) -> tuple[int, ...]:
    if not isinstance(value, list):
        raise PduError(f"the field {name!r} must be a list")
    return tuple(_whole(name, each) for each in value)


def _ports(name: str, value: object) -> tuple[int, int]:
    if isinstance(value, dict):
        value = [value.get("dest"), value.get("src", 0)]
    if not isinstance(value, list) or len(value) != 2:
        raise PduError(f"the field {name!r} must have a destination and a source")
    return _whole(name, value[0]), _whole(name, value[1])


def _type_of_number(name: str, value: object) -> int:
    if isinstance(value, str) and value in TYPES_OF_NUMBER:
        return TYPES_OF_NUMBER.index(value)
    return _whole(name, value)


def _elements(name: str, value: object) -> bytes:
    if not isinstance(value, list):
        return _octets(name, value)
    octets = b""
    for element in value:
        if not isinstance(element, dict):
            raise PduError(f"the field {name!r} must be hexadecimal, or a list of elements")
        inside = _octets(name, element.get("data"))
        iei = _whole(name, element.get("iei"))
        if not 0 <= iei <= 0xFF or len(inside) > 0xFF:
            raise PduError(f"an element of {name!r} does not fit its octets")
        octets += bytes((iei, len(inside))) + inside
    return octets


_ENCODE: Final[dict[str, tuple[str, Callable[[str, object], object]]]] = {
    "to": ("destination", _text),
    "number_type": ("type_of_number", _type_of_number),
    "text": ("text", _text),
    "text_rle": ("text", _run_lengths),
    "data_hex": ("octets", _octets),
    "alphabet": ("coding", _one_of(get_args(Coding))),
    "coding": ("coding", _one_of(get_args(Coding))),
    "languages": ("languages", _languages),
    "class": ("message_class", _whole),
    "dcs": ("dcs", _whole),
    "pid": ("pid", _whole),
    "udh": ("udh", _elements),
    "ports": ("ports", _ports),
    "smsc": ("smsc", _text),
    "vp_seconds": ("validity_s", _whole),
    "vp_raw": ("validity_vp", _whole),
    "vp_time": ("validity_at", _moment),
    "srr": ("report", _flag),
    "rd": ("reject_duplicates", _flag),
    "reply_path": ("reply_path", _flag),
    "mr": ("tp_mr", _whole),
    "concat_ref": ("concat_ref", _whole),
    "concat_bits": ("concat_bits", _one_of((8, 16))),
    "autosplit": ("autosplit", _one_of(get_args(Autosplit))),
}


def pdu_fields(pdu: Pdu) -> Fields:
    """A PDU as JSON names."""
    if isinstance(pdu, StatusReport):
        return _report_fields(pdu)
    fields = _deliver_fields(pdu) if isinstance(pdu, Deliver) else _submit_fields(pdu)
    return fields | _contents_fields(pdu)


def _address(digits: str, toa: int) -> Fields:
    return {"number": digits, "number_type": TYPES_OF_NUMBER[toa >> 4 & 7]}


def _moment_fields(name: str, at: datetime | None) -> Fields:
    if at is None:
        return {name: None}
    return {
        name: at.isoformat(),
        f"{name}_utc": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        f"{name}_local": at.replace(tzinfo=None).isoformat(),
    }


def _deliver_fields(pdu: Deliver) -> Fields:
    return {
        "direction": "deliver",
        "smsc": pdu.smsc,
        **_address(pdu.originator, pdu.originator_toa),
        **_moment_fields("time", pdu.sc_at),
        "sri": pdu.sends_reports,
    }


def _submit_fields(pdu: Submit) -> Fields:
    fields: Fields = {
        "direction": "submit",
        "smsc": pdu.smsc,
        **_address(pdu.destination, pdu.destination_toa),
        "mr": pdu.tp_mr,
        "srr": pdu.report,
        "rd": pdu.reject_duplicates,
        "vp_format": None,
    }
    validity = pdu.validity
    if validity is None:
        return fields
    fields["vp_format"] = validity.format
    fields["vp_raw_hex"] = validity.octets.hex()
    if validity.format == "relative":
        fields["vp_raw"] = validity.octets[0]
    if validity.format == "absolute":
        return fields | _moment_fields("vp_time", validity.at)
    return fields | {"vp_seconds": validity.seconds}


def _report_fields(pdu: StatusReport) -> Fields:
    fields: Fields = {
        "direction": "status_report",
        "smsc": pdu.smsc,
        "tpdu_length": pdu.tpdu_length,
        "mr": pdu.tp_mr,
        **_address(pdu.recipient, pdu.recipient_toa),
        **_moment_fields("time", pdu.sc_at),
        **_moment_fields("discharge", pdu.discharged_at),
        "status": pdu.tp_status,
        "delivered": pdu.tp_status == 0,
    }
    return fields | ({"faults": list(pdu.faults)} if pdu.faults else {})


def _contents_fields(pdu: Contents) -> Fields:
    fields: Fields = {
        "tpdu_length": pdu.tpdu_length,
        "pid": pdu.pid,
        "dcs": pdu.dcs,
        "alphabet": pdu.coding,
        "reply_path": pdu.reply_path,
        "udl": pdu.udl,
    }
    if pdu.text is not None:
        fields["text"] = pdu.text
    if pdu.octets is not None:
        fields["data_hex"] = pdu.octets.hex()
    return fields | _coding_fields(pdu) | (_header_fields(pdu) if pdu.headed else {})


def _coding_fields(pdu: Contents) -> Fields:
    fields: Fields = {}
    if pdu.message_class is not None:
        fields["message_class"] = pdu.message_class
    if pdu.compressed:
        fields["compressed"] = True
    if pdu.waiting:
        waiting = pdu.waiting
        fields["mwi"] = {"store": waiting.store, "active": waiting.active, "type": waiting.type}
    if pdu.faults:
        fields["faults"] = list(pdu.faults)
    return fields


def _header_fields(pdu: Contents) -> Fields:
    fields: Fields = {
        "udhl": len(pdu.udh_octets),
        "udh": [{"iei": element.iei, "data": element.octets.hex()} for element in pdu.udh],
        "udh_count": len(pdu.udh),
    }
    if pdu.concat:
        concat = pdu.concat
        fields["concat"] = {"ref": concat.ref, "parts": concat.parts, "seq": concat.seq, "bits": concat.bits}
    if pdu.ports:
        fields["ports"] = {"dest": pdu.ports.destination, "src": pdu.ports.source, "bits": pdu.ports.bits}
    if any(pdu.languages):
        fields["languages"] = {"locking": pdu.languages[0], "single": pdu.languages[1]}
    return fields
