"""What a network says of a SIM's money, in the ways of many countries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modemd.config.modems import BalanceConfig
from modemd.service import alarms
from modemd.service.modems import prepaid
from modemd.store import sims
from tests.service.office import Office
from tests.store.files import rows

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.modems.prepaid import Read
    from modemd.store.database import Database

ANY = r"([0-9][0-9., ']*)"
PLAIN = r"([0-9]+[.,][0-9]{2})"


@pytest.mark.parametrize(
    ("pattern", "text", "amount"),
    [
        (PLAIN, "Your balance is 12.34 EUR.", "12.34"),
        (PLAIN, "Solde: 12,34€ au 24/12", "12.34"),
        (PLAIN, "No money", None),
        (r"(-?[0-9]+[.,][0-9]{2})", "Kredit -0,05 EUR", "-0.05"),
        (ANY, "1.234,56 EUR", "1234.56"),
        (ANY, "1,234.56 USD", "1234.56"),
        (ANY, "1 234,5 PLN", "1234.50"),
        (ANY, "CHF 1'234.50", "1234.50"),
        (ANY, "12.500 VND", "12500.00"),
        (ANY, "1.250.000 IDR", "1250000.00"),
        (ANY, "0.125 KWD", "0.12"),
        (ANY, "7 EUR", "7.00"),
        (ANY, "12. ", "12.00"),
        (r"balance: (\S+)", "balance: ١٢,٥٠", "12.50"),
        (r"balance: (\S+)", "balance: none", None),
        (r"(?:x(\d+))?", "nothing", None),
        (r"([.,]5)", "it is ,5", "0.50"),
    ],
)
def test_an_amount_is_read(pattern: str, text: str, amount: str | None) -> None:
    read = prepaid.amount_in(pattern, text)
    assert (None if read is None else str(read)) == amount


def test_the_shape_of_a_text_tells_nothing_of_it() -> None:
    assert prepaid.shape("Ihr Guthaben:\n3,20 €") == "Aaa Aaaaaaaa: 9,99 €"


@pytest.fixture
def office(tmp_path: Path, database: Database) -> Office:
    return Office(tmp_path, database=database)


def take(office: Office, text: str, **keys: object) -> Read:
    config = BalanceConfig.model_validate({"code": "*100#", "low": 5} | keys)
    seat = office.seat(sim="8932000000000001234")
    return office.run(lambda tx: prepaid.take(tx, office.rules, seat, config, text, office.now))


def open_codes(office: Office) -> list[str]:
    return [each.code for each in office.run(alarms.open_alarms)]


def test_a_low_balance_is_an_alarm_until_it_is_topped_up(office: Office) -> None:
    assert take(office, "4,99 EUR") == (prepaid.amount_in(PLAIN, "4,99"), True)
    [alarm] = office.run(alarms.open_alarms)
    assert (alarm.modem, alarm.code, alarm.severity) == ("gsm1", "balance_low", "warning")
    assert alarm.text == (
        "Modem gsm1: its SIM …1234 has 4.99 left, which is less than 5. Top it up before it is used up."
    )
    assert not take(office, "3,00 EUR").alarmed  # it is counted
    assert take(office, "5,00 EUR").alarmed
    assert open_codes(office) == []


def test_a_balance_is_told_and_kept(office: Office) -> None:
    take(office, "20,00 EUR")
    [(topic, body)] = rows(office.database, "SELECT topic, body FROM outbox WHERE consumer = 'mqtt'")
    told = json.loads(str(body))
    assert topic == "modem/gsm1/event"
    assert (told["event"], told["amount"], told["text"], told["low"]) == (
        "balance", "20.00", "20,00 EUR", False,
    )  # fmt: skip
    assert told["iccid"] == "8932000000000001234"
    kept = office.run(lambda tx: sims.balance_of(tx, "8932000000000001234"))
    assert kept is not None
    assert (kept.amount, kept.text) == ("20.00", "20,00 EUR")


def test_what_cannot_be_read_changes_no_alarm(office: Office) -> None:
    take(office, "1,00 EUR")
    assert take(office, "Service temporarily unavailable").amount is None
    assert open_codes(office) == ["balance_low"]


def test_without_a_limit_nothing_is_low(office: Office) -> None:
    assert not take(office, "0,00 EUR", low=None).alarmed
    assert open_codes(office) == []
