"""What a modem said before something went wrong with it is written down: redacted, and not too often."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast

import pytest

from modemd.modem.trouble import Trace
from modemd.workers.floor import Floor
from modemd.workers.modems.trouble_log import TroubleLog, pdu_facts
from tests.modem.test_trouble import PDU

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.service.rules import Rules
    from modemd.store.writer import Store

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SUBMIT = "0011000B912374153254F60000AA05C8329BFD06"


def room(folder: Path | None) -> Floor:
    floor = Floor(cast("Store", None), cast("Rules", None), now=lambda: NOON)
    floor.trouble = folder
    return floor


def written(folder: Path) -> list[str]:
    return [path.read_text("utf-8") for path in sorted(folder.iterdir())]


def test_a_file_says_what_was_said_last_and_only_owner_and_group_may_read_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trace = Trace()
    trace.sent(b'AT+CPIN="4711"\r')
    trace.heard(b"\r\n+CMS ERROR: 304\r\n")
    log = TroubleLog(room(tmp_path / "trouble"), "gsm1", trace)
    caplog.set_level(logging.INFO)
    path = asyncio.run(log.write("CMS 304: invalid PDU", ["more of it"]))
    assert path == tmp_path / "trouble" / "gsm1-2026-11-22T12-00-00.log"
    head, more, empty, pin, answer = path.read_text("utf-8").splitlines()
    assert head == "modem gsm1, 2026-11-22 12:00:00 +0000: CMS 304: invalid PDU"
    assert (more, empty) == ("more of it", "")
    assert pin.endswith("> AT+CPIN=****")
    assert answer.endswith("< +CMS ERROR: 304")
    assert path.stat().st_mode & 0o137 == 0
    assert str(path) in caplog.text


def test_there_is_one_a_minute_at_most(tmp_path: Path) -> None:
    log = TroubleLog(room(tmp_path), "gsm1", Trace())

    async def story() -> None:
        assert await log.write("first") is not None
        assert await log.write("second") is None

    asyncio.run(story())
    assert len(written(tmp_path)) == 1


def test_the_oldest_go_and_other_modems_stay(tmp_path: Path) -> None:
    for place in range(25):
        at = NOON - timedelta(hours=place + 1)
        (tmp_path / f"gsm1-{at:%Y-%m-%dT%H-%M-%S}.log").write_text("old")
    others = ("gsm1-2-2020-01-01T00-00-00.log", "gsm10-2020-01-01T00-00-00.log")
    for other in (*others, "notes"):
        (tmp_path / other).write_text("other")
    asyncio.run(TroubleLog(room(tmp_path), "gsm1", Trace()).write("why"))
    names = {path.name for path in tmp_path.iterdir()}
    assert len([name for name in names if name.startswith("gsm1-2026")]) == 20
    assert {"gsm1-2026-11-22T12-00-00.log", "notes", *others} < names


def test_a_file_stays_small_and_keeps_the_end(tmp_path: Path) -> None:
    trace = Trace()
    for _ in range(599):
        trace.heard(b"\r\n" + b"long words " * 50 + b"\r\n")
    trace.heard(b"\r\nthe end\r\n")
    asyncio.run(TroubleLog(room(tmp_path), "gsm1", trace).write("why"))
    [text] = written(tmp_path)
    assert len(text) < 200_010
    assert text.startswith("modem gsm1")
    assert text.endswith("the end\n")


def test_nothing_is_written_where_there_is_no_folder_or_no_room(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert asyncio.run(TroubleLog(room(None), "gsm1", Trace()).write("why")) is None
    (tmp_path / "file").write_text("")
    assert asyncio.run(TroubleLog(room(tmp_path / "file"), "gsm1", Trace()).write("why")) is None
    assert "is not written down" in caplog.text


def test_no_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "gsm1-2026-11-22T12-00-00.log").symlink_to(tmp_path / "precious")
    assert asyncio.run(TroubleLog(room(tmp_path), "gsm1", Trace()).write("why")) is None
    assert not (tmp_path / "precious").exists()


def test_the_head_of_a_pdu_is_told_and_neither_text_nor_number() -> None:
    [facts] = pdu_facts(SUBMIT)
    assert "DCS 0x00" in facts
    assert "type of number 0x91" in facts
    assert "32475" not in facts
    assert "hello" not in facts.lower()
    [fault] = pdu_facts("00")
    assert "cannot be read" in fault
    assert pdu_facts(PDU)[0].startswith("PDU of 38 octets")
