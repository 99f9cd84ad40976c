"""Dates in cases, and the desk's calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints

from app.access import Permission
from app.api.answers import RecordOut
from app.api.deps import (
    Cursor,
    IdempotencyKey,
    Instant,
    Limit,
    VersionDep,
    VisitDep,
    etag,
    fingerprint,
    needs,
)
from app.cases import (
    LARGEST_CAP,
    LONGEST_PLACE,
    USUAL_CAP,
    CalendarEntry,
    DateFacts,
    add_date,
    list_calendar,
    read_event_state,
    read_instant,
)
from app.desk import change_date, read_date
from app.models import Event
from app.store import Db, decode_cursor, do_once, encode_cursor

router = APIRouter(prefix="/v1", tags=["events"])
Code = Annotated[str, StringConstraints(max_length=64)]
Place = Annotated[str, Field(max_length=LONGEST_PLACE)]
Local = "with its offset; or local time, with `zone`"
_DAYS_SHOWN = 31


class AccompanimentOut(RecordOut):
    """Somebody who goes along to a date, or is looked for."""

    request_id: UUID
    state: str = Field(description="requested, offered, confirmed, attended, no_show, cancelled")
    member_id: UUID | None
    leads: bool


class EventOut(RecordOut):
    """A date in a case, with its place."""

    id: UUID
    case_id: UUID
    kind: str
    state: str
    starts_at: datetime
    ends_at: datetime | None = None
    place: str
    meeting_place: str | None
    follows: UUID | None = Field(description="the date that this one moved from")
    followed_by: UUID | None = Field(default=None, description="where this one moved to")
    cap: int = Field(description="how many go along at most")
    leader: UUID | None = Field(description="who leads them: the first who accepted, or as chosen")
    accompaniments: list[AccompanimentOut] = Field(default_factory=list)
    version: int


class NewEvent(BaseModel):
    """A date to be added. One in the past must have `occurred`."""

    kind: Code = Field(description="hearing, check_in, detention_review, removal, appointment…")
    starts_at: datetime = Field(description=Local)
    ends_at: datetime | None = Field(default=None, description=Local)
    zone: Code | None = Field(default=None, description="for example America/Toronto")
    place: Place = ""
    meeting_place: Place | None = None
    state: Code = "tentative"
    cap: Annotated[int, Field(ge=1, le=LARGEST_CAP)] = USUAL_CAP


class ChangeEvent(BaseModel):
    """What a PATCH can change. Another `starts_at` moves the date: a new one then follows it."""

    kind: Code | None = None
    starts_at: datetime | None = Field(default=None, description=Local)
    ends_at: datetime | None = Field(default=None, description=Local)
    zone: Code | None = None
    place: Place | None = None
    meeting_place: Place | None = None
    state: Code | None = None
    cap: Annotated[int, Field(ge=1, le=LARGEST_CAP)] | None = None
    leader: UUID | None = Field(default=None, description="one of those who go along")


class EntryOut(BaseModel):
    """A date as the calendar shows it: no place, nobody's name."""

    id: UUID
    case_id: UUID
    reference: str | None
    kind: str
    state: str
    starts_at: datetime
    version: int


class CalendarPage(BaseModel):
    """A page of the calendar."""

    items: list[EntryOut]
    next_cursor: str | None = None


@router.post("/cases/{case_id}/events", status_code=201)
def add(
    case_id: UUID,
    body: NewEvent,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> EventOut:
    """Add a date to a case."""
    wanted = DateFacts(
        body.kind,
        read_instant(body.starts_at, body.zone),
        body.place,
        body.meeting_place,
        read_event_state(body.state),
        read_instant(body.ends_at, body.zone) if body.ends_at else None,
        body.cap,
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return add_date(db, visit.principal, case_id, wanted, visit.now).id

        key = fingerprint(request, body)
        event_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        response.headers["Location"] = f"/v1/events/{event_id}"
        return _whole(db, visit, event_id, response)


def _whole(db: Db, visit: VisitDep, event_id: UUID, response: Response) -> EventOut:
    event = read_date(db, visit.principal, event_id, visit.now)
    etag(response, event.version)
    return EventOut.model_validate(event)


@router.get("/events/{event_id}")
def read(event_id: UUID, visit: VisitDep, response: Response) -> EventOut:
    """Open one date. This is written into the audit log, as reading its case."""
    with visit.transaction() as db:
        return _whole(db, visit, event_id, response)


@router.patch("/events/{event_id}", dependencies=[needs(Permission.CASES)])
def change(
    event_id: UUID, body: ChangeEvent, version: VersionDep, visit: VisitDep, response: Response
) -> EventOut:
    """Change a date, or move it: then it is `rescheduled`, and `followed_by` names the new one."""
    changes = body.model_dump(exclude_unset=True)
    zone = changes.pop("zone", None)
    for name in ("starts_at", "ends_at"):
        if changes.get(name) is not None:
            changes[name] = read_instant(changes[name], zone)
    with visit.transaction() as db:
        change_date(db, visit.principal, event_id, version, changes, visit.now)
        return _whole(db, visit, event_id, response)


@router.get("/events")
def calendar(
    visit: VisitDep,
    start: Annotated[Instant | None, Query(alias="from", description="default: now")] = None,
    end: Annotated[Instant | None, Query(alias="to", description="default: 31 days on")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CalendarPage:
    """List the dates of all open cases, in order. Places are in the cases."""
    start = start or visit.now
    end = end or start + timedelta(days=_DAYS_SHOWN)
    with visit.snapshot() as db:
        found = list_calendar(db, visit.principal, start, end)
    after = decode_cursor(cursor, datetime, UUID) if cursor is not None else None
    rest = [entry for entry in found if after is None or _key(entry) > after]
    more = len(rest) > limit
    last = _key(rest[limit - 1]) if more else None
    return CalendarPage(
        items=[_entry(entry) for entry in rest[:limit]],
        next_cursor=encode_cursor(*last) if last else None,
    )


def _key(entry: CalendarEntry) -> tuple[datetime, UUID]:
    return entry.starts_at, entry.event.id


def _entry(entry: CalendarEntry) -> EntryOut:
    event: Event = entry.event
    return EntryOut(
        id=event.id,
        case_id=event.case_id,
        reference=entry.reference,
        kind=entry.kind,
        state=event.state,
        starts_at=entry.starts_at,
        version=event.version,
    )
