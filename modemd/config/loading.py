"""From a file to a :class:`Config`, or to everything that is wrong with the file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from pydantic import ValidationError

from modemd.config.checks import check
from modemd.config.faults import faults_of
from modemd.config.model import Config
from modemd.config.strict_yaml import read
from modemd.errors import ConfigError, Fault


def load(path: str | PathLike[str]) -> Config:
    """Read the configuration in the file ``path``.

    Raises:
        ConfigError: the file cannot be read or used; all its faults are in it, with line and column.
    """
    source = str(path)
    try:
        octets = Path(path).read_bytes()
    except OSError as error:
        suggestion = "name another with -c FILE or MODEMD_CONFIG; config.example.yaml is one to begin with"
        fault = Fault(f"cannot read it: {error.strerror}", suggestion=suggestion)
        raise ConfigError([fault], source) from error
    try:
        text = octets.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        column = error.start - octets.rfind(b"\n", 0, error.start)
        raise ConfigError([Fault("this is not UTF-8", line=line, column=column)], source) from error
    return parse(text, source)


def parse(text: str, source: str = "") -> Config:
    """Read a configuration from ``text``; ``source`` names it in what is said of its faults.

    Raises:
        ConfigError: the text cannot be used; all its faults are in it, with line and column.
    """
    document = read(text)
    faults = list(document.faults)
    config = None
    if document.value is not None or not faults:
        try:
            config = Config.model_validate({} if document.value is None else document.value)
        except ValidationError as error:
            faults += faults_of(error, document, Config)
        faults += check(document)
    if faults or config is None:
        raise ConfigError(sorted(faults, key=lambda fault: (fault.line or 0, fault.column or 0)), source)
    return config
