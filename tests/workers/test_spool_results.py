"""What is told to the spool: results in the dropped files, what came in as new ones; twice gives the same."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from modemd.gsm.outgoing import Outgoing, encode
from modemd.gsm.terminated import encode_deliver, encode_status_report
from modemd.gsm.ussd import UssdCode
from modemd.model import Call
from modemd.service import arrival, dispatch, routing
from modemd.service.modems import dialogues
from modemd.service.outbox import announce_call
from modemd.service.outcomes import Denied, Seat, Taken
from modemd.store import modems
from modemd.store.database import Database
from modemd.workers.spool_results import SpoolResults
from tests.service.office import LONG, START, TO
from tests.store.files import opened, rows, url_of
from tests.workers.spool_floor import Hall, hall

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    from modemd.service.outcomes import Outcome
    from modemd.store.transaction import Tx

FROM = "+32475999999"
FACTS = {"state": "ready", "imsi": "206991234567890", "imei": "861234567890123", "msisdn": "+32475000001"}


class Desk:
    """A spool with accepted files, one modem played by hand, and the worker that tells."""

    def __init__(self, here: Hall, look: Database) -> None:
        self.hall = here
        self.look = look
        self.results = SpoolResults(here.floor, here.dirs)

    async def drop(self, name: str, contents: str) -> None:
        """Accepted, and moved to ``checked/``."""
        dropped = self.hall.drop(name, contents)
        entered = await self.hall.accept(dropped)
        os.rename(dropped.path, self.hall.spool / "checked" / os.fsdecode(entered.name))  # noqa: PTH104

    async def submit(self, outcome: Outcome) -> None:
        def job(tx: Tx) -> None:
            seat = self.seat(tx)
            part = dispatch.next_part(tx, self.hall.floor.rules, seat, START)
            assert part is not None
            dispatch.record(tx, self.hall.floor.rules, seat, part, outcome, START)

        await self.hall.floor.store.run(job)

    async def take(self, *pdus: str) -> None:
        rules = self.hall.floor.rules
        await self.hall.floor.store.run(
            lambda tx: arrival.take(tx, rules, self.seat(tx), "default", pdus, START)
        )

    def seat(self, tx: Tx) -> Seat:
        modem_id = routing.sync(tx, self.hall.floor.rules)["gsm1"]
        modems.write_modem(tx, modem_id, dict(FACTS))
        return Seat(modem_id, "gsm1", "a sim")

    async def tell(self) -> None:
        """One turn; the marks are then written with the next commit."""
        await asyncio.wait_for(self.results.step(), 10)
        await self.hall.floor.store.run(self.seat)

    def read(self, directory: str, name: str) -> str:
        return (self.hall.spool / directory / name).read_text()

    def untold(self) -> list[tuple[Any, ...]]:
        return rows(self.look, "SELECT consumer, event FROM outbox")


def play(folder: Path, story: Callable[[Desk], Coroutine[Any, Any, None]], **sections: Any) -> None:
    async def main() -> None:
        async with hall(folder) as here:
            here.floor.rules = replace(here.floor.rules, **sections)
            await story(Desk(here, opened(Database(url_of(folder / "store.db")))))

    asyncio.run(main())


def test_what_was_sent_lies_in_sent_with_its_headers(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\nReport: yes\n\nHello")
        await desk.submit(Taken(42))
        await desk.tell()
        said = desk.read("sent", "a")
        for line in ("Modem: gsm1", "Number: 32475000001", "Sent: 26-11-22 12:00:00", "Message_id: 42",
                     "IMSI: 206991234567890", "IMEI: 861234567890123"):  # fmt: skip
            assert f"{line}\n" in said
        assert said.endswith("\n\nHello")
        assert desk.hall.names("checked") == []
        assert desk.untold() == []

    play(tmp_path, story)


def test_what_failed_lies_in_failed_with_its_reason(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\n\nHello")
        await desk.submit(Denied("CMS", 1, "+CMS ERROR: 1"))
        await desk.tell()
        said = desk.read("failed", "a")
        assert "Fail_reason: +CMS ERROR: 1 (unassigned number)\n" in said
        assert "Failed: 26-11-22 12:00:00\n" in said
        assert "Sent:" not in said

    play(tmp_path, story)


def test_a_long_message_is_told_once_when_all_of_it_is_sent(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\nReport: yes\n\n{LONG}")
        for tp_mr in (1, 2):
            await desk.submit(Taken(tp_mr))
        assert desk.untold() == []
        await desk.submit(Taken(3))
        await desk.tell()
        assert "Message_id: 3\n" in desk.read("sent", "a")

    play(tmp_path, story)


@pytest.mark.parametrize("last", [Taken(2), Denied("CMS", 1, "+CMS ERROR: 1")], ids=["sent", "failed"])
def test_a_file_with_several_recipients_waits_for_the_last(tmp_path: Path, last: Outcome) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a.json", json.dumps({"to": [TO, FROM], "text": "Hello"}))
        await desk.submit(Taken(1))
        await desk.tell()
        assert desk.hall.names("checked") == ["a.json"]
        assert desk.untold() == []
        await desk.submit(last)
        await desk.tell()
        directory = "sent" if isinstance(last, Taken) else "failed"
        told = json.loads(desk.read(directory, "a.json"))
        assert [each["event"] for each in told["result"]] == ["sent", directory]
        assert [each["to"] for each in told["result"]] == [TO, FROM]

    play(tmp_path, story)


def test_a_result_told_twice_is_the_same(tmp_path: Path) -> None:
    """A crash between the file and its mark."""

    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\n\nHello")
        await desk.submit(Taken(1))
        await desk.take(*(part.pdu for part in encode_deliver(FROM, "Answer", sc_at=START)))
        await asyncio.wait_for(desk.results.step(), 10)

        def everything() -> dict[str, bytes]:
            places = [path for path in desk.hall.spool.rglob("*") if path.is_file()]
            return {str(path): path.read_bytes() for path in places}

        before = everything()
        assert len(before) == 2
        assert len(desk.untold()) == 2, "not marked yet"
        await asyncio.wait_for(SpoolResults(desk.hall.floor, desk.hall.dirs).step(), 10)
        assert everything() == before

    play(tmp_path, story)


def test_a_result_is_written_again_over_half_of_one(tmp_path: Path) -> None:
    """A crash between the writing and the rename: the file in ``checked/`` has its headers already."""

    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\n\nHello")
        await desk.submit(Taken(1))
        await asyncio.wait_for(desk.results.step(), 10)
        once = desk.read("sent", "a")
        (desk.hall.spool / "sent" / "a").rename(desk.hall.spool / "checked" / "a")
        await asyncio.wait_for(SpoolResults(desk.hall.floor, desk.hall.dirs).step(), 10)
        assert desk.read("sent", "a") == once

    play(tmp_path, story)


def test_what_came_in_is_a_file(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.take(*(part.pdu for part in encode_deliver(FROM, LONG, sc_at=START)))
        await desk.tell()
        [name] = desk.hall.names("incoming")
        assert name == "gsm1.000001"
        said = desk.read("incoming", name)
        assert said.startswith("From: 32475999999\n")
        assert said.endswith(f"\n\n{LONG}")

    play(tmp_path, story)


def test_a_report_is_a_file(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\nReport: yes\n\nHello")
        await desk.submit(Taken(42))
        report = encode_status_report(tp_mr=42, recipient=TO, sc_at=START, discharged_at=START, tp_status=0)
        await desk.take(report.pdu)
        await desk.tell()
        assert desk.hall.names("sent") == ["a"]
        assert "Message_id: 42\n" in desk.read("report", "gsm1.000001")

    play(tmp_path, story)


def test_what_cannot_be_read_is_a_file_too(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.take("07913274", encode(Outgoing(destination=TO, text="a draft")).parts[0].pdu, "no hex")
        await desk.tell()
        assert len(desk.hall.names("incoming")) == 3

    play(tmp_path, story)


def test_a_call_is_a_file(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        call = Call(originator=FROM, at=START, modem="gsm1")
        await desk.hall.floor.store.run(lambda tx: announce_call(tx, desk.hall.floor.rules, call))
        await desk.tell()
        [name] = desk.hall.names("phonecalls")
        assert desk.read("phonecalls", name).startswith("From: 32475999999\n")

    play(tmp_path, story)


def test_what_the_network_says_is_a_file_and_its_hook_is_told_the_modem(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        floor, said = desk.hall.floor, UssdCode(1, "1 or 2?")
        await floor.store.run(lambda tx: dialogues.take(tx, floor.rules, "gsm1", said, START))
        await desk.tell()
        [told] = (desk.hall.spool / "ussd").iterdir()
        assert told.read_text().splitlines()[-3:] == ["Alphabet: UTF-8", "", "1 or 2?"]
        [(event, body)] = rows(desk.look, "SELECT event, body FROM outbox")
        assert (event, json.loads(str(body))) == ("USSD", {"file": str(told), "id": "gsm1"})

    play(tmp_path, story, consumers=frozenset({"spool", "hook"}))


def test_the_hook_is_told_after_the_file_is_there(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\nReport: yes\n\nHello")
        await desk.submit(Taken(42))
        await desk.take(*(part.pdu for part in encode_deliver(FROM, "Answer", sc_at=START)))
        assert [consumer for consumer, _ in desk.untold()] == ["spool", "spool"]
        await desk.tell()
        assert desk.untold() == [("hook", "SENT"), ("hook", "RECEIVED")]
        bodies = [json.loads(body) for (body,) in rows(desk.look, "SELECT body FROM outbox ORDER BY id")]
        assert bodies[0] == {"file": str(desk.hall.spool / "sent" / "a"), "id": "42"}
        assert bodies[1]["file"] == str(desk.hall.spool / "incoming" / "gsm1.000001")

    play(tmp_path, story, consumers=frozenset({"spool", "hook"}))


def test_a_file_that_somebody_took_away_stops_nobody(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        for name in ("a", "b"):
            await desk.drop(name, f"To: {TO}\n\nHello")
            await desk.submit(Taken(1))
        (desk.hall.spool / "checked" / "a").unlink()
        await desk.tell()
        assert desk.hall.names("sent") == ["b"]
        assert desk.untold() == []

    play(tmp_path, story)


def test_a_spool_that_cannot_be_written_is_tried_again(tmp_path: Path) -> None:
    async def story(desk: Desk) -> None:
        await desk.drop("a", f"To: {TO}\n\nHello")
        await desk.submit(Taken(1))
        await desk.take(*(part.pdu for part in encode_deliver(FROM, "Answer", sc_at=START)))
        incoming = desk.hall.spool / "incoming"
        incoming.rmdir()
        with pytest.raises(OSError, match="No such file"):
            await desk.tell()
        assert desk.hall.names("sent") == ["a"]
        incoming.mkdir()
        await desk.tell()
        assert desk.hall.names("incoming") == ["gsm1.000001"]
        assert desk.untold() == []

    play(tmp_path, story)
