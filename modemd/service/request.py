"""A request as its verb is handed it, and what a verb gives back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import Rejected
from modemd.service.checks import DEFAULT_ACCOUNT

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from modemd.formats.requestjson import RequestFields
    from modemd.model import Reply
    from modemd.service.rules import Rules
    from modemd.store.transaction import Tx

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")

Told = Mapping[str, Any] | None
"""A response's ``data``; ``None``: it comes later, from a modem."""


@dataclass(frozen=True, slots=True)
class Wake:
    """Whom to wake after the commit.

    ``queue``: all who look for parts; ``results``: who tells the spool; ``modems``: those who were asked
    to do something, or were paused or resumed.
    """

    queue: bool = False
    results: bool = False
    modems: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request; ``account`` is whose it is, ``None`` the operator's; ``zone`` that of times without one."""

    verb: str
    account: str | None
    fields: RequestFields
    octets: bytes
    reply: Reply | None
    zone: tzinfo

    @property
    def topic(self) -> str:
        """Where its response goes."""
        return topic_of(self.verb, self.account)


def topic_of(verb: str, account: str | None) -> str:
    """Return the response's topic, below the prefix; what is no name is not repeated in it."""
    steps = ["response", verb if _NAME.fullmatch(verb) else "unknown"]
    if account is not None and _NAME.fullmatch(account):
        steps.append(account)
    return "/".join(steps)


def account_meant(asked: Asked, rules: Rules) -> str:
    """Return whose messages or credits are meant: the topic's account wins over one in the payload.

    Raises:
        Rejected: ``account_unknown``.
    """
    account = asked.account or asked.fields.text("account") or DEFAULT_ACCOUNT
    if account not in rules.accounts:
        raise Rejected("account_unknown", f"account: there is no account {account!r}")
    return account


Verb = Callable[["Tx", Asked, "Rules", "datetime"], tuple[Told, Wake]]
"""Does what is asked, or raises :class:`~modemd.errors.Rejected` before it has written anything."""
