"""What a case of the matrix is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

MESSAGES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something that is done to a modem when so many messages of the case are on the air.

    ``what`` is a request to the simulator (see ``modemd.simulator.control``), with ``do``. ``other``: it is
    done to the case's second modem. ``into``: the plug is put into the socket that this one had.
    """

    after: int = 0
    what: Mapping[str, Any]
    other: bool = False
    into: Literal["", "own", "other"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One row: a modem with faults, fifty messages for it, and what may become of them.

    ``faults`` are specifications as ``modemd simulate --fault`` has them. ``spare``: so many modems that are
    well are in the route too, and the faulty one need not come back; ``within_s``: so soon all are on the
    air. ``hub``: they are on a simulated hub, and known by their IMEIs, not by their ports. ``modem`` are
    fields of the simulated modem, ``other`` of the spare one, ``config`` of its entry in the configuration.
    ``failed`` is how many messages the table of causes gives up, ``repeats`` how many parts may go twice.
    ``tells``: a person has to be told, by an alarm whose code begins with this, or by the modem's state.
    """

    fault: str
    place: str
    faults: tuple[str, ...] = ()
    spare: int = 0
    within_s: float = float("inf")
    hub: bool = False
    modem: Mapping[str, Any] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    other: Mapping[str, Any] = field(default_factory=dict)
    acts: tuple[Act, ...] = ()
    messages: int = MESSAGES
    failed: int = 0
    repeats: int = 0
    tells: str = ""
    slow: bool = False
    """Its pauses are of many minutes: in the whole matrix only."""

    @property
    def name(self) -> str:
        """Its two words, for people and for tests."""
        return f"{self.fault}, {self.place}"
