"""A configuration is read as it was written; all its faults are told at once, with their places."""

from __future__ import annotations

import re
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modemd.config import parse, without_effect
from modemd.errors import ConfigError, Fault
from tests.example import uncommented


def faults(text: str) -> tuple[Fault, ...]:
    with pytest.raises(ConfigError) as raised:
        parse(text)
    return raised.value.faults


def faults_or_none(text: str) -> tuple[Fault, ...]:
    """What is wrong with ``text``; any other exception than ours goes through."""
    try:
        parse(text)
    except ConfigError as error:
        return error.faults
    return ()


def only_fault(text: str) -> Fault:
    found = faults(text)
    assert len(found) == 1, found
    return found[0]


def modem(line: str) -> str:
    return f"modems:\n  list:\n    - name: gsm1\n      port: /dev/ttyUSB0\n      {line}\n"


# What is right


def test_an_empty_file_is_a_configuration_with_every_default() -> None:
    config = parse("# nothing\n")
    assert config.store.url == "sqlite:////var/lib/modemd/modemd.db"
    assert config.spool.dir == "/var/spool/modemd"
    assert (config.spool.settle_s, config.spool.scan_s) == (0.5, 30.0)
    assert config.modems.discover
    assert config.modems.list == ()
    assert config.mqtt is None
    assert list(config.accounts) == ["default"]
    assert (config.sending.validity_s, config.sending.max_parts, config.sending.retries) == (86400, 10, 5)
    assert (config.sending.uncertain, config.sending.uncertain_after_s) == ("resend", 600)
    assert (config.retention.text_s, config.retention.number_s) == (30 * 86400, 365 * 86400)
    assert re.fullmatch(r"[A-Za-z0-9_-]+", config.gateway.name)


def test_every_key_of_the_contract_is_read() -> None:
    config = parse(uncommented())
    first = config.modems.list[0]
    assert (first.name, first.baudrate, first.smsc, first.number) == (
        "gsm1",
        115200,
        "+32475161616",
        "+32475000001",
    )
    assert (first.per_minute, first.per_day, first.send, first.receive) == (20, 500, True, True)
    assert config.modems.list[1].imei == "861234567890123"
    assert config.modems.list[2].iccid == "8932000000000000001"
    assert config.mqtt is not None
    assert config.mqtt.tls is not None
    assert (config.mqtt.port, config.mqtt.tls.ca_file) == (1883, "/etc/modemd/ca.pem")
    assert (config.accounts["clinic"].allow, config.accounts["clinic"].per_minute) == (("+32",), 60)
    assert (config.routes[0].prefix, config.routes[0].modems) == ("+324", ("gsm1", "gsm2"))
    assert config.hooks.event == ("/etc/modemd/on-event",)
    assert config.metrics.listen == "127.0.0.1:9482"
    assert (config.gateway.country, config.gateway.timezone) == ("BE", "Europe/Brussels")


def test_a_configuration_cannot_be_changed() -> None:
    config = parse("")
    with pytest.raises(ValidationError):
        config.spool.dir = "/elsewhere"  # type: ignore[misc]


def test_a_section_or_key_without_a_value_has_its_default() -> None:
    assert parse("log:\nspool:\n  dir:\n").spool.dir == "/var/spool/modemd"


def test_an_empty_share_and_discovery_prefix_are_off() -> None:
    config = parse('mqtt:\n  share:\n  homeassistant: ""\n')
    assert config.mqtt is not None
    assert (config.mqtt.share, config.mqtt.homeassistant) == ("", "")


@pytest.mark.parametrize(
    ("word", "prefix"), [("no", ""), ("false", ""), ("on", "homeassistant"), ("ha", "ha")]
)
def test_home_assistant_is_switched_by_words_too(word: str, prefix: str) -> None:
    config = parse(f"mqtt: {{homeassistant: {word}}}\n")
    assert config.mqtt is not None
    assert config.mqtt.homeassistant == prefix


def test_a_brokers_host_may_be_an_ipv6_address() -> None:
    config = parse("mqtt: {host: 'fe80::1%eth0'}\n")
    assert config.mqtt is not None
    assert config.mqtt.host == "fe80::1%eth0"


