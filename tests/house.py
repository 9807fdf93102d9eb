"""The rules of the house, read from syntax trees: each function gives the breaches it finds.

A rule takes a :class:`Source`, so that a test can hand it a bad snippet as well as a file of the project.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    "errors": 0,
    "model": 0,
    "config": 0,
    "gsm": 0,
    "formats": 0,
    "store": 1,
    "modem": 1,
    "service": 2,
    "workers": 3,
    "simulator": 3,
    "daemon": 4,
    "cli": 4,
    "__main__": 5,
}
BESIDE = {
    "errors": set[str](),
    "gsm": {"errors"},
    "model": {"errors", "gsm"},
    "formats": {"errors", "gsm", "model"},
    "config": {"errors", "gsm", "model", "formats"},
    "cli": {"daemon"},
}
"""Rooms of its own layer that a room may know; every lower layer besides, but for NEVER."""
NEVER = {("service", "modem")}

PACKAGES = {
    "serial": ("modem/port.py", "modem/telnet.py"),
    "gsmmodem": ("gsm/", "errors.py"),
    "sqlalchemy": ("store/",),
    "alembic": ("store/",),
    "psycopg": ("store/",),
    "paho": (
        "workers/broker.py",
        "workers/broker_client.py",
        "workers/broker_buffers.py",
        "workers/broker_publish.py",
    ),
    "sdnotify": ("daemon.py",),
    "inotify_simple": ("workers/",),
    "prometheus_client": ("workers/metrics",),
    "phonenumbers": ("service/",),
    "pydantic": ("config",),
    "pydantic_core": ("config",),
    "yaml": ("config",),
    "click": ("cli/",),
    "rich": ("cli/",),
    "uvloop": ("daemon.py", "cli/"),
    "icalendar": ("formats/ical",),
    "recurring_ical_events": ("formats/ical",),
    "orjson": ("formats/", "store/", "simulator/"),
}
"""Each outside package and the one place where it may be imported."""

RUNS = ("modemd.cli.run", "modemd.daemon", "modemd.workers.unhurried")
"""What a gateway has imported soon after its start, with all that these import."""
AT_ITS_START = {
    "modemd.store.postgres", "modemd.store.migrations.upgrade", "sqlalchemy.dialects.postgresql", "uvloop",
    "icalendar", "recurring_ical_events",
    "modemd.workers.mqtt_crew", "modemd.workers.mailer", "modemd.workers.metrics",
}  # fmt: skip
"""Imported in functions that are called before the gateway is ready, or first by ``unhurried.load``."""

CATCH_ALL = ("modemd/workers/supervisor.py", "modemd/store/writer.py", "modemd/workers/mqtt_in.py")
"""Who goes on after a worker's turn failed; who hands a job's failure to its caller; who goes on after an
arrival that nobody foresaw."""
FORBIDDEN = {"reference", "status", "number", "sms", "data", "info", "manager", "helper", "helpers", "utils"}
ALLOWED_NAMES = {
    ("modemd/config/modems.py", "number"),  # the contract's key
    ("modemd/cli/status.py", "status"),  # the contract's command
    ("modemd/formats/payloads.py", "data"),  # the contract's fields, from here on
    ("modemd/formats/payloads.py", "number"),
    ("modemd/formats/payloads_send.py", "data"),
    ("modemd/formats/payloads_send.py", "number"),
    ("modemd/formats/payloads_requests.py", "data"),
    ("modemd/formats/payloads_requests.py", "status"),
}
SQL = re.compile(
    r"\b(SELECT\s.+?\sFROM|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM|(CREATE|ALTER|DROP)\s+"
    r"(TABLE|INDEX)|PRAGMA\s+\w+|BEGIN\s+IMMEDIATE)\b",
    re.DOTALL,
)
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|NotImplemented" r"Error")
MACHINE_PATH = re.compile(r"(?<![\w.~$}-])/(home|Users|ro" r"ot|wo" r"rk)/\w")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60


@dataclass(frozen=True)
class Source:
    """One file of the project (or a snippet that pretends to be one); ``path`` is relative to the root."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax tree."""
        return ast.parse(self.text)

    @property
    def module(self) -> str:
        """Its dotted name."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def room(self) -> str:
        """The room of the house that it is in; the package's own ``__init__`` has none."""
        steps = self.module.split(".")
        return steps[1] if len(steps) > 1 else ""


