"""The spool as its users have it: many files, slow writers, accounts, hooks."""

from __future__ import annotations

import json
import os
import signal
import stat
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.system.gateway import Site

TO = "To: 32475123456\n\n"
MANY: Final = 3_000
URGENT: Final = 20


def test_many_files_at_once_go_by_priority_in_flat_memory(site: Site) -> None:
    site.simulate("--no-reports", modems=2)
    site.configure(sending={"reports": False})
    site.start()
    site.drop("first", TO + "first")
    site.until_in("sent", "first")
    before_kib = site.memory_kib()
    site.stop()
    outgoing = site.spool / "outgoing"
    for one in range(MANY):
        rank = {0: "Priority: High\n", 1: "Priority: low\n", 2: "Priority: bulk\n"}.get(
            one % (MANY // URGENT), ""
        )
        path = outgoing / f"m{one:05d}"
        path.write_text(f"To: 32475{one:06d}\n{rank}\n{rank[10:14].strip() or 'norm'} {one}")
        os.utime(path, (1000 + one, 1000 + one))  # what was written just now would be left to rest
    os.utime(outgoing / f"m{MANY - 1:05d}", (1, 1))  # the oldest of all
    site.start()
    site.until(lambda: len(site.names("sent")) > MANY, "all are sent", 100, look_s=0.5)
    assert site.memory_kib() - before_kib < 40 * 1024
    went = [one["text"] for one in site.air()][1:]
    assert len(went) == len(set(went)) == MANY
    ranks = [text.split()[0] for text in went]
    # Batches of a hundred are taken, and sent as they are: what is urgent is taken first.
    assert max(place for place, rank in enumerate(ranks) if rank == "High") < URGENT + 100
    assert min(place for place, rank in enumerate(ranks) if rank in {"low", "bulk"}) > MANY - 400
    assert went.index(f"norm {MANY - 1}") < URGENT + 100
    assert not site.names("outgoing")
    assert not site.names("checked")


def test_a_flood_by_rename_while_it_runs(site: Site) -> None:
    site.simulate("--no-reports", modems=2)
    site.configure(sending={"reports": False})
    site.start()
    for one in range(700):
        site.drop(f"m{one}", f"To: 32475{one:06d}\n\nm{one}")
    site.drop("urgent", "To: 32475999999\nPriority: High\n\nurgent")
    site.until(lambda: len(site.names("sent")) == 701, "all are sent", look_s=0.2)
    assert sorted(one["text"] for one in site.air()) == sorted([*(f"m{one}" for one in range(700)), "urgent"])


def test_a_file_that_is_written_slowly_is_taken_once_and_whole(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(spool={"settle": "300ms"})
    site.start()
    slow = site.spool / "outgoing" / "slow"
    for piece in ("To: 324", "75123456\n", "\nThis is ", "one ", "text"):
        with slow.open("a") as file:
            file.write(piece)
        site.pass_by(0.1)
    with slow.open("a") as held:  # a writer that keeps it open, and flushes now and then
        for piece in (" of ", "many ", "pieces"):
            held.write(piece)
            held.flush()
            site.pass_by(0.2)
    site.until_in("sent", "slow")
    site.pass_by(0.5)
    assert [one["text"] for one in site.air()] == ["This is one text of many pieces"]
    assert site.names("failed") == []


def test_a_folder_belongs_to_its_account(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(accounts={"clinic": {"allow": ["+32"]}, "shop": {}})
    for account in ("clinic", "shop", "nobody"):
        (site.spool / "outgoing" / account).mkdir(parents=True)
    site.start()
    site.drop("a", "To: 32475123456\nAccount: shop\n\nThe folder wins", account="clinic")
    site.drop("b", "To: 31612345678\n\nNot allowed", account="clinic")
    site.drop("c", "To: 32475123456\nAccount: shop\n\nBy its header")
    site.drop("d", "To: 32475123456\n\nOf nobody's account", account="nobody")
    site.until_in("sent", "a", "c")
    site.until_in("failed", "b")
    assert site.rows("SELECT account, text FROM message ORDER BY text") == [
        ("shop", "By its header"),
        ("clinic", "The folder wins"),
    ]
    assert site.headers("failed", "b")["Fail_reason"] == "Destination is not whitelisted"
    site.until(lambda: "outgoing/nobody" in site.log, "the folder of no account is warned of")
    (site.spool / "outgoing" / "late").mkdir()
    site.configure(accounts={"clinic": {}, "late": {}})
    site.signal(signal.SIGHUP)
    site.drop("e", TO + "Of a folder that came later", account="late")
    site.until_in("sent", "e", within_s=10)
    assert ("late",) in site.rows("SELECT account FROM message")


HOOK: Final = """#!/bin/sh
umask 000
{ for argument in "$@"; do printf '%s\\0' "$argument"; done; printf 'END\\0'; } >> "$0.log"
test "$1" != RECEIVED || exit 3
"""


def test_the_hook_gets_its_arguments_without_a_shell(site: Site) -> None:
    hook = site.folder / "on event"
    hook.write_text(HOOK)
    hook.chmod(0o755)
    site.simulate("--reply", "Thanks", modems=1)
    site.configure(hooks={"event": str(hook)})
    site.start()
    names = ['two "words"', "$(touch broken)", "`touch broken`;\n", "-x"]
    for place, name in enumerate(names):
        site.drop(name, f"To: 3247512345{place}\n\nHello")
    site.until_in("sent", *names)
    calls = site.until(lambda: _calls(site, 3 * len(names)), "the hook was called")
    sent = {path: tp_mr for event, path, *tp_mr in calls if event == "SENT"}
    assert sent.keys() == {str(site.spool / "sent" / name) for name in names}
    assert sorted(sent.values()) == [["0"], ["1"], ["2"], ["3"]]
    received = sorted(path for event, path, *more in calls if event == "RECEIVED" and not more)
    assert received == [str(site.spool / "incoming" / name) for name in site.names("incoming")]
    assert sum(event == "REPORT" for event, *_ in calls) == len(names)
    site.drop("no", "To: nobody\n\nHello")
    calls = site.until(lambda: _calls(site, 3 * len(names) + 1), "it is told of a failure")
    assert calls[-1] == ["FAILED", str(site.spool / "failed" / "no")]
    assert not list(site.folder.rglob("broken"))
    assert "exit 3" in site.log


def _calls(site: Site, count: int) -> list[list[str]]:
    told = site.folder / "on event.log"
    if not told.exists():
        return []
    calls = [call.split("\0")[:-1] for call in told.read_text().split("END\0")[:-1]]
    return calls if len(calls) >= count else []


def test_a_hook_that_hangs_or_is_missing_holds_nobody_up(site: Site) -> None:
    hook = site.folder / "hang"
    hook.write_text("#!/bin/sh\nexec sleep 1000\n")
    hook.chmod(0o755)
    site.simulate(modems=1)
    site.configure(hooks={"event": str(hook)})
    site.start()
    for one in range(10):
        site.drop(f"m{one}", TO + f"m{one}")
    site.until_in("sent", *(f"m{one}" for one in range(10)))
    assert site.stop() < 6
    site.configure(hooks={"event": "/nowhere/at/all"})
    site.start()
    site.drop("after", TO + "after")
    site.until_in("sent", "after")
    site.until(lambda: "cannot be run" in site.log, "it is said")


def test_result_files_appear_whole_and_for_the_group(site: Site) -> None:
    site.simulate("--reply", "Thanks", modems=1)
    site.start()
    site.drop("a", TO + "Hello")
    site.until(lambda: site.names("incoming") and site.names("report") and site.names("sent"), "all files")
    for directory in ("incoming", "report", "sent"):
        place = site.spool / directory
        mode = (place / site.names(directory)[0]).stat().st_mode
        assert stat.S_IMODE(mode) & 0o007 in {0, 0o004}
        assert [name for name in os.listdir(place) if name.startswith(".")] == []  # noqa: PTH208


def test_a_file_of_the_same_name_is_a_new_message(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    for turn in range(3):
        site.drop("again", TO + f"turn {turn}")
        site.until(partial(_went, site, turn + 1), "it is on the air")
    site.until(lambda: not site.names("checked"), "all are told")
    assert [one["text"] for one in site.air()] == ["turn 0", "turn 1", "turn 2"]


def _went(site: Site, count: int) -> bool:
    return len(site.air()) == count


def test_one_id_is_one_message(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    for name in ("a", "b"):
        site.drop(f"{name}.json", json.dumps({"id": "job 1", "to": "+32475123456", "text": "once"}))
        site.until_in("sent", f"{name}.json")
    site.drop("c.json", json.dumps({"id": "job 1", "to": "+32475123456", "text": "another"}))
    site.until_in("failed", "c.json")
    assert [one["text"] for one in site.air()] == ["once"]
