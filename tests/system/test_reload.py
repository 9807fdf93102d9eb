"""SIGHUP at an awkward moment: a full disk, and a part in hand that the network takes its time for."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

from tests.system.test_disk_full import fill, small

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.gateway import Site

__all__ = ["small"]


def test_a_reload_on_a_full_disk_costs_nothing_but_the_reload(site: Site, small: Path) -> None:
    site.simulate("--no-reports", modems=2)
    ports = [{"name": f"gsm{which}", "port": f"{site.folder}/ports/gsm{which}"} for which in (1, 2)]
    site.configure(modems=ports[:1])
    site.start()
    site.until(lambda: "gsm1: ready" in site.log, "the modem is open")
    ballast = fill(small)
    site.configure(modems=ports)
    site.said.clear()
    site.signal(signal.SIGHUP)
    site.until(lambda: "READY=1" in site.said, "it has looked at the file")
    assert "the configuration is not taken" in site.log
    ballast.unlink()
    site.drop("a", "To: 32475123456\n\nStill here")
    site.until_in("sent", "a")
    site.signal(signal.SIGHUP)
    site.until(lambda: "gsm2: ready" in site.log, "the second modem is open")
    assert "Traceback" not in site.log
    site.stop()


def test_it_lives_while_a_reload_waits_for_a_part_in_hand(site: Site) -> None:
    site.simulate("--airtime", "2", modems=1)
    site.start(environment={"WATCHDOG_USEC": "400000"})
    site.drop("slow", "To: 32475123456\n\nOn the air")
    site.until(lambda: "sending" in site.states(), "it is on its way")
    site.configure(modems=[])
    site.signal(signal.SIGHUP)
    site.until(lambda: "RELOADING=1" in site.said, "it has begun to reload")
    begun = site.said.index("RELOADING=1")
    site.until(lambda: "READY=1" in site.said[begun:], "it has reloaded")
    since = site.said[begun:]
    assert since[: since.index("READY=1")].count("WATCHDOG=1") >= 3


def test_what_wants_a_start_is_not_taken_by_halves_and_the_log_s_level_is(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(gateway={"name": "gw1"})
    site.start()
    site.until(lambda: "gsm1: ready" in site.log, "the modem is open")
    site.configure(gateway={"name": "gw2"}, log={"level": "debug"})
    site.signal(signal.SIGHUP)
    site.until(lambda: "read again" in site.log, "it has reloaded")
    assert "a change of gateway: is taken at the next start" in site.log
    site.drop("a", "To: 32475123456\n\nStill gw1")
    site.until_in("sent", "a")
    assert site.rows("SELECT gateway FROM message") == [("gw1",)]
    assert site.rows("SELECT DISTINCT gateway FROM modem") == [("gw1",)]
    assert "AT+CMGS" in site.log
