"""Whoever is killed, and whenever: an account pays for what the network took, once; its books are right."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

from modemd.service.credits import credit_verify
from modemd.store.database import Database
from tests.system.kills import contents

if TYPE_CHECKING:
    from tests.system.gateway import Site

CREDITS = 60
MESSAGES = 50
"""Of some 85 parts: not all can be paid for."""
KILLS = 3


def _verify(site: Site) -> None:
    database = Database(f"sqlite:///{site.store}", create=False)
    try:
        assert database.read(credit_verify.verify) == []
    finally:
        database.close()


def _command(site: Site, *arguments: str) -> str:
    done = site.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _columns(site: Site) -> tuple[int, ...]:
    return site.rows(
        "SELECT granted, balance, held, captured FROM balance JOIN account ON account.id = account_id"
        " WHERE name = 'payer'"
    )[0]


def test_a_daemon_that_is_killed_takes_each_credit_once(site: Site) -> None:
    chance = Random(20261122)
    site.simulate("--airtime", "0.01-0.06", "--report-delay", "0.05-0.2", "--reports", modems=2)
    site.configure(accounts={"payer": {"terms": "smstools"}}, sending={"reports": True, "uncertain_after": 8})
    site.start()
    _command(site, "credit", "grant", "payer", str(CREDITS), "--reason", "test", "--by", "test")
    waiting = [(f"m{one:05d}", chance.choice((1, 1, 2, 3))) for one in range(MESSAGES)]
    for done in range(KILLS):
        for _ in range(-(-len(waiting) // (KILLS - done))):
            name, parts = waiting.pop()
            text = "".join(contents(name, parts))
            site.drop(name, f"To: 3247600{chance.randrange(60):04d}\nAccount: payer\n\n{text}")
        site.pass_by(chance.uniform(0.0, 0.5))
        site.kill()
        _verify(site)
        granted, balance, held, captured = _columns(site)
        assert granted == CREDITS == balance + held + captured
        on_air = len(site.air())
        assert captured <= on_air <= captured + held, "a part in hand is held yet, any other was paid for"
        site.start()
    site.until(lambda: len(site.names("sent")) + len(site.names("failed")) == MESSAGES, "all have ended", 60)
    site.until(lambda: set(site.states()) == {"delivered"}, "all that were accepted are delivered", 60)
    site.stop()
    _verify(site)
    took = [one["text"] for one in site.air()]
    assert len(took) == len(set(took)), "with reports nothing is sent twice"
    granted, balance, held, captured = _columns(site)
    assert (granted, held, captured) == (CREDITS, 0, len(took))
    assert balance == CREDITS - len(took)
    refused = [site.headers("failed", name)["Fail_reason"] for name in site.names("failed")]
    assert refused, "there were not credits for all"
    assert all(reason.startswith("Insufficient credit: ") for reason in refused), refused
    assert '"balance": ' in _command(site, "credit", "statement", "payer", "--json")
    assert _command(site, "credit", "verify")
