"""The table that is printed: a line a figure, beside what it has to reach, and what could not be had."""

from __future__ import annotations

from collections.abc import Iterable

from tests.bench.measures import Result

_WIDTHS = (64, 10, 13, 10, 9)
_VERDICTS = {None: "", True: "reached", False: "MISSED"}


def table(results: list[Result]) -> list[str]:
    """Its lines."""
    lines = [_line(("", "median", "unit", "floor", "")), "-" * sum(_WIDTHS)]
    for result in results:
        lines += _lines(result)
    return lines


def _lines(result: Result) -> list[str]:
    measure = result.measure

    def figure(value: float | None) -> str:
        return "-" if value is None else f"{value:,.{measure.digits}f}"

    cells = (measure.title, figure(result.median), measure.unit, measure.wanted(), _VERDICTS[result.reached])
    lines = [_line(cells)]
    if len(result.values) > 1:
        lines.append("    " + ", ".join(figure(value) for value in result.values))
    if not result.values and not result.failures:
        lines.append("    was not measured: what it needs is not installed")
    return lines + [f"    {result.row}: {why}" for why in dict.fromkeys(result.failures)]


def _line(cells: Iterable[str]) -> str:
    left, *others = cells
    return left.ljust(_WIDTHS[0]) + "".join(
        cell.rjust(width) for cell, width in zip(others, _WIDTHS[1:], strict=True)
    )