@dataclass(frozen=True)
class Breach:
    """A place where a rule is broken."""

    path: str
    line: int
    rule: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}"


def sources(folder: str) -> list[Source]:
    """The Python files below ``folder``."""
    files = sorted((ROOT / folder).rglob("*.py"))
    return [Source(str(file.relative_to(ROOT)), file.read_text("utf-8")) for file in files]


def imports(source: Source, nodes: Iterable[ast.AST] | None = None) -> Iterator[tuple[int, str]]:
    """Line and dotted name of all that is imported (by ``nodes``), in functions and for typing too."""
    for node in ast.walk(source.tree) if nodes is None else nodes:
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                package = source.module.split(".")
                if not source.path.endswith("__init__.py"):
                    package = package[:-1]
                base = ".".join([*package[: len(package) - node.level + 1], *filter(None, [base])])
            yield from ((node.lineno, f"{base}.{alias.name}") for alias in node.names)


def _room_of(name: str) -> str | None:
    """The room that an imported name is in: ``modemd.gsm.at.AtCore`` is in gsm."""
    steps = name.split(".")
    return steps[1] if steps[0] == "modemd" and len(steps) > 1 and steps[1] in LAYERS else None


def layers(source: Source) -> list[Breach]:
    """Imports go down, and only the rooms named in BESIDE know a room of their own layer."""
    mine = source.room
    if mine and mine not in LAYERS:
        return [Breach(source.path, 1, f"{mine} is no room of the house")]
    return [
        Breach(source.path, line, f"{mine} may not import {room} ({name})")
        for line, name in imports(source)
        if mine and (room := _room_of(name)) and not _may(mine, room)
    ]


def _may(mine: str, other: str) -> bool:
    if mine == other:
        return True
    if (mine, other) in NEVER:
        return False
    return LAYERS[other] < LAYERS[mine] or other in BESIDE.get(mine, set())


def packages(source: Source) -> list[Breach]:
    """Each outside package in its one place, and no package that the table doesn't know."""
    found = []
    inside = source.path.removeprefix("modemd/")
    for line, name in imports(source):
        top = name.split(".")[0]
        if top == "modemd" or top in sys.stdlib_module_names:
            continue
        places = PACKAGES.get(top, ())
        if not inside.startswith(places or "\0"):
            found.append(
                Breach(source.path, line, f"{top} is imported only in {', '.join(places) or 'no place'}")
            )
    return found


def cycle(all_sources: Iterable[Source]) -> list[str]:
    """The modules of one import cycle, late and typing imports counted; empty where there is none."""
    by_name = {source.module: source for source in all_sources}
    edges = {
        name: _modules((found for _, found in imports(source)), by_name) - {name}
        for name, source in by_name.items()
    }
    done: set[str] = set()

    def visit(name: str, way: list[str]) -> list[str]:
        if name in way:
            return [*way[way.index(name) :], name]
        if name in done:
            return []
        found = next((c for n in sorted(edges[name]) if (c := visit(n, [*way, name]))), [])
        done.add(name)
        return found

    return next((found for name in sorted(edges) if (found := visit(name, []))), [])


def _modules(imported: Iterable[str], known: dict[str, Source]) -> set[str]:
    """The modules of ours that such names are, or are in."""
    targets = {name if name in known else name.rpartition(".")[0] for name in imported}
    return (targets & known.keys()) - {"modemd"}


