"""What no single key can tell: names that stand twice, or that nothing bears.

These rules look at what the file says rather than at the typed value, so that they are told together with the
faults of single keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modemd.config.faults import did_you_mean
from modemd.config.strict_yaml import Document, Path, dotted
from modemd.config.terms_checks import terms_findings
from modemd.errors import Fault

_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
_UNIQUE = ("name", "port", "imei", "iccid", "usb")


class Finding(NamedTuple):
    """One broken rule: where, what, and what to do."""

    path: Path
    message: str
    suggestion: str = ""


def check(document: Document) -> list[Fault]:
    """Every broken rule in ``document``."""
    found = (
        *_bound(document),
        *_unique(document),
        *_secrets(document),
        *_broker(document),
        *_mail(document),
        *_accounts(document),
        *_routes(document),
        *(Finding(*each) for each in terms_findings(document.value)),
    )
    return [
        Fault(finding.message, dotted(finding.path), *document.place(finding.path), finding.suggestion)
        for finding in found
    ]


def _at(value: object, *path: str) -> object:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _modems(document: Document) -> Iterator[tuple[Path, dict[str, object]]]:
    entries = _at(document.value, "modems", "list")
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        if isinstance(entry, dict):
            yield ("modems", "list", index), entry


def _names(document: Document) -> list[str]:
    return [str(modem["name"]) for _, modem in _modems(document) if modem.get("name")]


def _bound(document: Document) -> Iterator[Finding]:
    for path, modem in _modems(document):
        if not any(modem.get(key) for key in ("port", "imei", "iccid", "usb")):
            yield Finding(path, "nothing says which modem this is", "give it port:, imei:, iccid: or usb:")


def _unique(document: Document) -> Iterator[Finding]:
    """No two modems of one name, or bound to one thing."""
    first: dict[tuple[str, str], Path] = {}
    for path, modem in _modems(document):
        for key in _UNIQUE:
            if not isinstance(value := modem.get(key), str):
                continue
            earlier = first.setdefault((key, value), (*path, key))
            if earlier != (*path, key):
                line = document.place(earlier)[0]
                yield Finding((*path, key), f"{value!r} is taken by the modem in line {line}")


def _secrets(document: Document) -> Iterator[Finding]:
    for path, modem in _modems(document):
        if modem.get("pin") and modem.get("pin_file"):
            yield Finding((*path, "pin"), "pin: and pin_file: are both given", "keep one of them")


def _broker(document: Document) -> Iterator[Finding]:
    """A password needs a user (MQTT 3.1.1, 3.1.2.9), and a certificate its key."""
    if _at(document.value, "mqtt", "password_file") and not _at(document.value, "mqtt", "username"):
        yield Finding(("mqtt", "password_file"), "a password without a username", "set username:")
    for key, other in (("cert_file", "key_file"), ("key_file", "cert_file")):
        if _at(document.value, "mqtt", "tls", key) and not _at(document.value, "mqtt", "tls", other):
            yield Finding(("mqtt", "tls", key), f"{key}: without {other}:", f"set {other}:")


def _mail(document: Document) -> Iterator[Finding]:
    """A password needs a user, and nobody else is to read it on its way."""
    keys = _at(document.value, "mail")
    if not isinstance(keys, dict):
        return
    secret = keys.get("password_file")
    if secret and not keys.get("username"):
        yield Finding(("mail", "password_file"), "a password without a username", "set username:")
    if keys.get("username") and not secret:
        yield Finding(("mail", "username"), "a username without a password", "set password_file:")
    if secret and keys.get("security") == "none" and keys.get("host", "localhost") not in _HERE:
        yield Finding(
            ("mail", "security"),
            "without encryption everybody can read the password",
            "set it to starttls or tls",
        )


def _accounts(document: Document) -> Iterator[Finding]:
    accounts = _at(document.value, "accounts")
    known = {"default", *(accounts if isinstance(accounts, dict) else ())}
    for path, modem in _modems(document):
        account = modem.get("account")
        if isinstance(account, str) and account not in known:
            yield Finding(
                (*path, "account"), f"there is no account {account!r}", did_you_mean(account, known)
            )


def _routes(document: Document) -> Iterator[Finding]:
    routes = _at(document.value, "routes")
    known = _names(document)
    seen: dict[str, Path] = {}
    for index, route in enumerate(routes if isinstance(routes, list) else []):
        path: Path = ("routes", index)
        prefix = _at(route, "prefix")
        if isinstance(prefix, str):
            earlier = seen.setdefault(prefix, path)
            if earlier != path:
                line = document.place(earlier)[0]
                yield Finding((*path, "prefix"), f"the prefix {prefix!r} has a route in line {line} already")
        modems = _at(route, "modems")
        if isinstance(route, dict) and not modems and not route.get("networks"):
            yield Finding(path, "nothing says which modems take it", "give it modems: or networks:")
        for place, name in enumerate(modems if isinstance(modems, list) else []):
            if isinstance(name, str) and name not in known:
                message = f"modems.list has no modem {name!r}"
                yield Finding((*path, "modems", place), message, did_you_mean(name, known))
