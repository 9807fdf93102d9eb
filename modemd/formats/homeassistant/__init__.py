"""MQTT device discovery of Home Assistant: what a gateway and its modems are, as the payloads that say it."""

from modemd.formats.homeassistant.device import Device, Topics
from modemd.formats.homeassistant.gateway import gateway_device
from modemd.formats.homeassistant.modem import ModemDevice, modem_device

__all__ = ["Device", "ModemDevice", "Topics", "gateway_device", "modem_device"]