def late(all_sources: Iterable[Source]) -> list[Breach]:
    """A gateway imports nothing at its first use: by then its files may be those of a newer version."""
    by_name = {source.module: source for source in all_sources}
    there: set[str] = set()
    waiting = [name for name in RUNS if name in by_name]
    while waiting:
        name = waiting.pop()
        if name not in there:
            there.add(name)
            begun = imports(by_name[name], _nodes(by_name[name].tree, inside=False))
            waiting += _modules((found for _, found in begun), by_name)
    return [
        Breach(by_name[name].path, line, f"{found} is imported at its first use")
        for name in sorted(there)
        if by_name[name].room != "cli"
        for line, found in imports(by_name[name], _nodes(by_name[name].tree, inside=True))
        if not (there | AT_ITS_START) & {found, found.rpartition(".")[0]}
    ]


def _nodes(tree: ast.Module, *, inside: bool) -> Iterator[ast.AST]:
    """What is run when a function is called, or else when the module is imported."""
    within = {
        id(each) for function in ast.walk(tree) if _is_function(function) for each in ast.walk(function)
    }
    typing = {id(each) for test in ast.walk(tree) if _is_typing(test) for each in ast.walk(test)}
    return (each for each in ast.walk(tree) if (id(each) in within) is inside and id(each) not in typing)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def lengths(source: Source) -> list[Breach]:
    """Files and functions of a size that can be read."""
    lines = source.text.count("\n")
    found = [Breach(source.path, lines, f"{lines} lines, more than {LONGEST_FILE}")] * (lines > LONGEST_FILE)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            size = (node.end_lineno or node.lineno) - node.lineno + 1
            if size > LONGEST_FUNCTION:
                rule = f"{node.name} has {size} lines, more than {LONGEST_FUNCTION}"
                found.append(Breach(source.path, node.lineno, rule))
    return found


def catch_all(source: Source) -> list[Breach]:
    """``except Exception`` (or wider) stands in three places; a handler that raises it again may clean up."""
    if source.path in CATCH_ALL:
        return []
    return [
        Breach(source.path, node.lineno, "catches every exception")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler) and _is_wide(node.type) and not _raises_again(node)
    ]


def _is_wide(caught: ast.expr | None) -> bool:
    if isinstance(caught, ast.Tuple):
        return any(_is_wide(each) for each in caught.elts)
    return caught is None or (isinstance(caught, ast.Name) and caught.id in {"Exception", "BaseException"})


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    catches_base = isinstance(handler.type, ast.Name) and handler.type.id == "BaseException"
    return catches_base and isinstance(last, ast.Raise) and last.exc is None


def sql(source: Source) -> list[Breach]:
    """SQL is written in ``store/`` only."""
    if source.room == "store":
        return []
    return [
        Breach(source.path, node.lineno, f"SQL outside store: {node.value[:40]!r}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and SQL.search(node.value)
    ]


def names(source: Source) -> list[Breach]:
    """No name that means three things."""
    return [
        Breach(source.path, line, f"the name {name!r} means too many things")
        for line, name in _defined(source.tree)
        if (name.lower() in FORBIDDEN or name.lower().endswith(("manager", "helper", "helpers", "utils")))
        and (source.path, name) not in ALLOWED_NAMES
    ]


def _defined(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.lineno, node.name
            case ast.arg():
                yield node.lineno, node.arg
            case ast.Name(ctx=ast.Store()):
                yield node.lineno, node.id
            case ast.Attribute(ctx=ast.Store()):
                yield node.lineno, node.attr
            case _:
                pass


def unfinished(path: str, text: str) -> list[Breach]:
    """Nothing is left for later in the text of the project."""
    return _lines_with(UNFINISHED, path, text, "is left for later")


def machine_paths(path: str, text: str) -> list[Breach]:
    """No path of the machine that it was written on."""
    return _lines_with(MACHINE_PATH, path, text, "names a path of one machine")


def _lines_with(pattern: re.Pattern[str], path: str, text: str, rule: str) -> list[Breach]:
    return [
        Breach(path, count, f"{found[0]!r} {rule}")
        for count, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    ]
