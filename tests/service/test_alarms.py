"""Alarms: raised once, counted while they last, told to broker and program when new and when cleared."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modemd.service import alarms
from modemd.service.modems import adoption
from modemd.store import outbox
from modemd.store.times import to_us
from tests.formats.checking import faults
from tests.house import ROOT
from tests.service.office import Office, rules_of, with_broker

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def office(folder: Path) -> Office:
    rules = with_broker(rules_of())
    return Office(folder, replace(rules, consumers=rules.consumers | {"alarm"}))


def raised(desk: Office, code: str = "absent", **said: Any) -> bool:
    facts = {"modem": "gsm1", "text": f"gsm1 is {code}. Plug it in.", "severity": "warning", **said}
    return desk.run(lambda tx: alarms.raise_alarm(tx, desk.rules, code=code, now=desk.now, **facts))


def cleared(desk: Office, code: str = "absent", modem: str | None = "gsm1") -> bool:
    return desk.run(lambda tx: alarms.clear_alarm(tx, desk.rules, modem=modem, code=code, now=desk.now))


def told(desk: Office, consumer: str = "alarm") -> list[dict[str, Any]]:
    rows = desk.run(lambda tx: outbox.untold(tx, consumer, 0, 100))
    assert all((row.event, row.topic) == ("alarm", "gateway/gw1/alarm") for row in rows)
    return [json.loads(row.body or "") for row in rows]


def test_an_alarm_is_told_once_and_counted_while_it_is_open(tmp_path: Path) -> None:
    desk = office(tmp_path)
    assert raised(desk)
    desk.later(minutes=1)
    assert not raised(desk, text="gsm1 is still absent. Plug it in.")
    [row] = desk.run(lambda tx: alarms.open_alarms(tx, "gw1"))
    assert (row.modem, row.code, row.severity, row.count) == ("gsm1", "absent", "warning", 2)
    assert row.text == "gsm1 is still absent. Plug it in."
    assert row.last_at - row.raised_at == 60_000_000
    [event] = told(desk)
    assert event["state"] == "raised"
    assert event == told(desk, "mqtt")[0]
    assert faults("Alarm", event | {"event_id": "9f2c01aa-1"}) == []


def test_what_has_only_happened_is_over_a_day_later(tmp_path: Path) -> None:
    desk = office(tmp_path)
    assert raised(desk, "sim_swapped")
    assert raised(desk, "absent")
    desk.later(hours=23)
    assert not desk.run(lambda tx: alarms.end_news(tx, desk.rules, desk.now))
    desk.later(hours=1)
    assert desk.run(lambda tx: alarms.end_news(tx, desk.rules, desk.now))
    assert [row.code for row in desk.run(lambda tx: alarms.open_alarms(tx, "gw1"))] == ["absent"]
    assert told(desk)[-1]["state"] == "cleared"


def test_what_gets_worse_is_told_again_and_what_gets_better_is_not(tmp_path: Path) -> None:
    desk = office(tmp_path)
    assert raised(desk)
    assert raised(desk, severity="critical")
    assert not raised(desk, severity="info")
    assert [(each["severity"], each["count"]) for each in told(desk)] == [("warning", 1), ("critical", 2)]


def test_a_cleared_alarm_is_told_and_may_be_raised_anew(tmp_path: Path) -> None:
    desk = office(tmp_path)
    assert not cleared(desk)
    raised(desk)
    assert cleared(desk)
    assert not cleared(desk)
    assert raised(desk)
    assert [each["state"] for each in told(desk)] == ["raised", "cleared", "raised"]


def test_alarms_of_the_gateway_and_of_others_are_their_own(tmp_path: Path) -> None:
    desk = office(tmp_path)
    raised(desk, modem=None)
    raised(desk, modem="gsm2")
    assert not cleared(desk)
    assert cleared(desk, modem=None)
    assert [each["modem"] for each in told(desk)] == [None, "gsm2", None]
    assert desk.run(lambda tx: alarms.open_alarms(tx, "other")) == []
    assert len(desk.run(alarms.open_alarms)) == 1


def test_all_of_a_modem_is_cleared_but_what_is_named(tmp_path: Path) -> None:
    desk = office(tmp_path)
    for code in ("absent", "silent", "balance_low"):
        raised(desk, code)
    raised(desk, "absent", modem="gsm2")
    kept = frozenset({"balance_low"})
    assert desk.run(lambda tx: alarms.clear_alarms(tx, desk.rules, modem="gsm1", now=desk.now, but=kept))
    left = desk.run(lambda tx: alarms.open_alarms(tx, "gw1"))
    assert [(row.modem, row.code) for row in left] == [("gsm1", "balance_low"), ("gsm2", "absent")]


def test_nobody_is_told_where_nobody_listens(tmp_path: Path) -> None:
    desk = Office(tmp_path, broker=False)
    assert raised(desk)
    assert told(desk) == told(desk, "mqtt") == []


def test_old_alarms_are_forgotten_and_open_ones_are_not(tmp_path: Path) -> None:
    from modemd.store import alarms as rows

    desk = office(tmp_path)
    raised(desk, "absent")
    raised(desk, "silent")
    cleared(desk, "silent")
    assert desk.run(lambda tx: rows.forget(tx, to_us(desk.now))) == 0
    assert desk.run(lambda tx: rows.forget(tx, to_us(desk.later(seconds=1)))) == 1
    assert len(desk.run(alarms.open_alarms)) == 1


def test_a_modem_that_the_configuration_has_no_more_is_nobodys_trouble(tmp_path: Path) -> None:
    desk = office(tmp_path)
    for modem in ("gsm1", "sold", None):
        assert raised(desk, modem=modem)
    desk.run(lambda tx: adoption.recover(tx, desk.rules, (), desk.now))
    assert [each.modem for each in desk.run(lambda tx: alarms.open_alarms(tx, "gw1"))] == ["gsm1", ""]


def test_every_alarm_stands_in_the_page() -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text("utf-8").partition("## Metrics")[0]
    told = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert {code for code in told if not code.startswith("refused_")} == set(_codes())


def _codes() -> Iterator[str]:
    """Words that are handed over as an alarm's code; states and refusals have tables of their own."""
    for text in (path.read_text("utf-8") for path in (ROOT / "modemd").rglob("*.py")):
        constants = dict(re.findall(r'^(_?[A-Z]\w+): Final = "(\w+)"', text, re.MULTILINE))
        if "raise_alarm(" in text:
            for word, constant in re.findall(r'(?:\bcode=|\._say\(\s*)(?:"(\w+)"|(_?[A-Z]\w+))', text):
                yield word or constants[constant]
