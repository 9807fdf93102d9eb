"""Modems in trouble: they come back by themselves, or others do their work; nothing is lost or repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.system.gateway import Site

TO = "To: 32475123456\n\n"


def texts(site: Site) -> list[str]:
    return sorted(one["text"] for one in site.air())


def modems(site: Site, *, count: int = 1, **more: Any) -> list[dict[str, Any]]:
    return [
        {"name": f"gsm{which}", "port": f"{site.folder}/ports/gsm{which}", **more}
        for which in range(1, count + 1)
    ]


def state(site: Site, name: str = "gsm1") -> str:
    found = site.rows("SELECT state FROM modem WHERE name = ?", name)
    return str(found[0][0]) if found else ""


@pytest.mark.parametrize("place", ["prompt", "body", "answer"])
def test_a_modem_that_restarts_in_the_middle_of_a_part(site: Site, place: str) -> None:
    site.hasty = True
    site.simulate(
        "--report-delay", "6", "--fault", f"reboot:on=AT+CMGS*,nth=2,at={place},seconds=0.5", modems=1
    )  # fmt: skip
    site.configure(sending={"uncertain_after": 12})
    site.start()
    for name in "abc":
        site.drop(name, f"To: 3247512345{ord(name) % 10}\n\n{name}")
    site.until_in("sent", "a", "b", "c", within_s=45)
    assert texts(site) == ["a", "b", "c"]


def test_a_modem_that_answers_nothing_leaves_all_to_the_other(site: Site) -> None:
    site.hasty = True
    site.simulate("--fault", "gsm1/dead:on=AT+CGMI*", modems=2)
    site.start()
    for one in range(10):
        site.drop(f"m{one}", f"To: 3247512345{one}\n\nm{one}")
    site.until_in("sent", *(f"m{one}" for one in range(10)))
    assert {one["modem"] for one in site.air()} == {"gsm2"}
    site.until(lambda: state(site) in {"helped", "dead"}, "its state is known")
    site.ask("reboot", modem="gsm1")
    site.until(lambda: state(site) == "ready", "it is taken again", 20)


def test_a_modem_that_falls_silent_in_a_burst(site: Site) -> None:
    site.hasty = True
    site.simulate("--report-delay", "1", "--fault", "gsm1/dead:on=AT+CMGS*,nth=3,at=body", modems=2)
    site.configure(sending={"uncertain_after": 8})
    site.start()
    site.until(lambda: site.log.count(": ready (") == 2, "the modems are open")
    names = [f"m{one:02d}" for one in range(20)]
    for name in names:
        site.drop(name, f"To: 324751234{name[1:]}\n\n{name}")
    site.until_in("sent", *names, within_s=40)
    assert texts(site) == names


def test_it_waits_for_the_network_and_goes_on(site: Site) -> None:
    site.simulate(modems=1)
    site.ask("set", registration=2)
    site.start()
    site.until(lambda: state(site) == "searching", "its state is known")
    site.drop("a", TO + "Patience")
    site.pass_by(1)
    assert site.states() == ["queued"]
    assert site.air() == []
    site.ask("set", registration=5)
    site.until_in("sent", "a", within_s=15)
    assert texts(site) == ["Patience"]


def test_the_network_is_lost_in_the_middle(site: Site) -> None:
    site.simulate("--fault", "unregistered:on=AT+CMGS*,nth=3,at=prompt,seconds=3", modems=1)
    site.start()
    for one in range(6):
        site.drop(f"m{one}", f"To: 3247512345{one}\n\nm{one}")
    site.until_in("sent", *(f"m{one}" for one in range(6)), within_s=40)
    assert texts(site) == [f"m{one}" for one in range(6)]


def test_a_pin_is_entered_once_and_a_wrong_one_never_again(site: Site) -> None:
    site.simulate("--pin", "1234", modems=2)
    right, wrong = modems(site, count=2)
    site.configure(modems=[{**right, "pin": "1234"}, {**wrong, "pin": "9999"}])
    site.start()
    site.drop("a", TO + "Unlocked")
    site.until_in("sent", "a")
    site.until(lambda: "pin" in state(site, "gsm2"), "the other's state is known")
    site.pass_by(3)  # it is opened again meanwhile
    entered = [line for line in site.ask("modems")["modems"][1]["commands"] if line.startswith("AT+CPIN=")]
    assert len(entered) <= 1
    assert "9999" not in site.log
    assert "1234" not in site.log


def test_a_configured_service_centre_is_written(site: Site) -> None:
    site.simulate(modems=1)
    site.ask("set", smsc="")
    site.configure(modems=modems(site, smsc="+32475161616"))
    site.start()
    site.drop("a", TO + "Through the centre")
    site.until_in("sent", "a")
    assert texts(site) == ["Through the centre"]


def test_full_storage_does_not_stop_sending(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,at=body,cms=322", modems=1)
    site.start()
    site.drop("a", TO + "After draining")
    site.until_in("sent", "a", within_s=15)
    assert texts(site) == ["After draining"]


def test_a_barred_sim_is_paused_and_the_other_sends(site: Site) -> None:
    site.simulate("--fault", "gsm1/error:on=AT+CMGS*,at=body,times=0,cms=28", modems=2)
    site.start()
    site.until(lambda: site.log.count(": ready (") == 2, "the modems are open")
    names = [f"m{one}" for one in range(8)]
    for name in names:
        site.drop(name, f"To: 3247512345{name[1:]}\n\n{name}")
    site.until_in("sent", *names)
    assert texts(site) == names
    assert {one["modem"] for one in site.air()} == {"gsm2"}


@pytest.mark.parametrize("dialect", ["huawei", "quectel", "simcom", "zte"])
def test_every_makers_modem_sends_reports_and_receives(site: Site, dialect: str) -> None:
    site.simulate("--dialect", dialect, "--reply", "Thanks", modems=1)
    site.start()
    site.drop("a", TO + "Hello to all makers, and a long one at that. " * 5)
    site.until_in("sent", "a")
    site.until(lambda: site.states() == ["delivered"], "all its reports are known")
    site.until(lambda: site.names("incoming"), "the answer came in")
    assert [one["concat"]["seq"] for one in site.air()] == [1, 2]


def test_thirty_two_modems_share_the_work(site: Site) -> None:
    site.simulate("--airtime", "0.3", modems=32)
    site.start()
    site.until(lambda: site.log.count(": ready (") == 32, "the modems are open")
    names = [f"m{one:03d}" for one in range(128)]
    for name in names:
        site.drop(name, f"To: 32475123{name[1:]}\n\n{name}")
    site.until_in("sent", *names)
    assert texts(site) == names
    assert len({one["modem"] for one in site.air()}) == 32
    assert site.stop() < 6
