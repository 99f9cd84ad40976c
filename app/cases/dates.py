"""What a date can be: its kinds, its states, and which times are none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case, read_case_values
from app.cases.tasks import settle_tasks
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import EVENT_STATES, LIVE_STATES, Case, DatePlace, Event
from app.organisation import EVENT_KINDS
from app.store import Db, position_after
from app.vault import EVENT_PLACE, read_field, seal_columns


def add_date(
    db: Db, principal: Principal, case_id: UUID, wanted: DateFacts, now: datetime
) -> Event:
    """Add a date to a case. BadRequest, CaseClosed, CaseErased."""
    principal.require(Permission.CASES)
    case = find_case(db, principal, case_id, live=True)
    return write_date(db, case, wanted, principal.member_id, now)


def write_date(
    db: Db,
    case: Case,
    wanted: DateFacts,
    actor: UUID | None,
    now: datetime,
    follows: UUID | None = None,
) -> Event:
    """Add a date for somebody who may not open the case: a reporter's next one. BadRequest."""
    check_date(wanted, now)
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    coarse = make_date_values(wanted)
    values = {**coarse, "reminded": {"skipped": find_passed_distances(wanted.starts_at, now)}}
    event = Event(
        id=row_id,
        case_id=case.id,
        follows=follows,
        state=wanted.state,
        version=1,
        position=case.last_position,
        cap=wanted.cap,
        **seal_columns(db, EVENT_PLACE, case, row_id, make_date_place(wanted)),
        **db.keys.new_row("events", row_id, values, now),
    )
    db.add(event)
    db.flush()
    audit.record(db, "event.added", actor, event.id, now)
    return event


def mark_date_occurred(db: Db, event_id: UUID, reporter: UUID, now: datetime) -> None:
    """Note what who went along reports: a date that was awaited and has begun has occurred."""
    query = select(Event).where(Event.id == event_id, Event.state.in_(AWAITED)).with_for_update()
    event = db.scalar(query.execution_options(populate_existing=True))
    if event is None or event.op_values is None:
        return
    if datetime.fromisoformat(db.keys.open_row("events", event)["starts_at"]) > now:
        return
    event.state = "occurred"
    event.version += 1
    settle_tasks(db, event.id, ("recheck", "occurred"), reporter)
    audit.record(db, "event.occurred", reporter, event.id, now)
    db.flush()


def open_date(db: Db, keys: Mapping[int, CaseKeys], row: Event) -> dict[str, Any]:
    """Return ``id case_id kind starts_at ends_at place meeting_place state follows version``.

    Also ``cap`` and ``leader``.
    """
    value = read_field(db, EVENT_PLACE, row, keys)
    return {
        "id": row.id,
        "case_id": row.case_id,
        "state": row.state,
        "follows": row.follows,
        "version": row.version,
        "cap": row.cap,
        "leader": row.leader_id,
        "kind": value.kind,
        "starts_at": value.starts_at,
        "ends_at": value.ends_at,
        "place": value.place,
        "meeting_place": value.meeting_place,
    }


@dataclass(frozen=True)
class CalendarEntry:
    """A date as the calendar shows it: no place, nobody's name."""

    event: Event
    kind: str
    starts_at: datetime
    reference: str | None


def list_calendar(
    db: Db,
    principal: Principal,
    start: datetime,
    end: datetime,
    states: Sequence[str] = EVENT_STATES,
) -> list[CalendarEntry]:
    """Return the dates of all live cases from ``start`` to before ``end``, in order."""
    principal.require(Permission.CASES)
    rows = db.execute(
        select(Event, Case)
        .join(Case, Case.id == Event.case_id)
        .where(Case.state.in_(LIVE_STATES), Event.state.in_(states), Event.op_values.is_not(None))
    ).all()
    found = []
    for event, case in rows:
        values = db.keys.open_row("events", event)
        starts_at = datetime.fromisoformat(values["starts_at"])
        if start <= starts_at < end:
            reference = read_case_values(db, case).reference
            found.append(CalendarEntry(event, values["kind"], starts_at, reference))
    return sorted(found, key=lambda entry: (entry.starts_at, entry.event.id))


# Looked at again, and reminded of, so many days before.
REMINDER_DAYS = (7, 1)
# For so long the calendar shows what is over.
_KEPT = timedelta(days=31)


def find_passed_distances(starts_at: datetime, now: datetime) -> list[int]:
    """Return the distances that lie behind a date already."""
    return [days for days in REMINDER_DAYS if now >= starts_at - timedelta(days=days)]


def make_date_values(wanted: DateFacts) -> dict[str, Any]:
    """Return a date's ``kind starts_at ends_at`` as they are kept, in UTC."""
    return {
        "kind": wanted.kind,
        "starts_at": wanted.starts_at.astimezone(UTC).isoformat(),
        "ends_at": wanted.ends_at.astimezone(UTC).isoformat() if wanted.ends_at else None,
    }


def make_date_place(wanted: DateFacts) -> DatePlace:
    """Return what is sealed of a date."""
    return DatePlace(
        kind=wanted.kind,
        starts_at=wanted.starts_at.astimezone(UTC),
        ends_at=wanted.ends_at.astimezone(UTC) if wanted.ends_at else None,
        place=wanted.place,
        meeting_place=wanted.meeting_place,
    )


def archive_dates(db: Db, case: Case) -> None:
    """Take a closed case's times out of the operational vault; its key holders keep them."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        event.op_key = event.op_values = event.shred_day = None


def forget_past_dates(db: Db, now: datetime) -> None:
    """Take the times of dates that have been dealt with, and are long past, out of the vault."""
    query = select(Event).where(Event.state.not_in(AWAITED), Event.op_values.is_not(None))
    for event in db.scalars(query.with_for_update(skip_locked=True)):
        starts_at = datetime.fromisoformat(db.keys.open_row("events", event)["starts_at"])
        if starts_at < now - _KEPT:
            event.op_key = event.op_values = event.shred_day = None


def restore_dates(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the times of a reopened case again."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        known = read_field(db, EVENT_PLACE, event, keys)
        values = make_date_values(DateFacts(known.kind, known.starts_at, ends_at=known.ends_at))
        values["reminded"] = {"skipped": find_passed_distances(known.starts_at, now)}
        for column, value in db.keys.new_row("events", event.id, values, now).items():
            setattr(event, column, value)


# Dates that are still to come, or of which nobody has said what came of them.
AWAITED = ("tentative", "confirmed")
LONGEST_PLACE = 2000
# For a date of which nobody said how many may go along: two for a minor, and a place to spare.
USUAL_CAP, LARGEST_CAP = 3, 10
_NEXT: Mapping[str, tuple[str, ...]] = {
    "tentative": ("confirmed", "rescheduled", "occurred", "cancelled"),
    "confirmed": ("rescheduled", "occurred", "cancelled"),
}
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
    state: str = "tentative"
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


def check_date_step(before: str, after: str, starts_at: datetime, now: datetime) -> None:
    """Raise BadRequest unless a date that is ``before`` can become ``after`` at ``now``."""
    if after not in EVENT_STATES:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_STATES)}.")
    if after == "rescheduled":
        raise BadRequest("Say when it is now: give its new time.")
    if after != before and after not in _NEXT[before]:
        raise BadRequest(f"A date that is {before} does not become {after}.")
    if after == "occurred" and starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")
