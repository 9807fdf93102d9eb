"""Modems that are not ready: SIM, registration, service centre, storage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.system.faults.cases import Act, Case

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIN = {"pin": "1234"}


def sims() -> Iterator[Case]:
    """What a SIM asks for, and none at all."""
    yield Case(fault="SIM asks for its PIN", place="at the opening", modem=_PIN, config=_PIN)
    yield Case(
        fault="wrong PIN",
        place="at the opening",
        modem=_PIN,
        config={"pin": "9999"},
        spare=1,
        tells="pin_wrong",
    )
    yield Case(fault="PIN not configured", place="at the opening", modem=_PIN, spare=1, tells="pin_required")
    for left, words, told in (
        (0, "SIM wants its PUK", "puk_required"),
        (1, "PIN: one try left", "pin_last_try"),
    ):
        yield Case(
            fault=words, place="at the opening", modem={**_PIN, "pin_tries": left}, config=_PIN, spare=1,
            tells=told,
        )  # fmt: skip
    yield Case(fault="no SIM", place="at the opening", modem={"sim": False}, spare=1, tells="sim_absent")
    yield Case(
        fault="PIN wanted again", place="reboot in mid-send", modem=_PIN, config=_PIN,
        faults=("reboot:on=AT+CMGS*,nth=20,at=body,seconds=5",),
    )  # fmt: skip
    yield Case(fault="SIM busy", place="CME 14 to AT+CPIN?", faults=("error:on=AT+CPIN?,cme=14,times=3",))
    yield Case(fault="SIM busy", place="CME 515 to AT+CPIN?", faults=("error:on=AT+CPIN?,cme=515,times=3",))
    yield Case(fault="SIM swapped", place="in mid-send", faults=("swap-sim:on=AT+CMGS*,nth=20,at=prompt",))
    yield Case(
        fault="SIM swapped", place="with a reboot",
        faults=("swap-sim:on=AT+CMGS*,nth=20,at=prompt", "reboot:on=AT+CMGS*,nth=20,at=body,seconds=5"),
    )  # fmt: skip


def registrations() -> Iterator[Case]:
    """How a modem stands with the network."""
    for stat, words in ((5, "roaming"), (6, "home, SMS only"), (7, "roaming, SMS only")):
        yield Case(fault=f"registered {stat}", place=words, modem={"registration": stat})
    for code, words in ((2, "searching"), (3, "denied"), (0, "not searching"), (8, "emergency only")):
        yield Case(
            fault=f"registration {code}", place=f"{words}, for 30 s",
            faults=(f"unregistered:on=AT+CMGS*,nth=20,at=prompt,code={code},seconds=30",),
        )  # fmt: skip
        yield Case(
            fault=f"registration {code}", place=f"{words}, for ever", modem={"registration": code},
            spare=1, tells="modem",
        )  # fmt: skip


def centres_and_storages() -> Iterator[Case]:
    """The service centre's number is gone; all memories are taken."""
    yield Case(
        fault="CSCA empty", place="in mid-send, configured", faults=("no-smsc:on=AT+CMGS*,nth=20",),
        config={"smsc": "+32475161616"},
    )  # fmt: skip
    yield Case(
        fault="CSCA empty",
        place="from the start, configured",
        modem={"smsc": ""},
        config={"smsc": "+32475161616"},
    )
    yield Case(fault="CSCA empty", place="nowhere to be had", modem={"smsc": ""}, spare=1, tells="modem")
    yield Case(fault="storage full", place="in mid-send", faults=("full:on=AT+CMGS*,nth=20",))
    yield Case(fault="storage full", place="at the opening", faults=("full:on=AT+CPMS=?",))


def turns() -> Iterator[Case]:
    """What a person does to a modem."""
    yield Case(
        fault="unplugged for 20 s",
        place="by hand",
        acts=(Act(after=20, what={"do": "unplug", "seconds": 20}),),
    )
