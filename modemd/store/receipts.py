"""Which PUBLISH packets were accepted, so that one that comes again (DUP, MQTT 5.0 3.3.1.1) is known.

A row stands for a packet identifier of a gateway's session, and is overwritten when the broker uses it anew:
there are never more than the identifiers that one session has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select
from sqlalchemy.dialects.sqlite import insert

from modemd.store.schema import receipt
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from modemd.store.transaction import Tx

_INSERT = insert(receipt)
_KEEP: Final = Statement(
    _INSERT.on_conflict_do_update(
        index_elements=["gateway", "packet_id"],
        set_={"digest": _INSERT.excluded.digest, "at": _INSERT.excluded.at},
    ),
    ("gateway", "packet_id", "digest", "at"),
)
_DIGEST: Final = Statement(
    select(receipt.c.digest).where(
        receipt.c.gateway == bindparam("gateway"), receipt.c.packet_id == bindparam("packet_id")
    ),
)
_FORGET: Final = Statement(delete(receipt).where(receipt.c.gateway == bindparam("of")))


def is_known(tx: Tx, gateway: str, packet_id: int, digest: bytes) -> bool:
    """Tell whether the last packet with this identifier was this very one."""
    return bool(tx.scalar(_DIGEST, gateway=gateway, packet_id=packet_id) == digest)


def keep(tx: Tx, gateway: str, packets: Iterable[tuple[int, bytes]], at_us: int) -> None:
    """Note ``(packet identifier, digest)`` of packets that were accepted."""
    tx.many(
        _KEEP,
        [
            {"gateway": gateway, "packet_id": packet_id, "digest": digest, "at": at_us}
            for packet_id, digest in packets
        ],
    )


def forget(tx: Tx, gateway: str) -> None:
    """Forget all of a gateway's: its session is a new one, which counts its packets anew."""
    tx.run(_FORGET, of=gateway)
