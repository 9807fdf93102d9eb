"""One turn of a row, in a process of its own: a row that fails or hangs costs only its own figures."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from tests.bench.measures import Figures, Options, Row

_LAST_S = 20.0
"""How long a row that ran out of time has for ending its processes."""


def turn(row: Row, options: Options) -> Figures:
    """Run a row once, within its time; each of its figures is there, or why it is not."""
    folder = tempfile.mkdtemp(prefix="modemd-bench-")
    command = [sys.executable, "-m", "tests.bench", "--turn", row.name, json.dumps(asdict(options))]
    try:
        with subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": folder},
            cwd=Path(__file__).parents[2],
            start_new_session=True,
        ) as child:
            return _figures(row, child)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answer(row: Row, options: Options) -> None:
    """The other end of :func:`turn`: run the row here and print its figures; a time that is over ends it."""

    def end(*_: object) -> None:
        raise SystemExit(f"not done after {row.limit_s:g} s")

    signal.signal(signal.SIGTERM, end)
    sys.stdout.write(json.dumps(dict(row.run(options))))


def _figures(row: Row, child: subprocess.Popen[bytes]) -> Figures:
    try:
        said, complaint = _await(row, child)
    finally:
        _sweep(child)
    if child.returncode == 0:
        figures: Figures = json.loads(said)
        return figures
    lines = complaint.decode(errors="replace").strip().splitlines()
    why = lines[-1] if lines else f"ended with {child.returncode}"
    return dict.fromkeys((measure.key for measure in row.measures), why)


def _await(row: Row, child: subprocess.Popen[bytes]) -> tuple[bytes, bytes]:
    try:
        return child.communicate(timeout=row.limit_s)
    except subprocess.TimeoutExpired:
        child.terminate()
    try:
        return child.communicate(timeout=_LAST_S)
    except subprocess.TimeoutExpired:
        _sweep(child)
        child.communicate()
        return b"", f"not done after {row.limit_s:g} s".encode()


def _sweep(child: subprocess.Popen[bytes]) -> None:
    """What a row has started and left behind is in its process group."""
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
