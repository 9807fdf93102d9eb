"""Configuration files and secrets on disk; the example and the manual have every key."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from modemd.config import Config, ModemConfig, load, parse
from modemd.config.faults import keys_of, model_at
from modemd.config.modems import read_secret
from modemd.config.strict_yaml import read
from modemd.errors import ConfigError
from tests.example import EXAMPLE, uncommented
from tests.house import ROOT

# Files


def test_a_file_is_named_in_its_faults(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("logg: {}\n")
    with pytest.raises(
        ConfigError, match=rf"^{file}: line 1, column 1: logg: unknown key \(did you mean 'log'\?\)$"
    ):
        load(file)


def test_a_byte_order_mark_and_windows_line_ends_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"\xef\xbb\xbflog:\r\n  level: debug\r\n")
    assert load(file).log.level == "debug"


def test_what_is_not_utf_8_is_placed(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(b"log:\n  level: \xe9\n")
    with pytest.raises(ConfigError, match="line 2, column 10: this is not UTF-8"):
        load(file)


@pytest.mark.parametrize("name", ["none.yaml", "."])
def test_a_file_that_cannot_be_read_is_a_config_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="cannot read it"):
        load(tmp_path / name)


def test_a_pin_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "gsm1.pin"
    file.write_text("0123\nfor the modem in the cellar\n")
    assert a_modem(pin_file=str(file)).read_pin() == "0123"
    assert a_modem(pin="0000").read_pin() == "0000"
    assert a_modem().read_pin() is None


@pytest.mark.parametrize("contents", ["", "12", "12345x", "٠١٢٣"])
def test_a_file_without_a_pin_is_a_config_error(tmp_path: Path, contents: str) -> None:
    file = tmp_path / "gsm1.pin"
    file.write_text(contents)
    with pytest.raises(ConfigError, match="does not hold a PIN"):
        a_modem(pin_file=str(file)).read_pin()


def test_a_relative_secret_is_one_of_systemds_credentials(tmp_path: Path) -> None:
    (tmp_path / "gsm1.pin").write_text("4321")
    assert read_secret("gsm1.pin", "pin_file", {"CREDENTIALS_DIRECTORY": str(tmp_path)}) == "4321"
    with pytest.raises(ConfigError, match="CREDENTIALS_DIRECTORY, which is not set"):
        read_secret("gsm1.pin", "pin_file", {})
    with pytest.raises(ConfigError, match="No such file"):
        read_secret("other", "pin_file", {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def a_modem(**keys: str) -> ModemConfig:
    return ModemConfig.model_validate({"name": "gsm1", "port": "/dev/ttyUSB0"} | keys)


# The example and the page of the manual have every key


def models(
    model: type[BaseModel], path: tuple[str, ...] = ()
) -> list[tuple[tuple[str, ...], type[BaseModel]]]:
    """Every section, with the keys that lead to it."""
    inner = [(key, model_at(model, (key,))) for key in keys_of(model)]
    below = [found for key, section in inner if section for found in models(section, (*path, key))]
    return [(path, model), *below]


def keys_in(value: object) -> set[str]:
    """All keys of a structure that was read, whatever level they are on."""
    if isinstance(value, dict):
        return set(value).union(*map(keys_in, value.values()))
    return set().union(*map(keys_in, value)) if isinstance(value, list) else set()


def test_the_example_starts_as_it_is() -> None:
    assert load(EXAMPLE) == parse("")


def test_the_example_has_every_key_with_a_line_of_comment() -> None:
    text = EXAMPLE.read_text("utf-8")
    written = keys_in(read(uncommented()).value)
    assert {key for _, model in models(Config) for key in keys_of(model)} <= written
    lines = [line for line in text.splitlines() if re.match(r"\s*#?(- )?[a-z_]+: +[^#\s]", line)]
    assert len(lines) > 40
    assert [line for line in lines if "  # " not in line] == []


def test_the_manual_has_every_key_and_no_other() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    told = set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE))
    leaves = {key for _, model in models(Config) for key in keys_of(model) if model_at(model, (key,)) is None}
    assert told == leaves


def test_every_key_says_what_it_is() -> None:
    silent = [
        (path, name)
        for path, model in models(Config)
        for name, field in model.model_fields.items()
        if not field.description
    ]
    assert silent == []
