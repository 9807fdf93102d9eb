"""What every process of the tests starts with: the same wherever they run, and quick.

The tests are collected by each of several processes, and start many others. Where the environment keeps
Python from writing what it compiled, every one of them compiles the whole program again.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import be_patient

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
"""A machine that is busy with something else is no fault of what is tested."""
be_patient()

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what is to run in the background, and all that the tests start would be as deaf.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)


def pytest_collection(session: pytest.Session) -> None:
    """Each of several processes begins at another module, so that not all of them compile all."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers == 1 or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    root = session.config.rootpath
    modules = [".".join(file.relative_to(root).with_suffix("").parts) for file in _test_files(root)]
    begin = len(modules) * int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")) // workers
    for module in modules[begin:] + modules[:begin]:
        with contextlib.suppress(Exception, pytest.skip.Exception):  # what is wrong with it is told later
            importlib.import_module(module)


def _test_files(root: Path) -> list[Path]:
    return sorted((root / "tests").rglob("test_*.py"))


def pytest_collection_finish() -> None:
    """What collecting made stays until the end: the collector of garbage need not look at it again."""
    gc.collect()
    gc.freeze()
