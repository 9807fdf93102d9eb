"""The rules for tests: they wait for nothing, patch nothing, and say what they found."""

from __future__ import annotations

import ast

from tests.house import Breach, Source

REAL_PROCESSES = ("tests/system/", "tests/bench/")
"""Where the world is the real one, and time passes."""


def sleeps(source: Source) -> list[Breach]:
    """No test sleeps; ``asyncio.sleep(0)`` only lets the others have their turn."""
    if source.path.startswith(REAL_PROCESSES):
        return []
    return [
        Breach(source.path, node.lineno, "a test sleeps")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).rpartition(".")[2] == "sleep"
        and not (node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == 0)
    ]


def patches(source: Source) -> list[Breach]:
    """No test patches what it tests: what differs is passed in."""
    if source.path.startswith(REAL_PROCESSES):
        return []
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom | ast.arg):
            continue
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        if any("mock" in module.split(".") for module in modules):
            found.append(Breach(source.path, node.lineno, "a test patches with mock"))
        if isinstance(node, ast.arg) and node.arg == "monkeypatch":
            found.append(Breach(source.path, node.lineno, "a test patches with monkeypatch"))
    return found


def silent(source: Source) -> list[Breach]:
    """Every test can fail: it asserts, expects an exception, or calls something that does."""
    return [
        Breach(source.path, node.lineno, f"{node.name} asserts nothing")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not any(_can_fail(inner) for inner in ast.walk(node))
    ]


def _can_fail(node: ast.AST) -> bool:
    if isinstance(node, ast.Assert | ast.Raise):
        return True
    if not isinstance(node, ast.Call):
        return False
    called = ast.unparse(node.func).rpartition(".")[2]
    return called in {"raises", "fail", "fullmatch"} or called.lstrip("_").startswith(
        ("assert", "check", "expect")
    )
