"""Files in the spool that are no message are refused with a reason, and the broker is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.service.office import TO, rules_of, with_broker
from tests.store.files import rows
from tests.workers.spool_door import Door, play

if TYPE_CHECKING:
    from pathlib import Path


def test_one_bad_recipient_refuses_the_whole_file(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.lay("a.json", json.dumps({"to": [TO, "nobody"], "text": "Hello"}))
        await here.emptied()
        assert here.messages() == []
        assert here.hall.names("failed") == ["a.json"]
        told = (here.spool / "failed" / "a.json").read_bytes()
        assert told.startswith(b"Fail_reason: 'nobody' is no phone number\n"), "it says which"

    play(tmp_path, story)


@pytest.mark.parametrize(
    ("contents", "reason"),
    [
        (b"", "No text or data"),
        (b"Hello", "No destination"),
        (f"To: {TO}\n\n".encode(), "No text or data"),
        (b"To: 1\nAlphabet: klingon\n\nx", None),
        (bytes(range(256)), None),
        (f"To: {TO}\nAccount: nobody\n\nx".encode(), "there is no account 'nobody'"),
        (f"To: {TO}\nQueue: gsm9\n\nx".encode(), "Wrong provider queue"),
    ],
    ids=["empty", "no To", "no text", "alphabet", "rubbish", "account", "queue"],
)
def test_what_is_no_message_goes_to_failed_with_the_reason_on_top(
    tmp_path: Path, contents: bytes, reason: str | None
) -> None:
    async def story(here: Door) -> None:
        here.lay("a", contents)
        here.lay("b")
        await here.emptied()
        said = (here.spool / "failed" / "a").read_bytes()
        first, second, below = said.split(b"\n", 2)
        assert first.startswith(b"Fail_reason: ")
        assert second.startswith(b"Failed: ")
        assert below == contents
        if reason is not None:
            assert first == f"Fail_reason: {reason}".encode()
        assert here.messages() == [(TO, "Hello")], "the queue goes on"
        counted = here.hall.floor.tally.requests
        assert (counted.total(), counted["spool", "accepted"]) == (2, 1)

    play(tmp_path, story)


def rejected(here: Door) -> list[tuple[str, str, str, str | None]]:
    """What the broker is to be told was refused: topic, code, recipient, id."""
    sql = "SELECT topic, body FROM outbox WHERE consumer = 'mqtt' AND event = 'rejected'"
    told = [(topic, json.loads(body)) for topic, body in rows(here.look, sql)]
    return [(topic, body["error"]["code"], body["to"], body["client_id"]) for topic, body in told]


def test_the_broker_is_told_of_what_is_refused(tmp_path: Path) -> None:
    async def story(here: Door) -> None:
        here.hall.floor.rules = with_broker(rules_of(accounts={"clinic": {"allow": ["+32"]}}))
        folder = here.spool / "outgoing" / "clinic"
        folder.mkdir()
        here.lay("clinic/a", "To: +31612345678\nClient_id: 7\n\nHello")
        here.lay("b", f"To: {TO}\nAccount: no/such\n\nHello")
        here.lay("c.json", "not JSON")
        here.lay("d", f"To: {TO}\nClient_id: 8\n\nHello")
        await here.turn(lambda: here.hall.names("outgoing") == ["clinic"] and len(rejected(here)) == 3)
        here.lay("e", f"To: {TO}\nClient_id: 8\n\nBye")
        await here.looked()
        await here.turn(lambda: len(rejected(here)) == 4)
        assert sorted(rejected(here), key=str) == [
            ("status/clinic", "not_allowed", "+31612345678", "7"),
            ("status/default", "account_unknown", TO, None),
            ("status/default", "bad_request", "", None),
            ("status/default", "duplicate_id", TO, "8"),
        ]
        assert await here.hall.floor.mqtt.wait(0)

    play(tmp_path, story)
