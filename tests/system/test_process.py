"""The daemon as a service: ready, watchdog, SIGTERM, SIGHUP, one program a modem, the store copied live."""

from __future__ import annotations

import contextlib
import signal
import socket
import sqlite3
import time

from tests.system.gateway import Site


def test_it_is_ready_soon_and_says_that_it_lives(site: Site) -> None:
    site.simulate(modems=1)
    site.premade = False
    site.afresh = True
    site.start()
    site.stop()
    assert site.start(environment={"WATCHDOG_USEC": "400000"}) < 4
    site.until(lambda: site.said.count("WATCHDOG=1") >= 3, "three signs of life", 10)
    site.until(lambda: "STATUS=1 of 1 modems ready" in site.said, "it says how its modems are", 10)
    site.stop()
    assert "STOPPING=1" in site.said


def test_a_service_manager_that_does_not_read_holds_up_no_message(site: Site) -> None:
    site.simulate("--airtime", "0", modems=1)
    site.start(environment={"WATCHDOG_USEC": "20000"})
    other = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
    with other, contextlib.suppress(BlockingIOError):
        while True:
            other.sendto(b"STATUS=full", str(site.folder / "notify"))
    for name in ("a", "b", "c"):
        site.drop(name, f"To: 32475123456\n\n{name}")
        deadline = time.monotonic() + 10
        while name not in site.names("sent"):  # ``until`` would read
            assert time.monotonic() < deadline, f"{name} is not sent"
            time.sleep(0.01)
    site.said.clear()
    site.signal(signal.SIGHUP)
    deadline = time.monotonic() + 10
    while "was read again" not in site.log:
        assert time.monotonic() < deadline, "it is not reloaded"
        time.sleep(0.01)
    site.until(lambda: "READY=1" in site.said, "it is told once there is room")
    site.stop()


def test_sigterm_finishes_the_part_in_hand(site: Site) -> None:
    site.simulate("--airtime", "2", modems=1)
    site.start()
    site.drop("slow", "To: 32475123456\n\n" + "One of three parts. " * 20)
    site.until(lambda: "sending" in site.states(), "a modem has the first part")
    took_s = site.stop(within_s=10)
    assert took_s < 2 + 5
    assert len(site.air()) == 1
    assert site.names("checked") == ["slow"]
    assert site.rows("SELECT part_no, state FROM part ORDER BY part_no") == [(1, 3), (2, 0), (3, 0)]
    site.ask("network", airtime_s=0)
    site.start()
    site.until_in("sent", "slow")
    assert [one["concat"]["seq"] for one in site.air()] == [1, 2, 3]


def test_sigterm_waits_for_the_only_part_and_writes_its_result(site: Site) -> None:
    site.simulate("--airtime", "2", modems=1)
    site.start()
    site.drop("slow", "To: 32475123456\n\nHello")
    site.until(lambda: "sending" in site.states(), "a modem has it")
    assert site.stop(within_s=10) < 2 + 5
    assert len(site.air()) == 1
    assert site.names("sent") == ["slow"]


def test_sigterm_while_a_modem_does_not_answer(site: Site) -> None:
    site.simulate("--fault", "dead:on=AT+CGMI", modems=1)
    site.start()
    site.pass_by(0.5)
    assert site.stop() < 5


def test_sighup_takes_a_changed_list_of_modems(site: Site) -> None:
    site.simulate(modems=2)
    first, second = (f"{site.folder}/ports/gsm{which}" for which in (1, 2))
    site.configure(modems=[{"name": "one", "port": first}])
    site.start()
    site.drop("a", "To: 32475123456\n\nBy the first")
    site.until_in("sent", "a")
    site.configure(modems=[{"name": "two", "port": second}])
    site.said.clear()
    site.signal(signal.SIGHUP)
    site.until(lambda: "READY=1" in site.said, "it has read the file again")
    assert "RELOADING=1" in site.said
    assert any(said.startswith("MONOTONIC_USEC=") for said in site.said)
    site.drop("b", "To: 32475123456\n\nBy the second")
    site.until_in("sent", "b")
    assert [site.headers("sent", name)["Modem"] for name in "ab"] == ["one", "two"]


