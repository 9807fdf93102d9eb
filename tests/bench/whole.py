"""Figures of the whole daemon: a process of its own, simulated modems in another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import pairwise

from tests.bench.processes import PATIENCE_S, Gateway, Modems, cpu_s, memory_mb
from tests.bench.rig import configuration, drop, folder, rig, write_files
from tests.bench.table import Row, median, percentile

_IDLE_S = 20.0


def throughput(modem_count: int, files: int, floor: float) -> Iterator[Row]:
    """Messages a second from the first drop to the last file in ``sent/``, and what each cost."""
    with rig(modem_count) as bench:
        paths = write_files(bench.folder / "staging", files)
        before = cpu_s(bench.gateway.pid), cpu_s(bench.modems.pid)
        began = drop(paths, bench.spool)
        bench.modems.wait(files, 60 + files / 50)
        bench.wait_for_results(files, PATIENCE_S)
        after = cpu_s(bench.gateway.pid), cpu_s(bench.modems.pid)
        bench.check_once([path.name for path in paths])
        ended = max(path.stat().st_ctime for path in (bench.spool / "sent").iterdir())
        air = [one["at"] for one in bench.modems.accepted()]
        peak = memory_mb(bench.gateway.pid, "VmHWM")
    plural = "s" if modem_count > 1 else ""
    name = f"{modem_count} modem{plural}, {files:,} files"
    yield Row(f"{name}: spool to sent/", files / (ended - began), "msg/s", floor)
    yield Row(f"{name}: first to last on the air", files / (air[-1] - air[0]), "msg/s")
    yield Row(f"{name}: CPU of the daemon", (after[0] - before[0]) / files * 1e6, "us/msg")
    yield Row(f"{name}: CPU of the simulator", (after[1] - before[1]) / files * 1e6, "us/msg")
    yield Row(f"{name}: memory at its most", peak, "MB")


def latency(samples: int) -> Iterator[Row]:
    """Idle: from the rename into ``outgoing/`` to the first octet of ``AT+CMGS`` at the modem."""
    dropped: list[float] = []
    with rig(8) as bench:
        for place, path in enumerate(write_files(bench.folder / "staging", samples), 1):
            time.sleep(0.15)  # until all is idle again
            dropped.append(drop([path], bench.spool))
            bench.modems.wait(place, PATIENCE_S)
        asked = [one["asked_at"] for one in bench.modems.accepted()]
    waits = [1000 * (at - began) for at, began in zip(asked, dropped, strict=True)]
    name = f"drop to AT+CMGS, idle, 8 modems, {samples} samples"
    yield Row(f"{name}: median", median(waits), "ms", 5, least=False)
    yield Row(f"{name}: 99th", percentile(waits, 0.99), "ms", 20, least=False)


def utilisation(messages_each: int) -> Iterator[Row]:
    """With 2 s on the air a message, 8 modems: the share of the time that they are on the air."""
    airtime_s, modem_count = 2.0, 8
    with rig(modem_count, airtime_s=airtime_s) as bench:
        count = modem_count * messages_each
        drop(write_files(bench.folder / "staging", count), bench.spool)
        bench.modems.wait(count, PATIENCE_S + airtime_s * messages_each * 2)
        air = bench.modems.accepted()
    shares = []
    for modem in {one["modem"] for one in air}:
        ends = [one["at"] for one in air if one["modem"] == modem]
        shares += [airtime_s / (later - earlier) for earlier, later in pairwise(ends)]
    yield Row("modem utilisation, 2 s airtime, 8 modems", 100 * sum(shares) / len(shares), "%", 99.5)


def idle(modem_count: int) -> Iterator[Row]:
    """What it costs to have modems and nothing to do."""
    with rig(modem_count) as bench:
        time.sleep(5)  # the start is over
        before, began = cpu_s(bench.gateway.pid), time.monotonic()
        time.sleep(_IDLE_S)
        share = 100 * (cpu_s(bench.gateway.pid) - before) / (time.monotonic() - began)
        yield Row(f"idle CPU, {modem_count} modems, over {_IDLE_S:.0f} s", share, "% core", 0.5, least=False)
        yield Row(f"RSS, {modem_count} modems", memory_mb(bench.gateway.pid), "MB", 90, least=False)


def start_up(repeat: int) -> Iterator[Row]:
    """From the start of the process to ``READY=1``: with no store yet, and with one."""
    first: list[float] = []
    again: list[float] = []
    for _ in range(repeat):
        with folder() as place, Modems(place, 1) as modems:
            config = configuration(place, modems)
            for times in (first, again):
                with Gateway(place, config) as gateway:
                    times.append(gateway.ready_s)
    yield Row("start to READY=1, with a store", median(again), "s", 1, least=False)
    yield Row("start to READY=1, the store made anew", median(first), "s")


def flood(files: int) -> Iterator[Row]:
    """Many files at once: how fast they are taken, and how much memory that takes."""
    with rig(1, airtime_s=0.5) as bench:
        paths = write_files(bench.folder / "staging", files)
        quiet_mb = memory_mb(bench.gateway.pid)
        began = drop(paths, bench.spool)
        outgoing = bench.spool / "outgoing"
        while any(True for _ in outgoing.iterdir()):
            bench.gateway.check()
            time.sleep(0.25)
        took_s = time.time() - began
        yield Row(f"{files:,} files at once: taken into the store", files / took_s, "files/s")
        yield Row(f"{files:,} files at once: memory before", quiet_mb, "MB")
        yield Row(f"{files:,} files at once: memory at its most", memory_mb(bench.gateway.pid, "VmHWM"), "MB")