def test_a_broker_knows_us_by_the_gateways_name_where_nothing_else_is_said() -> None:
    broker = parse("mqtt: {keepalive: 1 min, session_expiry: 2 days, will_delay: 0, repeat: 500ms}").mqtt
    assert broker is not None
    assert (broker.keepalive_s, broker.session_expiry_s, broker.will_delay_s) == (60, 172800, 0)
    assert broker.repeat_s == pytest.approx(0.5)
    assert broker.client_name("gw1") == "modemd-gw1"
    named = parse("mqtt: {client_id: cellar}").mqtt
    assert named is not None
    assert named.client_name("gw1") == "cellar"


def test_a_contact_is_a_number_or_several() -> None:
    config = parse('contacts: {joan: "+32 475 12.34.56", on-call: ["+32476", "0477"]}')
    assert config.contacts == {"joan": ("+32475123456",), "on-call": ("+32476", "0477")}
    assert parse("").contacts == {}


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("contacts: {'112': '+32475123456'}", "no contact's name"),
        ("contacts: {joan: []}", "must not be empty"),
        ("contacts: {joan: 0475123456}", "without quotes"),
        ("contacts: {joan: nobody}", "no phone number"),
        ("contacts: {joan: {number: '+32475123456'}}", "must be a list"),
        ("mqtt: {password_file: x}", "a password without a username"),
        ("mqtt: {tls: {cert_file: x}}", "cert_file: without key_file:"),
        ("mqtt: {tls: {key_file: x}}", "key_file: without cert_file:"),
        ("mqtt: {prefix: house/}", "is not written as it must be"),
        ("metrics: {listen: '127.0.0.1:65536'}", "write address:port"),
        ("mqtt: {prefix: $SYS}", "is not written as it must be"),
        ("mqtt: {homeassistant: a//b}", "is not written as it must be"),
        ("mqtt: {keepalive: 0}", "at least 1"),
        ("mqtt: {session_expiry: 1s}", "at least 60"),
    ],
)
def test_what_is_wrong_with_a_broker_or_a_contact_is_said(written: str, sentence: str) -> None:
    assert sentence in str(only_fault(written))


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("24h", 86400), ("90 min", 5400), ("3600", 3600), ("2 days", 172800), ("1h30m", 5400)],
)
def test_durations_are_seconds(written: str, seconds: int) -> None:
    assert parse(f"sending: {{validity: {written}}}").sending.validity_s == seconds


@pytest.mark.parametrize(
    ("written", "seconds"), [("0.5s", 0.5), ("200ms", 0.2), ("2", 2.0), ("1 min", 60.0), (".25", 0.25)]
)
def test_short_durations_have_fractions(written: str, seconds: float) -> None:
    assert parse(f"spool: {{settle: {written}}}").spool.settle_s == pytest.approx(seconds)


@pytest.mark.parametrize("written", ["/opt/hook", "[/opt/hook, --verbose, two words]"])
def test_a_hook_is_a_program_and_its_arguments(written: str) -> None:
    event = parse(f"hooks: {{event: {written}}}").hooks.event
    assert event is not None
    assert event[0] == "/opt/hook"
    assert event[1:] in ((), ("--verbose", "two words"))


@pytest.mark.parametrize(
    "port", ["/dev/ttyS0", "tcp://10.0.0.1:4001", "tcp://[::1]:4001", "rfc2217://host:2217", "socket://h:1"]
)
def test_a_port_is_a_device_or_an_address(port: str) -> None:
    config = parse(f'modems: {{list: [{{name: a, port: "{port}"}}]}}')
    assert config.modems.list[0].port == port


def test_norway_is_a_country_and_words_stay_words() -> None:
    config = parse("gateway: {name: 0123, country: no}\nmodems: {discover: off}")
    assert (config.gateway.country, config.gateway.name, config.modems.discover) == ("NO", "0123", False)


def test_the_zone_is_one_that_python_takes() -> None:
    assert parse("gateway: {timezone: UTC}").gateway.zone is UTC
    assert str(parse("gateway: {timezone: Europe/Brussels}").gateway.zone) == "Europe/Brussels"


