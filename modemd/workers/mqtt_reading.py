"""What an arrival is: messages to accept, a request to answer, or something to refuse. Needs no store."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import re
import time
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from modemd.errors import Rejected
from modemd.formats.sendjson import read_send
from modemd.model import Reply
from modemd.service import intake
from modemd.service.checks import DEFAULT_ACCOUNT
from modemd.service.requests import VERBS
from modemd.service.told import rejected_event

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from modemd.config.mqtt import MqttConfig
    from modemd.model import MessageEvent, SendRequest
    from modemd.service.rules import Rules
    from modemd.workers.broker_settings import Arrival

log = logging.getLogger(__name__)

LARGEST: Final = 1_000_000
"""Octets of a payload; more is not even read."""
_TURN_S: Final = 0.001
_LONGEST_NAME: Final = 255
LONGEST_REPLY: Final = 1_000
"""Octets of a response topic, and of correlation data: both are kept with the answer to each recipient's."""
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(slots=True)
class Read:
    """One arrival that was read.

    ``prepared`` are messages to accept, ``refused`` those that are not, ``verb`` a request's. ``digest``
    is set where the packet must be known again if it comes again: nothing else in it tells that it did.
    """

    arrival: Arrival
    prepared: list[intake.Prepared]
    refused: list[MessageEvent]
    reply: Reply | None = None
    verb: str | None = None
    account: str | None = None
    digest: bytes | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads arrivals by the rules in force."""

    config: MqttConfig
    rules: Rules
    zone: tzinfo
    now: datetime

    def topic(self, arrival: Arrival) -> tuple[str, str | None, str | None] | None:
        """Return what is asked on a topic: ``send`` or ``request``, its verb, its account; else ``None``."""
        below = arrival.topic.removeprefix(f"{self.config.prefix}/")
        levels = below.split("/")
        if below == arrival.topic or len(levels) > 3:
            return None
        match levels:
            case ["send"]:
                return "send", None, None
            case ["send", account]:
                return "send", None, account
            case ["request", verb]:
                return "request", verb, None
            case ["request", verb, account]:
                return "request", verb, account
        return None

    async def read(self, arrival: Arrival) -> Read:
        """Read one; what is wrong with it is part of the answer."""
        asked = self.topic(arrival)
        assert asked is not None, "nobody subscribed to this"
        what, verb, account = asked
        made = Read(arrival, [], [], self.reply(arrival), verb, account)
        if what == "request":
            made.digest = digest(arrival)
            if arrival.retain:
                made.refused.append(self.refusal(arrival, account, _retained(arrival)))
            elif (left_s := arrival.left_s) is not None and left_s <= 0:
                late = Rejected("too_late", f"{verb}: its time was over before it could be taken")
                made.refused.append(self.refusal(arrival, account, late))
            return made
        try:
            if arrival.retain:
                raise _retained(arrival)
            requests = self._requests(arrival, account)
        except Rejected as refused:
            made.refused.append(self.refusal(arrival, account, refused))
            return made
        began = time.monotonic()
        for request in requests:
            try:
                made.prepared.append(intake.prepare(request, self.rules, self.now))
            except Rejected as refused:
                made.refused.append(self.event_of(request, refused))
            if time.monotonic() - began > _TURN_S:
                await asyncio.sleep(0)  # the modems first
                began = time.monotonic()
        if any(each.request.client_id is None for each in made.prepared):
            made.digest = digest(arrival)
        return made

    def _requests(self, arrival: Arrival, account: str | None) -> list[SendRequest]:
        if len(arrival.payload) > LARGEST:
            raise Rejected(
                "bad_request", f"payload: has {len(arrival.payload)} octets, and {LARGEST} are allowed"
            )
        if account == "":
            raise Rejected("account_unknown", "account: the last level of the topic is empty")
        requests = list(read_send(arrival.payload, self.zone, self.rules.contacts).requests)
        if account is not None:
            requests = [replace(each, account=account) for each in requests]
        if (left_s := arrival.left_s) is not None:
            requests = [self._expiring(each, left_s) for each in requests]
        return requests

    def _expiring(self, request: SendRequest, expiry_s: int) -> SendRequest:
        """The life that the publish had left is the message's too (MQTT 5.0, 3.3.2.3.3).

        An appointment's reminders go when they are due: for them it is enough that it came in time.
        """
        if request.appointment_at is not None and expiry_s > 0:
            return request
        validity_s = self.rules.sending.validity_s if request.validity_s is None else request.validity_s
        return replace(
            request,
            deadline_at=self.now + timedelta(seconds=expiry_s),
            validity_s=min(validity_s, max(expiry_s, 1)),
        )

    def reply(self, arrival: Arrival) -> Reply | None:
        """Where the answer is wanted besides its own topic; ``None`` where that may not be."""
        topic = arrival.response_topic
        if topic is None:
            return None
        too_long = max(len(topic.encode("utf-8", "replace")), len(arrival.correlation or b"")) > LONGEST_REPLY
        if too_long or not self._may_answer(topic, (self.topic(arrival) or ("", None, None))[2]):
            log.warning("nothing is answered on %.200r, which a request named", topic)
            return None
        left_s = arrival.left_s
        expires_at = None if left_s is None else self.now + timedelta(seconds=left_s)
        return Reply(topic, arrival.correlation, expires_at)

    def _may_answer(self, topic: str, account: str | None) -> bool:
        """No wildcards, and nobody else's: an answer there would be taken for a word of the gateway's.

        Where one who asks as an ``account`` is answered, neither the operator nor other accounts listen.
        """
        if not topic or not topic.isprintable() or topic.startswith("$") or re.search("[+#]", topic):
            return False
        own = f"{self.config.prefix}/"
        if topic == self.config.prefix or topic.startswith(own):
            step, *levels = topic.removeprefix(own).split("/")
            if step != "response" or not levels:
                return False
            return account is None or (levels[-1] == account if len(levels) > 1 else levels[0] not in VERBS)
        discovery = self.config.homeassistant
        return not (discovery and (topic == discovery or topic.startswith(f"{discovery}/")))

    def refusal(self, arrival: Arrival, account: str | None, refused: Rejected) -> MessageEvent:
        """The event of a payload that was refused as a whole; what it says of itself is told with it."""
        said = _said(arrival.payload)
        client_id, to = said.get("id"), said.get("to", said.get("number"))
        if account is None:
            named = said.get("account")
            account = named if isinstance(named, str) and _NAME.fullmatch(named) else DEFAULT_ACCOUNT
        if isinstance(client_id, int) and not isinstance(client_id, bool):
            client_id = str(client_id)[:_LONGEST_NAME]
        return rejected_event(refused, account, _word(client_id), _word(to) or "", self.now)

    def event_of(self, request: SendRequest, refused: Rejected) -> MessageEvent:
        """The event of one message that was refused."""
        return rejected_event(refused, request.account, request.client_id, request.to, self.now)


def digest(arrival: Arrival) -> bytes:
    """What tells one publish from others that come with the same packet identifier."""
    contents = arrival.topic.encode("utf-8", "replace") + b"\0" + arrival.payload
    return hashlib.blake2b(contents, digest_size=16).digest()


def _retained(arrival: Arrival) -> Rejected:
    return Rejected(
        "bad_request",
        f"retain: a message that stays on the broker would be sent at every start: clear it with an empty "
        f"retained message on {arrival.topic}, and publish without retain",
    )


def _said(payload: bytes) -> dict[str, Any]:
    if len(payload) > LARGEST:
        return {}
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return parsed if isinstance(parsed, dict) else {}


def _word(said: object) -> str | None:
    if not isinstance(said, str) or not said:
        return None
    return said[:_LONGEST_NAME].encode("utf-8", "replace").decode().replace("\x00", "?")
