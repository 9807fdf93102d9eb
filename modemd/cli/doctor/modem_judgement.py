"""What a modem told, as findings: the sentences of its states, and what figures mean to people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from modemd.cli.doctor.finding import Finding, Level
from modemd.formats.modem_states import meaning_of, named
from modemd.modem.examination import Examined
from modemd.modem.registration import USABLE

_SIM_STATES: Final = {
    "absent": "sim_absent",
    "broken": "sim_failure",
    "busy": "starting",
    "SIM PUK": "puk_required",
}
_SIGNALS: Final = ((-70, "very good"), (-85, "good"), (-100, "fair"))
_WEAK_DBM: Final = -105
_CLOCK_OFF_S: Final = 300.0
_NEARLY_FULL: Final = 0.8
_NO_CIRCUIT: Final = frozenset({"LTE", "LTE-M", "NB-IoT", "5G"})
_PIN_TRIES: Final = 3


def judge(about: str, seen: Examined, *, pin: bool, refused: bool, smsc: bool) -> Iterator[Finding]:
    """Findings on one modem.

    ``pin``: one is configured for it; ``refused``: the gateway remembers that its SIM refused that one;
    ``smsc``: a service centre is configured.
    """
    iccid = f", SIM ...{seen.iccid[-4:]}" if seen.iccid else ""
    made = " ".join(filter(None, (seen.manufacturer, seen.model))) or "a modem"
    yield Finding("ok", about, f"{made}, IMEI {seen.imei or 'not told'}{iccid}")
    sim = list(_sim(about, seen, pin=pin, refused=refused))
    yield from sim
    if any(each.level == "trouble" for each in sim):
        return  # without an open SIM there is no network, and nothing else to be said of it
    if seen.sim == "SIM PIN":
        return  # the same: the daemon opens it
    if seen.smsc == "" and not smsc:
        yield of_state(about, "no_smsc")
    yield from _network(about, seen)
    yield from _rest(about, seen)


def sim_word(state: str | None) -> str:
    """The state that a SIM puts its modem into, in one word; ``answers`` where it stands in no way."""
    if state == "SIM PIN":
        return "pin_required"
    return "locked" if (state or "").startswith("PH-") else _SIM_STATES.get(state or "", "answers")


def of_state(about: str, state: str, why: str | None = None, *, level: Level = "trouble") -> Finding:
    """A state that users see, with its sentence and its advice."""
    meaning = meaning_of(state)
    return Finding(level, about, why or meaning.wrong, named(meaning.advice, about.removeprefix("modem ")))


def _sim(about: str, seen: Examined, *, pin: bool, refused: bool) -> Iterator[Finding]:
    state = seen.sim
    if state == "busy":
        yield of_state(about, "starting", level="warning")
    elif state in _SIM_STATES:
        yield of_state(about, _SIM_STATES[state])
    elif state is not None and state.startswith("PH-"):
        yield of_state(about, "locked", f"The modem is locked to another network or SIM ({state}).")
    elif state == "SIM PIN":
        yield _pin(about, seen.tries_left, pin=pin, refused=refused)
    elif state in {"READY", "SIM PIN2", "SIM PUK2", None}:
        yield Finding("ok", about, "the SIM is open" if state else "the modem does not tell how its SIM is")
    else:
        yield Finding(
            "warning", about, f"The SIM wants {state}.", "Put it into a telephone and see what it wants."
        )


def _pin(about: str, left: int | None, *, pin: bool, refused: bool) -> Finding:
    tries = "" if left is None else f" {left} tries are left." if left != 1 else " One try is left."
    if left is not None and left < 2:
        return of_state(about, "pin_last_try", f"{meaning_of('pin_last_try').wrong}{tries}")
    if refused:
        return of_state(about, "pin_wrong", f"{meaning_of('pin_wrong').wrong}{tries}")
    if not pin:
        return of_state(about, "pin_required", f"{meaning_of('pin_required').wrong}{tries}")
    level: Level = "ok" if left in {None, _PIN_TRIES} else "warning"
    return Finding(level, about, f"the SIM wants its PIN, which the daemon enters.{tries}")


def _network(about: str, seen: Examined) -> Iterator[Finding]:
    found = seen.registration
    stat = None if found is None else found.stat
    if stat is None:
        yield Finding("note", about, "The modem does not tell whether it is registered.")
    elif stat in USABLE:
        by = f" by {seen.technology}" if seen.technology else ""
        where = "roaming" if stat in {5, 7} else "at home"
        yield Finding(
            "ok", about, f"registered {where}{by} with {seen.operator or 'a network'}, {_signal(seen)}"
        )
    else:
        word = {3: "denied", 8: "emergency_only", 11: "emergency_only"}.get(stat, "searching")
        yield of_state(about, word, f"{meaning_of(word).wrong[:-1]} (+CREG {stat}; {_signal(seen)}).")
    level = seen.signal.rssi_dbm
    if level is not None and level < _WEAK_DBM:
        yield Finding(
            "warning",
            about,
            f"The signal is weak: {level} dBm.",
            "Put the modem or its antenna to another place.",
        )
    if seen.domain == 1 and seen.technology in _NO_CIRCUIT:
        yield Finding(
            "warning", about,
            f"It is registered by {seen.technology}, but hands messages to the circuit-switched network.",
            "Set sms_domain: packet for it.",
        )  # fmt: skip


def _signal(seen: Examined) -> str:
    level = seen.signal.rssi_dbm
    if level is None:
        return "its signal is not told"
    word = next((word for least, word in _SIGNALS if level >= least), "weak")
    more = "" if seen.signal.rsrp_dbm is None else f", RSRP {seen.signal.rsrp_dbm} dBm"
    return f"signal {word} ({level} dBm{more})"


def _rest(about: str, seen: Examined) -> Iterator[Finding]:
    for name, used, total in seen.rooms:
        if total and used >= total:
            yield Finding(
                "trouble", about, f"Its storage {name} is full ({used} of {total}): nothing more comes in.",
                "The daemon empties it of all but drafts: start it, with receive: true for this modem.",
            )  # fmt: skip
        elif total and used > total * _NEARLY_FULL:
            yield Finding("warning", about, f"Its storage {name} is nearly full: {used} of {total}.")
    if seen.off_s is not None and abs(seen.off_s) > _CLOCK_OFF_S:
        way = "ahead of" if seen.off_s > 0 else "behind"
        yield Finding(
            "note", about, f"Its clock is {abs(seen.off_s) / 60:.0f} minutes {way} this machine's.",
            "One of them is wrong; messages are timed by this machine's.",
        )  # fmt: skip