def test_languages_have_the_identifiers_of_the_standard() -> None:
    config = parse("accounts: {shop: {languages: [tr, pt, ur]}}")
    assert config.accounts["shop"].language_ids == (1, 3, 13)


def test_what_is_asked_for_and_not_done_is_told() -> None:
    assert without_effect(parse("accounts: {a: {allow: ['+32'], terms: smstools, per_day: 5}}")) == ()
    asked = [
        "spool: {formats: [ical]}",
        "modems: {discover: true, list: [{name: a, port: /dev/a, per_day: 5}]}",
    ]
    told = without_effect(parse("\n".join(asked)), calendars=False)
    assert [sentence.split(":")[0] for sentence in told] == ["spool.formats"]
    assert without_effect(parse("spool: {formats: [ical]}"), calendars=True) == ()


# Numbers and PINs are text


@pytest.mark.parametrize(
    "written", ["0032475161616", "+32475161616", "1e5", "no", "0x1234", "12:30:00", "1_000", "~1.5"]
)
@pytest.mark.parametrize("key", ["smsc", "number", "pin"])
def test_a_number_that_yaml_would_change_is_refused(key: str, written: str) -> None:
    fault = only_fault(modem(f"{key}: {written}"))
    assert (fault.line, fault.column) == (5, 9 + len(key))
    if written != "~1.5":
        assert f'write "{written}"' in fault.message


@pytest.mark.parametrize(
    "written", ['"0032475161616"', "'+32475161616'", "32475161616", '"+32 475/16.16-16"', '"8850"']
)
def test_a_number_in_quotes_or_without_doubt_is_taken(written: str) -> None:
    smsc = parse(modem(f"smsc: {written}")).modems.list[0].smsc
    assert smsc == re.sub(r"[^0-9+]", "", written)


@pytest.mark.parametrize(
    ("key", "written"), [("pin", "0123"), ("imei", "086123456789012"), ("iccid", "0932e10")]
)
def test_other_digits_are_text_too(key: str, written: str) -> None:
    assert "without quotes" in only_fault(modem(f"{key}: {written}")).message


def test_a_prefix_is_that_of_a_number_as_it_is_routed() -> None:
    config = parse('accounts: {a: {allow: ["0032", "+32 475", "8850"]}}')
    assert config.accounts["a"].allow == ("+32", "+32475", "8850")


def test_prefixes_are_text_too() -> None:
    assert "without quotes" in only_fault("accounts: {a: {allow: [0032]}}").message


def test_a_pin_is_never_told() -> None:
    config = parse(modem('pin: "8765"'))
    assert "8765" not in repr(config)
    assert "8765x" not in only_fault(modem('pin: "8765x"')).message


# What is wrong, and where


def test_all_faults_are_told_at_once_in_the_order_of_the_file() -> None:
    text = """\
gatewy: {}
modems:
  discover: maybe
  list:
    - name: gsm1
      prot: /dev/ttyUSB0
    - name: gsm1
      imei: "861234567890123"
      account: clinc
accounts:
  clinic: {consent: optout}
  clinic: {}
routes:
  - {prefix: "+32", modems: [gms1]}
sending: {retries: many, validity: soon, uncertain: resent}
"""
    told = [(fault.line, fault.path, fault.suggestion) for fault in faults(text)]
    assert told == [
        (1, "gatewy", "did you mean 'gateway'?"),
        (3, "modems.discover", ""),
        (5, "modems.list[0]", "give it port:, imei:, iccid: or usb:"),
        (6, "modems.list[0].prot", "did you mean 'port'?"),
        (7, "modems.list[1].name", ""),
        (9, "modems.list[1].account", "did you mean 'clinic'?"),
        (11, "accounts.clinic.consent", "did you mean 'opt-out'?"),
        (12, "accounts.clinic", "keep one of them"),
        (14, "routes[0].modems[0]", "did you mean 'gsm1'?"),
        (15, "sending.retries", ""),
        (15, "sending.validity", ""),
        (15, "sending.uncertain", "did you mean 'resend'?"),
    ]


