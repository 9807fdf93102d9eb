"""Messages on their way out: refusals by their class, other modems, parts, priorities, times."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.system.gateway import Site

if TYPE_CHECKING:
    from collections.abc import Iterator

TO = "To: 32475123456\n\n"
THREE = "".join(f"part {part} ".ljust(153, ".") for part in (1, 2, 3))


def texts(site: Site) -> list[str]:
    return [one["text"] for one in site.air()]


def open_modems(site: Site, count: int) -> None:
    site.until(lambda: site.log.count(": ready (") >= count, "the modems are open")


def test_a_passing_error_is_tried_again_on_the_same_modem(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,at=body,cms=38", modems=1)
    site.start()
    site.drop("a", TO + "Second try")
    site.until_in("sent", "a", within_s=15)
    assert texts(site) == ["Second try"]
    assert site.rows("SELECT attempts FROM part") == [(2,)]
    assert "Fail_reason" not in site.text("sent", "a")


def test_a_rejected_transfer_moves_to_the_other_modem_at_once(site: Site) -> None:
    site.simulate("--fault", "gsm1/error:on=AT+CMGS*,at=body,times=0,cms=21", modems=2)
    modems = [{"name": f"gsm{which}", "port": f"{site.folder}/ports/gsm{which}"} for which in (1, 2)]
    site.configure(modems=[modems[0], {**modems[1], "send": True}])
    site.start()
    open_modems(site, 2)
    for one in range(6):
        site.drop(f"m{one}", f"To: 3247512345{one}\n\nm{one}")
    site.until_in("sent", *(f"m{one}" for one in range(6)), within_s=15)
    assert sorted(texts(site)) == [f"m{one}" for one in range(6)]
    assert {one["modem"] for one in site.air()} == {"gsm2"}


@pytest.mark.parametrize(("cms", "said"), [(1, "unassigned"), (305, ""), (96, "")])
def test_an_error_for_good_fails_with_its_reason(site: Site, cms: int, said: str) -> None:
    site.simulate("--fault", f"error:on=AT+CMGS*,at=body,cms={cms}", modems=1)
    site.start()
    site.drop("bad", TO + "Refused")
    site.until_in("failed", "bad")
    site.drop("good", TO + "Taken")
    site.until_in("sent", "good")
    reason = site.headers("failed", "bad")["Fail_reason"]
    assert str(cms) in reason
    assert said in reason.lower()
    assert texts(site) == ["Taken"]
    assert site.states() in (["failed", "delivered"], ["failed", "sent"])


def test_a_message_that_is_refused_again_and_again_ends(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,at=body,times=0,cms=69", modems=1)
    site.configure(sending={"retries": 1})
    site.start()
    site.drop("bad", TO + "Refused")
    site.until_in("failed", "bad")
    assert "69" in site.headers("failed", "bad")["Fail_reason"]
    assert site.air() == []


def test_another_modem_sends_when_one_is_unplugged(site: Site) -> None:
    site.simulate("--airtime", "0.1", modems=2)
    site.configure(sending={"uncertain_after": 2})
    site.start()
    open_modems(site, 2)
    for one in range(30):
        site.drop(f"m{one:02d}", f"To: 324751234{one:02d}\n\nm{one:02d}")
    site.until(lambda: len(site.air()) > 4, "it is going")
    site.ask("unplug", modem="gsm1")
    site.until_in("sent", *(f"m{one:02d}" for one in range(30)), within_s=30)
    assert sorted(set(texts(site))) == [f"m{one:02d}" for one in range(30)]
    assert len(texts(site)) <= 31
    assert [one["modem"] for one in site.air()][-5:] == ["gsm2"] * 5


def test_what_is_left_of_a_message_follows_its_first_part_by_the_same_sim(site: Site) -> None:
    site.simulate("--airtime", "0.5", modems=2)
    site.configure(sending={"uncertain_after": 2})
    site.start()
    open_modems(site, 2)
    site.drop("long", TO + THREE)
    site.until(lambda: len(site.air()) == 1, "the first part is out")
    first = site.air()[0]["modem"]
    site.ask("unplug", modem=first)
    site.drop("short", "To: 32475999999\n\nBy the other")
    site.drop("untouched", f"To: 32475888888\n\n{THREE}")
    site.until_in("sent", "short", "untouched")
    assert site.names("checked") == ["long"]
    site.ask("plug", modem=first)
    site.until_in("sent", "long")
    parts = [one for one in site.air() if one["destination"] == "+32475123456"]
    assert {one["modem"] for one in parts} == {first}
    assert sorted({one["concat"]["seq"] for one in parts}) == [1, 2, 3]
    assert len({one["concat"]["ref"] for one in parts}) == 1


def test_a_modem_is_taken_again_when_it_is_back(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    open_modems(site, 1)
    site.ask("unplug")
    site.drop("a", TO + "After all")
    site.until(lambda: "is lost" in site.log, "the daemon knows")
    site.pass_by(0.3)
    site.ask("plug")
    site.until_in("sent", "a", within_s=15)
    assert texts(site) == ["After all"]


def test_a_part_that_was_refused_once_is_resumed_and_none_before_it_repeats(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,nth=2,at=body,cms=41", modems=1)
    site.start()
    site.drop("long", TO + THREE)
    site.until_in("sent", "long", within_s=20)
    assert sorted(one["concat"]["seq"] for one in site.air()) == [1, 2, 3]
    assert len({one["concat"]["ref"] for one in site.air()}) == 1
    site.until(lambda: site.states() == ["delivered"], "all parts are reported")


def test_a_message_ends_where_one_of_its_parts_fails_for_good(site: Site) -> None:
    site.simulate("--fault", "error:on=AT+CMGS*,nth=2,at=body,cms=1", modems=1)
    site.start()
    site.drop("long", TO + THREE)
    site.until_in("failed", "long")
    assert [one["concat"]["seq"] for one in site.air()] == [1]


def test_all_parts_of_a_message_go_by_one_sim(site: Site) -> None:
    site.simulate("--airtime", "0.02", modems=2)
    site.start()
    open_modems(site, 2)
    for place in range(12):
        site.drop(f"m{place:02d}", f"To: 324751234{place:02d}\n\n{THREE}")
    site.until_in("sent", *(f"m{place:02d}" for place in range(12)))
    senders: dict[str, set[str]] = {}
    order: dict[str, list[int]] = {}
    for one in site.air():
        senders.setdefault(one["destination"], set()).add(one["sender"])
        order.setdefault(one["destination"], []).append(one["concat"]["seq"])
    assert len(senders) == 12
    assert all(len(each) == 1 for each in senders.values())
    assert all(each == [1, 2, 3] for each in order.values())


def test_the_urgent_overtake_the_rest(site: Site) -> None:
    site.simulate("--airtime", "0.2", modems=1)
    site.start()
    for one in range(6):
        site.drop(f"normal{one}", TO + f"normal{one}")
    site.drop("bulk", "To: 32475123456\nPriority: bulk\n\nbulk")
    site.drop("low", "To: 32475123456\nPriority: Low\n\nlow")
    site.drop("high", "To: 32475123456\nPriority: High\n\nhigh")
    site.until_in("sent", "bulk")
    went = texts(site)
    assert went.index("high") < 5
    assert went[-2:] == ["low", "bulk"]


def test_a_message_waits_for_its_time(site: Site) -> None:
    site.simulate(modems=1)
    site.start()
    due_at = datetime.now(UTC) + timedelta(seconds=2)
    at = due_at.isoformat()
    site.drop("later", f"To: 32475123456\nAt: {at}\n\nlater")
    site.drop("later.json", json.dumps({"to": "+32475123456", "text": "later as JSON", "at": at}))
    site.drop("now", TO + "now")
    site.until_in("sent", "now")
    assert site.states()[:2] == ["scheduled", "scheduled"]
    site.stop()
    site.start()
    site.until_in("sent", "later", "later.json", within_s=10)
    assert texts(site)[0] == "now"
    assert min(one["at"] for one in site.air()[1:]) >= due_at.timestamp()
    assert json.loads(site.text("sent", "later.json"))["result"]


def test_a_message_expires(site: Site) -> None:
    site.simulate(modems=1)
    site.ask("unplug")
    site.start()
    site.drop("old.json", json.dumps({"to": "+32475123456", "text": "too old", "validity": 2}))
    site.drop("good", TO + "still good")
    site.until_in("failed", "old.json", within_s=10)
    site.ask("plug")
    site.until_in("sent", "good", within_s=15)
    assert texts(site) == ["still good"]
    assert "validity" in json.dumps(json.loads(site.text("failed", "old.json"))["result"])


def test_one_file_for_several_phones_ends_once(site: Site) -> None:
    site.simulate(modems=2)
    site.start()
    site.drop("all.json", json.dumps({"to": ["+32475123451", "+32475123452", "+32475123453"], "text": "all"}))
    site.until_in("sent", "all.json")
    assert sorted(one["destination"][-1] for one in site.air()) == ["1", "2", "3"]


def test_routes_decide_by_prefix_and_a_file_may_name_its_modem(site: Site) -> None:
    site.simulate(modems=2)
    site.configure(routes=[{"prefix": "+32", "modems": ["gsm1"]}, {"prefix": "+31", "modems": ["gsm2"]}])
    site.start()
    expected: dict[str, Any] = {}
    for name, head, modem in (
        ("be", "To: 32475123456\n", "gsm1"),
        ("nl", "To: 31612345678\n", "gsm2"),
        ("asked", "To: 32475123456\nQueue: gsm2\n", "gsm2"),
    ):
        site.drop(name, f"{head}\n{name}")
        expected[name] = modem
    site.until_in("sent", *expected)
    assert {one["text"]: one["modem"] for one in site.air()} == expected


NOISE = (
    "garbage:on=AT+CMGS*,at=answer,times=0",
    "garbage:on=AT+CMGS*,at=inside,hex=FFFF,times=0",
    "garbage:on=AT+CMGS*,at=prompt,times=0",
    "urc:on=AT+CMGS*,at=inside,times=0,text=^RSSI:17",
    "urc:on=AT+CMGS*,at=prompt,times=0,text=+CREG: 1",
    "echo:on=AT+CMGS*,nth=2",
    "joined:on=AT+CMGS*,times=0",
)


@pytest.fixture(scope="module")
def noisy() -> Iterator[Site]:
    """One gateway whose modem is spoilt in one way after the other."""
    with Site() as site:
        site.hasty = True
        site.simulate(modems=1)
        site.configure(sending={"uncertain_after": 15})
        site.start()
        yield site
        print(f"--- the daemon's log ---\n{site.log[-12000:]}")  # noqa: T201 - shown where the test failed


@pytest.mark.parametrize("fault", NOISE)
def test_noise_on_the_line_loses_and_repeats_nothing(noisy: Site, fault: str) -> None:
    before = len(noisy.air())
    noisy.ask("heal")
    noisy.ask("fault", spec=fault)
    names = [f"{NOISE.index(fault)}-{one}" for one in range(5)]
    for name in names:
        noisy.drop(name, f"To: 3247512345{name[-1]}\n\n{name}")
    noisy.until_in("sent", *names, within_s=25)
    assert sorted(texts(noisy)[before:]) == names
