"""``modemd check`` at a real mail server: what is a fault, and what is a note."""

from __future__ import annotations

import asyncio
import json
import socket
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk import Desk, Said
from tests.system.certificates import Certificates
from tests.workers.mail_room import mail_server

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("tls") / "certificates")


def settings(folder: Path, certificates: Certificates, word: str = "secret") -> dict[str, Any]:
    (folder / "secret").write_text(f"{word}\n")
    return {
        "host": "localhost",
        "ca_file": str(certificates.ca),
        "username": "gw1",
        "password_file": str(folder / "secret"),
        "from": "sms@gw.example",
    }


def checked(folder: Path, given: dict[str, Any], *options: str) -> Said:
    """What the command says of a ``mail`` section in the third line."""
    desk = Desk(folder)
    desk.config.write_text(f"gateway: {{name: gw1}}\n\nmail: {json.dumps(given)}\n")
    return desk.run("check", *options)


def at_server(folder: Path, certificates: Certificates, given: dict[str, Any]) -> tuple[int, Said]:
    """The same, where a mail server runs meanwhile."""

    async def talk() -> tuple[int, Said]:
        async with mail_server(certificates, users=True) as office:
            said = await asyncio.to_thread(checked, folder, given | {"port": office.port})
            assert office.letters == []
            return office.port, said

    return asyncio.run(talk())


def test_a_mail_server_that_lets_us_in_is_told(tmp_path: Path, certificates: Certificates) -> None:
    port, done = at_server(tmp_path, certificates, settings(tmp_path, certificates))
    assert (done.status, done.err) == (0, "")
    assert f", mail server localhost:{port}\n" in done.out
    assert done.out.endswith(f"mail server localhost:{port} lets us in\n")


def test_a_wrong_password_is_a_fault_of_its_section(tmp_path: Path, certificates: Certificates) -> None:
    _, done = at_server(tmp_path, certificates, settings(tmp_path, certificates, "wrong"))
    assert done.status == 78
    assert "line 3, column 1: mail: the mail server refuses user 'gw1': 535 " in done.out
    assert "(look at username: and password_file:)" in done.out


def test_a_server_that_is_away_is_a_note(tmp_path: Path, certificates: Certificates) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        given = settings(tmp_path, certificates) | {"port": taken.getsockname()[1]}
        done = checked(tmp_path, given)
        assert done.status == 0
        assert "note: mail: connection refused: nothing listens on localhost:" in done.out
        assert "note: mail" not in checked(tmp_path, given, "--offline").out


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        ({"username": None}, "mail.password_file: a password without a username (set username:)"),
        ({"password_file": None}, "mail.username: a username without a password (set password_file:)"),
        (
            {"security": "none", "host": "mail.example"},
            "mail.security: without encryption everybody can read the password (set it to starttls or tls)",
        ),
        ({"from": "nobody"}, "mail.from: 'nobody' is no e-mail address, such as office@example.org"),
        ({"password_file": "/nowhere/secret"}, "mail: password_file"),
        ({"ca_file": "/nowhere/ca.pem"}, "mail: ca_file: cannot use /nowhere/ca.pem: No such file"),
        (
            {"host": "smtp://mail.example"},
            "(write a name or an address and no more; the port is a key of its own)",
        ),
    ],
)
def test_what_is_wrong_with_the_section_is_said(
    tmp_path: Path, certificates: Certificates, keys: dict[str, Any], fault: str
) -> None:
    given = {name: value for name, value in (settings(tmp_path, certificates) | keys).items() if value}
    done = checked(tmp_path, given, "--offline")
    assert done.status == 78
    assert fault in done.out


def test_accounts_that_will_get_no_letter_are_told(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    accounts = {"clinic": {"mail": ["all"], "email": "desk@clinic.example"}, "shop": {"mail": ["closed"]}}
    desk.config.write_text(f"accounts: {json.dumps(accounts)}\n")
    said = desk.run("check", "--offline").out
    assert "note: accounts.clinic.mail: nothing is mailed without a mail: section\n" in said
    assert "note: accounts.shop.mail: nothing is mailed without a mail: section\n" in said
    desk.config.write_text(f"accounts: {json.dumps(accounts)}\nmail: {{from: sms@gw.example}}\n")
    said = desk.run("check", "--offline").out
    assert "note: accounts.shop.mail: it has no email: to write to\n" in said
    assert "accounts.clinic" not in said
