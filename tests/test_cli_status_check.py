"""``modemd status --check``: the line and the exit status that a monitor reads."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from modemd.service import alarms, dispatch, stalled
from modemd.store import modems
from tests.desk import REFUSED_FOR_NOW, TAKEN, Desk, now

if TYPE_CHECKING:
    from pathlib import Path

# As Nagios, Icinga and the Monitoring Plugins' guidelines have it.
_FIGURE = re.compile(r"\w+=-?\d+(\.\d+)?[a-z%]*(;[\d.]*){0,4}")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk.begin(tmp_path)
    made.gateway_starts()
    for name in ("gsm1", "gsm2"):
        write(made, name, state="ready")
    return made


def write(desk: Desk, name: str, **facts: object) -> None:
    modem_id = desk.seat(name).modem_id
    desk.write(lambda tx: modems.write_modem(tx, modem_id, facts))


def alarm(desk: Desk, severity: alarms.Severity, text: str, code: str) -> None:
    desk.write(
        lambda tx: alarms.raise_alarm(
            tx, desk.rules, modem="gsm2", code=code, text=text, severity=severity, now=now()
        )
    )


def checked(desk: Desk) -> tuple[int, str, dict[str, str]]:
    """Exit status, what is said, the figures by name."""
    done = desk.run("status", "--check")
    first, *more = done.out.splitlines()
    said, _, figures = first.partition(" | ")
    assert all(_FIGURE.fullmatch(each) for each in figures.split())
    return done.status, "\n".join([said, *more]), dict(each.split("=", 1) for each in figures.split())


def wait_since(desk: Desk, ago: timedelta) -> None:
    """What waits was accepted so long ago."""
    at = round((now() - ago).timestamp() * 1e6)
    desk.write(lambda tx: tx.text(f"UPDATE message SET accepted_at = {at}"))


def test_all_is_well(desk: Desk) -> None:
    desk.send("Hello")
    status, said, figures = checked(desk)
    assert (status, said) == (0, "MODEMD OK: gateway gw runs, 2 of 2 modems ready, 1 parts queued")
    assert figures == {
        "ready": "2;;;0;2", "queued": "1;;;0", "scheduled": "0;;;0", "uncertain": "0;;;0",
        "stalled": "0s;900;3600;0", "alarms": "0;;;0", "sent_today": "0;;;0",
    }  # fmt: skip


def test_alarms_are_told_the_worst_first(desk: Desk) -> None:
    alarm(desk, "info", "Just so you know.", "a")
    runs = "MODEMD OK: gateway gw runs, 2 of 2 modems ready, 0 parts queued"
    assert checked(desk)[:2] == (0, f"{runs}\nJust so you know.")
    alarm(desk, "warning", "Modem gsm2: a|b.", "b")
    assert checked(desk)[:2] == (1, "MODEMD WARNING: Modem gsm2: a/b.\nJust so you know.")
    alarm(desk, "critical", "Modem gsm2: its SIM wants the PUK.", "c")
    status, said, figures = checked(desk)
    assert (status, said.splitlines()[0]) == (
        2, "MODEMD CRITICAL: Modem gsm2: its SIM wants the PUK. (and 1 more)",
    )  # fmt: skip
    assert figures["alarms"] == "2;;;0"


def test_a_gateway_that_does_not_run_is_critical(desk: Desk) -> None:
    desk.gateway_stops()
    assert checked(desk)[:2] == (2, "MODEMD CRITICAL: gateway gw was stopped")
    assert checked(desk)[2]["ready"] == "0;;;0;2"


def test_no_modem_that_is_ready_is_critical(desk: Desk) -> None:
    write(desk, "gsm1", state="paused")
    assert checked(desk)[0] == 0
    write(desk, "gsm2", state="searching")
    assert checked(desk)[:2] == (2, "MODEMD CRITICAL: no modem is ready: gsm1 paused, gsm2 searching")


@pytest.mark.parametrize(("minutes", "status"), [(14, 0), (16, 1), (61, 2)])
def test_what_waits_in_vain_is_told(desk: Desk, minutes: int, status: int) -> None:
    desk.send("Hello")
    wait_since(desk, timedelta(minutes=minutes))
    found, said, figures = checked(desk)
    assert (found, figures["stalled"]) == (status, f"{minutes * 60}s;900;3600;0")
    assert ("none was taken for" in said) is (status > 0)


def test_what_was_accepted_long_ago_does_not_wait_in_vain_while_others_go_out(desk: Desk) -> None:
    desk.send("goes")
    desk.send("waits")
    wait_since(desk, timedelta(hours=5))
    desk.submit(TAKEN)
    assert checked(desk)[0] == 0


def test_what_waits_for_its_time_or_its_account_does_not_wait_in_vain(desk: Desk) -> None:
    desk.send("later", "--at", "2099-01-01 10:00")
    desk.send("tried again later")
    desk.submit(REFUSED_FOR_NOW)
    desk.send("stopped", "--account", "clinic")
    desk.call("account", "suspend", "clinic", "--reason", "holiday")
    wait_since(desk, timedelta(hours=5))
    seat = desk.seat()
    assert desk.write(lambda tx: dispatch.next_part(tx, desk.rules, seat, now())) is None
    assert desk.write(stalled.stalled_since) is None


def test_what_cannot_be_known_is_unknown(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.config.write_text(f"store: {{url: 'sqlite:///{tmp_path}/none.db'}}\n")
    done = desk.run("status", "--check")
    assert (done.status, done.out.partition(":")[0]) == (3, "MODEMD UNKNOWN")
    desk.config.write_text("stoer: 1\n")
    done = desk.run("status", "--check")
    assert (done.status, done.out.partition(":")[0]) == (3, "MODEMD UNKNOWN")
    assert desk.run("status", "--check", "--json").status == 2
