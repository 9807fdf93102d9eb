"""The AT core: replies told from news, prompts, late answers, and that nothing makes it raise."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modemd.gsm.at import AtCore, Command, LateReply, Prompt, Reply, Urc
from modemd.gsm.at_lines import Refusal
from modemd.gsm.at_values import choices, integer, parameters
from tests.gsm.dialogues import DIALOGUES, PDU, REPORT, URCS, Dialogue, drain, run

ALL = pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES.keys())


def check(dialogue: Dialogue, said: list[bytes], after: list[bytes]) -> list[Urc]:
    replies, urcs = run(dialogue, said, after)
    assert len(replies) == 1
    assert replies[0].command == dialogue.command
    assert replies[0].lines == dialogue.lines
    assert replies[0].final == dialogue.final
    assert replies[0].after_body == (dialogue.body is not None)
    return urcs


@ALL
def test_a_dialogue_gives_its_reply_and_nothing_else(dialogue: Dialogue) -> None:
    assert check(dialogue, list(dialogue.said), list(dialogue.after)) == []


@ALL
def test_one_octet_at_a_time(dialogue: Dialogue) -> None:
    said = [bytes([octet]) for piece in dialogue.said for octet in piece]
    after = [bytes([octet]) for piece in dialogue.after for octet in piece]
    assert check(dialogue, said, after) == []


@ALL
@pytest.mark.parametrize("single", [False, True], ids=["whole", "octets"])
@pytest.mark.parametrize("urc", URCS)
def test_a_urc_at_every_place_is_never_lost(dialogue: Dialogue, urc: str, single: bool) -> None:
    octets, lines = URCS[urc]
    pieces = [*dialogue.said, *dialogue.after]
    for place in range(len(pieces) + 1):
        mixed = [*pieces[:place], octets, *pieces[place:]]
        cut = len(dialogue.said) + (place < len(dialogue.said))
        said, after = mixed[:cut], mixed[cut:]
        if single:
            said = [bytes([octet]) for piece in said for octet in piece]
            after = [bytes([octet]) for piece in after for octet in piece]
        assert check(dialogue, said, after) == [Urc(lines)], place


@ALL
def test_all_urcs_at_once_in_one_piece(dialogue: Dialogue) -> None:
    storm = b"".join(octets for octets, _ in URCS.values())
    urcs = check(dialogue, [storm + b"".join(dialogue.said)], [storm + b"".join(dialogue.after) + storm])
    assert urcs == [Urc(lines) for _, lines in URCS.values()] * 3


def test_a_urc_right_behind_the_prompt_sign() -> None:
    core = AtCore()
    core.send(Command("AT+CMGS=30", prompt=True))
    core.receive(b'\r\n> +CMTI: "SM",3\r\n')
    assert drain(core) == [
        Prompt(Command("AT+CMGS=30", prompt=True)),
        Urc(('+CMTI: "SM",3',)),
    ]


def test_a_prompt_sign_means_nothing_while_none_is_awaited() -> None:
    core = AtCore()
    core.send(Command("AT+CSQ"))
    core.receive(b"\r\n> ")
    assert drain(core) == []
    core.receive(b"\r\nOK\r\n")
    assert [type(event) for event in drain(core)] == [Reply]


def test_only_whole_lines_are_final() -> None:
    core = AtCore()
    core.send(Command("AT+CGMI"))
    core.receive(b"OKI Telecom\r\nOK see you\r\nERROR-free\r\nNO CARRIER\r\nOK\r\n")
    reply = [event for event in drain(core) if isinstance(event, Reply)]
    assert reply == [Reply(Command("AT+CGMI"), ("OKI Telecom", "OK see you", "ERROR-free"), "OK")]


def test_call_results_end_a_call() -> None:
    core = AtCore()
    dial = Command("ATD123;", call=True)
    core.send(dial)
    core.receive(b"\r\nNO CARRIER\r\n")
    assert drain(core) == [Reply(dial, (), "NO CARRIER")]


def test_a_late_answer_is_credited_to_its_own_command() -> None:
    core = AtCore()
    submit = Command("AT+CMGS=30", prompt=True)
    core.send(submit)
    core.receive(b"\r\n> ")
    drain(core)
    core.body(PDU)
    assert core.expire() is True
    assert core.late == submit
    core.receive(b"\r\n+CMGS: 77\r\n")
    assert drain(core) == []
    core.receive(b"\r\nOK\r\n")
    assert drain(core) == [LateReply(submit, ("+CMGS: 77",), "OK", PDU)]
    assert core.late is None


def test_an_anchored_probe_lets_a_late_answer_pass() -> None:
    core = AtCore()
    core.send(Command("AT+CSQ"))
    assert core.expire() is False
    probe = Command("AT+CMEE?", anchored=True)
    core.send(probe)
    core.receive(b"\r\n+CSQ: 7,99\r\n\r\nOK\r\n")
    assert drain(core) == [LateReply(Command("AT+CSQ"), ("+CSQ: 7,99",), "OK", None)]
    core.receive(b"\r\n+CMEE: 1\r\n\r\nOK\r\n")
    assert drain(core) == [Reply(probe, ("+CMEE: 1",), "OK")]


def test_a_probe_answered_first_closes_the_late_command_with_what_it_had() -> None:
    core = AtCore()
    submit = Command("AT+CMGS=30", prompt=True)
    core.send(submit)
    core.receive(b"> ")
    core.body(PDU)
    core.expire()
    core.receive(b"+CMGS: 9\r\n")
    core.send(Command("AT+CMEE?", anchored=True))
    core.receive(b"+CMEE: 1\r\nOK\r\n")
    late = [event for event in drain(core) if isinstance(event, LateReply)]
    assert late == [LateReply(submit, ("+CMGS: 9",), "", PDU)]


def test_bare_finals_before_a_probe_is_answered_are_counted() -> None:
    core = AtCore()
    core.send(Command("AT+CMEE?", anchored=True))
    core.receive(b"\r\nOK\r\n\r\nERROR\r\n")
    assert core.strays == 2
    assert core.in_flight is not None


def test_a_late_prompt_asks_for_escape() -> None:
    core = AtCore()
    submit = Command("AT+CMGS=30", prompt=True)
    core.send(submit)
    core.expire()
    assert core.prompt_pending
    core.receive(b"\r\n> ")
    assert drain(core) == [Prompt(submit, late=True)]


@pytest.mark.parametrize(
    ("final", "refusal"),
    [
        ("+CMS ERROR: 500", Refusal("CMS", 500, "+CMS ERROR: 500")),
        ("+CMS ERROR:38", Refusal("CMS", 38, "+CMS ERROR:38")),
        ("+CME ERROR: SIM busy", Refusal("CME", 14, "+CME ERROR: SIM busy")),
        ("+CME ERROR: (U)SIM PIN required", Refusal("CME", 11, "+CME ERROR: (U)SIM PIN required")),
        ("+CME ERROR: whatever", Refusal("CME", None, "+CME ERROR: whatever")),
        ("+CME ERROR: ²", Refusal("CME", None, "+CME ERROR: ²")),
        ("ERROR", Refusal("ERROR", None, "ERROR")),
        ("COMMAND NOT SUPPORT", Refusal("ERROR", None, "COMMAND NOT SUPPORT")),
        ("OK", None),
    ],
)
def test_what_a_refusal_says(final: str, refusal: Refusal | None) -> None:
    assert Reply(Command("AT"), (), final).refusal == refusal


def test_a_direct_report_in_text_mode_is_one_line() -> None:
    core = AtCore()
    line = '+CDS: 6,20,"0870000000",129,"13/04/29,19:58:00+04","13/04/29,19:59:00+04",0'
    core.receive(line.encode() + b"\r\n" + REPORT.encode() + b"\r\n")
    assert drain(core) == [Urc((line,)), Urc((REPORT,))]


def test_a_damaged_pdu_is_still_its_heads() -> None:
    core = AtCore()
    core.receive(b"+CMT: ,30\r\n0791132604\xe900F\r\n+CDS: 24\r\nRING\r\n" + REPORT.encode() + b"\r\n")
    assert drain(core) == [
        Urc(("+CMT: ,30", "0791132604é00F")),
        Urc(("RING",)),
        Urc(("+CDS: 24", REPORT)),
    ]


def test_a_two_line_code_whose_second_line_never_comes_is_let_go() -> None:
    core = AtCore()
    core.receive(b"+CMT: ,30\r\n" + b"^RSSI:1\r\n" * 40)
    events = drain(core)
    assert Urc(("+CMT: ,30",)) in events
    assert events.count(Urc(("^RSSI:1",))) == 40


def test_line_noise_does_not_hide_a_final() -> None:
    core = AtCore()
    core.send(Command("AT"))
    core.receive(b"\xff\x00\xfe\xe9garbage\r\n\x00\xff\r\nOK\x00\r\n")
    assert [event.final for event in drain(core) if isinstance(event, Reply)] == ["OK"]


def test_memory_is_bounded() -> None:
    core = AtCore()
    core.send(Command("AT+CGMI"))
    for _ in range(300):
        core.receive(b"x" * 10_000)
    core.receive(b"\r\n")
    for _ in range(30_000):
        core.receive(b"y" * 100 + b"\r\n")
    core.receive(b"OK\r\n")
    (reply,) = [event for event in drain(core) if isinstance(event, Reply)]
    assert sum(map(len, reply.lines)) <= 1 << 20
    core.receive(b"^RSSI:1\r\n" * 50_000)
    assert len(drain(core)) == 10_000


WORDS = st.sampled_from(
    [b"OK\r\n", b"\r\nERROR\r\n", b"> ", b"\r", b"\n", b"+CMT: ,3\r\n", b"+CDS: 9\r\n", b'+CUSD: 1,"a\r\n'],
)
MOVES = st.one_of(
    st.tuples(st.just("receive"), st.binary(max_size=60) | WORDS),
    st.tuples(st.sampled_from(["send", "prompt", "probe", "body", "expire", "forget"]), st.just(b"")),
)


@given(st.lists(MOVES, max_size=60))
def test_no_octets_and_no_order_of_calls_make_it_raise(moves: list[tuple[str, bytes]]) -> None:
    core = AtCore()
    heard = 0
    for move, octets in moves:
        if move == "receive":
            core.receive(octets)
            heard += len(octets)
        elif move == "send":
            core.send(Command("AT+CSQ"))
        elif move == "prompt":
            core.send(Command("AT+CMGS=3", prompt=True))
        elif move == "probe":
            core.send(Command("AT+CMEE?", anchored=True))
        elif move == "body":
            core.body("00")
        elif move == "expire":
            core.expire()
        else:
            core.forget()
        assert len(drain(core)) <= heard + 1


@given(st.binary(max_size=400), st.data())
def test_where_octets_are_cut_makes_no_difference(octets: bytes, data: st.DataObject) -> None:
    whole, cut = AtCore(), AtCore()
    place = data.draw(st.integers(0, len(octets)))
    whole.receive(octets)
    cut.receive(octets[:place])
    cut.receive(octets[place:])
    assert drain(whole) == drain(cut)


@given(st.text(max_size=80))
def test_any_text_has_parameters(text: str) -> None:
    assert len(parameters(text)) >= 1
    assert all(isinstance(values, list) for values in choices(text))
    assert integer(text) is None or text.isdigit()


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('+CPMS: ("ME","MT","SM"),("SM"),("SR")', [["ME", "MT", "SM"], ["SM"], ["SR"]]),
        ('+CPMS: (("SM","BM","SR"),("SM"))', [["SM", "BM", "SR"], ["SM"]]),
        ("+CPMS: (),(),()", [[], [], []]),
        (
            "+CNMI: (0-2),(0-3),(0,2,3),(0-2),(0,1)",
            [["0", "1", "2"], ["0", "1", "2", "3"], ["0", "2", "3"], ["0", "1", "2"], ["0", "1"]],
        ),
        ("+CMMS: (0-2)", [["0", "1", "2"]]),
    ],
)
def test_what_a_test_form_offers(line: str, values: list[list[str]]) -> None:
    assert choices(line) == values


def test_parameters_in_quotes_keep_their_commas() -> None:
    assert parameters('+CMGL: 2,1,"a, b",24') == ["2", "1", "a, b", "24"]
    assert parameters('+CSCA:"+3247",145') == ["+3247", "145"]
