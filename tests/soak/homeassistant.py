"""``python -m tests.soak.homeassistant``: a real Home Assistant, a real broker, a gateway with two modems.

It needs the program ``hass``, of a virtual environment with Home Assistant and paho-mqtt in it; it is looked
for in ``--hass``, in ``MODEMD_HASS`` and on the path. The automations are those of docs/homeassistant.md, the
rights at the broker those of docs/mosquitto/.
"""

from __future__ import annotations

import argparse
import signal
import sys
import time
from typing import TYPE_CHECKING, Any, Final

from tests.soak.hass import HomeAssistant, found
from tests.system.gateway import ROOT, Site
from tests.system.mosquitto import Broker
from tests.system.mqtt_user import MqttUser

if TYPE_CHECKING:
    from collections.abc import Callable

DOCUMENT: Final = ROOT / "docs" / "homeassistant.md"
ACL: Final = ROOT / "docs" / "mosquitto" / "modemd.acl"
SECRETS: Final = {"gw1": "one", "homeassistant": "home", "operator": "over"}
CONTACTS: Final = {"nurse": "+32475123456", "night": ["+32475123457", "+32475123458"]}
GATEWAY: Final = "binary_sensor.sms_gw1_online"
_HARMLESS: Final = ("The connection was lost", "No device components to cleanup")
"""The broker was restarted; and where a device goes, Home Assistant clears its topic for each entity that is
disabled, and wonders that there is nothing to clear."""
SIGNAL: Final = "sensor.sms_gw1_gsm1_signal"


def automations() -> str:
    """The automations of the document, as they stand there."""
    text = DOCUMENT.read_text("utf-8")
    return text.partition("<!-- automations -->\n```yaml\n")[2].partition("```")[0]


