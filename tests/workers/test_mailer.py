"""Letters leave the outbox when the mail server has them, and not before."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modemd.config.mail import MailConfig
from modemd.service.accounts.account_events import tell
from modemd.store import accounts
from modemd.store.writer import Store
from modemd.workers.floor import Floor
from modemd.workers.mailer import KEPT, Mailer
from modemd.workers.supervisor import Supervisor
from tests.service.office import START, rules_of
from tests.store.files import fresh, rows
from tests.system.certificates import Certificates
from tests.workers.mail_room import PostOffice, mail_server
from tests.workers.mqtt_floor import until

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

    import pytest

    from modemd.store.database import Database
    from modemd.store.transaction import Tx

ACCOUNTS = {name: {"email": f"desk@{name}.example", "mail": ["all"]} for name in ("clinic", "shop", "office")}


def said_by_us(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the mail server of these tests does not say."""
    return [each.getMessage() for each in caplog.records if each.name.startswith("modemd.")]


class Bureau:
    """A mailer on a real store, with a mail server that it may or may not reach."""

    def __init__(self, database: Database, floor: Floor, office: PostOffice, mailer: Mailer) -> None:
        self.database = database
        self.floor = floor
        self.office = office
        self.mailer = mailer

    async def tell(self, account: str, event: str = "closed", ago: timedelta = timedelta(0)) -> None:
        """An event of an account; the mailer hears of it."""

        def job(tx: Tx) -> None:
            row = accounts.find(tx, account)
            if row is None:
                accounts.add(
                    tx, account, origin="config", gateway="gw1", settings="{}", holder=None,
                    email=f"desk@{account}.example", terms="unlimited", terms_version=1, at_us=0,
                )  # fmt: skip
                row = accounts.find(tx, account)
            assert row is not None
            tell(tx, self.floor.rules, row, event, {"clause": "L §19.3"}, START - ago)

        await self.floor.store.run(job)
        self.floor.mail.ring()

    def untold(self) -> int:
        [[count]] = rows(self.database, "SELECT count(*) FROM outbox WHERE consumer = 'mail'")
        return int(count)

    def to(self) -> list[str]:
        """Who has got letters, in their order."""
        return [recipients[0] for _, recipients in self.office.envelopes]

    async def sent(self, count: int) -> None:
        await until(lambda: len(self.office.letters) >= count and self.untold() == 0)


@contextlib.asynccontextmanager
async def bureau(
    folder: Path,
    *,
    office: PostOffice | None = None,
    before: Sequence[str] = (),
    longest_s: float = 10,
    **keys: Any,
) -> AsyncIterator[Bureau]:
    """A mailer that turns, on a store with what is there ``before``; a mail server without ``office``."""
    async with contextlib.AsyncExitStack() as stack:
        reached = office if office is not None else await stack.enter_async_context(mail_server())
        given = {"host": "localhost", "port": reached.port, "security": "none", "from": "sms@gw.example"}
        config = MailConfig.model_validate(given | keys)
        database = fresh(folder)
        for statement in before:
            database.connection.execute(statement)
        store = await stack.enter_async_context(Store(database))
        rules = rules_of(accounts=ACCOUNTS, mail={"from": "sms@gw.example"})
        floor = Floor(store, rules, now=lambda: START)
        group = await stack.enter_async_context(asyncio.TaskGroup())
        supervisor, mailer = Supervisor(group), Mailer(floor, config, back_off_s=(0.05,), longest_s=longest_s)
        supervisor.start(mailer)
        try:
            yield Bureau(database, floor, reached, mailer)
        finally:
            await supervisor.stop(mailer)


def test_letters_go_out_in_their_order_and_leave_the_outbox(tmp_path: Path) -> None:
    async def talk() -> None:
        async with bureau(tmp_path) as made:
            for account in ("clinic", "shop", "clinic"):
                await made.tell(account)
            await made.sent(3)
            assert made.to() == ["desk@clinic.example", "desk@shop.example", "desk@clinic.example"]
            assert len({each["Message-ID"] for each in made.office.letters}) == 3
            assert "L §19.3" in made.office.letters[0].get_content()

    asyncio.run(talk())


