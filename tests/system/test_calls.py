"""Calls both ways, what the network says, and picture messages, with the real process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modemd.gsm.terminated import encode_deliver
from tests.gsm.test_mms import HEAD, LOCATION, PUSH, SENDER, URL
from tests.service.office import START

if TYPE_CHECKING:
    from tests.system.gateway import Site


def test_files_become_calls(site: Site) -> None:
    site.hasty = True
    site.simulate("--dialect", "simcom-lte", modems=1)
    site.start()
    site.until(lambda: site.rows("SELECT voice FROM modem") == [("speech",)], "the modem told its voice")
    site.drop("said", "To: 32475123456\nVoicecall: yes\n\nFire in hall 3\n")
    site.drop("keyed", "To: 32475123456\nVoicecall: yes\n\nTONE: 2 1,2,3\n")
    site.drop("written", "To: 32475123456\n\nFire in hall 3\n")
    site.until_in("sent", "keyed", "said", "written")
    calls = [one for one in site.air() if "call" in one]
    assert sorted((tuple(call["spoken"]), call["tones"]) for call in calls) == [
        ((), "123123"),
        (("Fire in hall 3",) * 2, ""),
    ]
    assert len(site.air()) == 3
    site.drop("refused", f"To: 32475123456\nVoicecall: yes\n\n{'x' * 401}\n")
    site.until_in("failed", "refused")
    assert site.headers("failed", "refused")["Fail_reason"] == "Too long text"


def test_what_rings_is_ended_and_what_is_pushed_is_told(site: Site) -> None:
    site.hasty = True
    site.simulate(modems=1)
    site.configure(modems=[{"name": "gsm1", "port": f"{site.folder}/ports/gsm1", "hang_up": True}])
    site.start()
    site.until(lambda: ": ready (" in site.log, "the modem is open")
    for caller in ("+32475222222", "+32475333333"):
        known = len(site.names("phonecalls"))
        site.ask("call", rings=9, **{"from": caller})
        site.until(lambda: len(site.names("phonecalls")) > known, "it is told")  # noqa: B023 - called at once
    told = [site.headers("phonecalls", name) for name in sorted(site.names("phonecalls"))]
    assert [(each["From"], each["Call_type"]) for each in told] == [
        ("32475222222", "rejected"),
        ("32475333333", "rejected"),
    ]
    site.ask("ussd", text="You have won", mode=0)
    site.until(lambda: (site.spool / "ussd").exists() and site.names("ussd"), "it is told")
    assert "You have won" in site.text("ussd", site.names("ussd")[0])
    push = PUSH + HEAD + SENDER + LOCATION
    for part in encode_deliver("8888", octets=push, sc_at=START, ports=(2948, 9200)):
        site.ask("incoming", pdu=part.pdu)
    [name] = site.until(lambda: site.names("incoming"), "it is told")
    assert site.headers("incoming", name)["MMS_url"] == URL
    site.until(lambda: site.ask("modems")["modems"][0]["stored"]["SM"] == 0, "it is off the SIM")
