"""What a date can be: its kinds, its states, and which times are none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app import accompaniments
from app.errors import BadRequest
from app.models import EVENT_KINDS, EVENT_STATES

# Dates that are still to come, or of which nobody has said what came of them.
AWAITED = ("tentative", "confirmed")
LONGEST_PLACE = 2000
_NEXT: Mapping[str, tuple[str, ...]] = {
    "tentative": ("confirmed", "rescheduled", "occurred", "cancelled"),
    "confirmed": ("rescheduled", "occurred", "cancelled"),
}
_FURTHEST = timedelta(days=3660)
# Beyond these a time zone could carry a date out of the calendar.
_YEARS = range(1900, 2200)


@dataclass(frozen=True)
class Wanted:
    """A date to be added."""

    kind: str
    starts_at: datetime
    place: str = field(default="", repr=False)
    meeting_place: str | None = field(default=None, repr=False)
    state: str = "tentative"
    ends_at: datetime | None = None
    cap: int = accompaniments.USUAL_CAP


def instant_of(at: datetime, zone: str | None) -> datetime:
    """Return an instant, its wall-clock time read in ``zone`` where it has no offset of its own.

    BadRequest for a zone that does not exist, for none at all, and for a time that the clocks
    leave out on the night they go forward.
    """
    if at.year not in _YEARS:
        raise BadRequest("This is no date within ten years, with its time zone.")
    try:
        place = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest("There is no such time zone; one is America/Toronto.") from error
    if at.tzinfo is not None:
        return at
    if place is None:
        raise BadRequest("A time needs its time zone, for example 2026-02-03T09:30:00-05:00.")
    local = at.replace(tzinfo=place)
    if local.astimezone(UTC).astimezone(place).replace(tzinfo=None) != at:
        raise BadRequest("The clocks go forward that night, and leave this time out.")
    return local


def check(wanted: Wanted, now: datetime) -> None:
    """Raise BadRequest for a date that cannot be added at ``now``."""
    accompaniments.check_cap(wanted.cap)
    if wanted.kind not in EVENT_KINDS:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_KINDS)}.")
    if wanted.state not in (*AWAITED, "occurred"):
        raise BadRequest("A new date is tentative, confirmed or has occurred.")
    if wanted.starts_at.tzinfo is None or abs(wanted.starts_at - now) > _FURTHEST:
        raise BadRequest("This is no date within ten years, with its time zone.")
    if wanted.state == "occurred" and wanted.starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")
    if wanted.state != "occurred" and wanted.starts_at <= now:
        raise BadRequest("This date is in the past. Add it as one that has occurred.")
    ends_at = wanted.ends_at
    if ends_at is not None and not wanted.starts_at < ends_at < wanted.starts_at + _FURTHEST:
        raise BadRequest("A date ends after it starts.")
    if max(len(wanted.place), len(wanted.meeting_place or "")) > LONGEST_PLACE:
        raise BadRequest(f"A place has at most {LONGEST_PLACE} characters.")


def check_step(before: str, after: str, starts_at: datetime, now: datetime) -> None:
    """Raise BadRequest unless a date that is ``before`` can become ``after`` at ``now``."""
    if after not in EVENT_STATES:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_STATES)}.")
    if after == "rescheduled":
        raise BadRequest("Say when it is now: give its new time.")
    if after != before and after not in _NEXT[before]:
        raise BadRequest(f"A date that is {before} does not become {after}.")
    if after == "occurred" and starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")