def test_sighup_with_a_broken_file_leaves_all_as_it_was(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.said.clear()
    site.write_config("modems:\n  lst: []\n")
    site.signal(signal.SIGHUP)
    site.until(lambda: "READY=1" in site.said, "it has looked at the file")
    site.until(lambda: "did you mean" in site.log.lower(), "the fault is in the log")
    assert "stays as it was" in site.log
    site.drop("a", "To: 32475123456\n\nStill here")
    site.until_in("sent", "a")


def test_a_queued_message_goes_on_after_a_reload_that_drops_its_modem(site: Site) -> None:
    site.simulate("--airtime", "1", modems=2)
    ports = [{"name": f"gsm{which}", "port": f"{site.folder}/ports/gsm{which}"} for which in (1, 2)]
    site.configure(modems=ports[:1])
    site.start()
    for name in "abc":
        site.drop(name, f"To: 32475123456\n\n{name}")
    site.until(lambda: "sending" in site.states(), "the first is on its way")
    site.configure(modems=ports[1:])
    site.signal(signal.SIGHUP)
    site.until_in("sent", "a", "b", "c")
    assert sorted(one["text"] for one in site.air()) == ["a", "b", "c"]


def test_a_second_daemon_is_refused_the_modem(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.until(lambda: "ready (" in site.log, "the modem is open")
    with Site() as other:
        other.configure(modems=[{"name": "mine", "port": f"{site.folder}/ports/gsm1"}])
        other.start()
        other.until(lambda: "modem mine is absent" in other.log, "it says that it has no modem")
        assert "gsm1 cannot be opened: another program uses it" in other.log
        other.stop()
    site.drop("a", "To: 32475123456\n\nUndisturbed")
    site.until_in("sent", "a")


def test_a_wrong_configuration_ends_it_with_78_and_a_missing_one_too(site: Site) -> None:
    for text in ("modems: {discover: fals}", "nonsense: 1"):
        site.write_config(text)
        ended = site.run("run")
        assert ended.returncode == 78
        assert "line 1" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_store_that_cannot_be_opened_ends_it_with_75(site: Site) -> None:
    site.store.write_bytes(b"This is no database, and longer than a page's head would be." * 40)
    site.configure(modems=[])
    ended = site.run("run")
    assert ended.returncode == 75, ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_store_is_copied_while_it_runs(site: Site) -> None:
    site.simulate("--airtime", "0.01", modems=2)
    site.start()
    for one in range(60):
        site.drop(f"m{one}", f"To: 324751234{one:02d}\n\nm{one}")
    target = site.folder / "copy.db"
    site.until(lambda: len(site.air()) > 5, "it is busy")
    assert site.run("backup", target).returncode == 0
    with contextlib.closing(sqlite3.connect(target)) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert copy.execute("SELECT count(*) FROM message WHERE state != 'queued'").fetchone()[0] >= 5
    again = site.run("backup", target)
    assert again.returncode in {1, 2, 75}
    assert "exists" in again.stderr
    site.until_in("sent", *(f"m{one}" for one in range(60)))
    assert len(site.air()) == 60


def test_a_second_daemon_of_the_same_gateway_is_refused(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    second = site.run("run")
    assert second.returncode == 75
    assert "is running already" in second.stderr
    site.kill()  # however it ended, the next may start
    site.start()
    site.drop("a", "To: 32475123456\n\nUndisturbed")
    site.until_in("sent", "a")


def test_a_spool_has_one_gateway(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    with Site() as other:
        other.configure(modems=[], spool={"dir": str(site.spool)})
        ended = other.run("run")
        assert ended.returncode == 75
        assert "another gateway uses it" in ended.stderr
