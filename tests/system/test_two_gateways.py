"""Two gateways, one database, one account: every credit buys one part, whoever sends it; no more leave."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.store import postgres
from tests.system.gateway import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

CREDITS: Final = 1_000
MESSAGES: Final = 5_000
_A_FILE: Final = 50
_MODEMS: Final = 4
_AHEAD: Final = 100
_LONG_S: Final = 300
"""Each statement waits for the other gateway's, and on a busy machine for everybody's."""
_DATABASE: Final = "gateways"


class Pair:
    """Two sites on one database of a server that is this test's own."""

    def __init__(self, sites: tuple[Site, Site], url: str, **account: Any) -> None:
        self.sites = sites
        for place, site in enumerate(sites):
            site.simulate("--airtime", "0.005", "--no-reports", modems=_MODEMS)
            site.premade = False
            modems = [
                {"name": f"gsm{place * _MODEMS + n + 1}", "port": one["path"]}
                for n, one in enumerate(site.simulated)
            ]
            site.configure(
                gateway={"name": f"gw{place + 1}"}, store={"url": url}, modems=modems,
                accounts={"acme": {"terms": "sms4less", **account}},
                sending={"reports": False, "uncertain_after": 1},
            )  # fmt: skip
            (site.spool / "outgoing" / "acme").mkdir(parents=True)

    def start(self) -> None:
        for site in self.sites:
            site.start()

    def modemd(self, *arguments: str) -> str:
        """What a command says; it must end well."""
        done = self.sites[0].run(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def drop_all(self, messages: int = MESSAGES) -> None:
        """The messages as files for many recipients, half of them at each gateway."""
        for first in range(0, messages, _A_FILE):
            to = [f"+3247{first + one:07d}" for one in range(_A_FILE)]
            site = self.sites[first // _A_FILE % 2]
            site.drop(f"m{first}.json", json.dumps({"to": to, "text": "Hello"}), "acme")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Look into the store from outside."""
        return postgres.server().sql(query, _DATABASE)

    def count(self, query: str) -> int:
        return int(self.rows(f"SELECT count(*) FROM {query}")[0][0])

    def captured(self) -> int:
        return self.count("ledger WHERE kind = 'capture'")

    def until(self, captured: int) -> None:
        """Wait until so many parts were paid for."""
        what = f"{captured} parts leave"
        self.sites[1].until(lambda: self.captured() >= captured, what, _LONG_S, look_s=0.1)

    def air(self) -> Counter[str]:
        """How often each phone was sent something, by all eight modems."""
        return Counter(str(one["destination"]) for site in self.sites for one in site.air())

    def check_books(self, credits_spent: int = CREDITS) -> None:
        """The account has nothing left, and nothing set aside; the books are right."""
        said = json.loads(self.modemd("credit", "statement", "acme", "--json"))
        assert (said["balance"], said["held"], said["available"]) == (0, 0, 0)
        self.modemd("credit", "verify")
        assert self.captured() == credits_spent
        assert self.count("part WHERE state = 3") == credits_spent


@pytest.fixture
def url() -> str:
    server = postgres.server()
    server.sql(f"DROP DATABASE IF EXISTS {_DATABASE} (FORCE)")
    return server.create(_DATABASE)


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    with contextlib.ExitStack() as stack:
        one, two = (stack.enter_context(Site()) for _ in range(2))
        yield one, two
        for site in (one, two):
            print(f"--- the daemon's log ---\n{site.log[-6000:]}")  # noqa: T201 - shown where the test failed


def test_one_account_s_credits_are_spent_once_by_two_gateways(sites: tuple[Site, Site], url: str) -> None:
    pair = Pair(sites, url, on_insufficient="wait")
    pair.start()
    pair.drop_all()
    sites[0].until(lambda: pair.count("message") == MESSAGES, "all wait", _LONG_S, look_s=0.1)
    pair.modemd("credit", "grant", "acme", str(CREDITS), "--reason", "a test")
    pair.until(CREDITS)
    for site in sites:
        site.stop()
    pair.check_books()
    air = pair.air()
    assert len(air) == CREDITS
    assert set(air.values()) == {1}
    assert all(site.air() for site in sites), "both had their share"
    assert pair.count("credit_wait") == MESSAGES - CREDITS


def test_what_cannot_be_paid_is_refused_at_either_gateway(sites: tuple[Site, Site], url: str) -> None:
    pair = Pair(sites, url, on_insufficient="refuse")
    pair.start()
    pair.modemd("credit", "grant", "acme", "200", "--reason", "a test")
    pair.drop_all(1_000)
    pair.until(200)
    for site in sites:
        site.until(lambda site=site: not site.names("outgoing/acme"), "all files are taken")  # type: ignore[misc]
        site.stop()
    pair.check_books(200)
    assert sorted(pair.air().values()) == [1] * 200
    assert pair.count("message") == 200


def test_a_gateway_that_is_killed_again_and_again_costs_no_credit(sites: tuple[Site, Site], url: str) -> None:
    """The other sends what it had accepted; what was in its modems' hands is settled when it is back."""
    pair = Pair(sites, url, on_insufficient="wait")
    pair.start()
    pair.drop_all()
    sites[0].until(lambda: pair.count("message") == MESSAGES, "all wait", _LONG_S, look_s=0.1)
    pair.modemd("credit", "grant", "acme", str(CREDITS), "--reason", "a test")
    for kill in range(3):
        pair.until((2 * kill + 1) * _AHEAD)
        sites[0].kill()
        pair.until((2 * kill + 2) * _AHEAD)  # by the other alone
        sites[0].start()
    pair.until(CREDITS)
    for site in sites:
        site.stop()
    pair.check_books()
    air = pair.air()
    assert len(air) == CREDITS
    repeated = sum(count - 1 for count in air.values())
    assert repeated <= 3 * _MODEMS, "only what was in hand at a kill"
    others = pair.count(
        "message WHERE gateway = 'gw1' AND parts_done = 1 AND modem IN ('gsm5', 'gsm6', 'gsm7', 'gsm8')"
    )
    assert others > _AHEAD // 4, "what the killed one had accepted was sent by the other"
