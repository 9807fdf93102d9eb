"""The AT commands that a simulated modem knows, by subject; importing the package registers them all."""

from modemd.simulator.commands import general, messages, network, radio, sending, sim, voice

__all__ = ["general", "messages", "network", "radio", "sending", "sim", "voice"]
