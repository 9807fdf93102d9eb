"""When the reminders of an appointment go out (L §1.3): before it, not in quiet hours, never after it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from modemd.errors import Rejected
from modemd.gsm.values import value

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

DEFAULT_LEADS_S: Final = (86400,)
_SHORTEST_S: Final = 60
_MARGIN: Final = timedelta(minutes=15)
"""What is moved before quiet hours goes out so long before they begin, so that it is gone by then."""
_DATE: Final = "%d/%m/%Y"
_TIME: Final = "%H:%M"


@value(frozen=True, slots=True)
class Reminder:
    """One reminder: ``lead_s`` is the lead that asked for it, ``due_at`` when it goes; ``None``: at once."""

    lead_s: int
    due_at: datetime | None


@value(frozen=True, slots=True)
class Hours:
    """Quiet hours of each day in a zone; over midnight where they end before they begin."""

    begin: time
    end: time
    zone: tzinfo

    @classmethod
    def of(cls, written: str | None, zone: tzinfo) -> Hours | None:
        """Read ``21:00-08:00``; hours that end as they begin are none."""
        if not written:
            return None
        begin, end = (time.fromisoformat(clock.strip()) for clock in written.split("-"))
        return None if begin == end else cls(begin, end, zone)

    def around(self, moment: datetime) -> tuple[datetime, datetime] | None:
        """Return when the quiet hours that a moment is in begin and end; ``None``: it is in none."""
        local = moment.astimezone(self.zone)
        at, over_midnight = local.timetz().replace(tzinfo=None), self.end < self.begin
        is_late = at >= self.begin
        if not (is_late or at < self.end if over_midnight else is_late and at < self.end):
            return None
        first = local.date() - timedelta(days=over_midnight and not is_late)
        last = first + timedelta(days=over_midnight)
        begin = datetime.combine(first, self.begin, self.zone)
        end = datetime.combine(last, self.end, self.zone)
        if end.astimezone(moment.tzinfo) <= moment:  # the clock was put back: their second end
            end = end.replace(fold=1)
        return begin.astimezone(moment.tzinfo), end.astimezone(moment.tzinfo)


def plan(at: datetime, leads_s: Sequence[int], quiet: Hours | None, now: datetime) -> list[Reminder]:
    """Return the reminders of an appointment, the earliest first, one for each moment.

    Leads that are past are left out; where all are, and the appointment is to come, one goes at once. One
    that falls into quiet hours is held to their end, or where that is too late, goes before they begin.

    Args:
        at: the appointment, aware.
        leads_s: seconds before it, each a minute at least.
        quiet: the account's quiet hours.
        now: aware.

    Raises:
        Rejected: ``too_late``: it is past, or nothing can go before it but in quiet hours.
    """
    if at <= now:
        raise Rejected("too_late", "appointment: it is past")
    leads = sorted({lead for lead in leads_s if lead >= _SHORTEST_S} or set(DEFAULT_LEADS_S), reverse=True)
    to_come = [lead for lead in leads if at - timedelta(seconds=lead) >= now]
    wanted = [(lead, at - timedelta(seconds=lead)) for lead in to_come] or [(leads[-1], now)]
    found: dict[datetime, int] = {}
    for lead, moment in wanted:
        due_at = _outside(moment, at, quiet, now)
        if due_at is not None:
            found.setdefault(due_at, lead)
    if not found:
        raise Rejected("too_late", "appointment: nothing can go out before it but in quiet hours")
    return [Reminder(lead, due_at if due_at > now else None) for due_at, lead in sorted(found.items())]


def _outside(moment: datetime, at: datetime, quiet: Hours | None, now: datetime) -> datetime | None:
    """A moment, or the one nearest to it that is not in quiet hours and before the appointment."""
    span = None if quiet is None else quiet.around(moment)
    if span is None:
        return moment
    begin, end = span
    if end < at:
        return end
    return max(begin - _MARGIN, now) if now < begin else None


def filled(text: str, at: datetime, zone: tzinfo) -> str:
    """Return a reminder's text: ``{date}`` and ``{time}`` are the appointment's, in the gateway's zone."""
    local = at.astimezone(zone)
    return text.replace("{date}", local.strftime(_DATE)).replace("{time}", local.strftime(_TIME))
