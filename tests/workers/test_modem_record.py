"""A modem's row: what its network said stays as long as the modem is talked to."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from modemd.config.modems import ModemConfig
from modemd.formats.modem_states import STATES, sentence
from modemd.model import ModemIdentity
from modemd.modem.health import Health
from modemd.service import routing
from modemd.service.alarms import open_alarms
from modemd.store import modems
from modemd.store.database import Database
from modemd.workers.modems.record import ModemRecord
from tests.service.office import rules_of
from tests.store.files import opened, rows, url_of
from tests.workers.spool_floor import hall

if TYPE_CHECKING:
    from pathlib import Path

SEEN = Health(signal_dbm=-71, registration=1, operator="Proximus", technology="LTE", room=(3, 50))


@pytest.mark.parametrize(
    ("state", "kept"), [("paused", True), ("limited", True), ("lost", False), ("restarting", False)]
)
def test_the_network_is_known_while_the_modem_is_talked_to(tmp_path: Path, state: str, kept: bool) -> None:
    async def whole() -> None:
        async with hall(tmp_path) as here:
            rules = here.floor.rules
            ids = await here.floor.store.run(lambda tx: routing.sync(tx, rules))
            record = ModemRecord(here.floor, ModemConfig(name="gsm1", port="/dev/null"), ids["gsm1"])
            await record.write("ready", None, SEEN)
            await record.write(state, "a reason")
            rows = await here.floor.store.run(modems.all_modems)
            row = next(each for each in rows if each["name"] == "gsm1")
            told = (row["operator"], row["signal_dbm"], row["registration"], row["storage_used"])
            assert told == (("Proximus", -71, 1, 3) if kept else (None,) * 4)

    asyncio.run(whole())


def test_a_modem_is_in_the_routes_of_its_sims_network(tmp_path: Path) -> None:
    mine = (
        "SELECT m.name FROM route_modem AS rm JOIN route AS r ON r.id = rm.route_id"
        " JOIN modem AS m ON m.id = rm.modem_id WHERE r.key = 'prefix:+3247'"
    )

    async def whole() -> None:
        async with hall(tmp_path) as here:
            rules = here.floor.rules = rules_of(routes=[{"prefix": "+3247", "networks": ["20601"]}])
            ids = await here.floor.store.run(lambda tx: routing.sync(tx, rules))
            record = ModemRecord(here.floor, ModemConfig(name="gsm2", port="/dev/null"), ids["gsm2"])
            record.identity = ModemIdentity(imsi="206010000000001")
            await record.write("ready", None, SEEN)
            look = opened(Database(url_of(tmp_path / "store.db")))
            assert rows(look, mine) == [("gsm2",)]

    asyncio.run(whole())


def test_what_a_modem_tells_of_its_network_is_kept_to_the_last_figure(tmp_path: Path) -> None:
    seen = replace(SEEN, operator_code="20601", area="0A1B", cell="0001C2D3", rsrp_dbm=-98, rsrq_db=-11)

    async def whole() -> None:
        async with hall(tmp_path) as here:
            ids = await here.floor.store.run(lambda tx: routing.sync(tx, here.floor.rules))
            record = ModemRecord(here.floor, ModemConfig(name="gsm1", port="/dev/null"), ids["gsm1"])
            record.identity = ModemIdentity(msisdn="+32475000001", smsc="+32475161616")
            await record.write("ready", None, seen)
            kept = next(
                each for each in await here.floor.store.run(modems.all_modems) if each["name"] == "gsm1"
            )
            facts = (
                "operator", "operator_code", "technology", "registration", "lac", "cell", "signal_dbm",
                "rsrp_dbm", "rsrq_db", "storage_used", "storage_total", "msisdn", "smsc",
            )  # fmt: skip
            assert [kept[fact] for fact in facts] == [
                "Proximus", "20601", "LTE", 1, "0A1B", "0001C2D3", -71,
                -98, -11, 3, 50, "+32475000001", "+32475161616",
            ]  # fmt: skip

    asyncio.run(whole())


def test_what_is_so_and_what_to_do_stand_apart_but_in_the_alarm_together(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        async with hall(tmp_path) as here:
            rules = here.floor.rules
            ids = await here.floor.store.run(lambda tx: routing.sync(tx, rules))
            record = ModemRecord(here.floor, ModemConfig(name="gsm1", imei="861234567890123"), ids["gsm1"])
            with caplog.at_level(logging.INFO):
                await record.write("absent", "no port has it")
                await record.write("pin_wrong", sentence("pin_wrong"))
            rows = await here.floor.store.run(modems.all_modems)
            assert next(each for each in rows if each["name"] == "gsm1")["error"] == STATES["pin_wrong"].wrong
            (alarm,) = await here.floor.store.run(lambda tx: open_alarms(tx, rules.gateway))
            assert alarm.text.endswith("modemd modems --forget-pin gsm1.")

    asyncio.run(whole())
    levels = [(each.levelname, each.getMessage()) for each in caplog.records]
    assert levels[0] == ("INFO", "modem gsm1 is looked for: no port has it")
    assert ("WARNING", "--forget-pin gsm1." in levels[1][1]) == (levels[1][0], True)


def test_only_a_modem_that_sends_is_told_as_ready(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async def whole() -> None:
        async with hall(tmp_path) as here:
            ids = await here.floor.store.run(lambda tx: routing.sync(tx, here.floor.rules))
            record = ModemRecord(here.floor, ModemConfig(name="gsm1", port="/dev/null"), ids["gsm1"])
            record.identity = ModemIdentity(manufacturer="Huawei", model="E173", iccid="8932000000000000123")
            for state, why in (("searching", STATES["searching"].wrong), ("ready", None), ("ready", None)):
                await record.write(state, why, SEEN)

    with caplog.at_level(logging.INFO):
        asyncio.run(whole())
    said = [each.getMessage() for each in caplog.records if "gsm1" in each.getMessage()]
    assert said == [
        "modem gsm1 is searching: The modem finds no network.",
        "modem gsm1: ready (Huawei E173, SIM 0123)",
    ]
