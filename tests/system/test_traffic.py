"""Two modems with limits of their own: nothing is lost, and nobody sends more than he may."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from tests.system.test_modems import modems, state, texts

if TYPE_CHECKING:
    from tests.system.gateway import Site

TO = "To: 32475123456\n\n"
LONG = "Forty letters are in each of these lines.\n" * 5


def run(site: Site, *arguments: str) -> str:
    """A command of the operator's, beside the running gateway."""
    done = site.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_one_sim_may_not_send_goes_by_the_other(site: Site) -> None:
    one, other = modems(site, count=2)
    site.simulate(modems=2)
    site.configure(modems=[one | {"per_day": 3}, other])
    site.start()
    names = [f"m{place}" for place in range(12)]
    for name in names:
        site.drop(name, f"{TO}{name}")
    site.until_in("sent", *names)
    by = Counter(each["modem"] for each in site.air())
    assert by["gsm1"] <= 3
    assert by.total() == 12
    for place in range(4 - by["gsm1"]):
        site.drop(f"q{place}", f"To: 32475123456\nQueue: gsm1\n\nq{place}")
    site.until(lambda: state(site) == "limited", "its limit is reached")
    assert Counter(each["modem"] for each in site.air())["gsm1"] == 3
    [(said,)] = site.rows("SELECT text FROM alarm WHERE code = 'limited' AND cleared_at IS NULL")
    assert "sent all 3 parts that it may send a day" in said


def test_a_modem_is_drained_by_a_command_and_stays_so_over_a_restart(site: Site) -> None:
    site.simulate(modems=2)
    site.configure(sending={"sticky": "1d"})
    site.start()
    site.drop("first", "To: 32475123456\nQueue: gsm1\n\nfirst")
    site.until_in("sent", "first")
    assert run(site, "pause", "gsm1", "--reason", "maintenance") == "modem gsm1 is paused\n"
    names = [f"m{place}" for place in range(50)]
    for name in names:
        site.drop(name, f"{TO}{name}")
    site.until_in("sent", *names)
    assert {each["modem"] for each in site.air() if each["text"] != "first"} == {"gsm2"}
    site.stop()
    site.start()
    site.until(lambda: state(site) == "paused", "it is still paused")
    assert run(site, "resume", "gsm1") == "modem gsm1 goes on\n"
    site.drop("last", f"To: 32475123456\nQueue: gsm1\n\n{LONG}")
    site.until_in("sent", "last")
    assert texts(site).count("first") == 1
