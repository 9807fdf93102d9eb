"""What a row is: a name to choose it by, what it measures, and the floors that it has to reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    files: int = 20_000
    flood: int = 100_000
    strangers: int = 200
    idle_s: float = 60.0
    queued: int = 1_000_000
    samples: int = 200


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure; ``floor`` is what it must reach, or with ``most`` what it may not go beyond."""

    key: str
    title: str
    unit: str
    floor: float | None = None
    most: bool = False
    digits: int = 0

    def reached(self, value: float) -> bool | None:
        if self.floor is None:
            return None
        return value < self.floor if self.most else value >= self.floor

    def wanted(self) -> str:
        return "" if self.floor is None else f"{'<' if self.most else '≥'} {self.floor:,g}"


Figures = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Row:
    """Something that is run as a whole; a figure that is missing from an answer could not be had."""

    name: str
    measures: tuple[Measure, ...]
    run: Callable[[Options], Figures]


@dataclass(slots=True)
class Result:
    """A measure's values over the repetitions."""

    row: str
    measure: Measure
    values: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    def as_json(self) -> dict[str, object]:
        measure = self.measure
        return {
            "row": self.row,
            "key": measure.key,
            "title": measure.title,
            "unit": measure.unit,
            "median": self.median,
            "values": self.values,
            "floor": measure.floor,
            "reached": measure.reached(self.median),
        }
