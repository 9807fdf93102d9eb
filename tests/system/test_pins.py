"""PINs, by the real process: entered once for ever, whatever happens to the gateway in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.system.gateway import Site


def tries(site: Site) -> list[int]:
    return [int(each["pin_tries"]) for each in site.ask("modems")["modems"]]


def state(site: Site, name: str) -> str:
    return str(site.rows("SELECT state FROM modem WHERE name = ?", name)[0][0])


def test_a_pin_is_entered_once_whatever_becomes_of_the_gateway(site: Site) -> None:
    """gsm1 tells how many tries are left; gsm2 does not; gsm3's PIN is wrong. Each is cut off by kill -9."""
    site.hasty = True
    site.simulate("--pin", "1234", "--fault", "hang:on=AT+CPIN=*", modems=3)
    first, second, third = site.simulated
    for command in ("+CPINR", "^CPIN", "+SPIC", "+QPINC", "+CPINC", "#PCT", "+UPINCNT", "^SPIC", "+ZPINPUK"):
        site.ask("fault", modem="gsm2", spec=f"error:on=AT{command}*,times=0")
    site.configure(
        modems=[
            {"name": one["name"], "port": one["path"], "pin": pin}
            for one, pin in ((first, "1234"), (second, "1234"), (third, "9999"))
        ]
    )
    site.start()
    site.until(
        lambda: len(site.rows("SELECT 1 FROM pin_try WHERE outcome = 'unknown'")) == 6, "all are entered"
    )
    site.kill()  # the modems have not answered yet
    site.start()
    site.until(lambda: state(site, "gsm1") == "ready", "the SIM has all its tries, so it was not wrong")
    site.until(lambda: state(site, "gsm2") == "pin_wrong", "nobody knows, and nothing tells")
    site.until(lambda: state(site, "gsm3") == "pin_wrong", "it was refused")
    assert tries(site) == [3, 3, 2]
    site.kill()
    for name in ("gsm1", "gsm2", "gsm3"):
        site.ask("reboot", modem=name)
    site.start()
    site.until(lambda: site.log.count("gsm1: ready (") == 2, "what was accepted is accepted again")
    site.pass_by(1.3)  # the others are looked at again meanwhile
    assert tries(site) == [3, 3, 2]
    assert [code for (code,) in site.rows("SELECT code FROM alarm WHERE cleared_at IS NULL")] == [
        "pin_wrong",
        "pin_wrong",
    ]
    assert "--forget-pin" in site.rows("SELECT text FROM alarm ORDER BY id")[0][0]
    assert "1234" not in site.log
