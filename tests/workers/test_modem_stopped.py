"""A modem's worker while much waits of accounts that may not send."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from modemd.model import SendRequest
from modemd.service import intake
from modemd.service.accounts import account_sync, accounts
from tests.service.office import TO, rules_of
from tests.workers.test_modem_worker import bench

if TYPE_CHECKING:
    from pathlib import Path

    from modemd.store.transaction import Tx

NAMES = [f"stopped{each}" for each in range(17)]
"""More than one claim puts aside, and than two do."""


def test_what_waits_of_stopped_accounts_does_not_keep_the_modem_from_what_it_may_send(tmp_path: Path) -> None:
    async def story() -> None:
        async with bench(tmp_path) as here:
            now = here.floor.now()
            configured = rules_of(accounts={name: {} for name in NAMES}).accounts
            rules = here.floor.rules = replace(here.floor.rules, accounts=configured, declared=configured)

            def stop_all(tx: Tx) -> None:
                account_sync.sync(tx, rules, now)
                for name in NAMES:
                    prepared = intake.prepare(SendRequest(to=TO, text="Hello", account=name), rules, now)
                    intake.accept(tx, [prepared], rules, now, source="cli")
                    accounts.suspend(tx, rules, name, reason="bad words", by="op", now=now)

            await here.floor.store.run(stop_all)
            await here.send("Hello")
            await here.step_until("SELECT count(*) FROM message WHERE state = 'sent'", 1)
            assert here.rows("SELECT account FROM message WHERE state = 'sent'") == [("default",)]
            assert here.rows("SELECT count(*) FROM message WHERE state = 'queued'") == [(len(NAMES),)]

    asyncio.run(story())
