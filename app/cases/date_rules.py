"""What a date can be: its kind, its state, and which times are none. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.errors import BadRequest
from app.models import AWAITED, EVENT_TRANSITIONS, EventState
from app.organisation import EVENT_KINDS

# The desk looks again, and people are reminded, so many days before.
REMINDER_DAYS = (7, 1)
LONGEST_PLACE = 2000
# For a date of which it is not said how many may go along: two for a minor, and a place to spare.
USUAL_CAP, LARGEST_CAP = 3, 10
_FURTHEST = timedelta(days=3660)
# Beyond these a time zone could carry a date out of the calendar.
_YEARS = range(1900, 2200)


@dataclass(frozen=True)
class DateFacts:
    """A date to be added."""

    kind: str
    starts_at: datetime
    place: str = field(default="", repr=False)
    meeting_place: str | None = field(default=None, repr=False)
    state: EventState = EventState.TENTATIVE
    ends_at: datetime | None = None
    cap: int = USUAL_CAP


def read_instant(at: datetime, zone: str | None) -> datetime:
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


def check_cap(cap: int) -> None:
    """Raise BadRequest for a number of people that nobody can mean."""
    if not 1 <= cap <= LARGEST_CAP:
        raise BadRequest(f"From 1 to {LARGEST_CAP} people go along to a date.")


def check_date(wanted: DateFacts, now: datetime) -> None:
    """Raise BadRequest for a date that cannot be added at ``now``."""
    check_cap(wanted.cap)
    if wanted.kind not in EVENT_KINDS:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_KINDS)}.")
    if wanted.state not in (*AWAITED, EventState.OCCURRED):
        raise BadRequest("A new date is tentative, confirmed or has occurred.")
    if wanted.starts_at.tzinfo is None or abs(wanted.starts_at - now) > _FURTHEST:
        raise BadRequest("This is no date within ten years, with its time zone.")
    if wanted.state == EventState.OCCURRED and wanted.starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")
    if wanted.state != EventState.OCCURRED and wanted.starts_at <= now:
        raise BadRequest("This date is in the past. Add it as one that has occurred.")
    ends_at = wanted.ends_at
    if ends_at is not None and not wanted.starts_at < ends_at < wanted.starts_at + _FURTHEST:
        raise BadRequest("A date ends after it starts.")
    if max(len(wanted.place), len(wanted.meeting_place or "")) > LONGEST_PLACE:
        raise BadRequest(f"A place has at most {LONGEST_PLACE} characters.")


def check_date_step(
    before: EventState, after: EventState, starts_at: datetime, now: datetime
) -> None:
    """Raise BadRequest unless a date that is ``before`` can become ``after`` at ``now``."""
    if after == EventState.RESCHEDULED:
        raise BadRequest("Say when it is now: give its new time.")
    if after != before and after not in EVENT_TRANSITIONS[before]:
        raise BadRequest(f"A date that is {before} does not become {after}.")
    if after == EventState.OCCURRED and starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")


def read_event_state(text: str) -> EventState:
    """Return the state that a text names. BadRequest."""
    try:
        return EventState(text)
    except ValueError:
        raise BadRequest(f"A date is one of: {', '.join(EventState)}.") from None


def find_passed_distances(starts_at: datetime, now: datetime) -> tuple[int, ...]:
    """Return the distances that lie behind a date already."""
    return tuple(days for days in REMINDER_DAYS if now >= starts_at - timedelta(days=days))
