"""What is no message gets a clear answer, never stops the queue, and never leads outside the spool."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.system.gateway import Gave, Site

TO = "To: 32475123456\n\n"
MIB: Final = 1024 * 1024


@pytest.fixture(scope="module")
def shared() -> Iterator[Site]:
    """One gateway that has to bear all of it, one after the other."""
    with Site() as site:
        site.simulate(modems=1)
        site.configure(accounts={"clinic": {"allow": ["+32"]}}, spool={"scan": "1s"})
        site.start()
        yield site
        print(f"--- the daemon's log ---\n{site.log[-12000:]}")  # noqa: T201 - shown where the test failed


def send_good(site: Site, name: str, within_s: float = 5) -> None:
    """A good file goes out promptly."""
    site.drop(f"good-{name}", f"{TO}good {name}")
    site.until_in("sent", f"good-{name}", within_s=within_s)


REFUSED: Final[dict[str, tuple[bytes, str]]] = {
    "empty": (b"", "No text or data"),
    "tiny": (b"To: 1\n", "No text or data"),
    "blank": (b"\n\n\n\n\n\n\n\n\n\n\n", "No text or data"),
    "no-to": (b"Flash: yes\n\nHello you", "No destination"),
    "empty-to": (b"To: \n\nHello you", "No destination"),
    "bad-number": (b"To: +32 12\n\nHello you", "digits"),
    "letters": (b"To: Joan\n\nHello you", "No destination"),
    "no-text": (b"To: 32475123456\n\n", "No text or data"),
    "too-long": (TO.encode() + b"x" * 2000, "Too long text"),
    "alphabet": (b"To: 32475123456\nAlphabet: Klingon\n\nHello you", "Invalid alphabet"),
    "rubbish": (bytes(range(256)) * 300, ""),
    "nul-header": (b"To: 32475\x00123456\n\nHello you", "NUL"),
    "nul-text": (TO.encode() + b"Hello\x00you", "NUL"),
    "utf-16": ("To: 32475123456\n\nHello you".encode("utf-16"), "UTF-16"),
    "no-account": (b"To: 32475123456\nAccount: nobody\n\nHello you", "account"),
    "dots-account": (b"To: 32475123456\nAccount: ../../x\n\nHello you", "account"),
    "dots-queue": (b"To: 32475123456\nQueue: ../../etc\n\nHello you", "Wrong provider queue"),
    "include": (b"To: 32475123456\nInclude: /etc/passwd\n\n", "Include"),
    "one-line": (b"x" * 200_000, "longer"),
    "headers": (b"X: y\n" * 50_000, "longer"),
    "OUT+32475123456.txt": (b"", "No text or data"),
    "bad.json": (b'{"to": "+32475123456", "text": ', "not JSON"),
    "deep.json": (b"[" * 100_000, "not JSON"),
    "number.json": (b'{"to": 32475123456, "text": "x"}', "in quotes"),
    "list.json": (b"[]", "empty"),
    "dots.json": (b'{"to": "+32475123456", "text": "x", "account": "../../x"}', "account"),
    "-rf": (b"To: nobody\n\nHello you", "No destination"),
    "$(touch x);`touch y`": (b"To: nobody\n\nHello you", "No destination"),
    "two\nlines": (b"To: nobody\n\nHello you", "No destination"),
    "n" * 255: (b"To: nobody\n\nHello you", "No destination"),
}


@pytest.mark.parametrize("name", REFUSED, ids=lambda name: ascii(name)[1:30])
def test_a_bad_file_is_in_failed_with_its_reason(shared: Site, name: str) -> None:
    octets, reason = REFUSED[name]
    shared.drop(name, octets)
    shared.until_in("failed", name)
    written = (shared.spool / "failed" / name).read_bytes()
    head, _, rest = written.partition(b"\nFailed: ")
    assert head.startswith(b"Fail_reason: ")
    assert reason.lower() in head.decode("utf-8", "replace").lower()
    assert rest.partition(b"\n")[2] == octets, "its octets are unchanged below"
    send_good(shared, str(len(shared.names("sent"))))
    assert name not in shared.names("outgoing")


def test_names_that_are_no_utf8(shared: Site) -> None:
    shared.drop(b"caf\xe9\xff", TO + "Hello")
    shared.until(lambda: os.fsdecode(b"caf\xe9\xff") in shared.names("sent"), "it is sent")
    assert os.fsdecode(b"caf\xe9\xff") not in shared.names("failed") + shared.names("checked")


def test_a_name_with_newlines_is_a_name(shared: Site) -> None:
    shared.drop("To: 1\n\nnot a header", TO + "Hello from a strange name")
    shared.until_in("sent", "To: 1\n\nnot a header")
    assert all(b"\n\nnot a header" not in line.encode() for line in shared.log.splitlines())


def _symlink(place: Path) -> None:
    secret = place.parent.parent.parent / "secret"
    secret.write_text("To: 32475123456\n\nA secret of another user")
    place.symlink_to(secret)


def _dangling(place: Path) -> None:
    place.symlink_to("/nowhere/at/all")


def _socket(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(place))


ODD: Final[dict[str, Callable[[Path], object]]] = {
    "symlink": _symlink,
    "dangling": _dangling,
    "directory": lambda place: (place / "deep" / "deeper").mkdir(parents=True),
    "fifo": os.mkfifo,
    "socket": _socket,
}


@pytest.mark.parametrize("kind", ODD)
def test_what_is_no_regular_file_is_left_alone_with_one_warning(shared: Site, kind: str) -> None:
    place = shared.spool / "outgoing" / f"odd-{kind}"
    ODD[kind](place)
    shared.until(lambda: f"odd-{kind}" in shared.log, "it is warned of")
    send_good(shared, kind)
    shared.pass_by(1.5)  # another scan
    assert shared.log.count(f"odd-{kind}") == 1
    assert os.path.lexists(place)
    assert "A secret" not in str(shared.air())


def test_hidden_and_locked_names_are_ignored(shared: Site) -> None:
    for name in (".hidden", "LOCKED-a", "a.LOCK"):
        shared.drop(name, TO + name)
    send_good(shared, "unlocked")
    assert {"LOCKED-a", "a.LOCK"} <= set(shared.names("outgoing"))
    (shared.spool / "outgoing" / "a.LOCK").rename(shared.spool / "outgoing" / "a")
    shared.until_in("sent", "a")


def test_headers_and_names_never_lead_outside(shared: Site) -> None:
    before = sorted(path.name for path in shared.folder.iterdir() if not path.name.startswith("draft"))
    for name in ("..%2f..%2fx", "..x", "OUTC20261122_120000_00_+32475123456_..sms1.txt", "a\\..\\..\\b"):
        shared.drop(name, "To: 32475123456\nAccount: ../..\nOriginal_filename: ../../x\n\nHello")
    for modem in ("../x", "/etc/passwd"):
        shared.drop(f"m{modem.count('/')}", f"To: 32475123456\nQueue: {modem}\nModem: {modem}\n\nHello")
    shared.until(lambda: not [name for name in shared.names("outgoing") if name[0] in "ma"], "all are taken")
    send_good(shared, "outside")
    after = sorted(path.name for path in shared.folder.iterdir() if not path.name.startswith("draft"))
    assert before == after


def test_files_of_the_same_name_do_not_overwrite_each_other(shared: Site) -> None:
    for turn in range(3):
        shared.drop("twin", f"To: nobody\n\nHello {turn}")
        shared.until(lambda: "twin" not in shared.names("outgoing"), "it is taken")
    twins = [name for name in shared.names("failed") if name.startswith("twin")]
    assert sorted(shared.text("failed", name)[-1] for name in twins) == ["0", "1", "2"]


def test_a_hundred_megabytes_leave_the_memory_as_it_was(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    send_good(site, "first")
    before_kib = site.memory_kib()
    big = site.folder / "big"
    with big.open("wb") as file:
        file.write(TO.encode())
        for _ in range(100):
            file.write(b"x" * MIB)
    big.rename(site.spool / "outgoing" / "big")
    send_good(site, "beside")
    site.until_in("failed", "big")
    assert site.memory_kib() - before_kib < 8 * 1024
    with (site.spool / "failed" / "big").open("rb") as file:
        assert b"longer than" in file.readline()
    assert (site.spool / "failed" / "big").stat().st_size > 100 * MIB


def test_what_the_daemon_may_not_read(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(spool={"scan": "1s"})
    site.start(powerless=True)
    unreadable = site.spool / "outgoing" / "unreadable"
    unreadable.touch(mode=0)
    site.until(lambda: "unreadable" in site.log, "it is warned of")
    send_good(site, "beside")
    site.pass_by(2.5)
    assert site.log.count("unreadable") == 1
    assert site.names("outgoing") == ["unreadable"]
    unreadable.chmod(0o644)
    unreadable.write_text(TO + "For you now")
    site.until_in("sent", "unreadable", within_s=10)


def test_a_file_that_cannot_leave_is_sent_once(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(spool={"scan": "1s"})
    site.start(powerless=True)
    send_good(site, "first")
    outgoing = site.spool / "outgoing"
    (outgoing / "stuck").write_text(TO + "Stuck")
    outgoing.chmod(0o555)  # the daemon may look, and take nothing away
    site.until(lambda: "stuck" in site.log, "it is warned of")
    site.pass_by(2.5)
    assert [one["text"] for one in site.air()].count("Stuck") <= 1
    outgoing.chmod(0o755)
    site.until_in("sent", "stuck", within_s=10)
    assert [one["text"] for one in site.air()].count("Stuck") == 1


def test_the_log_never_holds_a_line_that_a_file_name_made(shared: Site) -> None:
    shared.drop("x\n<3>forged", "To: nobody\n\nHello you")
    shared.until_in("failed", "x\n<3>forged")
    assert not re.search(r"^<3>forged", shared.log, re.MULTILINE)
    assert "Traceback" not in shared.log
    with pytest.raises(Gave):
        shared.until(lambda: "Traceback" in shared.log, within_s=0.1)
