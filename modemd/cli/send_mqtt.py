"""``modemd send --mqtt``: the message goes by the broker, to whatever gateway listens there."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from typing import TYPE_CHECKING, Any, Final

import click

from modemd.cli.at_broker import AtBroker, at_broker
from modemd.cli.exits import EXIT_FAILED, EXIT_TRY_AGAIN
from modemd.cli.output import show_json
from modemd.cli.send_events import Answers
from modemd.errors import BrokerLost, ConfigError, Fault, Rejected
from modemd.formats.sendfields import recipients
from modemd.formats.sendjson import read_send

if TYPE_CHECKING:
    from modemd.config import Config, MqttConfig

ANSWER_S: Final = 10.0
"""How long a gateway may take to answer."""
_CONNECT_S: Final = 10.0
_LINGER_S: Final = 0.3
"""A contact may be several recipients, which only the gateway knows; it tells of all of them at once."""
_ACCOUNT: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ONLINE: Final = "online"


class Sending:
    """One command: what it sends, on whose topics, and how it tells what comes of it."""

    def __init__(self, config: Config, payload: dict[str, Any], account: str | None) -> None:
        if config.mqtt is None:
            raise ConfigError([Fault("is missing: nothing says where the broker is", "mqtt")])
        if account is not None and not _ACCOUNT.fullmatch(account):
            raise Rejected("account_unknown", f"there is no account {account!r}")
        self.config = config
        self.mqtt: MqttConfig = config.mqtt
        self.payload = payload
        self.account = account
        self.as_json = False
        self.answer_s = ANSWER_S
        self._gateways: dict[str, str] = {}

    def topic(self, kind: str) -> str:
        """``kind`` below the prefix, and below that the account where one was named."""
        return "/".join(filter(None, (self.mqtt.prefix, kind, self.account)))

    # ---- a quote -------------------------------------------------------------------------------------

    async def quote(self) -> int:
        """Ask for each recipient what the message would take.

        Raises:
            BrokerLost: the broker cannot be reached, or no gateway answers.
            Rejected: the gateway would not accept it.
        """
        async with self._connected() as desk:
            await desk.subscribe([self.topic("response/quote")])
            for recipient in recipients(self.payload):
                self._show_quote(await self._ask(desk, {**self.payload, "to": recipient}))
        return 0

    async def _ask(self, desk: AtBroker, payload: dict[str, Any]) -> dict[str, Any]:
        transaction = secrets.token_hex(8)
        asked = _octets({**payload, "transaction": transaction})
        mid = _publish(desk, self.topic("request/quote"), asked)
        try:
            told = await self._response(desk, transaction)
        except BrokerLost:
            self._allowed(desk, mid, self.topic("request/quote"))
            raise
        if told["status"] == "error":
            raise Rejected(told["error"]["code"], told["error"]["reason"])
        quoted: dict[str, Any] = told["data"]
        return quoted

    async def _response(self, desk: AtBroker, transaction: str) -> dict[str, Any]:
        deadline = _now() + self.answer_s
        while arrival := await desk.next(deadline - _now()):
            told = _object(arrival.payload)
            if told.get("transaction") == transaction:
                return told
        raise BrokerLost(f"no gateway has answered within {self.answer_s:g} s")

    def _allowed(self, desk: AtBroker, mid: int, topic: str) -> None:
        """Raise ``BrokerLost`` where the broker refused what we published: then nobody answers it."""
        if (why := desk.connection.refused.get(mid)) is not None:
            user = f"user {self.mqtt.username!r}" if self.mqtt.username else "us"
            account = "" if self.account else "; --account says whose the message is"
            raise BrokerLost(
                f"the broker does not let {user} publish on {topic} ({why}){account}", permanent=True
            )

    def _show_quote(self, quoted: dict[str, Any]) -> None:
        if self.as_json:
            show_json({key: quoted[key] for key in ("to", "parts", "coding", "credits")})
            return
        parts = "1 part" if quoted["parts"] == 1 else f"{quoted['parts']} parts"
        click.echo(f"{quoted['to']}: {parts}, {quoted['coding']}, {quoted['credits']} credits")

    # ---- a message -----------------------------------------------------------------------------------

    async def send(self, *, wait: bool) -> int:
        """Publish it, and tell what becomes of it.

        Returns:
            The exit status.

        Raises:
            BrokerLost: the broker cannot be reached, or does not let us publish there.
        """
        answers = Answers(self.payload, self.config.gateway.zone, as_json=self.as_json)
        events = f"{self.mqtt.prefix}/status/{self.account or 'default'}"
        states = f"{self.mqtt.prefix}/gateway/+/state"
        async with self._connected() as desk:
            await desk.subscribe([events])
            if wait:
                await desk.connection.subscribe([states])  # where that is not allowed it is done without
            mid = _publish(desk, self.topic("send"), _octets(self.payload))
            try:
                await self._follow(desk, answers, wait=wait)
            except BrokerLost as lost:
                self._allowed(desk, mid, self.topic("send"))
                return self._give_up(answers, lost.reason)
        return 0 if answers.good else EXIT_FAILED

    async def _follow(self, desk: AtBroker, answers: Answers, *, wait: bool) -> None:
        if not await self._answered(desk, answers):
            raise BrokerLost(f"no gateway has answered within {self.answer_s:g} s")
        while wait and not answers.ended:
            if not await self._hear(desk, answers, None if self._gateway_runs() else self.answer_s):
                raise BrokerLost("no gateway is online")

    async def _answered(self, desk: AtBroker, answers: Answers) -> bool:
        deadline = _now() + self.answer_s
        while not answers.begun:
            if not await self._hear(desk, answers, deadline - _now()):
                return False
        while answers.contacts and await self._hear(desk, answers, _LINGER_S):
            pass
        return True

    async def _hear(self, desk: AtBroker, answers: Answers, within_s: float | None) -> bool:
        """Take the next message that comes in; ``False``: none did."""
        arrival = await desk.next(within_s)
        if arrival is None:
            return False
        if arrival.topic.endswith("/state"):
            self._gateways[arrival.topic] = str(_object(arrival.payload).get("state"))
        else:
            answers.take(_object(arrival.payload))
        return True

    def _gateway_runs(self) -> bool:
        return not self._gateways or _ONLINE in self._gateways.values()

    def _give_up(self, answers: Answers, why: str) -> int:
        standing = "; ".join(answers.unended) or "the message may wait at the broker for one"
        again = f"--id {self.payload['id']} asks again without sending twice"
        click.echo(f"{why}: {standing} ({again})", err=True)
        return EXIT_TRY_AGAIN

    def _connected(self) -> Any:
        return at_broker(self.config, self.mqtt, within_s=_CONNECT_S)


def send_by_broker(config: Config, payload: dict[str, Any], *, wait: bool, quote: bool, as_json: bool) -> int:
    """Send (or with ``quote``: only ask what it would take) by the broker of the configuration.

    Returns:
        The exit status.

    Raises:
        BrokerLost: the broker cannot be reached, or no gateway answers.
        ConfigError: there is no broker in the configuration, or a file for it cannot be read.
        Rejected: it is no message that any gateway accepts.
    """
    read_send(_octets(payload), config.gateway.zone, config.contacts)
    account = payload.pop("account", None)
    if payload.get("report") is None:  # what the end is, is known only to who said this
        payload["report"] = config.sending.reports
    payload["id"] = payload.get("id") or f"cli-{secrets.token_hex(8)}"
    sending = Sending(config, payload, account)
    sending.as_json = as_json
    return asyncio.run(sending.quote() if quote else sending.send(wait=wait))


def _publish(desk: AtBroker, topic: str, octets: bytes) -> int:
    try:
        return desk.connection.publish(topic, octets)
    except ValueError as wrong:  # the broker would close the connection over it, without a word
        raise Rejected("too_long", f"the message cannot be published: {wrong}") from wrong


def _octets(payload: dict[str, Any]) -> bytes:
    return json.dumps({key: value for key, value in payload.items() if value is not None}).encode()


def _object(octets: bytes) -> dict[str, Any]:
    """What a gateway says; anybody may say something else on its topics."""
    try:
        told = json.loads(octets)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _now() -> float:
    return asyncio.get_running_loop().time()
