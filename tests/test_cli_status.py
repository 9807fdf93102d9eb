"""``modemd status``: what lives, what waits, what was sent today; once and again and again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from modemd.cli.presence import living
from modemd.cli.status_tables import as_renderable
from modemd.service import alarms, dispatch, overview
from modemd.service.overview import GatewayView
from modemd.store import brokers, modems, outbox, recovery, views
from modemd.store.database import Database
from modemd.store.statement import Statement
from modemd.store.times import to_us
from tests.desk import REFUSED_FOR_NOW, SILENCE, TAKEN, Desk, now


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk.begin(tmp_path)


def told(desk: Desk) -> Any:
    """The JSON, of a desk whose gateway runs."""
    return desk.call("status", "--json").json


def write_modem(desk: Desk, name: str, **facts: object) -> None:
    modem_id = desk.seat(name).modem_id
    desk.write(lambda tx: modems.write_modem(tx, modem_id, facts))


def test_a_store_that_no_gateway_runs_on_is_75_and_still_shown(desk: Desk) -> None:
    desk.send("Hello")
    done = desk.run("status", "--json")
    assert (done.status, done.json["gateways"], done.json["queues"]["queued"]) == (75, [], 1)
    done = desk.run("status")
    assert (done.status, done.err) == (75, "")
    assert "none has run on this store yet" in done.out


def test_no_store_at_all_is_75(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"store: {{url: 'sqlite:///{tmp_path}/store.db'}}\n")
    done = Desk(tmp_path).run("status")
    assert (done.status, done.out) == (75, "")


def test_a_gateway_that_runs_has_its_modems_shown(desk: Desk) -> None:
    desk.gateway_starts()
    write_modem(
        desk, "gsm1", state="ready", operator="Proximus", technology="LTE", signal_dbm=-71, registration=1,
        imei="861234560000001", iccid="8932", msisdn="+32475000001",
    )  # fmt: skip
    write_modem(desk, "gsm2", state="absent", error="cannot open /dev/gsm2:\nno such file")
    gateway = told(desk)["gateways"][0]
    assert (gateway["name"], gateway["state"], gateway["stopped_at"]) == ("gw", "online", None)
    first, second = told(desk)["modems"]
    assert (first["state"], first["operator"], first["signal_dbm"]) == ("ready", "Proximus", -71)
    assert (first["number"], first["imei"], first["iccid"]) == ("+32475000001", "861234560000001", "8932")
    assert (second["state"], second["error"]) == ("absent", "cannot open /dev/gsm2:\nno such file")
    lines = desk.call("status").out.splitlines()
    assert lines[1].split()[:2] == ["gw", "alive"]
    assert lines[4].split() == ["gsm1", "ready", "Proximus", "LTE", "-71", "dBm", "0", "0", "-"]
    assert lines[5].endswith("cannot open /dev/gsm2: no such file")


def test_a_modem_that_was_taken_out_of_the_configuration_is_shown_no_more(desk: Desk) -> None:
    desk.gateway_starts()
    now_us = to_us(datetime.now(UTC))
    write_modem(desk, "gsm1", state="absent", seen_at=now_us - 16 * 60_000_000)
    write_modem(desk, "gsm2", state="absent", seen_at=now_us - 14 * 60_000_000)
    assert [each["name"] for each in told(desk)["modems"]] == ["gsm2"]


def test_what_a_dead_gateway_wrote_of_its_modems_is_no_news(desk: Desk) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    desk.gateway_starts(pid=ended.pid)
    write_modem(desk, "gsm1", state="ready", operator="Proximus", signal_dbm=-71)
    done = desk.run("status", "--json")
    assert (done.status, done.json["gateways"][0]["state"]) == (75, "offline")
    assert {each["state"] for each in done.json["modems"]} == {"offline"}
    out = desk.run("status").out
    assert "gone" in out
    assert "Proximus" not in out


def test_who_lives_is_seen_by_process_clock_and_farewell() -> None:
    began = datetime(2026, 1, 1, tzinfo=UTC)

    def gateway(**facts: Any) -> GatewayView:
        pid = 1  # always there, and another user's for most
        given = {"name": "gw", "pid": pid, "version": "1", "started_at": began, "seen_at": began}
        return GatewayView(**{**given, "stopped_at": None, **facts})

    assert living([gateway()], began + timedelta(seconds=100)) == {"gw"}
    assert living([gateway()], began + timedelta(seconds=130)) == set()
    assert living([gateway(stopped_at=began)], began) == set()


def test_queues_are_counted_in_parts_by_route_and_modem(desk: Desk) -> None:
    desk.gateway_starts()
    desk.send("in doubt")
    desk.submit(SILENCE)
    desk.send("tried again later")
    desk.submit(REFUSED_FOR_NOW)  # congestion: waits on its own route
    desk.send("in hand")
    desk.claim()
    desk.send("later", "--at", "2099-01-01 10:00")
    desk.send("x" * 400)
    desk.send("by one modem", "--modem", "gsm2")
    desk.write(lambda tx: outbox.add(tx, "spool", "SENT", 0, message_id=1))
    view = told(desk)
    assert view["queues"] == {
        "queued": 4, "scheduled": 2, "sending": 1, "uncertain": 1, "untold": {"spool": 1},
    }  # fmt: skip
    assert [each["queue"] for each in view["modems"]] == [3, 4]
    routes = {each["key"]: (each["modems"], each["queued"]) for each in view["routes"]}
    assert routes["any"] == (["gsm1", "gsm2"], 3)
    assert routes["modem:gsm2"] == (["gsm2"], 1)
    text = desk.call("status").out
    assert text.splitlines()[-3].split() == ["ROUTE", "QUEUED", "MODEMS"]
    assert "4          2        1          1           1" in text


def test_today_begins_at_midnight_of_the_gateways_zone(desk: Desk) -> None:
    midnight = datetime(2026, 7, 1, tzinfo=ZoneInfo("Europe/Brussels"))
    seat = desk.seat()
    for minutes in (-1, 0, 1):
        desk.send("Hello")
        record = partial(
            dispatch.record, rules=desk.rules, seat=seat, claimed=desk.claim(), outcome=TAKEN,
            now=midnight + timedelta(minutes=minutes),
        )  # fmt: skip
        desk.write(record)
    view = desk.write(lambda tx: overview.overview(tx, midnight))
    assert [each.sent_today for each in view.modems] == [2, 0]
    assert midnight.astimezone(UTC).day == 30


def test_parts_that_are_sent_now_are_sent_today(desk: Desk) -> None:
    desk.gateway_starts()
    desk.send("x" * 400)
    for _ in range(3):
        desk.submit(TAKEN)
    assert [each["sent_today"] for each in told(desk)["modems"]] == [3, 0]


def test_watching_goes_on_until_ctrl_c_and_that_is_no_failure(desk: Desk) -> None:
    desk.gateway_starts()
    with desk.running("status", "--watch", "--json") as watching:
        assert json.loads(watching.stdout.readline())["queues"]["queued"] == 0
        desk.send("Hello")
        while not json.loads(watching.stdout.readline())["queues"]["queued"]:
            pass
        watching.send_signal(signal.SIGINT)
        assert watching.wait() == 0
        assert watching.stderr.read() == ""


def test_the_terminals_tables_hold_the_same(desk: Desk) -> None:
    from rich.console import Console

    desk.gateway_starts()
    desk.send("Hello")
    view = desk.write(lambda tx: overview.overview(tx, now()))
    console = Console(width=100, record=True, file=(desk.folder / "terminal").open("w"))
    console.print(as_renderable(view, [], {"gw"}, UTC))
    console.file.close()
    shown = console.export_text().splitlines()
    assert [line.split()[:2] for line in shown[:2]] == [["GATEWAY", "STATE"], ["gw", "alive"]]
    assert any(line.split() == ["1", "0", "0", "0", "0"] for line in shown)


def test_accounts_that_are_low_or_suspended_or_wait_are_shown(tmp_path: Path) -> None:
    accounts = (
        "{clinic: {terms: sms4less, low_credit: 5}, shop: {terms: smstools}, rich: {terms: smstools},"
        " patient: {terms: smstools, on_insufficient: wait}}"
    )
    desk = Desk.begin(tmp_path, accounts=accounts)
    desk.gateway_starts()
    for name, credits_ in (("clinic", 5), ("shop", 50), ("rich", 50), ("patient", 1)):
        desk.call("credit", "grant", name, credits_, "--reason", "x")
    desk.call("account", "suspend", "shop", "--reason", "a complaint")
    desk.send("x" * 400, "--account", "patient")
    shown = desk.call("status", "--json").json
    assert [each["account"] for each in shown["credits_low"]] == ["clinic"]
    assert [each["account"] for each in shown["suspended"]] == ["shop"]
    waiting = shown["waiting_for_credit"]
    assert [(each["account"], each["waiting_credits"]) for each in waiting] == [("patient", 3)]
    lines = desk.call("status").out.splitlines()
    titles = next(place for place, line in enumerate(lines) if line.startswith("CREDIT "))
    assert [line.split(maxsplit=5) for line in lines[titles + 1 :]] == [
        ["clinic", "active", "5", "0", "-", "low"],
        ["patient", "active", "1", "0", "1", "wants 3 credits"],
        ["shop", "suspended", "50", "0", "-", "operator"],
    ]


@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("_IN_HAND", "part_in_doubt"),
        ("_SCHEDULED", "part_due"),
        ("_SENT_SINCE", "part_taken"),
        ("_UNTOLD", "outbox_untold"),
    ],
)
def test_counting_reads_an_index_and_no_table(desk: Desk, name: str, index: str) -> None:
    plan = _plan(desk, getattr(views, name))
    assert f"INDEX {index}" in plan
    assert "SCAN part\n" not in plan


@pytest.mark.parametrize(("state", "index"), [("uncertain", "part_in_doubt"), ("scheduled", "part_due")])
def test_a_few_among_millions_are_found_by_their_parts(desk: Desk, state: str, index: str) -> None:
    plan = _plan(desk, views._LISTS[state, False])
    assert f"USING INDEX {index}" in plan or f"USING COVERING INDEX {index}" in plan
    assert "SCAN message" not in plan


def _plan(desk: Desk, statement: Statement) -> str:
    database = Database(desk.url, create=False)
    try:
        ready = statement.ready("sqlite")
        given = ready.bind({"since": to_us(now()), "state": "uncertain", "most": 20})
        rows = database.connection.execute(f"EXPLAIN QUERY PLAN {ready.text}", given)
        return "".join(f"{row[3]}\n" for row in rows)
    finally:
        database.close()


def test_of_several_gateways_each_has_its_broker(desk: Desk) -> None:
    desk.gateway_starts()
    at_us = to_us(now())
    desk.write(lambda tx: modems.gateway_started(tx, "gw2", os.getpid(), "1", at_us))
    for name in ("gw", "gw2"):
        note = partial(brokers.note, gateway_name=name, broker="localhost:1883", error=None, at_us=at_us)
        desk.write(note)
    lines = desk.call("status").out.splitlines()
    first = next(place for place, line in enumerate(lines) if "BROKER" in line)
    assert [line.split()[:3] for line in lines[first : first + 3]] == [
        ["GATEWAY", "BROKER", "STATE"],
        ["gw", "localhost:1883", "connected"],
        ["gw2", "localhost:1883", "connected"],
    ]


def test_the_broker_is_shown_with_its_trouble(desk: Desk) -> None:
    desk.gateway_starts()
    assert told(desk)["gateways"][0]["broker"] is None
    assert "BROKER" not in desk.call("status").out
    at_us = to_us(datetime(2026, 11, 22, 12, 0, tzinfo=UTC))
    why = "the broker refuses user 'gw1':\nwrong name or password"
    desk.write(lambda tx: brokers.note(tx, "gw", "localhost:1883", why, at_us))
    assert told(desk)["gateways"][0]["broker"] == {
        "address": "localhost:1883",
        "state": "lost",
        "error": why,
        "since": "2026-11-22T12:00:00.000+00:00",
    }
    line = desk.call("status").out.splitlines()[4]
    assert line.startswith("localhost:1883  lost   2026-11-22 13:00:00           0  the broker refuses user")
    desk.write(lambda tx: brokers.note(tx, "gw", "localhost:1883", None, at_us))
    assert told(desk)["gateways"][0]["broker"]["state"] == "connected"
    desk.gateway_stops()
    assert desk.run("status", "--json").json["gateways"][0]["broker"]["state"] == "lost"


def test_what_is_wrong_stands_below_with_what_to_do(desk: Desk) -> None:
    desk.gateway_starts()
    write_modem(desk, "gsm1", state="puk_required", error="The SIM wants its PUK.")
    rules = desk.rules
    text = "gsm1: the SIM wants its PUK. Put it into a telephone."
    desk.write(
        lambda tx: alarms.raise_alarm(
            tx, rules, modem="gsm1", code="puk_required", text=text, severity="critical", now=now()
        )
    )
    shown = desk.run("status").out
    assert text in shown
    assert "critical" in shown
    one = told(desk)
    assert [(each["modem"], each["code"], each["text"]) for each in one["alarms"]] == [
        ("gsm1", "puk_required", text)
    ]
    modem = next(each for each in one["modems"] if each["name"] == "gsm1")
    assert "telephone" in modem["advice"]
    assert next(each for each in one["modems"] if each["name"] == "gsm2")["advice"] is None


def test_the_step_that_is_tried_is_told_in_words(desk: Desk) -> None:
    desk.gateway_starts()
    write_modem(desk, "gsm1", state="searching", error="The modem finds no network.")
    modem_id = desk.seat("gsm1").modem_id
    desk.write(lambda tx: recovery.show(tx, modem_id, "reregister", to_us(now()), 1))
    line = next(each for each in desk.call("status").out.splitlines() if each.startswith("gsm1"))
    assert line.endswith("The modem finds no network; choosing the network anew is tried")
