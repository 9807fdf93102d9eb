"""Accounts while a gateway runs: added, stopped by a word, erased; and what its log has of people."""

from __future__ import annotations

import json
import os
import pwd
from typing import TYPE_CHECKING

from modemd.config import parse
from modemd.service.accounts import accounts
from modemd.service.rules import Rules
from modemd.store.database import Database
from modemd.workers.floor import utc_now

if TYPE_CHECKING:
    from tests.system.gateway import Site

PHONE, TEXT, ANSWER = "32475123456", "Your results are in", "Thank you, doctor"
ACCOUNTS = {"clinic": {"consent": "opt-out", "unix_user": pwd.getpwuid(os.geteuid()).pw_name}}


def modemd(site: Site, *arguments: str) -> str:
    done = site.run(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_account_is_added_suspended_and_resumed_while_the_gateway_runs(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    store = Database(f"sqlite:///{site.store}")
    rules = Rules.of(parse("gateway: {name: test, country: BE}"))
    store.transact(lambda tx: accounts.add(tx, rules, "garage", {}, by="op", now=utc_now()))
    (site.spool / "outgoing" / "garage").mkdir()
    site.drop("first", f"To: {PHONE}\n\nReady", account="garage")
    site.until_in("sent", "first")
    store.transact(lambda tx: accounts.suspend(tx, rules, "garage", reason="x", by="op", now=utc_now()))
    site.drop("second", f"To: {PHONE}\nAccount: garage\n\nReady")
    site.until_in("failed", "second")
    assert "account 'garage' is suspended (operator)" in site.text("failed", "second")
    store.transact(lambda tx: accounts.resume(tx, rules, "garage", by="op", now=utc_now()))
    store.close()
    site.drop("third", f"To: {PHONE}\nAccount: garage\n\nReady")
    site.until_in("sent", "third")
    site.stop()


def test_a_stop_is_heard_an_account_is_erased_and_the_log_has_nobody_in_it(site: Site) -> None:
    site.simulate(modems=1)
    site.ask("network", reply=ANSWER)
    site.configure(accounts=ACCOUNTS)
    site.start()
    site.drop("one", f"To: {PHONE}\n\n{TEXT}", account="clinic")
    site.until(lambda: site.names("incoming") and site.names("report"), "report and answer")
    site.ask("incoming", modem="gsm1", text="Stop svp!", **{"from": f"+{PHONE}"})
    site.until(lambda: site.rows("SELECT * FROM consent"), "the stop was heard")
    site.drop("two", f"To: {PHONE}\n\n{TEXT}", account="clinic")
    site.drop(f"OUTA_{PHONE}.txt", f"To: +{PHONE}x\n\n{TEXT}", account="clinic")
    site.until(lambda: len(site.names("failed")) == 2, "both are refused")
    assert "the recipient said STOP" in site.text("failed", "two")
    told = json.loads(modemd(site, "account", "export", "clinic"))
    assert [each["text"] for each in told["messages"]] == [TEXT]
    modemd(site, "account", "close", "clinic", "--reason", "moved away")
    modemd(site, "account", "erase", "clinic", "--yes")
    site.stop()
    left = [name for name in ("sent", "failed", "report", "checked") if site.names(name)]
    assert left == []
    assert not (site.spool / "outgoing" / "clinic").exists()
    assert site.rows("SELECT name, state FROM account WHERE state = 'erased'") == [("erased-1", "erased")]
    assert site.rows("SELECT * FROM message WHERE text IS NOT NULL OR destination IS NOT NULL") == []
    said = [each for each in (PHONE, TEXT, ANSWER, PHONE[2:]) if each in site.log]
    assert said == []
    assert "3247…56" in site.log