def test_a_key_that_stands_twice_is_told_with_both_lines() -> None:
    fault = only_fault("log:\n  level: info\nlog:\n  level: debug\n")
    assert (fault.line, fault.column, fault.message) == (3, 1, "'log' stands twice, first in line 1")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: &x 1\nlog: *x\n", "aliases are not read"),
        ("log: !!map {}\n", "tags are not read"),
        ("log: {}\n--- \nlog: {}\n", "a second document"),
        ("? [a]\n: 1\n", "a key must be a word"),
        ("log: {level: [info\n", "not YAML"),
        ("log:\n\tlevel: info\n", "spaces, not with tabs"),
        ("log:\n  level:info\n  format: text\n", "not YAML"),
        ("log: " + "[" * 500, "nested too deeply"),
        ("log: \x01", "not YAML"),
        ("just a text", "must be a mapping"),
        ("[1, 2]", "must be a mapping"),
        ("modems: {list: {name: a}}", "must be a list"),
        ("modems: [a]", "must be a mapping"),
        ("gateway: {name: [a]}", "must be one text"),
        ("gateway: {name: gw+1}", "no name"),
        ("gateway: {timezone: Europe/Brusels}", "no time zone"),
        ("gateway: {country: Belgium}", "no country"),
        ("store: {url: mysql://x}", "is not written as it must be"),
        ("spool: {formats: [smstool3]}", "must be one of smstools3, gammu, json, ical"),
        ("spool: {settle: -1}", "not a length of time"),
        ("sending: {validity: 1s}", "at least 300"),
        ("sending: {max_parts: 1.5}", "whole number"),
        ("mqtt: {prefix: 'a/#'}", "is not written as it must be (write levels of a topic"),
        ("mqtt: {host: 'mqtt://broker'}", "is not written as it must be (write a name or an address"),
        ("mqtt: {host: 'broker:1883'}", "the port is a key of its own"),
        ("mqtt: {tls: true}", "write {} to trust"),
        ("mqtt: {port: 99999}", "at most 65535"),
        ("accounts: {'a/b': {}}", "no name"),
        ("accounts: {a: {quiet_hours: '25:00-08:00'}}", "no time of day"),
        ("accounts: {a: {languages: [xx]}}", "must be one of"),
        ("routes: [{modems: [a]}]", "'prefix' is missing"),
        ("routes: [{prefix: '', modems: []}]", "nothing says which modems take it"),
        (modem("pin: '1'\n      pin_file: x"), "4 to 8 digits"),
        (modem("pin: '1234'\n      pin_file: x"), "are both given"),
        (modem("per_minute: 0"), "at least 1"),
        (modem("number: joan"), "no phone number"),
        ("modems: {list: [{name: a, port: ttyUSB0}]}", "no port"),
        ("modems: {list: [{port: /dev/ttyUSB0}]}", "'name' is missing"),
        ("modems: {list: [{name: a, port: /dev/x}, {name: b, port: /dev/x}]}", "the modem in line 1"),
    ],
)  # fmt: skip
def test_each_fault_is_a_sentence_with_its_place(text: str, sentence: str) -> None:
    found = faults(text)
    assert any(sentence in str(fault) for fault in found), found
    assert all(fault.line for fault in found)


def test_two_routes_of_one_prefix_are_a_fault() -> None:
    route = '- {prefix: "+3", modems: [a]}'
    text = f"modems: {{list: [{{name: a, port: /a}}]}}\nroutes:\n{route}\n{route}"
    assert only_fault(text).message == "the prefix '+3' has a route in line 3 already"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_a_configuration_or_a_config_error(text: str) -> None:
    assert all(fault.line for fault in faults_or_none(text))


_SCRAPS = st.recursive(
    st.none() | st.sampled_from(["1", "a", "0032", "gsm1", "+32", "24h", ""]) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["modems", "list", "name", "port", "routes", "accounts", "prefix", "log", "mqtt", "x"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(_SCRAPS)
def test_any_structure_is_a_configuration_or_a_config_error(scrap: object) -> None:
    assert all(fault.line for fault in faults_or_none(repr(scrap).replace("None", "null")))
