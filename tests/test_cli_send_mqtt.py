"""``modemd send --mqtt`` at a real broker and gateway: it prints and ends as ``send`` does."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from modemd.cli.send_mqtt import Sending
from modemd.config import parse
from tests.desk import Desk, Said
from tests.system.gateway import Site
from tests.system.meddlers import OnlyOld
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser
from tests.system.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TO = "+32475123456"


@dataclass(frozen=True)
class Away:
    """Another machine: it knows the broker and nothing else."""

    desk: Desk
    broker: Broker
    site: Site

    def send(self, *arguments: str) -> Said:
        """The command."""
        return self.desk.run("send", "--mqtt", *arguments)


@pytest.fixture(scope="module")
def away(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Away]:
    folder = tmp_path_factory.mktemp("away")
    with Broker(folder) as broker, Site() as site:
        site.simulate()
        site.configure(
            mqtt=broker.settings(), accounts={"clinic": {"allow": ["+32"]}},
            contacts={"team": [TO, "+32475000009"]},
        )  # fmt: skip
        site.start()
        site.until(lambda: "connected with the broker" in site.log, "it is connected")
        yield Away(there(folder, broker.settings()), broker, site)


def there(folder: Path, settings: dict[str, Any]) -> Desk:
    """A desk whose configuration has just the broker."""
    desk = Desk(folder)
    desk.config.write_text(f"mqtt: {json.dumps(settings)}\n")
    return desk


def words(said: Said) -> list[list[str]]:
    """The lines without clock and id."""
    return [line.split()[2:] for line in said.out.splitlines()]


def test_a_message_is_taken_and_followed_to_its_end(away: Away) -> None:
    done = away.send("--to", TO, "Hello")
    assert (done.status, done.err, words(done)) == (0, "", [["queued", "to", TO]])
    done = away.send("--to", TO, "--wait", "--json", "Hello")
    assert done.status == 0
    assert [told["event"] for told in done.objects] == ["queued", "sending", "sent", "delivered"]
    assert {told["account"] for told in done.objects} == {"default"}


def test_without_a_report_it_ends_when_it_is_sent(away: Away) -> None:
    done = away.send("--to", TO, "--wait", "--no-report", "Hello")
    assert done.status == 0
    assert [line[0] for line in words(done)] == ["queued", "sending", "sent"]


def test_each_recipient_is_followed_and_an_account_is_its_topic(away: Away) -> None:
    done = away.send("--account", "clinic", "--to", f"{TO};+32475000002", "--wait", "--json", "Hello")
    assert done.status == 0
    ends = {told["to"]: told for told in done.objects if told["event"] == "delivered"}
    assert set(ends) == {TO, "+32475000002"}
    assert {told["account"] for told in ends.values()} == {"clinic"}


def test_the_same_id_is_the_same_message(away: Away) -> None:
    first = away.send("--to", TO, "--id", "once", "--wait", "Hello")
    again = away.send("--to", TO, "--id", "once", "--wait", "Hello")
    assert (first.status, again.status) == (0, 0)
    assert words(again) == [["delivered", "to", TO, "(the", "same", "message", "was", "sent", "before)"]]
    other = away.send("--to", TO, "--id", "once", "Something else")
    assert (other.status, other.out) == (1, "")
    assert other.err.startswith("duplicate_id: ")


def test_what_the_gateway_refuses_is_1(away: Away) -> None:
    done = away.send("--account", "clinic", "--to", "+33123456789", "Hello")
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith("not_allowed: account 'clinic' may not send to")
    done = away.send("--account", "clinic", "--to", "+33123456789", "--json", "Hello")
    assert (done.status, done.json["event"], done.json["error"]["code"]) == (1, "rejected", "not_allowed")
    assert away.send("--account", "nobody", "--to", TO, "Hello").err.startswith("account_unknown: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--to", TO, "--validity", "soon", "Hello"], "bad_request: validity: 'soon' is not a length"),
        (["--to", TO, ""], "empty: text: is missing or empty"),
        (["--to", TO, "--account", "a/b", "Hello"], "account_unknown: there is no account 'a/b'"),
    ],
)
def test_what_no_gateway_would_take_is_not_published(away: Away, arguments: list[str], said: str) -> None:
    done = away.send(*arguments)
    assert (done.status, done.out) == (1, "")
    assert done.err.startswith(said)


def test_what_is_longer_than_the_broker_takes_is_1_and_says_so(tmp_path: Path) -> None:
    with Broker(tmp_path, more=["max_packet_size 700"]) as broker:
        for asked in ((), ("--quote",)):
            done = there(tmp_path, broker.settings()).run("send", "--mqtt", "--to", TO, *asked, "x" * 1500)
            assert (done.status, done.out) == (1, "")
            assert "the broker takes 700 at most" in done.err
            assert "Traceback" not in done.err


def test_a_quote_comes_from_the_gateway_and_sends_nothing(away: Away) -> None:
    done = away.send("--to", TO, "--to", "+32475000002", "--quote", "Hello")
    assert done.out == f"{TO}: 1 part, gsm7, 0 credits\n+32475000002: 1 part, gsm7, 0 credits\n"
    done = away.send("--account", "clinic", "--to", TO, "--quote", "--json", "ж" * 71)
    assert done.json == {"to": TO, "parts": 2, "coding": "ucs2", "credits": 0}
    assert away.send("--to", "12ab", "--quote", "Hello").status == 1


def test_without_a_broker_it_is_75_and_without_its_name_78(tmp_path: Path) -> None:
    done = there(tmp_path, Broker(tmp_path).settings()).run("send", "--mqtt", "--to", TO, "Hello")
    assert (done.status, done.out) == (75, "")
    assert "connection refused" in done.err
    desk = Desk(tmp_path)
    desk.config.write_text("gateway: {name: gw1}\n")
    done = desk.run("send", "--mqtt", "--to", TO, "Hello")
    assert (done.status, done.err) == (78, "mqtt: is missing: nothing says where the broker is\n")


def test_a_wrong_password_is_78(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"gw1": "right"}) as broker:
        done = there(tmp_path, broker.settings(username="gw1")).run("send", "--mqtt", "--to", TO, "Hello")
    assert (done.status, done.out) == (78, "")
    assert "the broker refuses user 'gw1'" in done.err


def test_where_the_broker_does_not_let_us_publish_it_is_78_and_says_where(tmp_path: Path) -> None:
    with Broker(tmp_path, users={"clinic": "x"}, acl="pattern readwrite modemd/+/%u\n") as broker:
        (tmp_path / "password").write_text("x")
        settings = broker.settings(username="clinic", password_file=str(tmp_path / "password"))
        desk = there(tmp_path, settings)
        done = desk.run("send", "--mqtt", "--to", TO, "Hello")
        assert (done.status, done.out) == (78, "")
        assert done.err.startswith("the broker does not let user 'clinic' publish on modemd/send (")
        assert "--account says whose the message is" in done.err
        done = desk.run("send", "--mqtt", "--quote", "--account", "other", "--to", TO, "Hello")
        assert done.status == 78
        assert "publish on modemd/request/quote/other (" in done.err


def test_where_no_gateway_answers_it_is_75_and_says_how_to_ask_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Broker(tmp_path) as broker, MqttUser(broker.port, "modemd/send") as user:
        config = parse(f"mqtt: {json.dumps(broker.settings())}\n")
        sending = Sending(config, {"to": TO, "text": "Hello", "id": "a", "report": True}, None)
        sending.answer_s = 0.3
        assert asyncio.run(sending.send(wait=True)) == 75
        assert user.until(lambda: user.heard, "it was published")[0].body["text"] == "Hello"
    told = capsys.readouterr().err
    assert told.startswith(
        "no gateway has answered within 0.3 s: the message may wait at the broker for one ("
    )
    assert "--id a asks again without sending twice" in told


def test_a_contact_is_each_of_its_numbers(away: Away) -> None:
    done = away.send("--to", "team", "--id", "for-the-team", "--json", "Hello")
    assert done.status == 0
    assert {told["to"] for told in done.objects} >= {TO, "+32475000009"}
    done = away.send("--to", "taem", "Hello")
    assert (done.status, "did you mean 'team'?" in done.err) == (1, True)


def test_by_mqtt_3_1_1_it_is_the_same(away: Away, tmp_path: Path) -> None:
    with Proxy(away.broker.port, meddler=OnlyOld) as proxy:
        desk = there(tmp_path, away.broker.settings(port=proxy.port))
        done = desk.run("send", "--mqtt", "--to", TO, "--wait", "Hello")
    assert (done.status, done.err) == (0, "")
    assert [line[0] for line in words(done)] == ["queued", "sending", "sent", "delivered"]


def test_a_broker_that_is_lost_meanwhile_is_75_and_says_how_the_message_stands(
    away: Away, tmp_path: Path
) -> None:
    with Proxy(away.broker.port) as proxy:
        desk = there(tmp_path, away.broker.settings(port=proxy.port))
        with desk.running("send", "--mqtt", "--to", TO, "--at", "2099-01-01 10:00", "--wait", "x") as process:
            assert "scheduled" in process.stdout.readline()
            proxy.cut()
            done = process.ended()
    assert done.returncode == 75
    assert " stays scheduled (--id cli-" in done.stderr
