"""Who a modem is, wherever it is plugged in: on a simulated hub, known by its IMEI."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tests.system.faults.cases import Act, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

_OUT: Final = {"do": "unplug"}
_IN: Final = {"do": "plug"}


def on_a_hub() -> Iterator[Case]:
    """Ports and SIMs that change while messages go out."""
    yield Case(fault="found by its IMEI", place="from the start", hub=True)
    yield Case(
        fault="found by its IMEI", place="among a stick's ports", hub=True,
        modem={"dialect": "quectel", "stick": True},
    )  # fmt: skip
    yield Case(
        fault="ports swapped", place="in mid-send", hub=True, spare=1,
        acts=(
            Act(after=20, what=_OUT), Act(after=20, what=_OUT, other=True),
            Act(after=20, what=_IN, into="other"), Act(after=20, what=_IN, other=True, into="own"),
        ),
    )  # fmt: skip
    yield Case(
        fault="unplugged for 10 s", place="on a hub, in mid-send", hub=True,
        faults=("unplug:on=AT+CMGS*,nth=20,at=body,seconds=10",),
    )  # fmt: skip
    yield Case(
        fault="two with one IMEI", place="from the start", hub=True, spare=1, other={"imei": "own"},
        tells="twin_imei",
    )  # fmt: skip
    yield Case(
        fault="SIM swapped", place="on a hub, with the plug out", hub=True,
        faults=("swap-sim:on=AT+CMGS*,nth=20,at=prompt", "unplug:on=AT+CMGS*,nth=20,at=body,seconds=10"),
        tells="sim_swapped",
    )  # fmt: skip
