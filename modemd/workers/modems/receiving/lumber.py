"""What takes up a modem's storages and was not received: copies of what was sent, and a person's drafts.

A full storage takes nothing more in (27.005, 3.1), and a modem that keeps what it sends fills its own.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final

from modemd.errors import PduError
from modemd.gsm.incoming import Deliver, StatusReport, decode_any, whole
from modemd.service.alarms import clear_alarm, raise_alarm

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping

    from modemd.modem.storage import Stored
    from modemd.store.transaction import Tx
    from modemd.workers.floor import Floor

log = logging.getLogger(__name__)

_SENT: Final = 3
"""``stat`` of a stored message that was sent (27.005, 3.1)."""
_CROWDED: Final = 0.8
_CODE: Final = "storage_full"


class Lumber:
    """Keeps one modem's storages open for what comes in."""

    def __init__(self, floor: Floor, modem: str) -> None:
        self._floor = floor
        self._name = modem
        self._full: list[str] | None = None
        """The storages that were full when it was last looked; ``None``: not known since the start."""

    async def clear(
        self, totals: Mapping[str, int], left: Collection[Stored], remove: Callable[[Stored], Awaitable[bool]]
    ) -> None:
        """Free storages that are nearly full of sent copies, and tell a person of one that stays full.

        Args:
            totals: how many entries each storage can hold.
            left: what lies in all of them after what had come in was taken.
            remove: removes an entry; tells whether the modem let it go.

        Raises:
            NoReply, PortLost: the modem is gone.
            StoreError: nobody was told; the next look tells.
        """
        used = Counter(item.storage for item in left)
        crowded = {name for name, total in totals.items() if used[name] >= total * _CROWDED}
        removed = Counter(
            [
                item.storage
                for item in left
                if item.storage in crowded and _is_copy(item) and await remove(item)
            ]
        )
        for name, count in removed.items():
            log.info(
                "modem %s: %d copies of sent messages were removed: %s was nearly full",
                self._name, count, name,
            )  # fmt: skip
        used.subtract(removed)
        await self._tell([name for name, total in totals.items() if used[name] >= total], totals)

    async def _tell(self, full: list[str], totals: Mapping[str, int]) -> None:
        if full == self._full:
            return
        rules, now = self._floor.rules, self._floor.now()

        def write(tx: Tx) -> bool:
            if not full:
                return clear_alarm(tx, rules, modem=self._name, code=_CODE, now=now)
            text = _sentence(self._name, full[0], totals[full[0]])
            return raise_alarm(
                tx, rules, modem=self._name, code=_CODE, text=text, severity="warning", now=now
            )

        if await self._floor.store.run(write):
            self._floor.ring_alarms()
            if full:
                log.warning("%s", _sentence(self._name, full[0], totals[full[0]]))
        self._full = full


def _is_copy(item: Stored) -> bool:
    """Whether it was sent from here: what the network sent is not lost, whatever the modem calls it."""
    try:
        return item.stat == _SENT and not isinstance(
            decode_any(whole(item.pdu, item.tpdu_length)), Deliver | StatusReport
        )
    except PduError:
        return True


def _sentence(modem: str, storage: str, total: int) -> str:
    return (
        f"Modem {modem}: its storage {storage} is full ({total} of {total}) of drafts, or of what else did"
        " not come in here, and nothing more comes in. Delete them in a telephone, or stop the gateway and"
        f' give the modem AT+CPMS="{storage}" and AT+CMGD=1,4.'
    )
