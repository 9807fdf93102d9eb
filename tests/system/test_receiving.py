"""What comes in: parts in any order and across restarts, calls, and what no program can read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from modemd.gsm.terminated import encode_deliver

if TYPE_CHECKING:
    from tests.system.gateway import Site

LONG = "".join(f"part {part} ".ljust(153, ".") for part in (1, 2, 3))


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 1, 2), (2, 1, 1, 3)], ids=str)
def test_parts_are_joined_whatever_their_order(site: Site, order: tuple[int, ...]) -> None:
    site.simulate(modems=1)
    site.start()
    site.ask("incoming", text=LONG, order=order, **{"from": "+32475111111"})
    [name] = site.until(lambda: site.names("incoming"), "it is joined")
    assert site.text("incoming", name).endswith(f"\n\n{LONG}")
    assert site.headers("incoming", name)["From"] == "32475111111"
    site.ask("incoming", text="A short one", **{"from": "+32475111111"})
    site.until(lambda: len(site.names("incoming")) == 2, "the next comes")


def test_what_comes_while_the_daemon_is_dead(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.until(lambda: ": ready (" in site.log, "the modem is open")
    site.kill()
    site.ask("incoming", text="Meanwhile")
    site.start()
    [name] = site.until(lambda: site.names("incoming"), "it is told")
    assert "Meanwhile" in site.text("incoming", name)
    site.until(lambda: site.ask("modems")["modems"][0]["stored"]["SM"] == 0, "the modem is emptied")


def test_the_parts_of_one_message_come_before_and_after_a_kill(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.until(lambda: ": ready (" in site.log, "the modem is open")
    first, second, third = _parts()
    site.ask("incoming", pdu=third)
    site.until(lambda: site.rows("SELECT count(*) FROM inbound_part") == [(1,)], "one part is taken")
    site.kill()
    site.ask("incoming", pdu=first)
    site.start()
    site.until(lambda: site.rows("SELECT count(*) FROM inbound_part") == [(2,)], "two parts are taken")
    assert site.names("incoming") == []
    site.ask("incoming", pdu=second)
    [name] = site.until(lambda: site.names("incoming"), "it is joined")
    assert site.text("incoming", name).endswith(f"\n\n{LONG}")


def _parts() -> list[str]:
    at = datetime(2026, 11, 22, 12, tzinfo=UTC)
    return [part.pdu for part in encode_deliver("+32475111111", LONG, sc_at=at, concat_ref=77)]


def test_a_kill_between_storing_and_deleting_repeats_nothing(site: Site) -> None:
    site.hasty = True
    # The deletion is never answered: the message is in the store, and still in the modem.
    site.simulate("--fault", "hang:on=AT+CMGD*", modems=1)
    site.start()
    site.ask("incoming", text="Once")
    site.until(lambda: site.names("incoming"), "it is told")
    site.kill()
    site.start()
    site.until(lambda: site.ask("modems")["modems"][0]["stored"]["SM"] == 0, "it is deleted")
    site.ask("incoming", text="Another")
    site.until(lambda: len(site.names("incoming")) >= 2, "the next comes")
    assert len(site.names("incoming")) == 2


def test_what_cannot_be_read_is_kept_and_told_and_stops_nothing(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    for pdu in ("00", "0791", "07913274151616F6040B91327415", "FF" * 150):
        site.ask("incoming", pdu=pdu)
    site.ask("incoming", text="Readable")
    site.until(lambda: len(site.names("incoming")) == 5, "all are told, the bad ones as well")
    assert sum("Readable" in site.text("incoming", name) for name in site.names("incoming")) == 1
    assert "Traceback" not in site.log
    site.until(lambda: site.ask("modems")["modems"][0]["stored"]["SM"] == 0, "all are deleted")


def test_full_storage_is_drained(site: Site) -> None:
    site.simulate("--fault", "full:on=AT+CMGS*,at=answer", "--dialect", "huawei", modems=1)
    site.start()
    site.drop("a", "To: 32475123456\n\nHello")
    site.until_in("sent", "a")
    site.ask("incoming", text="After the flood")
    site.until(
        lambda: any("After the flood" in site.text("incoming", name) for name in site.names("incoming")),
        "the new one",
        80,
    )
    assert site.ask("modems")["modems"][0]["stored"]["SM"] == 0


def test_a_call_is_told_once(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    site.until(lambda: ": ready (" in site.log, "the modem is open")
    site.ask("call", rings=2, **{"from": "+32475222222"})
    [name] = site.until(lambda: site.names("phonecalls"), "it is told")
    assert site.headers("phonecalls", name)["From"] == "32475222222"
    site.pass_by(4)
    assert site.names("phonecalls") == [name]


def test_a_modem_that_is_not_to_receive_still_gives_its_reports(site: Site) -> None:
    site.simulate(modems=1)
    site.configure(modems=[{"name": "gsm1", "port": f"{site.folder}/ports/gsm1", "receive": False}])
    site.start()
    site.ask("incoming", text="For somebody else")
    site.ask("call", rings=1, **{"from": "+32475222222"})
    site.drop("a", "To: 32475123456\n\nHello")
    site.until(lambda: site.states() == ["delivered"], "its report is known")
    site.pass_by(0.5)
    assert site.names("incoming") == site.names("phonecalls") == []
    assert site.ask("modems")["modems"][0]["stored"]["SM"] == 1


def test_a_flood_while_sending(site: Site) -> None:
    site.simulate("--airtime", "0.02", modems=2)
    site.start()
    for one in range(40):
        site.drop(f"m{one}", f"To: 324751234{one:02d}\n\nm{one}")
        site.ask("incoming", text=f"in {one}", modem=f"gsm{one % 2 + 1}")
    site.until(lambda: len(site.names("incoming")) == 40, "all came in")
    site.until(lambda: site.states() == ["delivered"] * 40, "all went out")
    got = sorted(site.text("incoming", name).partition("\n\n")[2] for name in site.names("incoming"))
    assert got == sorted(f"in {one}" for one in range(40))
    assert sorted(one["text"] for one in site.air()) == sorted(f"m{one}" for one in range(40))
