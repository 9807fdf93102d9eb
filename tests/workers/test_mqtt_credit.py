"""What an account has left is on the broker soon after it changed, and not told more often than need be."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from modemd.service.accounts import accounts
from modemd.service.accounts.account_sync import merged
from modemd.service.credits import credit
from modemd.store import accounts as rows_of
from modemd.workers.mqtt_states import MqttStates
from tests.service.office import START, rules_of, with_broker
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.workers.mqtt_floor import Post, post, until

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx

TOPIC = "modemd/account/clinic/credit"


async def grant(made: Post, credits_: int = 1) -> None:
    """The account has more; who shows it hears that something has changed."""

    def job(tx: Tx) -> None:
        row = rows_of.find(tx, "clinic")
        assert row is not None
        credit.grant(tx, row.id, credits_, source="grant", by="op", reason="test", now=START)

    await made.floor.store.run(job)
    made.floor.states.ring()


def balances(user: MqttUser, topic: str = TOPIC) -> list[Any]:
    return [each.body["balance"] for each in user.on(topic) if each.payload]


async def begun(made: Post) -> MqttStates:
    rules = made.floor.rules
    made.floor.rules = await made.floor.store.run(lambda tx: accounts.known(tx, rules, START))
    states = MqttStates(made.floor, made.line)
    made.begin(made.keeper, states)
    return states


def test_many_changes_are_few_publications_and_the_last_is_there_soon(tmp_path: Path) -> None:
    async def talk(broker: Broker, user: MqttUser) -> None:
        rules = with_broker(rules_of(accounts={"clinic": {"terms": "sms4less"}}))
        async with post(tmp_path, broker.port, rules=rules) as made:
            states = await begun(made)
            await until(lambda: balances(user) == [0])
            began = time.monotonic()
            for _ in range(300):
                await grant(made)
            took_s = time.monotonic() - began
            ended = time.monotonic()
            await until(lambda: balances(user)[-1] == 300)
            late_s = time.monotonic() - ended
            await made.supervisor.stop(states)
        assert len(balances(user)) <= 3 + 2 * (took_s + late_s)
        assert late_s < 5
        assert balances(user, "modemd/account/default/credit") == [None]

    with Broker(tmp_path) as broker, MqttUser(broker.port, "modemd/account/#") as user:
        asyncio.run(talk(broker, user))


def test_an_account_that_a_command_adds_is_shown_and_cleared_again(tmp_path: Path) -> None:
    async def talk(broker: Broker, user: MqttUser) -> None:
        rules = with_broker(rules_of(accounts={"clinic": {"terms": "sms4less"}}))
        async with post(tmp_path, broker.port, rules=rules) as made:
            states = await begun(made)
            await until(lambda: balances(user) == [0])

            def add(tx: Tx) -> Any:
                accounts.add(tx, made.floor.rules, "new", {"terms": "smstools"}, by="op", now=START)
                return merged(tx, made.floor.rules)

            made.floor.rules = await made.floor.store.run(add)
            made.floor.states.ring()
            await until(lambda: balances(user, "modemd/account/new/credit") == [0])
            made.floor.rules = rules_of(accounts={"clinic": {"terms": "sms4less"}})
            made.floor.states.ring()
            await until(lambda: not user.on("modemd/account/new/credit")[-1].payload)
            await made.supervisor.stop(states)
        assert balances(user) == [0]

    with Broker(tmp_path) as broker, MqttUser(broker.port, "modemd/account/#") as user:
        asyncio.run(talk(broker, user))
