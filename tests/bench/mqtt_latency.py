"""How soon an idle gateway has a published message on the air: the first octet of AT+CMGS is at the modem."""

from __future__ import annotations

import random
import time

from tests.bench.latency import percentiles
from tests.bench.lean import Client, published, request
from tests.bench.measures import Figures, Measure, Options, Row
from tests.bench.mqtt_accept import SEND, await_gateway, broker
from tests.bench.processes import Gateway, Modems
from tests.bench.rig import configuration, ready
from tests.bench.users import MOSQUITTO

_BETWEEN_S = (0.05, 0.15)
_PATIENCE_S = 30.0


def _run(options: Options) -> Figures:
    if MOSQUITTO is None:
        return {}
    rests = random.Random(1)
    published_at = {}
    with (
        broker() as (place, one),
        Modems(place, 1) as modems,
        Gateway(place, configuration(place, modems, broker_port=one.port)),
    ):
        ready(place, 1)
        await_gateway(one.port)
        client = Client(one.port, "bench-publisher")
        time.sleep(1.0)
        for each in range(options.samples):
            time.sleep(rests.uniform(*_BETWEEN_S))
            text = f"m{each}"
            published_at[text] = time.time()
            client.send(published(SEND, each, request(text, text, each)))
            client.packets()
        modems.wait(options.samples + 1, _PATIENCE_S)
        client.close()
        asked = {one["text"].rstrip("\n"): one["asked_at"] for one in modems.accepted()}
    return percentiles((asked[text] - at) * 1000 for text, at in published_at.items())


ROWS = (
    Row(
        "mqtt-latency",
        (
            Measure(
                "median", "published → first octet of AT+CMGS, idle: median", "ms", 8, most=True, digits=2
            ),
            Measure("p99", "the same, 99th percentile", "ms", digits=2),
        ),
        _run,
    ),
)
