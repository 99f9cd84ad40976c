"""Sightings of raids, apart from people and cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.deps import IdempotencyKey, VersionDep, VisitDep, etag, fingerprint, needs
from app.knowledge import (
    LONGEST_FACT,
    Sighting,
    SightingChanges,
    add_sighting,
    change_sighting,
    list_sightings,
    read_sighting,
)
from app.models import SightingState
from app.store import do_once

router = APIRouter(prefix="/v1/raid-reports", tags=["raid reports"])
Words = Annotated[str, Field(max_length=LONGEST_FACT)]


class Facts(BaseModel):
    """What a person saw; nothing about the person."""

    size: Words | None = None
    activity: Words | None = None
    location: Words | None = None
    uniform: Words | None = None
    seen_at: Words | None = Field(default=None, description="when, in words")
    equipment: Words | None = None
    present: Words | None = Field(default=None, description="whether they are still there")
    notes: Words | None = None


class SightingOut(BaseModel):
    """A report. `facts` is null while you do not hold the key of its day."""

    id: UUID
    state: SightingState
    event: UUID = Field(description="the same for all reports of one event")
    reported_at: datetime
    recorded_by: UUID
    facts: Facts | None
    version: int


class SightingList(BaseModel):
    """All reports of the last 90 days, the newest first."""

    items: list[SightingOut]
    next_cursor: str | None = None


class ChangeReport(BaseModel):
    """What a PATCH can change. State and event belong to all reports of the event."""

    facts: Facts | None = None
    same_as: UUID | None = Field(default=None, description="another report of the same event")
    state: Literal["corroborated", "false"] | None = None
    confirmed_by: Literal["report", "person"] | None = Field(
        default=None, description="a second report of the event, or a person who went there"
    )


@router.get("")
def listed(visit: VisitDep) -> SightingList:
    """List the reports. This is written into the audit log."""
    with visit.transaction() as db:
        found = list_sightings(db, visit.principal, visit.now)
        return SightingList(items=[_out(seen) for seen in found])


@router.post("", status_code=201, dependencies=[needs(Permission.RAIDS)])
def add(
    body: Facts,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> SightingOut:
    """Record a sighting: unverified, until a second report or a person confirms it."""
    facts = body.model_dump(exclude_none=True)
    with visit.transaction() as db:

        def make() -> UUID:
            return add_sighting(db, visit.principal, facts, visit.now).id

        key = fingerprint(request, body)
        report_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        seen = read_sighting(db, visit.principal, report_id)
        etag(response, seen.report.version)
        return _out(seen)


@router.patch("/{report_id}", dependencies=[needs(Permission.RAIDS)])
def change(
    report_id: UUID, body: ChangeReport, version: VersionDep, visit: VisitDep, response: Response
) -> SightingOut:
    """Change facts, put two reports of one event together, or say what it proved to be."""
    changes = SightingChanges(
        body.facts.model_dump(exclude_unset=True) if body.facts else None,
        body.same_as,
        SightingState(body.state) if body.state else None,
        body.confirmed_by,
    )
    with visit.transaction() as db:
        seen = change_sighting(db, visit.principal, report_id, version, changes, visit.now)
        etag(response, seen.report.version)
        return _out(seen)


def _out(seen: Sighting) -> SightingOut:
    report = seen.report
    return SightingOut(
        id=report.id,
        state=report.state,
        event=report.group_id or report.id,
        reported_at=report.reported_at,
        recorded_by=report.recorded_by,
        facts=None if seen.facts is None else Facts(**seen.facts),
        version=report.version,
    )
