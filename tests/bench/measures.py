"""What a row is: a name to choose it by, what it measures, and the floors that it has to reach."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    files: int = 10_000
    flood: int = 50_000
    strangers: int = 1000
    strangers_s: float = 30.0
    idle_s: float = 60.0
    queued: int = 1_000_000
    samples: int = 200
    messages: int = 50_000
    saved: int = 1500
    backlog: int = 100_000
    events: int = 20_000


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


Figures = Mapping[str, float | str]
"""By key; a text stands for a figure that could not be had, and says why.

What is not there at all cannot be measured on this machine.
"""


@dataclass(frozen=True, slots=True)
class Row:
    """Something that is run as a whole; what takes longer than ``limit_s`` is ended, and told as failed."""

    name: str
    measures: tuple[Measure, ...]
    run: Callable[[Options], Figures]
    limit_s: float = 120.0


@dataclass(slots=True)
class Result:
    """A measure's values over the repetitions, and why some could not be had."""

    row: str
    measure: Measure
    values: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def add(self, value: float | str) -> None:
        if isinstance(value, str):
            self.failures.append(value)
        else:
            self.values.append(value)

    @property
    def median(self) -> float | None:
        return statistics.median(self.values) if self.values else None

    @property
    def reached(self) -> bool | None:
        """Whether the floor was; None where there is none. A figure that could not be had reaches nothing."""
        if self.failures:
            return False
        return None if self.median is None else self.measure.reached(self.median)

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
            "reached": self.reached,
            "failures": self.failures,
        }
