"""``modemd doctor``: the right sentence for each thing that can be wrong with a machine and its modems."""

from __future__ import annotations

import asyncio
import grp
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from modemd.cli.doctor.finding import Finding, needs_a_person
from modemd.cli.doctor.gateway_checks import alarm_findings
from modemd.cli.doctor.known import Known
from modemd.cli.doctor.machine_checks import judge_unit, machine_findings
from modemd.cli.doctor.modem_judgement import of_state
from modemd.cli.doctor.port_checks import Surroundings, port_findings
from modemd.cli.main import cli
from modemd.config import parse
from modemd.formats.modem_states import sentence
from modemd.modem.discovery.machine import Machine
from modemd.modem.pins import Holder, fingerprints
from modemd.modem.timing import Timing
from modemd.service.alarms import raise_alarm
from modemd.service.modems import pins
from modemd.service.rules import Rules
from modemd.simulator import ModemSpec, Simulation, parse_fault
from modemd.store import modems
from modemd.store.database import Database
from modemd.store.times import to_us

ROOT = Path(__file__).parents[1]
QUICK = replace(Timing(), command_s=0.5, optional_s=0.2, probe_s=0.1, grace_s=0.05, busy_pauses_s=(0.0,))
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ALWAYS = "times=0"


def machine_of(folder: Path) -> Machine:
    """A machine without devices of its own."""
    for name in ("sys", "dev"):
        (folder / name).mkdir(exist_ok=True)
    return Machine(sysfs=folder / "sys", dev=folder / "dev")


def looked(
    folder: Path, *modems_: ModemSpec, config: str = "", known: Known | None = None, **told: Any
) -> list[Finding]:
    """What is found of simulated modems; ``told`` are requests made of the first of them before."""

    async def whole() -> list[Finding]:
        async with Simulation(folder / "ports", modems_) as simulation:
            if told:
                simulation.modems[0].me.register(told["registration"])
            text = config or f"modems: {{ports: ['{folder}/ports/*']}}"
            now = datetime.now(UTC)  # the simulated modems keep the time of day
            around = Surroundings(parse(text), machine_of(folder), known or Known(), QUICK, now)
            return await port_findings(around)

    return asyncio.run(whole())


def trouble(found: list[Finding]) -> list[str]:
    return [f"{each.sentence} {each.advice}" for each in found if each.level == "trouble"]


def faulty(*faults: str, **spec: Any) -> ModemSpec:
    return ModemSpec(faults=[parse_fault(fault) for fault in faults], **spec)


def test_a_machine_without_a_modem(tmp_path: Path) -> None:
    found = looked(tmp_path)
    assert [each.sentence for each in found] == ["No modem was found on this machine."]
    assert needs_a_person(found)
    assert "lsusb" in found[0].advice


def test_a_modem_without_a_fault(tmp_path: Path) -> None:
    found = looked(tmp_path, ModemSpec())
    assert not needs_a_person(found)
    assert {each.level for each in found} == {"ok"}
    text = " ".join(each.sentence for each in found)
    assert "the SIM is open" in text
    assert "registered at home by UMTS with Simulated, signal good (-73 dBm" in text


@pytest.mark.parametrize(
    ("modem", "said", "advice"),
    [
        (ModemSpec(sim=False), "There is no SIM in the modem.", "Put one in"),
        (
            ModemSpec(pin="1234"),
            "The SIM wants its PIN, and none is configured. 3 tries are left.",
            "pin_file",
        ),
        (faulty(f"error:on=AT+CPIN?,{ALWAYS},cme=12"), "wants its PUK", "telephone"),
        (faulty(f"error:on=AT+CPIN?,{ALWAYS},cme=13"), "cannot be read", "clean it"),
        (faulty(f"error:on=AT+CPIN?,{ALWAYS},cme=15"), "cannot be read", "change it"),
        (faulty(f"error:on=AT+CPIN?,{ALWAYS},cme=5"), "locked to another network or SIM", "unlocked"),
        (ModemSpec(registration=2), "finds no network (+CREG 2; signal good", "antenna"),
        (ModemSpec(registration=3), "denies the registration (+CREG 3", "operator"),
        (ModemSpec(registration=8), "emergency calls only (+CREG 8", "operator"),
        (ModemSpec(smsc=""), "holds no service centre", "smsc"),
    ],
    ids=["absent", "pin", "puk", "failure", "wrong", "locked", "searching", "denied", "emergency", "smsc"],
)
def test_what_a_person_has_to_do_about_a_modem(
    tmp_path: Path, modem: ModemSpec, said: str, advice: str
) -> None:
    found = looked(tmp_path, modem)
    (told,) = trouble(found)
    assert said in told
    assert advice in told