class Run:
    """One gateway, one broker, one Home Assistant, and what is expected of them."""

    def __init__(self, site: Site, broker: Broker, user: MqttUser, home: HomeAssistant) -> None:
        self.site, self.broker, self.user, self.home = site, broker, user, home

    def configure(self, **sections: Any) -> None:
        """Write the gateway's configuration; what is given replaces what it had."""
        mqtt = self.broker_settings(homeassistant="homeassistant", will_delay="0s", keepalive="5s")
        with_all = {"gateway": {"name": "gw1"}, "mqtt": mqtt, "contacts": CONTACTS} | sections
        self.site.configure(**with_all)

    def broker_settings(self, **more: Any) -> dict[str, Any]:
        """The broker of the configuration, and who the gateway is there."""
        secret = self.site.folder / "password"
        secret.write_text(SECRETS["gw1"], "utf-8")
        return self.broker.settings(username="gw1", password_file=str(secret), **more)

    def reload(self, **sections: Any) -> None:
        """Change the configuration of the running gateway."""
        self.configure(**sections)
        self.site.signal(signal.SIGHUP)

    def shows(self, entity: str, wanted: str | None, within_s: float = 60.0) -> None:
        """Wait until an entity has a state; ``None``: until it is gone."""
        self.site.until(lambda: self.home.state(entity) == wanted, f"{entity} is {wanted}", within_s)

    def is_there(self, entity: str) -> None:
        """Wait until an entity is available: the state of one that was used is the time of that."""
        self.site.until(
            lambda: self.home.state(entity) not in {None, "unavailable"}, f"{entity} is there", 60.0
        )

    def texts(self) -> list[tuple[str, str]]:
        """Whom the network was given what for, in order."""
        return [(each["destination"], each["text"]) for each in self.site.air()]

    # -- one thing each --------------------------------------------------------------------------------

    def entities_appear(self) -> None:
        self.shows(GATEWAY, "on")
        self.shows(SIGNAL, "-73")
        wanted = {
            "sensor.sms_gw1_version": None, "sensor.sms_gw1_queue": "0", "sensor.sms_gw1_sent_today": "0",
            "sensor.sms_gw1_gsm1_registration": "home", "sensor.sms_gw1_gsm1_operator": "Simulated",
            "sensor.sms_gw1_gsm1_technology": "UMTS", "sensor.sms_gw1_gsm1_state": "ready",
            "sensor.sms_gw1_gsm1_error": "none", "sensor.sms_gw1_gsm1_imei": "861234560000001",
            "sensor.sms_gw1_gsm1_phone_number": "+32475000001", "sensor.sms_gw1_gsm2_state": "ready",
            "event.sms_gw1_received": "unknown", "event.sms_gw1_messages": "unknown",
            "event.sms_gw1_gsm1_call": "unknown", "notify.sms_gw1_nurse": "unknown",
            "notify.sms_gw1_night": "unknown", "button.sms_gw1_gsm1_reset": "unknown",
            "button.sms_gw1_gsm1_pause": "unknown", "button.sms_gw1_gsm1_resume": "unknown",
        }  # fmt: skip
        states = self.home.states()
        for entity, state in wanted.items():
            assert entity in states, f"{entity} is missing; there are {sorted(states)}"
            assert state in {None, states[entity]["state"]}, states[entity]
        device = "device_id('sensor.sms_gw1_gsm1_signal')"
        assert self.home.template(f"{{{{ device_attr({device}, 'serial_number') }}}}") == "861234560000001"
        via = self.home.template(f"{{{{ device_attr({device}, 'via_device_id') }}}}")
        assert via == self.home.template(f"{{{{ device_id('{GATEWAY}') }}}}"), via

    def a_kill_is_seen(self) -> None:
        self.site.kill()
        self.shows(GATEWAY, "off")
        for entity in (SIGNAL, "sensor.sms_gw1_queue", "notify.sms_gw1_nurse", "sensor.sms_gw1_gsm1_state"):
            self.shows(entity, "unavailable")
        self.site.start()
        self.shows(GATEWAY, "on")
        self.shows(SIGNAL, "-73")

    def a_broker_that_restarts_is_borne(self) -> None:
        self.broker.restart()
        self.shows(SIGNAL, "-73", 90.0)
        self.shows(GATEWAY, "on")

    def notify_sends(self) -> None:
        before = len(self.texts())
        message = 'Déjà "vu" <b> & {{ 1 }} €'
        self.home.call("notify.send_message", entity_id="notify.sms_gw1_nurse", message=message)
        self.site.until(lambda: len(self.texts()) > before, "the SMS goes out")
        assert self.texts()[-1] == ("+32475123456", message), self.texts()[-1]
        self.site.until(
            lambda: self.home.attributes("event.sms_gw1_messages").get("event_type") == "delivered",
            "it is delivered",
        )
        assert self.home.attributes("event.sms_gw1_messages")["to"] == "+32475123456"
        self.home.call("notify.send_message", entity_id="notify.sms_gw1_night", message="both")
        self.site.until(lambda: len(self.texts()) >= before + 3, "both get it")
        assert sorted(self.texts()[-2:]) == [("+32475123457", "both"), ("+32475123458", "both")]
        self.shows("sensor.sms_gw1_sent_today", str(len(self.texts())))

    def what_comes_in_is_an_event(self) -> None:
        self.site.ask("incoming", text="Je viens à 8 h " * 30, **{"from": "+32475999999"})
        self.site.until(
            lambda: self.home.attributes("event.sms_gw1_received").get("from") == "+32475999999", "it is seen"
        )
        told = self.home.attributes("event.sms_gw1_received")
        assert told["text"] == "Je viens à 8 h " * 30, told
        assert (told["event_type"], told["complete"]) == ("received", True)
        self.site.ask("call", rings=1, **{"from": "+32475222222"})
        self.site.until(
            lambda: self.home.attributes("event.sms_gw1_gsm1_call").get("from") == "+32475222222",
            "the call is seen",
        )

    def the_documents_automations_work(self) -> None:
        before = len(self.texts())
        self.site.ask("incoming", text=" Status", **{"from": "+32475999999"})
        self.site.until(lambda: len(self.texts()) > before, "the answer goes out")
        assert self.texts()[-1] == ("+32475999999", "Cellar: unknown"), self.texts()[-1]
        self.home.call("mqtt.publish", topic="modemd/send", payload='{"to": "nures", "text": "Hi"}', qos=1)
        shown = "automation.a_message_that_did_not_arrive_is_shown"
        self.site.until(lambda: self.home.attributes(shown).get("last_triggered"), "the rejection is shown")

    def buttons_do(self) -> None:
        self.home.call("button.press", entity_id="button.sms_gw1_gsm1_pause")
        self.shows("sensor.sms_gw1_gsm1_state", "paused")
        assert self.home.state(SIGNAL) == "-73"
        self.home.call("button.press", entity_id="button.sms_gw1_gsm1_resume")
        self.shows("sensor.sms_gw1_gsm1_state", "ready")
        self.home.call("button.press", entity_id="button.sms_gw1_gsm1_reset")
        self.site.until(lambda: self.user.on("modemd/response/reset"), "the modem is reset")
        assert self.user.on("modemd/response/reset")[-1].body["status"] == "ok"
        self.shows("sensor.sms_gw1_gsm1_state", "ready")

    def an_alarm_is_shown(self) -> None:
        alarm, problem = "event.sms_gw1_alarm", "binary_sensor.sms_gw1_problem"
        self.shows(problem, "off")
        self.site.ask("set", modem="gsm2", sim=False)
        self.shows(problem, "on", 150.0)
        told = self.home.attributes(alarm)
        assert (told["event_type"], told["modem"], told["severity"]) == ("raised", "gsm2", "critical"), told
        self.shows("sensor.sms_gw1_gsm2_state", "sim_absent")
        shown = "automation.an_alarm_of_the_gateway_is_shown"
        self.site.until(lambda: self.home.attributes(shown).get("last_triggered"), "the alarm is shown")
        self.site.ask("set", modem="gsm2", sim=True)
        self.shows(problem, "off", 90.0)
        assert self.home.attributes(alarm)["event_type"] == "cleared"

    def a_contact_goes_and_comes(self) -> None:
        self.reload(contacts={"night": CONTACTS["night"], "doctor": "+32475123459"})
        self.shows("notify.sms_gw1_nurse", None)
        self.is_there("notify.sms_gw1_doctor")
        self.reload()
        self.is_there("notify.sms_gw1_nurse")
        self.shows("notify.sms_gw1_doctor", None)

    def a_modem_goes(self) -> None:
        self.reload(modems=[{"name": "gsm1", "port": str(self.site.folder / "ports" / "gsm1")}])
        self.shows("sensor.sms_gw1_gsm2_state", None)
        assert self.home.state("sensor.sms_gw1_gsm1_state") == "ready"
        assert "gsm2" not in self.home.template("{{ states | map(attribute='entity_id') | join(' ') }}")
        self.reload()
        self.shows("sensor.sms_gw1_gsm2_state", "ready")

    def what_goes_while_the_gateway_is_away_goes_at_its_start(self) -> None:
        self.site.stop()
        self.configure(contacts={"night": CONTACTS["night"]})
        self.site.start()
        self.shows("notify.sms_gw1_nurse", None)
        self.is_there("notify.sms_gw1_night")

    def home_assistant_starts_anew(self) -> None:
        self.home.stop()
        self.home.start()
        self.shows(SIGNAL, "-73")
        self.shows("sensor.sms_gw1_gsm2_state", "ready")
        received = self.home.attributes("event.sms_gw1_received").get("text", "").strip()
        assert received == "Status", received  # restored, and not fired anew: nothing was answered twice
        assert [text for _, text in self.texts()].count("Cellar: unknown") == 1

    def one_that_comes_later_finds_everything(self) -> None:
        first = self.home
        folder = self.site.folder / "later"
        with HomeAssistant(first.program, folder) as self.home:
            self.home.add_broker(self.broker.port, "homeassistant", SECRETS["homeassistant"])
            self.shows(SIGNAL, "-73")
            self.shows("sensor.sms_gw1_gsm2_state", "ready")
            gateway = self.home.template(f"{{{{ device_id('{GATEWAY}') }}}}")
            for modem in ("gsm1", "gsm2"):
                device = f"device_id('sensor.sms_gw1_{modem}_signal')"
                via = self.home.template(f"{{{{ device_attr({device}, 'via_device_id') }}}}")
                assert via == gateway, (via, gateway)
            self.nothing_was_complained_of()
        self.home = first

    def off_takes_everything_away(self) -> None:
        self.reload(mqtt=self.broker_settings(homeassistant=""))
        for entity in (GATEWAY, SIGNAL, "notify.sms_gw1_night", "event.sms_gw1_gsm2_call"):
            self.shows(entity, None)

    def nothing_was_complained_of(self) -> None:
        ours = ("components.mqtt", "components.automation", "helpers.template")
        bad = [
            line
            for line in self.home.log.splitlines()
            if any(each in line for each in ours) and not any(each in line for each in _HARMLESS)
        ]
        assert not bad, "\n".join(bad[:20])


