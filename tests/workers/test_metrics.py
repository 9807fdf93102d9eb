"""The page that Prometheus reads: over HTTP, as its own parser understands it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import socket
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
import yaml
from prometheus_client import ProcessCollector
from prometheus_client.parser import text_string_to_metric_families

from modemd.service import alarms
from modemd.store.durations import BOUNDS_S, Durations
from modemd.workers.metrics import Metrics
from modemd.workers.metrics_process import ProcessFigures
from tests.house import ROOT
from tests.service.office import START
from tests.workers.mqtt_floor import until
from tests.workers.spool_floor import hall

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from prometheus_client.core import Metric

    from modemd.workers.floor import Floor

Families = dict[str, "Metric"]


def read(port: int) -> str:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        return str(page.read().decode())


@contextlib.asynccontextmanager
async def served(floor: Floor) -> AsyncIterator[Metrics]:
    metrics = Metrics(floor, "127.0.0.1:0")
    turning = asyncio.create_task(metrics.run())
    await until(lambda: metrics.port)
    yield metrics
    metrics.stop()
    await turning


async def families(metrics: Metrics) -> Families:
    assert metrics.port is not None
    page = await asyncio.to_thread(read, metrics.port)
    return {family.name: family for family in text_string_to_metric_families(page)}


def value(found: Families, name: str, **labels: str) -> float:
    (sample,) = [
        each
        for family in found.values()
        for each in family.samples
        if (each.name, each.labels) == (name, labels)
    ]
    return sample.value


def test_what_waits_what_went_and_what_is_wrong(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hall(tmp_path) as here, served(here.floor) as metrics:
            for name in "ab":
                await here.accept(here.drop(name, f"To: 3247512345{ord(name) % 10}\n\nHello\n"))
            await here.send()
            rules, tally = here.floor.rules, here.floor.tally
            await here.floor.store.run(
                lambda tx: alarms.raise_alarm(
                    tx, rules, modem="gsm1", code="x", text="It is.", severity="warning", now=START
                )
            )
            tally.parts["gsm1", "taken"] += 1
            tally.refusals["gsm1", "CMS 38"] += 2
            found = await families(metrics)
            assert value(found, "modemd_store_up") == 1
            assert value(found, "modemd_queue_parts", state="queued") == 1
            assert value(found, "modemd_parts_total", modem="gsm1", outcome="taken") == 1
            assert value(found, "modemd_refusals_total", modem="gsm1", code="CMS 38") == 2
            assert value(found, "modemd_alarms", severity="warning") == 1
            assert value(found, "modemd_alarms", severity="critical") == 0
            assert value(found, "modemd_modem_state", modem="gsm1", state="new") == 1
            assert value(found, "modemd_modem_ready", modem="gsm1") == 0
            commits = value(found, "modemd_store_commit_seconds_count")
            assert commits == value(found, "modemd_store_commit_seconds_bucket", le="+Inf") > 2
            assert value(found, "modemd_queue_stalled_seconds") > 0

    asyncio.run(whole())


def test_names_are_as_prometheus_wants_them_and_no_label_tells_a_phone_number(tmp_path: Path) -> None:
    async def whole() -> None:
        async with hall(tmp_path) as here, served(here.floor) as metrics:
            await here.accept(here.drop("a", "To: 32475123456\n\nHello\n"))
            found = await families(metrics)
            ours = [family for family in found.values() if not family.name.startswith("process_")]
            assert len(ours) > 15
            for family in ours:
                assert re.fullmatch(r"modemd_[a-z_]+[a-z]", family.name)
                assert family.documentation.endswith(".")
                counts = family.type == "counter"
                assert not (family.name.endswith("_total") or counts) or {"_total"} >= {
                    each.name.removeprefix(family.name) for each in family.samples
                }
                for each in family.samples:
                    assert not any(re.search(r"\d{6}", label) for label in each.labels.values())

    asyncio.run(whole())


def test_every_family_stands_in_the_page_about_modems(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    told = {
        name if name.startswith("modemd") else f"modemd_modem{name}"
        for name in re.findall(r"`((?:modemd)?_[a-z_]+)`", page.partition("## Metrics")[2])
    }

    async def whole() -> None:
        async with hall(tmp_path) as here, served(here.floor) as metrics:
            found = await families(metrics)
            ours = {
                f"{name}_total" if family.type == "counter" else name
                for name, family in found.items()
                if name.startswith("modemd_")
            }
            assert ours == told

    asyncio.run(whole())


def test_the_process_is_told_from_its_own_folder_alone(tmp_path: Path) -> None:
    """As in a unit with ``ProcSubset=pid``; the library's own collector has the names and the figures."""
    (tmp_path / "self").symlink_to(f"/proc/{os.getpid()}")
    mine = {each.name: each.samples[0] for each in ProcessFigures(tmp_path / "self").collect()}
    theirs = {each.name: each.samples[0] for each in ProcessCollector(registry=None).collect()}
    assert {name: sample.name for name, sample in mine.items()} == {
        name: sample.name for name, sample in theirs.items()
    }
    for name, sample in mine.items():
        assert sample.value == pytest.approx(theirs[name].value, rel=0.1, abs=2), name
    assert list(ProcessFigures(tmp_path / "no proc").collect()) == []


def test_the_rules_on_the_page_ask_for_metrics_that_there_are() -> None:
    text = (ROOT / "docs" / "monitoring.md").read_text("utf-8")
    [rules] = re.findall(r"<!-- rules -->\n```yaml\n(.*?)```", text, re.DOTALL)
    asked = {
        name for rule in yaml.safe_load(rules)["groups"][0]["rules"]
        for name in re.findall(r"modemd_\w+", rule["expr"])
    }  # fmt: skip
    table = text.partition("<!-- rules -->")[0]
    assert {name for name in asked if f"`{name.removeprefix('modemd_modem')}`" not in table} <= set(
        re.findall(r"`(modemd_\w+)`", table)
    )
    assert len(asked) > 6


def test_an_address_that_is_taken_is_said_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            async with hall(tmp_path) as here:
                metrics = Metrics(here.floor, f"127.0.0.1:{port}")
                for _ in range(2):
                    metrics.stop()  # so that it does not wait before its next try
                    await metrics.step()
                assert metrics.port is None
                taken.close()
                metrics.stop()
                await metrics.step()
                assert metrics.port == port
                await metrics.finish()

    asyncio.run(whole())
    said = [record.getMessage() for record in caplog.records if "cannot be served" in record.getMessage()]
    assert len(said) == 1
    assert "in use" in said[0]


def test_durations_are_counted_into_their_classes() -> None:
    times = Durations()
    for seconds in (0.0, BOUNDS_S[0], BOUNDS_S[0] * 1.01, BOUNDS_S[-1] * 2):
        times.note(seconds)
    assert times.counts[:2] == [2, 1]
    assert times.counts[-1] == 1
    assert sum(times.counts) == 4
