"""One gateway on simulated modems in a folder of its own, and files to drop into its spool."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.processes import Gateway, Modems

TEXT = (
    "Message {:07d}: your appointment is on Thursday at 14:30. Please call us if you can't come. "
    "Thank you, the clinic."
)
"""About as long as what is sent with such gateways; one part."""


def configuration(
    folder: Path, modems: Modems, *, reports: bool = False, broker_port: int | None = None
) -> Path:
    """Write the gateway's configuration: everything as it is by default, but for where things are."""
    mqtt = "" if broker_port is None else f"mqtt: {{host: 127.0.0.1, port: {broker_port}}}\n"
    entries = "".join(
        f'    - {{name: {modem["name"]}, port: {modem["path"]}, number: "{modem["msisdn"]}"}}\n'
        for modem in modems.all
    )
    path = folder / "config.yaml"
    path.write_text(
        "gateway: {name: bench, country: BE, timezone: Europe/Brussels}\n"
        f"store: {{url: 'sqlite:///{folder}/modemd.db'}}\n"
        f"spool: {{dir: '{folder}/spool'}}\n"
        f"sending: {{reports: {str(reports).lower()}}}\n{mqtt}"
        "log: {level: warning, format: text}\n"
        f"modems:\n  discover: false\n  list:\n{entries}"
    )
    return path


def write_files(staging: Path, count: int) -> list[Path]:
    """Write files as smstools3 has them, to be renamed into the spool later."""
    staging.mkdir()
    paths = []
    for place in range(count):
        path = staging / f"m{place:07d}"
        path.write_text(f"To: 32475{place % 1_000_000:06d}\n\n{TEXT.format(place)}\n")
        paths.append(path)
    return paths


def drop(paths: list[Path], spool: Path) -> float:
    """Rename files into ``outgoing/``; return when the first was (seconds of the epoch)."""
    moves = [(path, spool / "outgoing" / path.name) for path in paths]
    began = time.time()
    for path, target in moves:
        path.rename(target)
    return began


def names_in(folder: Path) -> list[str]:
    """What lies in a directory; Path.iterdir takes twenty times as long."""
    return os.listdir(folder)  # noqa: PTH208


class Rig:
    """A folder with modems, gateway and spool."""

    def __init__(self, folder: Path, modems: Modems, gateway: Gateway) -> None:
        self.folder = folder
        self.modems = modems
        self.gateway = gateway
        self.spool = folder / "spool"

    def wait_for_results(self, count: int, timeout_s: float) -> None:
        """Until so many files lie in ``sent/``. It looks seldom: looking costs what is measured."""
        ends = time.monotonic() + timeout_s
        while (there := len(names_in(self.spool / "sent"))) < count:
            self.gateway.check()
            if time.monotonic() > ends:
                raise TimeoutError(f"{there} of {count} files are in sent/")
            time.sleep(0.05)

    def check_once(self, names: list[str]) -> None:
        """AssertionError unless each file was sent exactly once and lies in ``sent/``."""
        sent = sorted(names_in(self.spool / "sent"))
        assert sent == sorted(names), f"{len(sent)} files in sent/ of {len(names)}"
        for place in ("outgoing", "checked", "failed"):
            assert not names_in(self.spool / place), f"files are left in {place}/"
        texts = [one["text"].rstrip("\n") for one in self.modems.accepted()]
        wanted = [TEXT.format(int(name[1:])) for name in names]
        assert sorted(texts) == sorted(wanted), f"{len(texts)} parts on the air, {len(set(texts))} different"


@contextmanager
def rig(modem_count: int, *, airtime_s: float = 0.0, reports: bool = False) -> Iterator[Rig]:
    """A gateway that is ready, with all its modems ready too."""
    with (
        folder() as place,
        Modems(place, modem_count, airtime_s=airtime_s, reports=reports) as modems,
        Gateway(place, configuration(place, modems, reports=reports)) as gateway,
    ):
        ready(place, modem_count)
        yield Rig(place, modems, gateway)


def ready(place: Path, modem_count: int, timeout_s: float = 60.0) -> None:
    """Until the store says that every modem is ready; TimeoutError when it does not."""
    import sqlite3

    ends = time.monotonic() + timeout_s
    with sqlite3.connect(f"file:{place}/modemd.db?mode=ro", uri=True) as store:
        while True:
            (there,) = store.execute(
                "SELECT count(*) FROM modem WHERE state = 'ready' AND registration"
            ).fetchone()
            if there == modem_count:
                break
            if time.monotonic() > ends:
                raise TimeoutError(f"{there} of {modem_count} modems are ready")
            time.sleep(0.05)
    store.close()


@contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder, removed afterwards."""
    path = Path(tempfile.mkdtemp(prefix="modemd-bench-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
