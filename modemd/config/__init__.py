"""The configuration: YAML in, a frozen typed value out, or every fault at once with line and did-you-mean."""

from modemd.config.accounts import AccountConfig
from modemd.config.effect import without_effect
from modemd.config.loading import load, parse
from modemd.config.model import Config
from modemd.config.modems import ModemConfig, ModemsConfig
from modemd.config.mqtt import MqttConfig, TlsConfig
from modemd.config.sections import RouteConfig

__all__ = [
    "AccountConfig",
    "Config",
    "ModemConfig",
    "ModemsConfig",
    "MqttConfig",
    "RouteConfig",
    "TlsConfig",
    "load",
    "parse",
    "without_effect",
]
