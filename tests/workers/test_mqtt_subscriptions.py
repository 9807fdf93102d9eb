"""While a session is subscribed anew there is no moment at which what is published would be nobody's."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from tests.system import meddlers
from tests.system.mosquitto import Broker
from tests.system.proxy import Proxy
from tests.workers.mqtt_floor import post, until

_SUBSCRIBE: Final = 0x82
_UNSUBSCRIBE: Final = 0xA2


def test_stand_ins_for_shared_subscriptions_stay_at_every_connect(tmp_path: Path, broker: Broker) -> None:
    seen: list[int] = []

    class Refuses(meddlers.RefusesShared):
        def up(self, packet: bytes) -> tuple[bytes, bytes]:
            seen.append(packet[0])
            return super().up(packet)

    async def talk(proxy: Proxy) -> None:
        async with post(tmp_path, proxy.port, share="modemd") as made:
            await made.connect()
            first = made.line.connection
            proxy.cut()
            await until(lambda: made.line.connection not in {None, first})
            await until(lambda: seen.count(_SUBSCRIBE) == 4)
            connection = made.line.connection
            assert connection is not None
            assert await connection.publish_for_good("modemd/x", b"", within_s=5.0)
            assert _UNSUBSCRIBE not in seen

    with Proxy(broker.port, meddler=Refuses) as proxy:
        asyncio.run(talk(proxy))
