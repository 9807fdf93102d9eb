"""MMS notifications as JSON, for events and for the store, and as headers and a sentence, for files."""

from __future__ import annotations

from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any

from modemd.formats.moments import stamp
from modemd.gsm.mms import MmsNotification

if TYPE_CHECKING:
    from collections.abc import Mapping

    from modemd.formats.payloads import MmsBody


def mms_object(mms: MmsNotification) -> MmsBody:
    """What is told of a notification."""
    expires_at = None if mms.expires_at is None else mms.expires_at.isoformat(timespec="milliseconds")
    return {
        "from": mms.originator,
        "subject": mms.subject,
        "size": mms.size,
        "expires_at": expires_at,
        "url": mms.url,
    }


def kept_object(mms: MmsNotification) -> Mapping[str, Any]:
    """What the store keeps of it: that, and the name of its transaction."""
    return {**mms_object(mms), "transaction_id": mms.transaction_id}


def kept_value(kept: Mapping[str, Any]) -> MmsNotification:
    """A notification as the store kept it."""
    expires_at = kept["expires_at"]
    return MmsNotification(
        originator=kept["from"],
        subject=kept["subject"],
        size=kept["size"],
        expires_at=None if expires_at is None else datetime.fromisoformat(expires_at),
        url=kept["url"],
        transaction_id=kept["transaction_id"],
    )


def mms_headers(mms: MmsNotification | None, zone: tzinfo) -> list[tuple[str, str | None]]:
    """The header lines of a file that tells of it; what it does not say has none."""
    if mms is None:
        return []
    return [
        ("MMS", "yes"),
        ("MMS_from", mms.originator),
        ("MMS_subject", mms.subject),
        ("MMS_size", None if mms.size is None else str(mms.size)),
        ("MMS_expires", None if mms.expires_at is None else stamp(mms.expires_at, zone)),
        ("MMS_url", mms.url),
    ]


def mms_sentence(mms: MmsNotification, zone: tzinfo) -> str:
    """What a person reads: a gateway cannot fetch what lies there."""
    size = "" if mms.size is None else f" of {max(1, round(mms.size / 1024))} kB"
    words = [f"A picture message (MMS){size} has come from {mms.originator or 'somebody'}"]
    if mms.subject:
        words.append(f", {mms.subject!r}")
    words.append(". It waits at the operator")
    if mms.expires_at is not None:
        words.append(f" until {stamp(mms.expires_at, zone)}")
    return "".join([*words, "; a phone with this SIM can fetch it."])
