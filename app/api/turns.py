"""The rota by time: who is on duty when, and the occurrences of shifts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.access import Permission, Principal
from app.api.deps import VisitDep
from app.errors import BadRequest
from app.rota import Duty, ShiftTurn, find_duty, find_instant, list_turns, load_rota, show_turn
from app.store import Db

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])
_FARTHEST, _LONGEST_LOOK = timedelta(days=3660), timedelta(days=62)
WALL = "an instant, or without a zone the time on the wall where the organisation is"
OCCURRENCE = "when an occurrence begins, as in the rota"


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


def turn_out(db: Db, turn: ShiftTurn) -> TurnOut:
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


def _seen(db: Db, who: Principal, since: datetime, until: datetime) -> list[ShiftTurn]:
    turns = list_turns(load_rota(db), since, until, cancelled=True)
    return [turn for one in turns if (turn := show_turn(who, one))]


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