def test_an_address_that_there_is_not_holds_up_nobody_and_is_not_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with bureau(tmp_path) as made:
            made.office.recipients["desk@clinic.example"] = "550 5.1.1 <desk@clinic.example> unknown"
            await made.tell("clinic")
            await made.tell("shop")
            await made.sent(1)
            assert made.to() == ["desk@shop.example"]

    with caplog.at_level(logging.INFO):
        asyncio.run(talk())
    assert "letter 1 (closed) is not sent: the mail server refuses the recipient: 550 5.1.1 …" in caplog.text
    assert "desk@" not in " ".join(said_by_us(caplog))


def test_a_letter_that_is_put_off_waits_while_others_go(tmp_path: Path) -> None:
    async def talk() -> None:
        async with bureau(tmp_path) as made:
            made.office.answers = ["451 4.7.1 greylisted"]
            await made.tell("clinic")
            await made.tell("shop")
            await made.sent(2)
            assert made.to() == ["desk@shop.example", "desk@clinic.example"]

    asyncio.run(talk())


def test_a_server_in_trouble_holds_up_all_and_is_told_of_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with bureau(tmp_path) as made:
            made.office.sender_answer = "451 4.3.2 not now"
            await made.tell("clinic")
            await until(lambda: len(made.office.greeted) >= 3)
            assert made.untold() == 1
            made.office.sender_answer = "250 OK"
            await made.sent(1)

    with caplog.at_level(logging.INFO):
        asyncio.run(talk())
    why = "the mail server refuses our address: 451 4.3.2 not now"
    assert said_by_us(caplog) == [
        f"no mail is sent: {why}; letters wait for up to 4 days",
        "mail is sent again",
    ]


def test_a_letter_is_given_up_after_days(tmp_path: Path) -> None:
    async def talk() -> None:
        async with bureau(tmp_path) as made:
            made.office.sender_answer = "451 4.3.2 not now"
            await made.tell("clinic", ago=KEPT + timedelta(minutes=1))
            await made.tell("shop", ago=KEPT - timedelta(minutes=1))
            await until(lambda: made.untold() == 1)
            made.office.sender_answer = "250 OK"
            await made.sent(1)
            assert made.to() == ["desk@shop.example"]

    asyncio.run(talk())


def test_a_file_that_is_put_right_is_read_without_a_reload(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        signed, ca_file = Certificates(tmp_path / "ca"), tmp_path / "known.pem"
        async with (
            mail_server(signed) as office,
            bureau(tmp_path, office=office, security="starttls", ca_file=str(ca_file)) as made,
        ):
            await made.tell("clinic")
            await until(lambda: f"cannot use {ca_file}" in caplog.text)
            ca_file.write_bytes(signed.ca.read_bytes())
            await made.sent(1)
            assert office.encrypted == [True]

    asyncio.run(talk())


def test_letters_of_a_gateway_that_is_gone_are_sent_by_another(tmp_path: Path) -> None:
    told = {"event": "closed", "account": "shop", "at": START.isoformat()}
    body = json.dumps({"address": "desk@shop.example", "told": told})
    now_us = int(START.timestamp()) * 1_000_000
    theirs = [
        f"INSERT INTO outbox (consumer, gateway, event, at, topic, body) VALUES"
        f" ('mail', '{name}', 'closed', {now_us}, 'account/shop/event', '{body}')"
        for name in ("gone", "here")
    ]
    gateways = [
        f"INSERT INTO gateway (name, pid, version, started_at, seen_at) VALUES ('{name}', 1, '', 0, {seen})"
        for name, seen in (("gone", now_us - 180_000_000), ("here", now_us - 60_000_000))
    ]

    async def talk() -> None:
        async with bureau(tmp_path, before=[*gateways, *theirs]) as made:
            await until(lambda: len(made.office.letters) == 1 and made.untold() == 1)
        assert rows(made.database, "SELECT gateway FROM outbox") == [("here",)]

    asyncio.run(talk())


def test_a_server_that_does_not_come_to_an_end_is_left(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def talk() -> None:
        async with bureau(tmp_path, longest_s=0.3) as made:
            made.office.hold = asyncio.Event()
            await made.tell("clinic")
            await until(lambda: "did not take a letter within 0.3 s" in caplog.text)
            assert made.untold() == 1
            made.office.hold.set()
            await until(lambda: made.untold() == 0)
            assert {each["Message-ID"] for each in made.office.letters} == {
                made.office.letters[0]["Message-ID"]
            }

    asyncio.run(talk())
