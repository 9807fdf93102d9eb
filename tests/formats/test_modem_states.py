"""The states of a modem that people see: each has its sentences, and there are no others."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from modemd.formats.modem_states import STATES, meaning_of, named, sentence, step_in_hand, why_alone

SOURCES = Path(__file__).parents[2] / "modemd"
WRITERS = {"write", "_drop", "_not_opened", "NotReady", "not_ready"}
"""Who is handed a state's word, among the first two things that it gets."""
TELLERS = {"state", "standing", "told"}
"""Functions that return a state's word, alone or first of two."""
STARTS = [
    "put",
    "check",
    "ask",
    "write",
    "correct",
    "use",
    "plug",
    "unplug",
    "wait",
    "read",
    "take",
    "start",
    "see",
    "there",
]
IMPERATIVES = re.compile(rf"\b({'|'.join(STARTS)})\b", re.IGNORECASE)


def words_written() -> set[tuple[str, str]]:
    """Every word for a state that workers and the modem's room write, with the file where it stands."""
    found = set()
    for path in [*(SOURCES / "workers/modems").rglob("*.py"), *(SOURCES / "modem").rglob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            words = {word for given in handed_over(node) for word in constants(given)}
            found |= {(word, path.name) for word in words if re.fullmatch(r"[a-z_]+", word)}
    return found


def handed_over(node: ast.AST) -> list[ast.expr]:
    """What may be a state's word in a call of a writer, or in what a teller returns."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "attr", getattr(node.func, "id", ""))
        return node.args[:2] if name in WRITERS else []
    if isinstance(node, ast.FunctionDef) and node.name in TELLERS:
        told = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value]
        return [each.elts[0] if isinstance(each, ast.Tuple) else each for each in told]
    return []


def constants(given: ast.expr) -> set[str]:
    branches = [given.body, given.orelse] if isinstance(given, ast.IfExp) else [given]
    return {each.value for each in branches if isinstance(each, ast.Constant) and isinstance(each.value, str)}


def test_no_worker_writes_a_state_that_the_table_lacks() -> None:
    written = words_written()
    assert {word for word, _ in written} >= {
        *(
            "limited",
            "searching",
            "denied",
            "emergency_only",
            "no_smsc",
            "absent",
            "lost",
            "stopped",
            "silent",
        ),
        *("pin_required", "pin_wrong", "pin_last_try", "locked", "starting", "restarting", "sim_failure"),
    }
    assert [(word, where) for word, where in sorted(written) if word not in STATES] == []


@pytest.mark.parametrize("state", STATES)
def test_every_state_says_what_is_so_and_what_to_do(state: str) -> None:
    meaning = STATES[state]
    assert re.fullmatch(r"[A-Z][^\n]{15,}\.", meaning.wrong)
    assert re.fullmatch(r"[A-Z][^\n]{15,}\.", meaning.advice)
    assert IMPERATIVES.match(meaning.advice), "it begins with what to do"
    assert meaning.after_s == 0 or meaning.alarms


def test_a_modem_that_sends_raises_no_alarm() -> None:
    assert [state for state, meaning in STATES.items() if meaning.sends and meaning.alarms] == []


def test_a_sentence_says_each_thing_once() -> None:
    advice = STATES["denied"].advice
    assert sentence("denied") == f"The network denies the registration. {advice}"
    assert sentence("denied", "CME 32") == f"CME 32. {advice}"
    assert sentence("denied", sentence("denied")) == sentence("denied")


def test_what_is_so_stands_alone_where_the_advice_is_told_beside_it() -> None:
    whole = sentence("pin_required", "The SIM wants its PIN: /etc/pin cannot be read.")
    assert why_alone("pin_required", whole) == "The SIM wants its PIN: /etc/pin cannot be read."
    assert why_alone("pin_required", "CME 11") == "CME 11"


def test_a_step_is_in_hand_until_the_modem_works_again() -> None:
    assert step_in_hand("helped", "soft_reset") == step_in_hand("denied", "soft_reset") == "soft_reset"
    assert step_in_hand("ready", "soft_reset") is None
    assert step_in_hand("helped", None) is None


def test_commands_in_advice_have_the_modems_name() -> None:
    assert named(STATES["pin_wrong"].advice, "gsm\\1").endswith("modemd modems --forget-pin gsm\\1.")
    assert named("no names", "gsm1") == "no names"


def test_a_word_of_another_version_is_a_modem_that_does_not_send() -> None:
    strange = meaning_of("dancing")
    assert not strange.sends
    assert not strange.alarms
    assert strange.advice in sentence("dancing")


def test_the_page_has_every_state_as_it_is() -> None:
    page = (SOURCES.parent / "docs/modems.md").read_text("utf-8")
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \| (.*) \|$",
            page.partition("## When a modem is ready")[2].partition("### PINs")[0],
            re.MULTILINE,
        )
    )
    assert list(rows) == list(STATES)
    for state, meaning in STATES.items():
        lasting = f" after {meaning.after_s:.0f} s" if meaning.after_s else ""
        alarm = meaning.concern + lasting if meaning.alarms else ""
        sends = "yes" if meaning.sends else ""
        assert rows[state] == f"{sends} | {alarm} | {meaning.wrong} {meaning.advice}"
