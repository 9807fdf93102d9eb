"""``modemd modems``: what is found, and entries of the configuration that can be used as they are."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from modemd.cli.doctor.known import Known
from modemd.cli.doctor.port_checks import Surroundings
from modemd.cli.main import cli
from modemd.cli.modems_found import FoundModem, entries, found_modems
from modemd.cli.presence import utc_now
from modemd.config import parse
from modemd.modem.pins import Holder, fingerprints
from modemd.service.modems import pins
from modemd.simulator import ModemSpec, Simulation
from modemd.store.database import Database
from tests.desk import TAKEN, Desk, now
from tests.test_cli_doctor import NOW, QUICK, machine_of
from tests.workers.simulator_process import SimulatorProcess

if TYPE_CHECKING:
    from pathlib import Path


def found(folder: Path, *specs: ModemSpec, config: str = "", known: Known | None = None) -> list[FoundModem]:
    async def whole() -> list[FoundModem]:
        async with Simulation(folder / "ports", specs):
            text = config or f"modems: {{ports: ['{folder}/ports/*']}}"
            around = Surroundings(parse(text), machine_of(folder), known or Known(), QUICK, utc_now())
            return await found_modems(around)

    return asyncio.run(whole())


def test_each_modem_that_answers_is_found_and_a_mute_port_is_none(tmp_path: Path) -> None:
    first, second = found(
        tmp_path, ModemSpec(), ModemSpec(dialect="quectel", pin="1234"), ModemSpec(dead=True)
    )
    assert (first.model, first.state, first.name) == ("Simulated", "answers", None)
    assert (second.manufacturer, second.state) == ("Quectel", "pin_required")
    assert first.imei != second.imei


def test_a_modem_of_the_list_has_its_name(tmp_path: Path) -> None:
    config = f"modems: {{list: [{{name: desk, port: {tmp_path}/ports/gsm1}}]}}"
    (only,) = found(tmp_path, ModemSpec(), config=config)
    assert only.name == "desk"


def test_a_pin_that_was_refused_is_told_as_the_gateway_tells_it(tmp_path: Path) -> None:
    config = f"modems: {{list: [{{name: a, port: {tmp_path}/ports/gsm1, pin: '9999'}}]}}"
    spec, url = ModemSpec(pin="1234", iccid="8932000000000000001"), f"sqlite:///{tmp_path}/store.db"
    store = Database(url)
    prints = fingerprints(Holder(spec.iccid, "a", None).written, "9999")
    store.transact(lambda tx: pins.refuse(tx, prints, "a", NOW))
    store.close()
    (only,) = found(tmp_path, spec, config=config, known=Known(url))
    assert only.state == "pin_wrong"


@pytest.mark.parametrize("usb", [None, "1-1.2"])
def test_the_entries_are_a_configuration(usb: str | None) -> None:
    twins = [
        FoundModem(f"/dev/ttyUSB{n}", usb and f"1-1.{n}", "ZTE", None, "3" * 15, None, None, "") for n in "12"
    ]
    other = FoundModem("/dev/ttyUSB3", usb, "Huawei", "E1752", "861234567890123", "8932", "gsm1", "ready")
    text = "modems:\n  list:\n" + "\n".join(entries([*twins, other]))
    assert yaml.safe_load(text)["modems"]["list"][2]["imei"] == "861234567890123"
    assert "# Huawei E1752 on /dev/ttyUSB3, SIM 8932\n" in text
    modems = parse(text).modems.list
    assert [each.name for each in modems] == ["gsm2", "gsm3", "gsm1"]
    bound = [each.usb if usb else each.port for each in modems[:2]]
    assert bound == (["1-1.1", "1-1.2"] if usb else ["/dev/ttyUSB1", "/dev/ttyUSB2"])


def test_no_modem_is_said_and_is_a_failure(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"modems: {{ports: ['{tmp_path}/none*']}}\n")
    result = CliRunner().invoke(cli, ["-c", str(config), "modems"])
    assert (result.exit_code, "modemd doctor says why" in result.output) == (1, True)
    as_json = CliRunner().invoke(cli, ["-c", str(config), "modems", "--json"])
    assert json.loads(as_json.output) == {"modems": []}


def test_a_refused_pin_can_be_forgotten(tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    config.write_text(f"gateway: {{name: gw1}}\nstore: {{url: 'sqlite:///{tmp_path}/store.db'}}\n")
    store = Database(f"sqlite:///{tmp_path}/store.db")
    holder = Holder(None, "gsm1", "861234567890123")
    store.transact(lambda tx: pins.refuse(tx, fingerprints(holder.written, "1234"), "gsm1", NOW))
    forgotten = CliRunner().invoke(cli, ["-c", str(config), "modems", "--forget-pin", "gsm1"])
    assert forgotten.exit_code == 0, forgotten.output
    assert "once more" in forgotten.output
    assert store.read(lambda tx: pins.tried(tx, fingerprints(holder.sought, "1234"))) == "never"
    store.close()
    again = CliRunner().invoke(cli, ["-c", str(config), "modems", "--forget-pin", "gsm1"])
    assert (again.exit_code, "is remembered as refused" in again.output) == (1, True)


def test_a_modem_is_recorded_and_the_record_is_that_modem(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path / "ports", "--modems", "1", "--dialect", "quectel") as simulator:
        file = tmp_path / "ec25.json"
        command = ["modems", "--record", simulator.ports["gsm1"], "-o", str(file)]
        done = CliRunner().invoke(cli, command)
        assert done.exit_code == 0, done.output
        assert "answers are in" in done.output
    assert not re.search("8612345600000", file.read_text())
    with SimulatorProcess(tmp_path / "again", "--modems", "1", "--trace", str(file)) as simulator:
        (only,) = found(tmp_path, config=f"modems: {{list: [{{name: a, port: {simulator.ports['gsm1']}}}]}}")
        assert (only.manufacturer, only.model) == ("Quectel", "EC25")


def test_what_cannot_be_recorded_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["modems", "--record", f"{tmp_path}/none"])
    assert done.exit_code == 1
    said = f"modemd: {tmp_path}/none cannot be opened: there is no such device. Nothing was recorded"
    assert said in done.output


def test_what_went_by_each_sim_is_counted_by_day(tmp_path: Path) -> None:
    desk = Desk.begin(tmp_path)
    desk.send("Hello")
    desk.submit(TAKEN)
    done = desk.run("modems", "--counts", "7", "--json")
    (only,) = done.json["days"]
    assert (only["modem"], only["sent"], only["refused"]) == ("gsm1", 1, 0)
    assert only["day"] == f"{now().astimezone(desk.rules.zone):%Y-%m-%d}"
    assert only["day"] in desk.run("modems", "--counts", "1").out
