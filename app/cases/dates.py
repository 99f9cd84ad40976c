"""The dates of a case: adding them, opening them, and what the machine knows of them.

The machine knows kind and time while the case is open; the place is sealed to the case. The sealed
value holds kind and time too, so that they can leave the operational vault when the case is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases.case import find_case
from app.cases.date_rules import DateFacts, check_date, find_passed_distances
from app.cases.tasks import settle_tasks
from app.crypto import CaseKeys
from app.models import (
    AWAITED,
    EVENT_TRANSITIONS,
    Case,
    DatePlace,
    Event,
    EventState,
    EventValues,
    Reminded,
    check_step,
)
from app.store import Db, position_after
from app.vault import EVENT_PLACE, read_field, seal_columns

# For so long the calendar shows what is over.
_KEPT = timedelta(days=31)


@dataclass(frozen=True)
class OpenedDate:
    """A date as its case's readers see it. ``follows`` is the date that this one moved from."""

    id: UUID
    case_id: UUID
    kind: str
    state: EventState
    starts_at: datetime
    ends_at: datetime | None
    place: str = field(repr=False)
    meeting_place: str | None = field(repr=False)
    follows: UUID | None
    cap: int
    leader: UUID | None
    version: int


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
    """Add a date, also for a reporter who may not open the case. BadRequest."""
    check_date(wanted, now)
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    event = Event(
        id=row_id,
        follows=follows,
        state=wanted.state,
        version=1,
        position=case.last_position,
        cap=wanted.cap,
        **seal_columns(db, EVENT_PLACE, case, row_id, make_date_place(wanted)),
        **db.keys.new_values(Event, row_id, _make_values(wanted, now), now, case_id=case.id),
    )
    db.add(event)
    db.flush()
    audit.record(db, "event.added", actor, event.id, now)
    return event


def mark_date(event: Event, state: EventState) -> None:
    """Say what became of a date, or that it is made sure of."""
    check_step(EVENT_TRANSITIONS, event.state, state)
    event.state = state


def mark_date_occurred(db: Db, event_id: UUID, reporter: UUID, now: datetime) -> None:
    """Note that a date took place, as somebody who was there reports, if it had begun."""
    query = select(Event).where(Event.id == event_id, Event.state.in_(AWAITED)).with_for_update()
    event = db.scalar(query.execution_options(populate_existing=True))
    values = db.keys.find_values(event) if event else None
    if event is None or values is None or values.starts_at > now:
        return
    mark_date(event, EventState.OCCURRED)
    event.version += 1
    settle_tasks(db, event.id, ("recheck", "occurred"), reporter)
    audit.record(db, "event.occurred", reporter, event.id, now)
    db.flush()


def open_date(db: Db, keys: Mapping[int, CaseKeys], row: Event) -> OpenedDate:
    """Open a date with the keys of its case."""
    sealed = read_field(db, EVENT_PLACE, row, keys)
    return OpenedDate(
        row.id,
        row.case_id,
        sealed.kind,
        row.state,
        sealed.starts_at,
        sealed.ends_at,
        sealed.place,
        sealed.meeting_place,
        row.follows,
        row.cap,
        row.leader_id,
        row.version,
    )


def make_date_place(wanted: DateFacts) -> DatePlace:
    """Return what is sealed of a date."""
    return DatePlace(
        kind=wanted.kind,
        starts_at=wanted.starts_at.astimezone(UTC),
        ends_at=wanted.ends_at.astimezone(UTC) if wanted.ends_at else None,
        place=wanted.place,
        meeting_place=wanted.meeting_place,
    )


def _make_values(wanted: DateFacts, now: datetime) -> EventValues:
    """Return what the machine knows of a date that it hears of now."""
    reminded = Reminded(skipped=find_passed_distances(wanted.starts_at, now))
    return rewrite_date_values(EventValues(kind="", starts_at=now, reminded=reminded), wanted)


def rewrite_date_values(values: EventValues, wanted: DateFacts) -> EventValues:
    """Return what the machine knows of a date whose kind or times are others now."""
    ends_at = wanted.ends_at.astimezone(UTC) if wanted.ends_at else None
    return replace(
        values, kind=wanted.kind, starts_at=wanted.starts_at.astimezone(UTC), ends_at=ends_at
    )


def archive_dates(db: Db, case: Case) -> None:
    """Take a closed case's times out of the operational vault; its key holders keep them."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        event.op_key = event.op_values = event.shred_day = None


def forget_past_dates(db: Db, now: datetime) -> None:
    """Take the times of dates that have been dealt with, and are long past, out of the vault."""
    query = select(Event).where(Event.state.not_in(AWAITED), Event.op_values.is_not(None))
    for event in db.scalars(query.with_for_update(skip_locked=True)):
        if db.keys.read_values(event).starts_at < now - _KEPT:
            event.op_key = event.op_values = event.shred_day = None


def restore_dates(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the times of a reopened case again."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        known = read_field(db, EVENT_PLACE, event, keys)
        wanted = DateFacts(known.kind, known.starts_at, ends_at=known.ends_at)
        db.keys.move_values(event, _make_values(wanted, now), now)
