"""YAML read so that nothing is changed silently, and every value remembers where it stands.

YAML 1.1 reads ``0032475123456`` as an octal number, ``no`` as false and ``12:30`` as 750. Here every scalar
stays the text that was written (only an empty value, ``~`` and ``null`` are ``None``) and the schema converts
it. A key that stands twice, an alias, a tag and a second document are faults.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from modemd.errors import Fault

Path = tuple[str | int, ...]
Loader: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL: Final = frozenset({"", "~", "null", "Null", "NULL"})
_DEEPEST: Final = 20
_YAML_1_2_NUMBER: Final = re.compile(r"[-+]?(\d+|\d*\.\d+|\d+\.)([eE][-+]?\d+)?$|0o[0-7]+$|0x[0-9a-fA-F]+$")


class Scalar(str):
    """A text from the file; ``quoted`` tells whether it stood in quotes (or in a block)."""

    __slots__ = ("quoted",)
    quoted: bool

    @classmethod
    def of(cls, text: str, *, quoted: bool) -> Scalar:
        """``text`` with the mark of how it was written."""
        scalar = cls(text)
        scalar.quoted = quoted
        return scalar

    @property
    def changed_by_yaml(self) -> bool:
        """Whether an ordinary YAML reader (1.1 or 1.2) would have made something else of these characters."""
        if self.quoted:
            return False
        text = str(self)
        if _YAML_1_2_NUMBER.match(text):
            return not (text.isdigit() and (text == "0" or text[0] != "0"))
        return bool(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)) != "tag:yaml.org,2002:str")


_RESOLVER: Final[Any] = yaml.resolver.Resolver()


@dataclass(slots=True)
class Document:
    """What one file says: ``value`` is made of dict, list, :class:`Scalar` and ``None``."""

    value: object = None
    keys: dict[Path, tuple[int, int]] = field(default_factory=dict)
    values: dict[Path, tuple[int, int]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, message: str, path: Path, mark: tuple[int, int], suggestion: str = "") -> None:
        """Notes one thing that is wrong at ``mark`` (line, column)."""
        self.faults.append(Fault(message, dotted(path), *mark, suggestion))

    def place(self, path: Path, *, key: bool = False) -> tuple[int | None, int | None]:
        """Line and column of the value at ``path`` (or of its key), or of the nearest thing around it."""
        while path:
            mark = self.keys.get(path) if key else self.values.get(path)
            if mark or (mark := self.keys.get(path) or self.values.get(path)):
                return mark
            path, key = path[:-1], True
        return self.values.get((), (None, None))


def dotted(path: Path) -> str:
    """``modems.list[2].port``: the way that people write it."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def read(text: str) -> Document:
    """The one document in ``text``; whatever is wrong with it stands in ``Document.faults``."""
    document = Document()
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=Loader)
    try:
        _first_document(document, events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        document.fault(f"this is not YAML: {said}", (), _position(mark), _advice(text, mark))
    except yaml.YAMLError as error:
        document.fault(f"this is not YAML: {error}".splitlines()[0], (), (1, 1))
    return document


def _first_document(document: Document, events: Iterator[yaml.Event]) -> None:
    next(events)
    started = next(events)
    if isinstance(started, yaml.StreamEndEvent):
        return
    document.value = _node(document, next(events), events, ())
    next(events)
    following = next(events)
    if not isinstance(following, yaml.StreamEndEvent):
        mark = _position(following.start_mark)
        document.fault("a second document begins here", (), mark, "one file holds one configuration")


def _node(document: Document, event: yaml.Event, events: Iterator[yaml.Event], path: Path) -> object:
    """The value that begins with ``event``; its other events are taken from ``events``."""
    mark = _position(event.start_mark)
    document.values[path] = mark
    if isinstance(event, yaml.AliasEvent):
        document.fault(f"aliases are not read (*{event.anchor})", path, mark, "write the value out")
        return None
    if getattr(event, "tag", None) is not None:
        document.fault(f"tags are not read ({event.tag})", path, mark, "leave the tag out")  # type: ignore[attr-defined]
    if isinstance(event, yaml.ScalarEvent):
        plain = event.style is None or event.style == ""
        if plain and event.value in _NULL:
            return None
        return Scalar.of(event.value, quoted=not plain)
    if len(path) >= _DEEPEST:
        start: Any = event.start_mark
        raise yaml.MarkedYAMLError(problem="this is nested too deeply", problem_mark=start)
    if isinstance(event, yaml.SequenceStartEvent):
        return _sequence(document, events, path)
    return _mapping(document, events, path)


def _sequence(document: Document, events: Iterator[yaml.Event], path: Path) -> list[object]:
    items: list[object] = []
    while not isinstance(event := next(events), yaml.SequenceEndEvent):
        items.append(_node(document, event, events, (*path, len(items))))
    return items


def _mapping(document: Document, events: Iterator[yaml.Event], path: Path) -> dict[str, object]:
    entries: dict[str, object] = {}
    while not isinstance(event := next(events), yaml.MappingEndEvent):
        mark = _position(event.start_mark)
        if not isinstance(event, yaml.ScalarEvent):
            document.fault("a key must be a word", path, mark)
            _node(document, event, events, (*path, "?"))
            _node(document, next(events), events, (*path, "?"))
            continue
        at = (*path, event.value)
        twice = event.value in entries
        if twice:
            message = f"{event.value!r} stands twice, first in line {document.keys[at][0]}"
            document.fault(message, at, mark, "keep one of them")
        else:
            document.keys[at] = mark
        value = _node(document, next(events), events, (*path, "?") if twice else at)
        entries.setdefault(event.value, value)
    return entries


def _position(mark: Any) -> tuple[int, int]:
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _advice(text: str, mark: Any) -> str:
    """What most often is behind a syntax error at ``mark``."""
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces, not with tabs"
    if re.match(r"\s*[\w-]+:\S", line):
        return "a space belongs after the colon"
    return "look at the indentation and the quotes, also one line above"
