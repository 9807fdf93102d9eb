"""The AT commands that a simulated modem knows, by subject; importing the package registers them all."""

from modemd.simulator.commands import general, messages, network, sending, sim

__all__ = ["general", "messages", "network", "sending", "sim"]
