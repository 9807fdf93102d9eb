"""A gateway whose store is a PostgreSQL database: files, commands, a server that is restarted meanwhile."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.store import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.gateway import Site


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    """A server that this test may stop."""
    found = postgres.programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed here")
    made = postgres.Server(found)
    yield made
    made.remove()


def configure(site: Site, url: str) -> None:
    site.simulate("--airtime", "0.01", "--report-delay", "0.05")
    site.premade = False
    site.configure(store={"url": url}, sending={"reports": True, "uncertain_after": 20})


def test_a_gateway_on_a_server_works_and_commands_do(site: Site, server: postgres.Server) -> None:
    configure(site, server.create("store"))
    site.start()
    said = site.run("check")
    assert said.returncode == 0, said.stdout
    assert "can be reached, and has revision" in said.stdout
    site.drop("hello", "To: 32475123456\n\nHello")
    site.until_in("sent", "hello")
    site.until(lambda: site.names("report"), "its report")
    sent = site.run("send", "--to", "+32475123457", "--wait", "From a command")
    assert sent.returncode == 0, sent.stderr
    listed = json.loads(site.run("messages", "--json").stdout)
    assert {each["state"] for each in listed} <= {"sent", "delivered"}
    assert len(listed) == 2
    status = site.run("status")
    assert status.returncode == 0, status.stderr
    assert "gsm1" in status.stdout
    copied = site.run("backup", str(site.folder / "copy"))
    assert (copied.returncode, "pg_dump" in copied.stderr) == (1, True)
    site.stop()
    server.stop()
    away = site.run("check")
    assert (away.returncode, "cannot be reached" in away.stdout) == (0, True)
    assert site.run("status").returncode == 75


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["restarts", "crashes"])
def test_a_server_that_is_away_for_a_while_costs_nothing(
    site: Site, server: postgres.Server, how: signal.Signals
) -> None:
    configure(site, server.create("store"))
    site.start()
    names = [f"m{each:03d}" for each in range(150)]
    for place, name in enumerate(names):
        site.drop(name, f"To: 3247512{place:04d}\n\n{name}")
        if place in {50, 100}:
            site.until(lambda: len(site.air()) >= place // 2, "some are sent")  # noqa: B023 - asked at once
            server.stop(how)
            site.ask("incoming", text=f"while it was away {place}", modem="gsm1")
            server.start()
    site.until(lambda: len(site.names("sent")) == len(names), "all are in sent/", 60)
    site.until(lambda: len(site.names("report")) == len(names), "all reports are there", 60)
    site.until(lambda: len(site.names("incoming")) == 2, "what came in is there")
    site.stop()
    assert Counter(one["text"] for one in site.air()) == Counter(names)
    assert not site.names("outgoing")
    assert not site.names("checked")
    assert "Traceback" not in site.log
