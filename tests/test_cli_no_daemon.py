"""The commands of accounts and credit where no daemon has ever run: they make the store themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from modemd.store import outbox
from modemd.store.database import Database
from tests.desk import Desk

CONFIG = """
gateway: {{name: gw, country: BE, timezone: Europe/Brussels}}
store: {{url: 'sqlite:///{folder}/made/store.db'}}
spool: {{dir: {folder}/spool}}
mqtt: {{host: 127.0.0.1, port: 1}}
accounts:
  clinic: {{terms: sms4less}}
  agency: {{consent: required}}
tariffs: {{standard: [{{valid_from: 2020-01-01, bundles: [{{price: "0.1"}}]}}]}}
"""


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tmp_path))
    return Desk(tmp_path)


def made(desk: Desk) -> Path:
    """The store that is to be made."""
    return desk.folder / "made/store.db"


@pytest.mark.parametrize(
    ("command", "says"),
    [
        ("account add shop --terms smstools", "account shop is open"),
        ("credit grant clinic 100 --reason gift", "account clinic: 100 credits granted as lot 1"),
        ("credit order clinic --credits 500", "order 1: 500 credits"),
        ("consent grant agency +32475123456", "+32475123456 may be sent to"),
        ("account list", "ACCOUNT"),
        ("credit statement clinic", "account  clinic"),
        ("terms apply", "nothing is due"),
    ],
)
def test_the_first_command_makes_the_store_and_says_so_once(desk: Desk, command: str, says: str) -> None:
    said = desk.call(*command.split())
    assert said.out.startswith(says)
    assert said.err == f"there was no store yet: made {made(desk)}\n"
    again = desk.call("account", "list", "--json")
    assert again.err == ""
    assert {"clinic", "agency", "default"} <= {each["account"] for each in again.json}


@pytest.mark.parametrize(
    ("command", "exit_status"),
    [
        ("credit verify", 75),
        ("status", 75),
        ("messages", 75),
        ("credit grant clinic", 2),
        ("credit grant clinic many --reason gift", 2),
        ("account add", 2),
        ("consent allow agency +32475123456", 2),
    ],
)
def test_what_cannot_be_done_makes_none(desk: Desk, command: str, exit_status: int) -> None:
    assert desk.run(*command.split()).status == exit_status
    assert not made(desk).parent.exists()


def test_what_is_to_be_told_is_told_by_this_gateway_once_it_starts(desk: Desk) -> None:
    desk.call("account", "add", "shop", "--terms", "smstools")
    desk.call("credit", "grant", "shop", 5, "--reason", "gift")
    desk.call("send", "--account", "shop", "--to", "+32475123456", "Hello")
    store = Database(f"sqlite:///{made(desk)}", create=False)
    store.act_as("gw")
    try:
        told = store.read(lambda tx: outbox.untold(tx, "mqtt", 0, 100))
    finally:
        store.close()
    assert told
