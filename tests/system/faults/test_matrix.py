"""The fault matrix: a fair sample of it each time, the whole by ``python -m tests.system.faults``."""

from __future__ import annotations

import asyncio
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

import pytest

from modemd.gsm.causes import _TABLE
from modemd.modem.modem import Modem
from modemd.simulator import FaultKind, ModemSpec, Simulation, parse_fault
from tests.system.faults import matrix, places
from tests.system.faults.runner import Row
from tests.system.faults.states import sims

if TYPE_CHECKING:
    from pathlib import Path

    from tests.system.faults.cases import Case

STEP: Final = 8
"""One case of so many is run each time."""
SAMPLE: Final = matrix.groups(matrix.sample(STEP))


@pytest.mark.parametrize("cases", SAMPLE, ids=[f"group{place}" for place in range(len(SAMPLE))])
def test_nothing_is_lost_or_repeated_whatever_goes_wrong(cases: list[Case]) -> None:
    rows = matrix.run(cases)
    assert not [fault for row in rows for fault in row.faults()], "\n".join(matrix.lines(rows))


def test_every_command_that_a_modem_is_asked_is_in_the_matrix(tmp_path: Path) -> None:
    async def whole() -> list[str]:
        async with Simulation(tmp_path, [ModemSpec()]) as sim:
            modem = await Modem.open("gsm1", sim.modems[0].path, on_urc=lambda: None)
            await modem.prepare()
            await modem.health()
            await sim.incoming("Hello")
            for item in await modem.list_stored():
                await modem.delete_stored(item)
            await modem.keep_link(True)
            await modem.keep_link(False)
            await modem.close()
            return list(sim.modems[0].log)

    asked = asyncio.run(whole())
    hung = (*places.PREPARING, *places.CARING, *places.SWEEPING, *places.SENDING)
    assert [line for line in asked if not any(fnmatchcase(line, each) for each in hung)] == []
    assert len(asked) > len(places.PREPARING)


def test_every_fault_that_can_be_made_and_every_code_has_a_row() -> None:
    cases = matrix.every()
    made = {parse_fault(spec).kind for case in cases for spec in case.faults}
    assert made == set(FaultKind)
    known = {(kind, figure) for kind, figures, _ in _TABLE for figure in figures}
    once = {case.fault for case in cases if case.place == "once"}
    assert {f"{kind} {figure}" for kind, figure in known} <= once
    told = " ".join(f"{case.fault}, {case.place}" for case in cases)
    for each in (
        "dead for good, opens, never answers", "echo on", "unplug of 10 s, at AT+CMGL=4", "storage full",
        "SIM asks for its PIN", "wrong PIN", "SIM wants its PUK", "PIN: one try left", "registered 6",
        "registered 7", "registration 2", "CSCA empty", "no blank: +CMGS:12", "SIM swapped", "ports swapped",
        "two with one IMEI", "one of 8: dead",
    ):  # fmt: skip
        assert each in told
    for fault in ("hang", "silence of 30 s", "late by 70 s", "0xFF 0x00 0xE9", "URC RING", "reboot of 5 s"):
        places_of = {case.place for case in cases if case.fault == fault}
        assert {"before the prompt", "at the prompt", "after Ctrl-Z, taken"} <= places_of


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in matrix.every()]
    assert len(names) == len(set(names)) > 300


def test_a_row_says_what_is_wrong_with_it() -> None:
    case = next(sims())
    row = Row(case=case, expected={"a", "b", "c"}, given=["in"])
    row.went.update(["a", "b", "b"])
    row.states.update(["delivered"] * 49 + ["failed"])
    said = " ".join(row.faults())
    for wrong in ("lost ['c']", "repeated ['b']", "1 messages failed", "came in wrongly ['in']"):
        assert wrong in said
    assert "not as" not in said
    row.failed_texts.add("c")
    assert row.lost == []
