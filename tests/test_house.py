"""The house stands as it was drawn: who may import whom, sizes, words, and what is never done."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable

import pytest

from tests import house, house_tests
from tests.house import Breach, Source

CODE = house.sources("modemd")
TESTS = house.sources("tests")
TEXTS = {
    str(file.relative_to(house.ROOT)): file.read_text("utf-8", "replace")
    for pattern in (
        "modemd/**/*",
        "tests/**/*",
        "docs/**/*",
        "systemd/**/*",
        ".ci/*",
        "*.md",
        "*.toml",
        "*.yaml",
        "Makefile",
    )
    for file in house.ROOT.glob(pattern)
    if file.is_file() and file.suffix not in {".pyc", ".png", ".svg", ".so"}
}

Rule = Callable[[Source], list[Breach]]


def told(breaches: list[Breach]) -> str:
    return "\n".join(str(breach) for breach in breaches)


@pytest.mark.parametrize(
    "rule",
    [house.layers, house.packages, house.lengths, house.catch_all, house.sql, house.names],
    ids=lambda rule: rule.__name__,
)
def test_the_code_keeps_the_rule(rule: Rule) -> None:
    assert len(CODE) > 20
    breaches = [breach for source in CODE for breach in rule(source)]
    assert not breaches, told(breaches)


@pytest.mark.parametrize(
    "rule", [house_tests.sleeps, house_tests.patches, house_tests.silent], ids=lambda rule: rule.__name__
)
def test_the_tests_keep_the_rule(rule: Rule) -> None:
    breaches = [breach for source in TESTS for breach in rule(source)]
    assert not breaches, told(breaches)


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert house.cycle(CODE) == []


def test_a_gateway_imports_nothing_at_its_first_use() -> None:
    assert "modemd.workers.unhurried" in {source.module for source in CODE}
    breaches = house.late(CODE)
    assert not breaches, told(breaches)


@pytest.mark.parametrize("rule", [house.unfinished, house.machine_paths], ids=lambda rule: rule.__name__)
def test_the_texts_keep_the_rule(rule: Callable[[str, str], list[Breach]]) -> None:
    breaches = [breach for path, text in TEXTS.items() for breach in rule(path, text)]
    assert not breaches, told(breaches)


def test_every_file_has_a_room() -> None:
    rooms = {source.room for source in CODE} - {""}
    assert rooms <= set(house.LAYERS)


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (house.layers, "modemd/gsm/x.py", "from modemd.model import Priority"),
        (house.layers, "modemd/store/x.py", "import modemd.modem.port"),
        (house.layers, "modemd/modem/x.py", "def f():\n    from modemd.store import queue"),
        (house.layers, "modemd/service/x.py", "from modemd.modem.modem import Modem"),
        (house.layers, "modemd/service/x.py", "from modemd import workers"),
        (house.layers, "modemd/service/x.py", "from ..workers import spool"),
        (house.layers, "modemd/workers/x.py", "from modemd.simulator import network"),
        (house.layers, "modemd/formats/x.py", "from modemd.config import Config"),
        (house.layers, "modemd/attic/x.py", "import os"),
        (house.packages, "modemd/modem/modem.py", "import serial"),
        (house.packages, "modemd/service/x.py", "from sqlalchemy import select"),
        (house.packages, "modemd/workers/x.py", "import requests"),
        (house.lengths, "modemd/x.py", "x = 1\n" * 401),
        (house.lengths, "modemd/x.py", "def f():\n" + "    x = 1\n" * 60),
        (house.catch_all, "modemd/x.py", "try:\n    pass\nexcept Exception:\n    pass"),
        (house.catch_all, "modemd/x.py", "try:\n    pass\nexcept (OSError, BaseException):\n    pass"),
        (house.catch_all, "modemd/x.py", "try:\n    pass\nexcept:\n    raise"),
        (house.sql, "modemd/service/x.py", 'QUERY = "SELECT id FROM part"'),
        (house.sql, "modemd/service/x.py", 'q = f"DELETE FROM {table}"'),
        (house.names, "modemd/x.py", "status = 1"),
        (house.names, "modemd/x.py", "def f(data): pass"),
        (house.names, "modemd/x.py", "class PortManager: pass"),
        (house.names, "modemd/x.py", "class A:\n    number: int = 1"),
        (house_tests.sleeps, "tests/modem/test_x.py", "import time\ntime.sleep(1)"),
        (house_tests.sleeps, "tests/modem/test_x.py", "async def f():\n    await asyncio.sleep(0.1)"),
        (house_tests.patches, "tests/modem/test_x.py", "def test_x(monkeypatch): assert monkeypatch"),
        (house_tests.patches, "tests/modem/test_x.py", "from unittest import mock"),
        (house_tests.patches, "tests/modem/test_x.py", "from unittest.mock import patch"),
        (house_tests.silent, "tests/modem/test_x.py", "def test_x():\n    print(1)"),
    ],
)
def test_a_breach_is_seen(rule: Rule, path: str, text: str) -> None:
    assert len(rule(Source(path, text))) == 1


@pytest.mark.parametrize(
    ("rule", "path", "text"),
    [
        (
            house.layers,
            "modemd/workers/x.py",
            "from modemd.service import intake\nfrom modemd.modem.modem import Modem",
        ),
        (house.layers, "modemd/cli/x.py", "from modemd.daemon import run\nfrom modemd import __version__"),
        (house.packages, "modemd/modem/port.py", "import serial\nimport os"),
        (house.catch_all, "modemd/workers/supervisor.py", "try:\n    pass\nexcept Exception:\n    pass"),
        (house.catch_all, "modemd/x.py", "try:\n    pass\nexcept BaseException:\n    raise"),
        (house.sql, "modemd/service/x.py", '"""Claims what dispatch will update, from the store."""'),
        (house.names, "modemd/x.py", "tp_status = logger.info"),
        (house_tests.sleeps, "tests/x.py", "async def f():\n    await asyncio.sleep(0)"),
        (house_tests.silent, "tests/x.py", "def test_x():\n    with pytest.raises(ValueError):\n        f()"),
    ],
)
def test_what_is_right_is_let_by(rule: Rule, path: str, text: str) -> None:
    assert rule(Source(path, text)) == []


def test_a_circle_is_seen() -> None:
    one = Source("modemd/service/one.py", "from modemd.service.two import f")
    two = Source("modemd/service/two.py", "def f():\n    from modemd.service import one")
    assert house.cycle([one, two]) == ["modemd.service.one", "modemd.service.two", "modemd.service.one"]
    assert house.cycle([one]) == []


def test_what_is_imported_at_its_first_use_is_seen() -> None:
    late = "def f():\n    from modemd.workers import terms"
    terms, daemon = Source("modemd/workers/terms.py", "import os"), Source("modemd/daemon.py", late)
    assert [breach.line for breach in house.late([terms, daemon])] == [2]
    typed = Source("modemd/workers/unhurried.py", "if TYPE_CHECKING:\n    from modemd.workers import terms")
    assert len(house.late([terms, daemon, typed])) == 1
    loaded = Source("modemd/workers/unhurried.py", "from modemd.workers import terms")
    assert house.late([terms, daemon, loaded]) == []


@pytest.mark.parametrize("word", ["TO" + "DO", "FIX" + "ME"])
def test_a_word_of_unfinished_work_is_seen(word: str) -> None:
    assert [breach.line for breach in house.unfinished("x.py", f"a = 1\n# {word}: later")] == [2]


def test_a_path_of_a_machine_is_seen() -> None:
    home = "/ho" + "me/"
    assert len(house.machine_paths("x.md", f"look in {home}joan/modemd")) == 1
    assert house.machine_paths("x.md", "ProtectHome=yes, /var/lib/modemd, ~/modemd") == []


def test_the_page_on_dependencies_tells_what_is_used_of_gsmmodem() -> None:
    page = (house.ROOT / "docs" / "dependencies.md").read_text("utf-8")
    used = page[page.index("**Used**") : page.index("**Not used")]
    imported = {
        name.rpartition(".")[2]
        for source in CODE
        for _, name in house.imports(source)
        if name.startswith("gsmmodem.")
    }
    assert imported
    assert {name for name in imported if f"{name}`" not in used} == set()
    told = set(re.findall(r"(?:pdu|exceptions)\.(\w+)`|`(\w+(?:Error|Exception))`", used))
    assert {first or second for first, second in told} - {"PduError"} == imported


def test_the_page_on_dependencies_has_every_package() -> None:
    page = (house.ROOT / "docs" / "dependencies.md").read_text("utf-8").lower()
    project = tomllib.loads((house.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["fast"], *extras["postgres"]]
    assert len(wanted) > 12
    names = [re.split(r"[\[<>=]", one)[0].lower() for one in wanted]
    assert [name for name in names if name not in page] == []
