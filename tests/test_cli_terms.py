"""``modemd terms``: what was signed, rule by rule, and what it brings about."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from modemd.config.presets import PRESETS
from modemd.service.credits import credit
from modemd.store import accounts
from modemd.store.transaction import Tx
from tests.desk import Desk, now

ACCOUNTS = "{clinic: {terms: sms4less}, shop: {terms: mine}}"
MORE = (
    "terms: {mine: {like: smstools, minimum_topup: 100, objection_days: 3}}\n"
    'tariffs: {standard: [{valid_from: 2020-01-01, bundles: [{up_to: 500, price: "0.1"}],'
    ' credits: {"+1": 2}, vat: "6"}]}\n'
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path, accounts=ACCOUNTS, more=MORE)


@pytest.mark.parametrize("name", PRESETS)
def test_each_rule_of_a_preset_is_shown_with_its_clause(desk: Desk, name: str) -> None:
    lines = desk.call("terms", "show", name).out.splitlines()
    assert lines[0] == f"{name}, a preset"
    assert max(map(len, lines)) <= 80
    for rule in PRESETS[name]:
        (line,) = (each for each in lines if each.startswith(f"{rule.field}:"))
        assert line.endswith(rule.clause)
    told = desk.call("terms", "show", name, "--json").json
    assert [each["clause"] for each in told["rules"]] == [rule.clause for rule in PRESETS[name]]


def test_own_terms_say_what_differs_and_what_their_tariff_costs(desk: Desk) -> None:
    told = desk.call("terms", "show", "mine").out
    assert told.startswith("mine, like smstools\n")
    assert "\nminimum_topup: 100 (your own; the preset says 1)" in told
    assert "\nobjection_days: 3 (your own)\n" in told
    assert told.endswith(
        "tariff standard from 2020-01-01, without VAT\n"
        "    1-500            0.10 EUR a credit\n"
        "    to +1            2 a part\n"
        "    VAT              6 %\n"
    )
    assert [each["name"] for each in desk.call("terms", "list", "--json").json][-1] == "mine"
    said = desk.run("terms", "show", "his")
    assert (said.status, said.err[:36]) == (1, "bad_request: there are no terms his;")


def test_a_rehearsal_says_what_and_why_and_does_nothing(desk: Desk) -> None:
    assert desk.call("terms", "apply", "--dry-run").out == "nothing is due\n"
    desk.call("credit", "grant", "clinic", 1, "--reason", "x")
    old = now() - timedelta(days=1)

    def expired(tx: Tx) -> None:
        row = accounts.find(tx, "clinic")
        assert row is not None
        credit.grant(
            tx, row.id, 40, source="order", kind="order", expires_at=old, by="x", reason="x", now=now()
        )

    desk.write(expired)
    rehearsed = desk.call("terms", "apply", "--dry-run").out
    assert rehearsed.splitlines()[0].startswith(
        "account clinic: a lot's unused credits are cancelled, 40 credits lost"
    )
    assert rehearsed.splitlines()[0].endswith("L §6.3")
    assert rehearsed.endswith("\n1 step would be done\n")
    assert desk.call("credit", "statement", "clinic", "--json").json["balance"] == 41
    (step,) = desk.call("terms", "apply", "--json").json
    assert (step["kind"], step["account"], step["credits"]) == ("expire", "clinic", 40)
    assert step["clause"] == "L §6.3"
    told = desk.call("credit", "statement", "clinic", "--json").json
    assert (told["balance"], told["forfeited"]) == (1, 40)
    assert desk.call("terms", "apply").out == "nothing is due\n"
