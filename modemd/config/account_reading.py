"""An account's section that stands in no file: what a command was given, or what a row of the store keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

from modemd.config.accounts import AccountConfig
from modemd.config.faults import faults_of
from modemd.config.strict_yaml import Document
from modemd.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping


def read_account(keys: Mapping[str, object]) -> AccountConfig:
    """Read an account's section; what is ``None`` has its default.

    Raises:
        ConfigError: with everything that is wrong with it.
    """
    try:
        return AccountConfig.model_validate(dict(keys))
    except ValidationError as error:
        raise ConfigError(faults_of(error, Document(), AccountConfig)) from error
