"""Shifts that recur: reading, making, changing and removing them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.deps import IdempotencyKey, VersionDep, VisitDep, etag, fingerprint, needs
from app.api.state import Visit
from app.api.turns import WALL
from app.rota import (
    MOST_TIMES,
    SHIFT_ROLES,
    ShiftChanges,
    ShiftFacts,
    Slot,
    add_shift,
    change_shift,
    find_instant,
    find_shift,
    load_rota,
    read_shift_versions,
    remove_shift,
    show_slot,
)
from app.store import Db, do_once

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])
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
    """Put a recurring shift into the rota; no member may be in two places at once."""
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
    """Change a shift. Overrides stay where the new rule still has their occurrence."""
    changes = ShiftChanges(
        body.rrule,
        body.starts_at,
        body.duration,
        body.members,
        body.people,
        body.fallback,
        body.role,
    )
    with visit.transaction() as db:
        change_shift(db, visit.principal, shift_id, version, changes, visit.now)
        return _shift(db, visit, shift_id, response)


@router.delete("/{shift_id}", status_code=204)
def remove(shift_id: UUID, visit: VisitDep) -> Response:
    """Take a shift out of the rota, with its swaps and hand-over notes."""
    with visit.transaction() as db:
        remove_shift(db, visit.principal, shift_id, visit.now)
    return Response(status_code=204)
