"""The rota: shifts, who is on duty when; making and changing shifts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from app.access import Permission, Principal
from app.api.deps import IdempotencyKey, VersionDep, VisitDep, etag, fingerprint, needs
from app.api.state import Visit
from app.errors import BadRequest
from app.rota import (
    MOST_TIMES,
    SHIFT_ROLES,
    Duty,
    ShiftFacts,
    Slot,
    Turn,
    add_shift,
    change_shift,
    find_duty,
    find_instant,
    find_shift,
    list_turns,
    load_rota,
    read_shift_versions,
    remove_shift,
    show_slot,
    show_turn,
)
from app.store import Db, do_once

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])
_FARTHEST, _LONGEST_LOOK = timedelta(days=3660), timedelta(days=62)
WALL = "an instant, or without a zone the time on the wall where the organisation is"
OCCURRENCE = "when an occurrence begins, as in the rota"
Members = Annotated[list[UUID], Field(max_length=50)]
Rrule = Annotated[
    str,
    Field(
        max_length=400,
        description="RFC 5545, in wall-clock time, for example FREQ=WEEKLY;BYDAY=MO,TH; hourly at "
        f"most, counted to {MOST_TIMES} at most, or without an end",
    ),
]
Duration = Annotated[
    timedelta,
    Field(description="ISO 8601 (PT8H) or seconds; by the clock on the wall, 15 min to 7 days"),
]
Role = Annotated[
    str | None, Field(max_length=16, description=f"who may do it: {', '.join(SHIFT_ROLES)}")
]
People = Annotated[int | None, Field(ge=1, le=50, description="how many people it needs")]


class NewShift(BaseModel):
    """A recurring shift. Without a role it is the first that all its members have."""

    rrule: Rrule
    starts_at: Annotated[datetime, Field(description=WALL)]
    duration: Duration
    members: Members = []
    people: People = None
    fallback: bool = Field(default=False, description="called when nobody on duty answers")
    role: Role = None


class ChangeShift(BaseModel):
    """What to change about a shift."""

    rrule: Rrule | None = None
    starts_at: Annotated[datetime | None, Field(description=WALL)] = None
    duration: Duration | None = None
    members: Members | None = None
    people: People = None
    fallback: bool | None = None
    role: Role = None


class ShiftOut(BaseModel):
    """A recurring shift. ``wall_time`` is when its first one began, on the wall of ``zone``."""

    id: UUID
    name: str
    rrule: str
    starts_at: datetime
    wall_time: str
    zone: str
    duration: timedelta
    members: list[UUID]
    people: int
    fallback: bool
    role: str
    version: int


class ShiftList(BaseModel):
    """The shifts that you may see."""

    items: list[ShiftOut]
    next_cursor: str | None = None


class TurnOut(BaseModel):
    """One occurrence. ``occurrence`` names it, also where it was moved to another time."""

    shift: UUID
    name: str
    occurrence: datetime
    starts_at: datetime
    ends_at: datetime
    members: list[UUID]
    missing: int
    fallback: bool
    role: str
    cancelled: bool


class TurnList(BaseModel):
    """Occurrences by start."""

    items: list[TurnOut]
    next_cursor: str | None = None


class OnDuty(BaseModel):
    """Who is on duty at an instant, who is in the fallback group, and until when."""

    at: datetime
    members: list[UUID]
    fallback: list[UUID]
    shifts: list[TurnOut]


def shift_out(db: Db, slot: Slot, version: int) -> ShiftOut:
    """Return a shift as the API shows it."""
    zone = db.zone
    return ShiftOut(
        id=slot.id,
        name=slot.name,
        rrule=slot.rule.text,
        starts_at=find_instant(slot.rule.first, zone),
        wall_time=slot.rule.first.isoformat(timespec="minutes"),
        zone=zone.key,
        duration=slot.duration,
        members=list(slot.members),
        people=slot.people,
        fallback=slot.fallback,
        role=slot.role,
        version=version,
    )


def turn_out(db: Db, turn: Turn) -> TurnOut:
    """Return an occurrence as the API shows it."""
    return TurnOut(
        shift=turn.slot.id,
        name=turn.slot.name,
        occurrence=find_instant(turn.on, db.zone),
        starts_at=turn.start,
        ends_at=turn.end,
        members=list(turn.members),
        missing=turn.missing,
        fallback=turn.slot.fallback,
        role=turn.slot.role,
        cancelled=turn.cancelled,
    )


def instant_of(db: Db, at: datetime, now: datetime) -> datetime:
    """Return an instant that may have come as wall-clock time. BadRequest for far-off ones."""
    if abs(at.replace(tzinfo=None) - now.replace(tzinfo=None)) > _FARTHEST:
        raise BadRequest("Nobody knows the rota then.")
    return at if at.tzinfo else find_instant(at, db.zone)


def _seen(db: Db, who: Principal, since: datetime, until: datetime) -> list[Turn]:
    turns = list_turns(load_rota(db), since, until, cancelled=True)
    return [turn for one in turns if (turn := show_turn(who, one))]


# -- reading


@router.get("")
def listed(visit: VisitDep) -> ShiftList:
    """List the shifts: coordinators see all, others their own and those that lack people."""
    who = visit.principal
    who.require(Permission.ROTA)
    with visit.snapshot() as db:
        versions = read_shift_versions(db)
        seen = (show_slot(who, slot) for slot in load_rota(db).slots)
        return ShiftList(items=[shift_out(db, one, versions[one.id]) for one in seen if one])


@router.get("/on-duty")
def on_duty(
    visit: VisitDep, at: Annotated[datetime | None, Query(description=WALL)] = None
) -> OnDuty:
    """Tell who is on duty now, or at an instant."""
    who = visit.principal
    who.require(Permission.ROTA)
    with visit.snapshot() as db:
        moment = instant_of(db, at, visit.now) if at else visit.now
        turns = find_duty(load_rota(db), moment).turns
        duty = Duty(tuple(turn for one in turns if (turn := show_turn(who, one))))
        return OnDuty(
            at=moment.astimezone(UTC),
            members=duty.members(),
            fallback=duty.members(fallback=True),
            shifts=[turn_out(db, turn) for turn in duty.turns],
        )


@router.get("/turns")
def occurrences(
    visit: VisitDep,
    since: Annotated[datetime | None, Query(description="default: now")] = None,
    until: Annotated[datetime | None, Query(description="default: a week later")] = None,
) -> TurnList:
    """List the occurrences in a time of two months at most, cancelled ones too."""
    visit.principal.require(Permission.ROTA)
    with visit.snapshot() as db:
        first = instant_of(db, since, visit.now) if since else visit.now
        last = instant_of(db, until, visit.now) if until else first + timedelta(days=7)
        if last - first > _LONGEST_LOOK:
            raise BadRequest("Two months of the rota at a time.")
        return TurnList(
            items=[turn_out(db, turn) for turn in _seen(db, visit.principal, first, last)]
        )


@router.get("/{shift_id}")
def shift(shift_id: UUID, visit: VisitDep, response: Response) -> ShiftOut:
    """Return one shift."""
    with visit.snapshot() as db:
        return _shift(db, visit, shift_id, response)


def _shift(db: Db, visit: Visit, shift_id: UUID, response: Response) -> ShiftOut:
    slot, version = find_shift(db, visit.principal, shift_id)
    etag(response, version)
    return shift_out(db, slot, version)


# -- making and changing


@router.post("", status_code=201, dependencies=[needs(Permission.ROTA_OF_ALL)])
def add(
    body: NewShift,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ShiftOut:
    """Put a recurring shift into the rota; nobody may be in two places at once."""
    wanted = ShiftFacts(
        body.rrule,
        body.starts_at,
        body.duration,
        body.members,
        body.people,
        body.fallback,
        body.role,
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return add_shift(db, visit.principal, wanted, visit.now)

        key = fingerprint(request, body)
        shift_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        response.headers["Location"] = f"/v1/shifts/{shift_id}"
        return _shift(db, visit, shift_id, response)


@router.patch("/{shift_id}", dependencies=[needs(Permission.ROTA_OF_ALL)])
def change(
    shift_id: UUID, body: ChangeShift, version: VersionDep, visit: VisitDep, response: Response
) -> ShiftOut:
    """Change a shift. Exceptions stay where the new rule still has their occurrence."""
    changes: dict[str, Any] = body.model_dump(exclude_none=True)
    if "rrule" in changes:
        changes["rule"] = changes.pop("rrule")
    with visit.transaction() as db:
        change_shift(db, visit.principal, shift_id, version, changes, visit.now)
        return _shift(db, visit, shift_id, response)


@router.delete("/{shift_id}", status_code=204)
def remove(shift_id: UUID, visit: VisitDep) -> Response:
    """Take a shift out of the rota, with its swaps and hand-over notes."""
    with visit.transaction() as db:
        remove_shift(db, visit.principal, shift_id, visit.now)
    return Response(status_code=204)
