"""Talking to a real mail server: encryption, users, and what is said when it does not go through."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from modemd.config.mail import MailConfig
from modemd.errors import ConfigError, MailLost
from modemd.formats.mail import letter
from modemd.workers.mail_server import MailServer
from tests.system.certificates import Certificates
from tests.workers.mail_room import PostOffice, mail_server

if TYPE_CHECKING:
    from email.message import EmailMessage
    from pathlib import Path

DESK = "desk@clinic.example"


def config_of(port: int, **keys: Any) -> MailConfig:
    return MailConfig.model_validate({"host": "localhost", "port": port, "from": "sms@gw.example", **keys})


def a_letter(address: str = DESK) -> EmailMessage:
    told = {
        "event": "closed",
        "account": "clinic",
        "at": "2026-11-22T12:00:00.000+00:00",
        "clause": "L §19.3",
    }
    return letter(told, sender="sms@gw.example", address=address, event_id="1a-7", zone=ZoneInfo("UTC"))


async def deliver(config: MailConfig, address: str = DESK) -> None:
    await asyncio.to_thread(MailServer.of(config).deliver, a_letter(address))


async def lost(config: MailConfig, address: str = DESK) -> MailLost:
    with pytest.raises(MailLost) as raised:
        await deliver(config, address)
    return raised.value


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("mail") / "ca")


def secured(certificates: Certificates, folder: Path, password: str = "secret") -> dict[str, str]:
    (folder / "password").write_text(f"{password}\n")
    return {
        "ca_file": str(certificates.ca),
        "username": "gw1",
        "password_file": str(folder / "password"),
    }


def test_a_letter_goes_out_encrypted_and_by_a_user(certificates: Certificates, tmp_path: Path) -> None:
    async def talk() -> None:
        async with mail_server(certificates, users=True) as office:
            config = config_of(office.port, **secured(certificates, tmp_path))
            told = await asyncio.to_thread(MailServer.of(config).greet)
            assert told == f"mail server localhost:{office.port} lets us in"
            await deliver(config)
        assert office.encrypted == [True]
        assert office.envelopes == [("sms@gw.example", [DESK])]
        assert set(office.greeted) == {"gw.example"}
        [taken] = office.letters
        assert taken["Message-ID"] == "<modemd.1a-7@gw.example>"
        assert "L §19.3" in taken.get_content()

    asyncio.run(talk())


def test_tls_from_the_start_is_another_way(certificates: Certificates) -> None:
    async def talk() -> None:
        async with mail_server(certificates, at_once=True) as office:
            await deliver(config_of(office.port, security="tls", ca_file=str(certificates.ca)))
            assert office.encrypted == [True]
            said = await lost(config_of(office.port, security="tls"))
            assert "not signed by any authority of the system's list (mail: ca_file)" in said.reason

    asyncio.run(talk())


def test_a_server_of_this_machine_may_be_spoken_to_plainly() -> None:
    async def talk() -> None:
        async with mail_server() as office:
            await deliver(config_of(office.port, security="none"))
        assert office.encrypted == [False]

    asyncio.run(talk())


def test_nothing_is_said_unencrypted_where_encryption_is_wanted() -> None:
    async def talk() -> None:
        async with mail_server() as office:
            said = await lost(config_of(office.port))
            assert (said.permanent, said.letter) == (True, False)
            assert said.reason == f"localhost:{office.port} does not offer STARTTLS (mail: security)"
        assert office.letters == []

    asyncio.run(talk())


def test_a_certificate_of_somebody_else_ends_it(certificates: Certificates, tmp_path: Path) -> None:
    async def talk() -> None:
        async with mail_server(certificates) as office:
            said = await lost(config_of(office.port))
            assert "certificate is not signed by any authority" in said.reason
            assert (said.permanent, said.letter) == (True, False)
        named = Certificates(tmp_path / "named", name="mail.example")
        async with mail_server(named) as office:
            said = await lost(config_of(office.port, ca_file=str(named.ca)))
            assert said.reason == "the mail server's certificate is not for 'localhost'"

    asyncio.run(talk())


def test_a_wrong_password_is_the_servers_trouble(certificates: Certificates, tmp_path: Path) -> None:
    async def talk() -> None:
        async with mail_server(certificates, users=True) as office:
            wrong = secured(certificates, tmp_path, password="wrong")
            said = await lost(config_of(office.port, **wrong))
            assert said.reason.startswith("the mail server refuses user 'gw1': 535 ")
            assert (said.permanent, said.letter) == (True, False)

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("answer", "permanent", "letter"),
    [
        (f"550 5.1.1 <{DESK}> is unknown here", True, True),
        ("450 4.2.0 come back later", False, True),
        ("421 4.3.2 closing", False, False),
    ],
)
def test_a_refused_recipient_concerns_this_letter_only(answer: str, permanent: bool, letter: bool) -> None:
    async def talk() -> None:
        async with mail_server() as office:
            office.recipients[DESK] = answer
            said = await lost(config_of(office.port, security="none"))
            assert (said.permanent, said.letter) == (permanent, letter)
            assert answer[:3] in said.reason
            assert "clinic" not in said.reason

    asyncio.run(talk())


def test_what_a_letter_says_may_be_refused(tmp_path: Path) -> None:
    async def talk() -> None:
        async with mail_server() as office:
            office.answers = ["554 5.7.1 no such words here", "451 4.3.0 try again"]
            first = await lost(config_of(office.port, security="none"))
            assert first.reason == "the mail server refuses the letter: 554 5.7.1 no such words here"
            assert (first.permanent, first.letter) == (True, True)
            second = await lost(config_of(office.port, security="none"))
            assert (second.permanent, second.letter) == (False, True)

    asyncio.run(talk())


def test_a_refused_sender_concerns_all_letters() -> None:
    async def talk() -> None:
        async with mail_server() as office:
            office.sender_answer = "553 5.1.8 not from here"
            said = await lost(config_of(office.port, security="none"))
            assert said.reason == "the mail server refuses our address: 553 5.1.8 not from here"
            assert (said.permanent, said.letter) == (True, False)

    asyncio.run(talk())


def test_an_address_that_is_not_ascii_is_told_as_such() -> None:
    async def talk() -> None:
        async with mail_server() as office:
            said = await lost(config_of(office.port, security="none"), "désk@clinic.example")
            assert (said.permanent, said.letter) == (True, True)

    asyncio.run(talk())


def test_a_server_that_is_not_there_is_waited_for() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    said = asyncio.run(lost(config_of(port)))
    assert said.reason == f"connection refused: nothing listens on localhost:{port}"
    assert (said.permanent, said.letter) == (False, False)


def test_a_password_that_cannot_be_read_is_a_fault() -> None:
    config = config_of(25, username="gw1", password_file="/nowhere/password")
    with pytest.raises(ConfigError, match="password_file"):
        MailServer.of(config)
    with pytest.raises(ConfigError, match="ca_file"):
        MailServer.of(config_of(25, ca_file="/nowhere/ca.pem"))


def test_without_a_port_it_is_the_usual_one() -> None:
    usual = {
        security: MailConfig.model_validate({"from": "a@b.example", "security": security}).door
        for security in ("starttls", "tls", "none")
    }
    assert usual == {"starttls": 587, "tls": 465, "none": 25}


def test_the_office_itself_can_refuse(certificates: Certificates) -> None:
    """The room of these tests: without STARTTLS it takes nothing where it insists on that."""

    async def talk() -> PostOffice:
        async with mail_server(certificates) as office:
            said = await lost(config_of(office.port, security="none"))
            assert "530" in said.reason
            return office

    assert asyncio.run(talk()).letters == []
