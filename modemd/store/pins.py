"""PINs that were entered and not accepted, as fingerprints: none of them is entered again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.dialects.sqlite import insert as upsert

from modemd.store.schema_modems import pin_try
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_THIS: Final = (pin_try.c.holder == bindparam("of")) & (pin_try.c.fingerprint == bindparam("print"))
_OUTCOME: Final = Statement(select(pin_try.c.outcome).where(_THIS))
_NEW = upsert(pin_try)
_WRITE: Final = Statement(
    _NEW.on_conflict_do_update(
        index_elements=(pin_try.c.holder, pin_try.c.fingerprint),
        set_={name: _NEW.excluded[name] for name in ("outcome", "modem", "at")},
    ),
    ("holder", "fingerprint", "outcome", "modem", "at"),
)
_STRIKE: Final = Statement(delete(pin_try).where(_THIS))
_FORGET: Final = Statement(
    delete(pin_try).where(or_(pin_try.c.modem == bindparam("by_name"), pin_try.c.holder == bindparam("of")))
)


def outcome(tx: Tx, holder: str, fingerprint: bytes) -> str | None:
    """Return what became of a PIN: ``refused``, ``unknown``, ``again``; ``None``: it was not entered."""
    found = tx.scalar(_OUTCOME, of=holder, print=fingerprint)
    return None if found is None else str(found)


def write(tx: Tx, holder: str, fingerprint: bytes, became: str, modem: str, at_us: int) -> None:
    """Note what became of a PIN, or that it is about to be; ``modem``: the name of the SIM's place."""
    tx.run(_WRITE, holder=holder, fingerprint=fingerprint, outcome=became, modem=modem, at=at_us)


def strike(tx: Tx, holder: str, fingerprint: bytes) -> None:
    """The PIN was accepted: there is nothing to remember."""
    tx.run(_STRIKE, of=holder, print=fingerprint)


def forget(tx: Tx, modem: str, holder: str) -> int:
    """Forget what was entered in a modem of this name, and for ``holder``; return how many there were."""
    return tx.run(_FORGET, by_name=modem, of=holder)
