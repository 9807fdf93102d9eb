"""The disk is full: nothing accepted is lost, nothing is corrupt, and it goes on when there is room again."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.system.gateway import Site

TO = "To: 32475123456\n\n"


@pytest.fixture
def small(site: Site) -> Iterator[Path]:
    """A file system of 10 MB that holds the spool and the store, and nothing else."""
    place = site.folder / "small"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=10m", "modemd-test", str(place)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.decode().strip()}")
    site.spool, site.store = place / "spool", place / "modemd.db"
    try:
        yield place
    finally:
        site.kill()
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """Take all the room there is."""
    ballast = place / "ballast"
    with ballast.open("ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\0" * size)
    return ballast


def drafts(site: Site, names: list[str]) -> None:
    """Write the files while there is room; they are renamed in later."""
    for name in names:
        (site.spool.parent / name).write_text(f"To: 3247512{name[-4:]}\n\n{name}")


def drop(site: Site, names: list[str]) -> None:
    for name in names:
        (site.spool.parent / name).rename(site.spool / "outgoing" / name)


def check_whole(site: Site, names: list[str]) -> None:
    """Every file was sent once, and the store is sound."""
    site.until_in("sent", *names, within_s=40)
    assert sorted(one["text"] for one in site.air()) == sorted(names)
    assert site.rows("PRAGMA integrity_check") == [("ok",)]
    assert site.names("outgoing") == site.names("checked") == site.names("failed") == []
    assert "Traceback" not in site.log


@pytest.mark.usefixtures("small")
def test_a_disk_that_fills_up_and_is_emptied(site: Site, small: Path) -> None:
    site.simulate("--airtime", "0.02", "--report-delay", "0.1", modems=2)
    site.configure(sending={"uncertain_after": 30})
    site.start()
    before, during = [f"b{one:04d}" for one in range(20)], [f"d{one:04d}" for one in range(200)]
    drafts(site, [*before, *during])
    drop(site, before)
    site.until_in("sent", *before[:5])
    ballast = fill(small)
    drop(site, during)
    site.ask("incoming", text="Came while it was full")
    site.until(lambda: "full" in site.log, "the daemon says so")
    site.pass_by(3)
    assert site.daemon is not None
    assert site.daemon.poll() is None, "it bears it"
    ballast.unlink()
    check_whole(site, [*before, *during])
    [came] = site.until(lambda: site.names("incoming"), "what came in is told")
    assert site.text("incoming", came).endswith("Came while it was full")
    assert site.log.count("\n") < 200, "it does not fill the log instead"
    site.stop()


def test_a_kill_and_a_start_on_a_full_disk(site: Site, small: Path) -> None:
    site.simulate("--airtime", "0.05", "--report-delay", "0.1", modems=2)
    site.configure(sending={"uncertain_after": 30})
    site.start()
    names = [f"m{one:04d}" for one in range(100)]
    drafts(site, names)
    drop(site, names)
    site.until(lambda: len(site.names("sent")) > 10, "some are sent")
    ballast = fill(small)
    site.pass_by(1)
    site.kill()
    fill(small)
    site.begin()
    assert site.daemon is not None
    daemon = site.daemon
    site.until(lambda: daemon.poll() is not None or "READY=1" in site.said, "it starts, or gives up")
    assert daemon.returncode in {None, 75}
    site.pass_by(1)
    site.kill()
    ballast.unlink()
    site.start()
    check_whole(site, names)
    site.stop()


def test_a_stop_on_a_full_disk_loses_nothing(site: Site, small: Path) -> None:
    site.simulate("--airtime", "0.1", "--report-delay", "0.3", modems=2)
    site.configure(sending={"uncertain_after": 30})
    site.start()
    names = [f"m{one:04d}" for one in range(60)]
    drafts(site, names)
    drop(site, names)
    site.until(lambda: len(site.names("sent")) > 5, "some are sent")
    ballast = fill(small)
    site.until(lambda: "full" in site.log, "the daemon says so")
    assert site.stop() < 15
    ballast.unlink()
    assert os.path.exists(site.store)  # noqa: PTH110
    site.start()
    check_whole(site, names)
