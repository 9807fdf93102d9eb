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
from itertools import groupby
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.patience import be_patient

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A machine that is busy with something else is no fault of what is tested.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files whose tests wait and files whose tests compute take turns, so that there is always both to do.

    The whole gateway's come in reverse: the longest are not among the last, when nothing is left beside them.
    """
    kinds: dict[bool, list[pytest.Item]] = {
        waits: [each for each in items if ("tests/system" in each.nodeid) is waits] for waits in (True, False)
    }
    files = [list(tests) for _, tests in groupby(kinds[True], key=lambda each: each.path)]
    kinds[True] = [test for tests in reversed(files) for test in tests]
    places: dict[Path, float] = {}
    for tests in kinds.values():
        for place, test in enumerate(tests):
            places.setdefault(test.path, place / len(tests))
    items[:] = sorted(kinds[True] + kinds[False], key=lambda each: places[each.path])


def pytest_collection_finish() -> None:
    """What collecting made stays until the end: the collector of garbage need not look at it again."""
    gc.collect()
    gc.freeze()