STEPS: Final[tuple[Callable[[Run], None], ...]] = (
    Run.entities_appear, Run.notify_sends, Run.what_comes_in_is_an_event, Run.the_documents_automations_work,
    Run.buttons_do, Run.an_alarm_is_shown, Run.a_contact_goes_and_comes, Run.a_modem_goes, Run.a_kill_is_seen,
    Run.a_broker_that_restarts_is_borne, Run.what_goes_while_the_gateway_is_away_goes_at_its_start,
    Run.home_assistant_starts_anew, Run.one_that_comes_later_finds_everything,
    Run.off_takes_everything_away, Run.nothing_was_complained_of,
)  # fmt: skip


def main() -> int:
    """Do each step; the exit status says whether all of them went well, 2 that there is no Home Assistant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hass", help="the program hass")
    program = found(parser.parse_args().hass)
    if program is None:
        _say("Home Assistant is not installed here: say where its program is with --hass or MODEMD_HASS")
        return 2
    with (
        Site() as site,
        Broker(site.folder, users=SECRETS, acl=ACL.read_text("utf-8")) as broker,
        MqttUser(broker.port, "modemd/response/#", username="operator", password="over") as user,
        HomeAssistant(program, site.folder / "hass", automations()) as home,
    ):
        site.simulate("--report-delay", "0.05", "--airtime", "0.05", modems=2)
        run = Run(site, broker, user, home)
        run.configure()
        home.add_broker(broker.port, "homeassistant", SECRETS["homeassistant"])
        _say(f"Home Assistant {home.version}")
        site.start()
        return _do(run)


def _do(run: Run) -> int:
    for step in STEPS:
        began = time.monotonic()
        try:
            step(run)
        except Exception as failed:  # noqa: BLE001 - it is told, with all that is known
            _say(f"FAILED {step.__name__}: {failed!r}\n--- Home Assistant ---\n{run.home.log[-6000:]}")
            _say(f"--- the gateway ---\n{run.site.log[-4000:]}")
            return 1
        _say(f"ok     {step.__name__.replace('_', ' ')} ({time.monotonic() - began:.1f} s)")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