def test_a_sim_that_still_starts_needs_nobody(tmp_path: Path) -> None:
    found = looked(tmp_path, faulty(f"error:on=AT+CPIN?,{ALWAYS},cme=14"))
    assert not needs_a_person(found)
    assert any("asks for patience" in each.sentence for each in found if each.level == "warning")


def test_the_last_try_of_a_pin_is_left_to_a_person(tmp_path: Path) -> None:
    async def whole() -> list[Finding]:
        async with Simulation(tmp_path / "ports", [ModemSpec(pin="1234")]) as simulation:
            card = simulation.modems[0].me.card
            assert card is not None
            card.pin_tries = 1
            config = parse(f"modems: {{list: [{{name: a, port: {tmp_path}/ports/gsm1, pin: '1234'}}]}}")
            around = Surroundings(config, machine_of(tmp_path), Known(), QUICK, NOW)
            found = await port_findings(around)
            assert card.wants == "SIM PIN"
            assert card.pin_tries == 1
            return found

    (told,) = trouble(asyncio.run(whole()))
    assert "one more try" in told
    assert "telephone" in told


def test_a_pin_that_the_gateway_enters_is_no_trouble_and_one_that_was_refused_is(tmp_path: Path) -> None:
    config = f"modems: {{list: [{{name: a, port: {tmp_path}/ports/gsm1, pin: '9999'}}]}}"
    spec = ModemSpec(pin="1234", iccid="8932000000000000001", imei="861234560000001")
    found = looked(tmp_path, spec, config=config)
    assert not needs_a_person(found)
    assert "the SIM wants its PIN, which the daemon enters. 3 tries are left." in [e.sentence for e in found]
    url = f"sqlite:///{tmp_path}/store.db"
    store = Database(url)
    prints = fingerprints(Holder("8932000000000000001", "a", "861234560000001").written, "9999")
    store.transact(lambda tx: pins.refuse(tx, prints, "a", NOW))
    store.close()
    (told,) = trouble(looked(tmp_path, spec, config=config, known=Known(url)))
    assert "refused the configured PIN; it is not tried again" in told
    assert "--forget-pin" in told


def test_a_storage_that_is_full(tmp_path: Path) -> None:
    (told,) = trouble(looked(tmp_path, faulty("full:on=AT+CPIN?")))
    assert "storage SM is full (30 of 30): nothing more comes in" in told


def test_a_port_that_never_answers(tmp_path: Path) -> None:
    found = looked(tmp_path, ModemSpec(dead=True))
    assert [each.level for each in found] == ["note", "trouble"]
    assert "does not answer AT" in found[0].sentence
    config = f"modems: {{list: [{{name: a, port: {tmp_path}/ports/gsm1}}]}}"
    (silent,) = looked(tmp_path, ModemSpec(dead=True), config=config)
    assert (silent.level, silent.about) == ("trouble", "modem a")
    assert "does not answer AT at 115200 baud" in silent.sentence
    assert "set baudrate" in silent.advice


def test_a_configured_port_that_is_not_there(tmp_path: Path) -> None:
    (gone,) = looked(tmp_path, config="modems: {list: [{name: a, port: /dev/serial/none}]}")
    assert (gone.level, gone.about) == ("trouble", "modem a")
    assert "there is no such device" in gone.sentence
    assert "Plug the modem in" in gone.advice


