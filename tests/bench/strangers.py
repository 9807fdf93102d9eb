"""smstools3 and gammu-smsd on the same simulated modem, where Debian's packages are installed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.processes import Modems, Process
from tests.bench.rig import TEXT, folder
from tests.bench.table import Row

_SMSD = """devices = GSM1
outgoing = {0}/outgoing
checked = {0}/checked
incoming = {0}/incoming
report = {0}/report
sent = {0}/sent
failed = {0}/failed
logfile = {0}/smsd.log
infofile = {0}/smsd.working
pidfile = {0}/smsd.pid
delaytime = 1
[GSM1]
device = {1}
init = ATE0
incoming = no
report = no
baudrate = 115200
rtscts = no
"""
_GAMMU = """[gammu]
device = {1}
connection = at115200
[smsd]
service = files
logfile = {0}/gammu.log
outboxpath = {0}/outgoing/
inboxpath = {0}/incoming/
sentsmspath = {0}/sent/
errorsmspath = {0}/failed/
commtimeout = 1
loopsleep = 1
statusfrequency = 0
checksecurity = 0
checksignal = 0
checkbattery = 0
"""


def strangers(messages: int) -> Iterator[Row]:
    """Messages a second of each, from the first on the air to the last."""
    programs: list[tuple[str, str, str, Callable[[int], tuple[str, str]]]] = [
        ("smstools3", "smsd", _SMSD, _for_smstools),
        ("gammu-smsd", "gammu-smsd", _GAMMU, _for_gammu),
    ]
    for name, program, config, file_of in programs:
        path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/bin")
        if path is None:
            continue
        with folder() as place, Modems(place, 1) as modems:
            for directory in ("outgoing", "checked", "incoming", "report", "sent", "failed"):
                (place / directory).mkdir()
            (place / "config").write_text(config.format(place, modems.all[0]["path"]))
            for each in range(messages):
                called, contents = file_of(each)
                (place / "outgoing" / called).write_text(contents)
            yield Row(
                f"{name}, the same modem, {messages} files", _rate(place, path, modems, messages), "msg/s"
            )


def _rate(place: Path, path: str, modems: Modems, messages: int) -> float:
    command = [path, "-c" + str(place / "config")]
    if "gammu" not in path:
        command.append("-t")
    with Process("stranger", command, place):
        modems.wait(messages, 60 + 4 * messages)
    air: list[float] = [one["at"] for one in modems.accepted()]
    return (len(air) - 1) / (air[-1] - air[0])


def _for_smstools(each: int) -> tuple[str, str]:
    return f"m{each:05d}", f"To: 32475{each:06d}\n\n{TEXT.format(each)}\n"


def _for_gammu(each: int) -> tuple[str, str]:
    return f"OUTC20260101_{each:06d}_00_+32475{each:06d}_bench.txt", TEXT.format(each)
