"""Which files of the spool are an erased account's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from modemd.service.accounts.erasure import Erased
from modemd.workers.spool_dirs import SpoolDirs
from modemd.workers.spool_erase import sweep
from tests.service.office import rules_of

if TYPE_CHECKING:
    from pathlib import Path

GONE = Erased(
    account="clinic",
    renamed="erased-7",
    removed={},
    told=(("incoming", "gsm1.000012"), ("report", "gsm1.000003"), ("incoming", "gsm1.000099")),
    texts=frozenset({("+32475123456", "Your results are in"), ("+32475123456", "Until 08:30 on 30/11/2026")}),
    uids=frozenset({"physio-12", "physio-13"}),
)
CALENDAR = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n%b"
    b"BEGIN:VEVENT\r\nUID:physio-12\r\nDTSTART:20261130T083000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)
EVENT = b"BEGIN:VEVENT\r\nUID:%b\r\nDTSTART:20261201T083000Z\r\nSUMMARY:x\r\nEND:VEVENT\r\n"
VISIT = {"to": "+32475123456", "text": "Until {time} on {date}", "appointment": "2026-11-30T08:30:00Z"}
MINE = {
    "sent/visit.json": json.dumps(VISIT).encode(),
    "sent/physio.ics": CALENDAR % (EVENT % b"physio-13"),
    "outgoing/clinic/waiting": b"To: 32475123456\n\nx",
    "incoming/gsm1.000012": b"From: 32475123456\n\nx",
    "report/gsm1.000003": b"x",
    "sent/named": b"To: 32475000000\nAccount: clinic\nSent: 26-11-22\n\nx",
    "sent/by-text": b"To: 0475 12 34 56\n\nYour results are in",
    "sent/OUTC20261122_120000_00_+32475123456_sms0.txt": b"Your results are in",
    "sent/list.json": json.dumps(
        [{"to": "+32475000000", "text": "x", "result": {"account": "clinic"}}]
    ).encode(),
    "failed/refused": b"Fail_reason: No destination\nAccount: clinic\nFailed: 26-11-22 12:00:00\nTo: no\n\nx",
    "checked/one": b"To: 32475000000\nAccount: clinic\n\nx",
}
OTHERS = {
    "outgoing/shop/waiting": b"To: 32475123456\n\nYour results are in",
    "outgoing/waiting": b"To: 32475123456\n\nYour results are in",
    "incoming/gsm1.000013": b"From: 32475123456\n\nx",
    "report/gsm1.000004": b"x",
    "sent/named2": b"To: 32475123456\nAccount: shop\n\nYour results are in",
    "sent/other-text": b"To: 32475123456\n\nAnother text",
    "sent/mixed.json": json.dumps(
        [{"to": "1", "account": "clinic"}, {"to": "1", "account": "shop"}]
    ).encode(),
    "sent/broken.json": b"[",
    "sent/visit-of-another.json": json.dumps(VISIT | {"appointment": "2026-11-30T08:45:00Z"}).encode(),
    "sent/mixed.ics": CALENDAR % (EVENT % b"another-1"),
    "sent/broken.ics": b"BEGIN:VCALENDAR",
    "failed/nothing": b"\xff\xfe",
}


@pytest.fixture
def spool(tmp_path: Path) -> Path:
    SpoolDirs.make(str(tmp_path))
    for name, contents in (MINE | OTHERS).items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(contents)
    return tmp_path


def names(spool: Path) -> set[str]:
    return {str(file.relative_to(spool)) for file in spool.rglob("*") if file.is_file()}


def test_its_files_go_and_all_others_stay(spool: Path) -> None:
    swept = sweep(str(spool), GONE, rules_of())
    assert names(spool) == set(OTHERS)
    assert not (spool / "outgoing" / "clinic").exists()
    assert swept.left == ()
    counts = {"outgoing": 1, "folders": 1, "incoming": 1, "report": 1, "checked": 1, "sent": 6, "failed": 1}
    assert swept.removed == counts


def test_what_is_gone_already_is_no_trouble(spool: Path) -> None:
    sweep(str(spool), GONE, rules_of())
    assert sweep(str(spool), GONE, rules_of()).removed == {}


def test_a_spool_that_was_never_made_is_empty(tmp_path: Path) -> None:
    assert sweep(str(tmp_path / "none"), GONE, rules_of()).removed == {}


def test_a_link_is_not_followed(spool: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret"
    secret.write_bytes(MINE["sent/named"])
    (spool / "sent" / "link").symlink_to(secret)
    sweep(str(spool), GONE, rules_of())
    assert secret.exists()
