"""Modems that no configuration names: under which name each was used, so that it keeps that name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import bindparam, literal_column, select, update

from modemd.store.schema import modem
from modemd.store.statement import Statement

if TYPE_CHECKING:
    from modemd.store.transaction import Tx

_IDENTITY: Final = ("manufacturer", "model", "revision", "imei", "imsi", "iccid", "msisdn", "smsc")
_ADOPTED: Final = Statement(
    select(modem.c.id, modem.c.name, modem.c.imei, modem.c.iccid, modem.c.usb_path)
    .where(modem.c.gateway == bindparam("g"), modem.c.origin == literal_column("'adopted'"))
    .order_by(modem.c.id)
)
_ADOPT: Final = Statement(
    update(modem)
    .where(modem.c.id == bindparam("modem_id"))
    .values(
        origin=literal_column("'adopted'"),
        imei=bindparam("new_imei"),
        iccid=bindparam("new_iccid"),
        usb_path=bindparam("new_usb"),
    )
)
_CONFIGURE: Final = Statement(
    update(modem)
    .where(
        modem.c.id == bindparam("modem_id"),
        modem.c.origin != literal_column("'config'"),
    )
    .values(origin=literal_column("'config'"))
)
_LAST: Final = Statement(
    select(*(modem.c[name] for name in _IDENTITY)).where(modem.c.id == bindparam("modem_id"))
)
_PLACE: Final = Statement(
    update(modem).where(modem.c.id == bindparam("modem_id")).values(usb_path=bindparam("new_usb"))
)


class Adopted(NamedTuple):
    """A modem that was adopted once, as it was seen last."""

    id: int
    name: str
    imei: str | None
    iccid: str | None
    usb_path: str | None


def all_adopted(tx: Tx, gateway_name: str) -> list[Adopted]:
    """Return a gateway's adopted modems, those that were first adopted first."""
    return [Adopted._make(row) for row in tx.all(_ADOPTED, g=gateway_name)]


def write_adopted(tx: Tx, modem_id: int, imei: str | None, iccid: str | None, usb_path: str | None) -> None:
    """Note that a modem is used without the configuration naming it, and who it is."""
    tx.run(_ADOPT, modem_id=modem_id, new_imei=imei, new_iccid=iccid, new_usb=usb_path)


def write_configured(tx: Tx, modem_id: int) -> None:
    """Note that the configuration names a modem (from now on)."""
    tx.run(_CONFIGURE, modem_id=modem_id)


def last_identity(tx: Tx, modem_id: int) -> dict[str, str | None]:
    """Return who a modem and its SIM were when they were seen last: the fields of ``ModemIdentity``."""
    row = tx.one(_LAST, modem_id=modem_id)
    return dict.fromkeys(_IDENTITY) if row is None else dict(zip(_IDENTITY, row, strict=True))


def write_place(tx: Tx, modem_id: int, usb_path: str | None) -> None:
    """Write into which USB socket a modem is plugged; ``None``: none, or it is not known."""
    tx.run(_PLACE, modem_id=modem_id, new_usb=usb_path)
