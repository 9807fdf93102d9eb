"""How long tests wait for a simulated modem: shorter than for a real one, longer than for a scripted one."""

from __future__ import annotations

from dataclasses import replace

from tests.modem import dce

TIMES = replace(dce.QUICK, command_s=1.0, optional_s=0.5, slow_s=1.0, prompt_s=0.5, answer_s=0.5, probe_s=0.5)
QUICK = replace(TIMES, probe_s=0.05)
"""For a port that says nothing, which is found out by waiting."""
