"""Anonymised statistics: the calendar, releases, and their files."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app import statistics
from app.access import Permission
from app.api.deps import VisitDep, needs
from app.errors import NotReleasable
from app.models import StatisticsRelease
from app.statistics import (
    MEDIA_TYPES,
    Plan,
    ReleaseEntry,
    confirm_release,
    list_releases,
    read_file,
    read_plan,
    request_release,
)

router = APIRouter(prefix="/v1/statistics", tags=["statistics"])


class ReleaseOut(BaseModel):
    """One period of the calendar; ``id`` once somebody asked for its release."""

    family: str
    period: str
    state: Literal["not_due", "due", "awaiting_confirmation", "released"]
    id: UUID | None = None
    released_on: date | None = None


class Calendar(BaseModel):
    """Every period since the organisation began."""

    damaged: bool = Field(
        description="records were changed from outside: they are left out, and nothing is drawn"
    )
    items: list[ReleaseOut]
    next_cursor: str | None = None


class NewRelease(BaseModel):
    """A whole period; there are no other dates, filters or groupings."""

    model_config = ConfigDict(extra="allow")

    family: Annotated[str, Field(max_length=32, description="opened, closed, denials")]
    period: Annotated[str, Field(max_length=64, description="2026-03, 2026-Q1, 2026")]


class Asked(BaseModel):
    """What was asked for."""

    id: UUID
    state: str


class PlanOut(BaseModel):
    """What is published how; ε in thousandths, by table."""

    schema_version: int
    keys: dict[str, list[str]]
    merged: dict[str, dict[str, str]]
    milli_epsilon: dict[str, int]


class PlanChange(BaseModel):
    """What to merge, by dimension, and which ε to lower; what is not named stays."""

    merged: dict[str, dict[str, str]] = Field(default_factory=dict, max_length=8)
    milli_epsilon: dict[str, int] = Field(default_factory=dict, max_length=16)


@router.get("/releases")
def calendar(visit: VisitDep) -> Calendar:
    """List every period with its state."""
    with visit.snapshot() as db:
        found = list_releases(db, visit.principal, visit.now)
    return Calendar(damaged=found.damaged, items=[_line(entry) for entry in found.entries])


@router.post("/releases", status_code=201, dependencies=[needs(Permission.STATISTICS)])
def request(body: NewRelease, visit: VisitDep) -> Asked:
    """Ask for a release; again, and it is the same one. Another coordinator has to confirm it."""
    if body.model_extra:
        raise NotReleasable(
            "A release is a family and a period: no other dates, filters, groupings or noise."
        )
    with visit.transaction() as db:
        release = request_release(db, visit.principal, body.family, body.period, visit.now)
    return _asked(release)


@router.post("/releases/{release_id}/confirm", dependencies=[needs(Permission.STATISTICS)])
def confirm(release_id: UUID, visit: VisitDep) -> Asked:
    """Draw a release that another coordinator asked for, once for good."""
    return _asked(confirm_release(visit.service.database, visit.principal, release_id, visit.now))


@router.get("/releases/{release_id}", response_class=Response)
def export(
    release_id: UUID,
    visit: VisitDep,
    wanted: Annotated[
        str, Query(alias="format", max_length=16, description=", ".join(MEDIA_TYPES))
    ] = "json",
) -> Response:
    """Return a release as a file: the same bytes for everybody, for ever."""
    content = read_file(visit.service.database, visit.principal, release_id, wanted)
    headers = {"Content-Disposition": f'attachment; filename="statistics-{release_id}.{wanted}"'}
    return Response(content, media_type=MEDIA_TYPES[wanted], headers=headers)


@router.get("/plan")
def plan(visit: VisitDep) -> PlanOut:
    """Return which categories and how much noise releases have."""
    visit.principal.require(Permission.STATISTICS_READ)
    with visit.snapshot() as db:
        return _plan(read_plan(db))


@router.put("/plan", dependencies=[needs(Permission.STATISTICS)])
def change_plan(body: PlanChange, visit: VisitDep) -> PlanOut:
    """Merge categories or lower ε, before the first release of a family."""
    with visit.transaction() as db:
        return _plan(
            statistics.change_plan(db, visit.principal, body.merged, body.milli_epsilon, visit.now)
        )


def _line(entry: ReleaseEntry) -> ReleaseOut:
    release = entry.release
    return ReleaseOut.model_validate(
        {
            "family": entry.family,
            "period": entry.period,
            "state": entry.state,
            "id": release.id if release else None,
            "released_on": release.released_on if release else None,
        }
    )


def _asked(release: StatisticsRelease) -> Asked:
    return Asked(id=release.id, state=release.state)


def _plan(found: Plan) -> PlanOut:
    return PlanOut(
        schema_version=found.schema_version,
        keys={name: list(listed) for name, listed in found.keys.items()},
        merged={name: dict(into) for name, into in found.merged.items()},
        milli_epsilon=dict(found.milli),
    )
