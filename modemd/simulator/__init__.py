"""Simulated modems and a network between them, made of the real ``gsm`` code."""

from modemd.simulator.acceptance import Accepted
from modemd.simulator.faults import Fault, FaultKind, Place, parse_fault
from modemd.simulator.network import Network, NetworkSpec
from modemd.simulator.plugged import PluggedModem
from modemd.simulator.simulation import ModemSpec, Simulation

__all__ = [
    "Accepted",
    "Fault",
    "FaultKind",
    "ModemSpec",
    "Network",
    "NetworkSpec",
    "Place",
    "PluggedModem",
    "Simulation",
    "parse_fault",
]