HOLD = """
import fcntl, sys, termios
port = open(sys.argv[1], "rb+", buffering=0)
fcntl.ioctl(port, termios.TIOCEXCL)
fcntl.flock(port, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_port_that_another_program_has_open(tmp_path: Path) -> None:
    master, slave = os.openpty()
    port = tmp_path / "ttyUSB0"
    port.symlink_to(os.ttyname(slave))
    command = [sys.executable, "-c", HOLD, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == b"held\n"
        found = looked(tmp_path, config=f"modems: {{ports: ['{port}']}}")
        holder.stdin.close()
    os.close(master)
    os.close(slave)
    (told,) = trouble(found)
    assert f"(process {holder.pid}) has it open." in told
    assert "stop that program" in told


def test_ports_that_may_not_be_opened(tmp_path: Path) -> None:
    """By the program itself, as somebody without root's power over files; one is a group's, one nobody's."""
    tmp_path.chmod(0o755)
    ends = [os.openpty() for _ in range(2)]
    ours, nobodys = (os.ttyname(slave) for _, slave in ends)
    Path(ours).chmod(0o020)
    if os.geteuid() == 0:
        os.chown(ours, -1, grp.getgrnam("tty").gr_gid)
    Path(nobodys).chmod(0o000)
    config = tmp_path / "config.yaml"
    config.write_text(f"modems: {{ports: ['{ours}', '{nobodys}']}}\nspool: {{dir: {tmp_path}/spool}}\n")
    powerless = () if os.geteuid() else ("setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner")
    done = subprocess.run(
        [*powerless, sys.executable, "-m", "modemd", "-c", str(config), "doctor", "--json"],
        capture_output=True, text=True, check=False, cwd=ROOT, timeout=60,
    )  # fmt: skip
    for end in chain(*ends):
        os.close(end)
    assert done.returncode == 1
    told = {each["about"]: each for each in json.loads(done.stdout)["findings"]}
    for port, advice in ((ours, "usermod -aG tty"), (nobodys, "70-modemd.rules")):
        finding = told[f"port {port}"]
        assert finding["level"] == "trouble"
        assert "not allowed" in finding["sentence"]
        assert advice in finding["advice"]


def test_a_modem_that_a_running_gateway_has_is_told_as_that_one_says(tmp_path: Path) -> None:
    """This process stands in for the gateway: it runs, and has the port open."""
    master, slave = os.openpty()
    port = os.ttyname(slave)
    row = {
        "name": "gsm1",
        "gateway": "gw1",
        "port": port,
        "state": "puk_required",
        "error": None,
        "operator": None,
    }
    ours = Known("", {}, {port: row})
    command = [sys.executable, "-c", HOLD, port]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        holder.stdout.readline()
        config = f"modems: {{ports: ['{port}']}}"
        (found,) = looked(tmp_path, config=config, known=replace(ours, pids={holder.pid: "gw1"}))
        assert (found.level, found.about) == ("trouble", "modem gsm1")
        assert "wants its PUK" in found.sentence
        well = {**row, "state": "ready", "operator": "Proximus", "signal_dbm": -71}
        (found,) = looked(
            tmp_path, config=config, known=replace(ours, pids={holder.pid: "gw1"}, rows={port: well})
        )
        assert found.level == "ok"
        assert found.sentence == f"gateway gw1 runs it on {port}: ready, Proximus, -71 dBm"
        entry = f"{{name: gsm1, port: '{port}', sim_slot: 2}}"
        over = {**well, "state": "limited"}
        known = replace(ours, pids={holder.pid: "gw1"}, rows={port: over})
        (found,) = looked(tmp_path, config=config, known=known)
        assert (found.level, found.advice[:22]) == ("note", "Wait for the next day ")
        other = f"gateway: {{name: gw1}}\nmodems: {{ports: ['{port}'], list: [{entry}]}}"
        known = replace(ours, pids={holder.pid: "gw1"}, rows={port: {**well, "sim_slot": 2}})
        assert [each.level for each in looked(tmp_path, config=other, known=known)] == ["ok"]
        (_, slot) = looked(tmp_path, config=other, known=replace(known, rows={port: well}))
        assert slot.level == "warning"
        assert slot.sentence.startswith("Its entry wants sim_slot: 2, and it tells of no slots: what is sent")
        holder.stdin.close()
    os.close(master)
    os.close(slave)


def test_a_modem_of_the_list_that_no_port_has_is_absent(tmp_path: Path) -> None:
    config = f"modems: {{ports: ['{tmp_path}/ports/*'], list: [{{name: desk, imei: '861234567890123'}}]}}"
    (said,) = trouble(looked(tmp_path, ModemSpec(), config=config))
    assert 'No port that could be asked has it: imei "861234567890123". Plug the modem in' in said


