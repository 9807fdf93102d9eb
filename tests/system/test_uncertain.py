"""Parts that nobody can say were sent: evidence settles them, and where none comes, the policy, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.system.gateway import Site

TO = "To: 32475123456\n\n"


def texts(site: Site) -> list[str]:
    return sorted(one["text"] for one in site.air())


def test_a_report_settles_a_part_whose_modem_was_unplugged_after_taking_it(site: Site) -> None:
    site.simulate("--report-delay", "4", "--fault", "unplug:on=AT+CMGS*,at=answer,seconds=0.5", modems=1)
    site.configure(sending={"uncertain_after": 20})
    site.start()
    site.drop("a", TO + "Once only")
    site.until(lambda: site.states() == ["uncertain"], "it is in doubt")
    site.until_in("sent", "a")
    site.until(lambda: site.states() == ["delivered"], "its report is known")
    assert texts(site) == ["Once only"]
    assert site.names("checked") == []


def test_what_the_network_did_not_get_is_sent_again_by_policy(site: Site) -> None:
    site.simulate("--fault", "unplug:on=AT+CMGS*,at=body,seconds=0.3", modems=1)
    site.configure(sending={"uncertain_after": 1, "uncertain": "resend"})
    site.start()
    site.drop("a", TO + "Not lost")
    site.until_in("sent", "a")
    assert texts(site) == ["Not lost"]


def test_policy_sent_believes_in_it(site: Site) -> None:
    site.simulate("--no-reports", "--fault", "unplug:on=AT+CMGS*,at=answer,seconds=0.3", modems=1)
    site.configure(sending={"uncertain_after": 1, "uncertain": "sent"})
    site.start()
    site.drop("a", TO + "Believed")
    site.until_in("sent", "a")
    assert texts(site) == ["Believed"]
    assert site.states() == ["sent"]


def test_policy_hold_leaves_it_to_a_person(site: Site) -> None:
    site.simulate("--no-reports", "--fault", "unplug:on=AT+CMGS*,at=body,seconds=0.3", modems=1)
    site.configure(sending={"uncertain_after": 1, "uncertain": "hold"})
    site.start()
    site.drop("a", TO + "Held")
    held = "SELECT count(*) FROM part WHERE error_reason LIKE '%person%'"
    site.until(lambda: site.states() == ["uncertain"] and site.rows(held) == [(1,)], "it is held")
    site.drop("b", TO + "Others go on")
    site.until_in("sent", "b")
    assert site.names("checked") == ["a"]
    assert texts(site) == ["Others go on"]
    site.stop()
    site.start()
    site.drop("c", TO + "After a restart too")
    site.until_in("sent", "c")
    assert site.states()[0] == "uncertain"
    assert texts(site) == ["After a restart too", "Others go on"]


def test_silence_after_the_pdu_is_settled_by_the_report_while_others_go_on(site: Site) -> None:
    site.hasty = True
    site.simulate("--report-delay", "3", "--fault", "hang:on=AT+CMGS*,nth=2,at=answer", modems=1)
    site.configure(sending={"uncertain_after": 30})
    site.start()
    for name in "abc":
        site.drop(name, f"To: 3247512345{ord(name) % 10}\n\n{name}")
    site.until_in("sent", "a", "b", "c")
    assert texts(site) == ["a", "b", "c"]
    assert "after its PDU" in site.log


def test_a_late_answer_is_credited_to_its_part(site: Site) -> None:
    site.hasty = True
    site.simulate("--no-reports", "--fault", "late:on=AT+CMGS*,at=answer,seconds=2", modems=1)
    site.configure(sending={"uncertain_after": 60})
    site.start()
    site.drop("a", TO + "Late")
    site.until(lambda: site.states() == ["uncertain"], "it is in doubt")
    site.until_in("sent", "a", within_s=15)
    site.drop("b", TO + "In time")
    site.until_in("sent", "b")
    assert texts(site) == ["In time", "Late"]


def test_silence_before_the_prompt_is_no_doubt(site: Site) -> None:
    site.hasty = True
    site.simulate("--no-reports", "--fault", "hang:on=AT+CMGS*", modems=1)
    site.configure(sending={"uncertain_after": 60})
    site.start()
    site.drop("a", TO + "Safe to try again")
    site.until_in("sent", "a", within_s=40)
    assert texts(site) == ["Safe to try again"]
    assert "uncertain" not in site.states()


def test_a_refused_duplicate_of_a_part_in_doubt_was_sent(site: Site) -> None:
    site.simulate(
        "--no-reports", "--fault", "unplug:on=AT+CMGS*,at=answer,seconds=0.3",
        "--fault", "error:on=AT+CMGS*,at=body,nth=2,cms=197", modems=1,
    )  # fmt: skip
    site.configure(sending={"uncertain_after": 1, "uncertain": "resend"})
    site.start()
    site.drop("a", TO + "The centre knows it")
    site.until_in("sent", "a")
    assert texts(site) == ["The centre knows it"]


def test_a_timeout_of_the_network_is_a_doubt(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,at=answer,cms=332", modems=1)
    site.configure(sending={"uncertain_after": 30})
    site.start()
    site.drop("a", TO + "Taken all the same")
    site.until_in("sent", "a")
    site.until(lambda: site.states() == ["delivered"], "its report is known")
    assert texts(site) == ["Taken all the same"]


def test_a_report_of_one_part_in_doubt_settles_no_other_to_the_same_phone(site: Site) -> None:
    # The first is never handed over; the second is, and its report comes when both are in doubt.
    site.simulate("--report-delay", "2.5", "--fault", "hang:on=AT+CMGS*", modems=1)
    site.configure(sending={"uncertain_after": 8})
    site.start()
    site.drop("first", TO + "Never handed over")
    site.until(lambda: "AT+CMGS" in str(site.ask("modems")["modems"][0]["commands"][-1:]), "it asks")
    site.kill()
    site.pass_by(1.5)
    site.ask("fault", spec="late:on=AT+CMGS*,at=answer,seconds=2")
    site.start()
    site.drop("second", TO + "Handed over")
    site.until(site.air, "the network has the second, and its modem does not say so yet")
    site.kill()
    site.start()
    site.until(lambda: site.states() == ["uncertain", "delivered"], "the second is reported", 10)
    site.until_in("sent", "first", "second")
    assert texts(site) == ["Handed over", "Never handed over"]


@pytest.mark.parametrize("order", ["before-answer", "swapped"])
def test_reports_in_any_order_find_their_parts(site: Site, order: str) -> None:
    site.simulate("--report-order", order, modems=2)
    site.start()
    for one in range(20):
        site.drop(f"m{one}", f"To: 3247512345{one % 3}\n\n" + "x" * (100 + 60 * (one % 4)))
    site.until(lambda: site.states() == ["delivered"] * 20, "all are delivered")
    site.until(lambda: len(site.names("report")) == len(site.air()), "each report is a file")
    assert site.states() == ["delivered"] * 20


def test_reports_that_the_modem_kept_while_the_daemon_was_away(site: Site) -> None:
    site.simulate("--report-delay", "1.5", modems=1)
    site.start()
    for name in "abc":
        site.drop(name, TO + name)
    site.until_in("sent", "a", "b", "c")
    site.stop()
    assert site.names("report") == []
    stored = site.until(lambda: site.ask("modems")["modems"][0]["stored"]["SR"] == 3, "the modem has them")
    assert stored
    site.start()
    site.until(lambda: site.states() == ["delivered"] * 3, "all are delivered")
    site.until(lambda: len(site.names("report")) == 3, "each report is a file")
    # Only behind the commit, and so behind the files, the modem is told to delete them.
    assert site.until(
        lambda: site.ask("modems")["modems"][0]["stored"]["SR"] == 0, "the modem is rid of them"
    )


def test_the_result_says_what_settled_a_doubt(site: Site) -> None:
    site.hasty = True
    site.simulate("--no-reports", "--fault", "hang:on=AT+CMGS*,at=answer", modems=1)
    site.configure(sending={"uncertain_after": 1, "uncertain": "sent"})
    site.start()
    site.drop("a.json", '{"to": "+32475123456", "text": "Believed"}')
    site.until(lambda: site.states() == ["sent"], "the policy has settled it")
    site.until_in("sent", "a.json")
    assert '"evidence": "policy"' in (site.spool / "sent" / "a.json").read_text()
