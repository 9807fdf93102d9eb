"""The pages on the architecture tell what is so: files, names and the life of a part are there."""

from __future__ import annotations

import importlib
import re

import pytest

from modemd.model import LEGAL_MOVES, PartState
from tests import house

PAGE = "".join(
    (house.ROOT / "docs" / name).read_text("utf-8") for name in ("architecture.md", "architecture-inside.md")
)
QUOTED = sorted(set(re.findall(r"`([^`\n]+)`", PAGE)))
FILES = [name for name in QUOTED if re.fullmatch(r"[\w/]+\.(py|md)", name)]
ROOMS = [name for name in QUOTED if re.fullmatch(r"\w+/", name)]
SPOOL = {"outgoing/", "checked/", "sent/", "failed/", "incoming/", "report/"}
NAMES = [
    name
    for name in QUOTED
    if name not in FILES and re.fullmatch(r"(routing|delivery|upkeep|model|housekeeping|arrival)\.\w+", name)
]


@pytest.mark.parametrize("name", FILES)
def test_a_file_is_there(name: str) -> None:
    places = [house.ROOT / "modemd" / name, house.ROOT / name, *house.ROOT.glob(f"modemd/**/{name}")]
    assert any(place.exists() for place in places)


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_is_there(name: str) -> None:
    places = [house.ROOT / "modemd" / room / name for room in ("", "service", "workers/modems")]
    assert any(place.is_dir() for place in places) or name in SPOOL


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_there(name: str) -> None:
    module, _, attribute = name.partition(".")
    places = [f"modemd.{module}", f"modemd.service.{module}", f"modemd.workers.{module}"]
    found = [place for place in places if (house.ROOT / (place.replace(".", "/") + ".py")).exists()]
    assert found
    assert any(hasattr(importlib.import_module(place), attribute) for place in found)


def test_every_room_is_told_of() -> None:
    missing = [
        room for room in house.LAYERS if not re.search(rf"`{room}(/|\.py)`", PAGE) and room != "__main__"
    ]
    assert missing == []


def test_the_folders_of_a_modems_task_do_not_know_each_other() -> None:
    folders = {"finding", "sending", "receiving", "helping"}
    strangers = {
        (source.path, name)
        for source in house.sources("modemd/workers/modems")
        for _, name in house.imports(source)
        if name.startswith("modemd.workers.modems.")
        and source.module.split(".")[3] in folders
        and name.split(".")[3] in folders - {source.module.split(".")[3]}
    }
    assert strangers == set()


def test_the_life_of_a_part_is_drawn_as_the_table_has_it() -> None:
    picture = PAGE[PAGE.index("stateDiagram") :]
    drawn = re.findall(r"^  (\w+) --> (\w+)", picture, re.MULTILINE)
    assert len(drawn) > 12
    for was, went in drawn:
        assert PartState[went.upper()] in LEGAL_MOVES[PartState[was.upper()]], f"{was} to {went}"


def test_who_catches_everything_is_told() -> None:
    assert "stands in three places" in PAGE
    assert len(house.CATCH_ALL) == 3