def test_an_entry_that_names_the_wrong_port_of_a_stick(tmp_path: Path) -> None:
    text = f"{{name: desk, imei: '861234560000001', port: {tmp_path}/dev/ttyUSB0}}"

    async def whole() -> list[Finding]:
        machine, stick = machine_of(tmp_path), ModemSpec(dialect="huawei", stick=True)
        async with Simulation(machine.dev, [stick], usb=machine.sysfs):
            config = parse(f"modems: {{list: [{text}]}}")
            return await port_findings(Surroundings(config, machine, Known(), QUICK, datetime.now(UTC)))

    (said,) = trouble(asyncio.run(whole()))
    assert said.startswith(
        f"It answers on {tmp_path}/dev/ttyUSB2, and its entry names {tmp_path}/dev/ttyUSB0."
    )


def test_an_alarm_is_told_once_and_only_where_nothing_else_tells_it(tmp_path: Path) -> None:
    config = parse(f"gateway: {{name: gw1}}\nstore: {{url: 'sqlite:///{tmp_path}/store.db'}}")
    assert alarm_findings(config, []) == []
    text = f"Modem gsm1: {sentence('puk_required')}"
    store, rules = Database(config.store.url), Rules.of(config)
    store.transact(
        lambda tx: raise_alarm(
            tx, rules, modem="gsm1", code="puk_required", text=text, severity="critical", now=NOW
        )
    )
    store.close()
    assert alarm_findings(config, []) == [Finding("trouble", "modem gsm1", sentence("puk_required"))]
    assert alarm_findings(config, [of_state("modem gsm2", "puk_required")]) != []
    assert alarm_findings(config, [of_state("modem gsm1", "puk_required")]) == []
    assert alarm_findings(config, [of_state("modem gsm1", "puk_required", level="note")]) == []


def test_what_the_store_knows_is_found_by_the_port(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    store = Database(url)

    def fill(tx: Any) -> None:
        modems.gateway_started(tx, "gw1", os.getpid(), "1", to_us(NOW))
        modem_id = modems.ensure_modem(tx, "gw1", "gsm1")
        modems.write_modem(tx, modem_id, {"state": "ready", "port": "/dev/ttyUSB7"})

    store.transact(fill)
    store.close()
    known = Known.of(url, NOW)
    assert known.pids == {os.getpid(): "gw1"}
    assert known.rows["/dev/ttyUSB7"]["name"] == "gsm1"
    assert Known.of(f"sqlite:///{tmp_path}/none.db", NOW) == Known()


@pytest.mark.parametrize(
    ("said", "level"),
    [
        ({"LoadState": "not-found"}, "note"),
        ({"LoadState": "loaded", "ActiveState": "failed", "SubState": "failed"}, "trouble"),
        ({"LoadState": "loaded", "ActiveState": "active", "SubState": "running"}, "ok"),
        ({"LoadState": "loaded", "ActiveState": "inactive", "UnitFileState": "disabled"}, "warning"),
    ],
    ids=["none", "failed", "runs", "disabled"],
)
def test_what_systemd_says(said: dict[str, str], level: str) -> None:
    assert [each.level for each in judge_unit(said)][-1] == level


def test_a_clock_that_cannot_be_right() -> None:
    found = list(machine_findings(datetime(1970, 1, 1, tzinfo=UTC)))
    assert [each.about for each in found if each.level == "trouble"] == ["clock"]
    assert not needs_a_person(list(machine_findings(NOW)))


def test_all_of_it_in_words_and_as_json(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(
        f"gateway: {{name: a}}\nstore: {{url: 'sqlite:///{tmp_path}/a.db'}}\n"
        f"spool: {{dir: {tmp_path}/spool}}\n"
        f"modems: {{ports: ['{tmp_path}/none*']}}\n"
    )
    result = CliRunner().invoke(cli, ["-c", str(config), "doctor"])
    assert result.exit_code == 1
    assert "trouble modems: No modem was found" in result.output
    assert re.search(
        r"Something needs a person: 1 trouble, (1 warning, )?(1 note|[2-9] notes), \d ok\.", result.output
    )
    as_json = CliRunner().invoke(cli, ["-c", str(config), "doctor", "--json"])
    levels = {each["about"]: each["level"] for each in json.loads(as_json.output)["findings"]}
    assert levels["store"] == levels["spool"] == "note"
    assert levels["configuration"] == "ok"
    assert not (tmp_path / "a.db").exists()


def test_a_configuration_that_is_wrong_is_told_and_the_rest_is_looked_at(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text("sending: {retries: many}\n")
    result = CliRunner().invoke(cli, ["-c", str(config), "doctor", "--offline"])
    assert result.exit_code == 1
    assert "trouble configuration: " in result.output
    assert "retries" in result.output
    assert "store: " in result.output
