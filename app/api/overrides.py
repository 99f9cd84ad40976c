"""Overrides of single occurrences, and signing oneself up."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.deps import VisitDep, needs
from app.api.shifts import Duration, Members
from app.api.turns import OCCURRENCE, WALL, TurnOut, instant_of, turn_out
from app.rota import ChangedTurn, join_shift, override_turn, restore_turn

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])


class SignUp(BaseModel):
    """Once, or without an occurrence for as long as the shift recurs."""

    occurrence: Annotated[datetime | None, Field(description=OCCURRENCE)] = None


class Override(BaseModel):
    """What differs once; a field that you leave out is as the shift has it."""

    occurrence: Annotated[datetime, Field(description=OCCURRENCE)]
    cancelled: bool = False
    starts_at: Annotated[datetime | None, Field(description=WALL)] = None
    duration: Duration | None = None
    away: Members = Field(default=[], description="who does not come this once")
    extra: Members = Field(default=[], description="who comes this once")


@router.put("/{shift_id}/overrides", dependencies=[needs(Permission.ROTA_OF_ALL)])
def override(shift_id: UUID, body: Override, visit: VisitDep) -> TurnOut:
    """Cancel, move or cover one occurrence; this replaces an earlier override of it."""
    different = ChangedTurn(body.cancelled, body.starts_at, body.duration, body.away, body.extra)
    with visit.transaction() as db:
        at = instant_of(db, body.occurrence, visit.now)
        turn = override_turn(db, visit.principal, shift_id, at, different, visit.now)
        return turn_out(db, turn)


@router.delete("/{shift_id}/overrides", status_code=204)
def restore(
    shift_id: UUID, visit: VisitDep, occurrence: Annotated[datetime, Query(description=OCCURRENCE)]
) -> Response:
    """Let an occurrence be again as the rule has it."""
    with visit.transaction() as db:
        at = instant_of(db, occurrence, visit.now)
        restore_turn(db, visit.principal, shift_id, at, visit.now)
    return Response(status_code=204)


@router.post("/{shift_id}/sign-up", status_code=204, dependencies=[needs(Permission.ROTA)])
def sign_up(shift_id: UUID, visit: VisitDep, body: SignUp | None = None) -> Response:
    """Sign yourself up for a shift that lacks people, once or for good; the first one gets it."""
    with visit.transaction() as db:
        at = instant_of(db, body.occurrence, visit.now) if body and body.occurrence else None
        join_shift(db, visit.principal, shift_id, at, visit.now)
    return Response(status_code=204)
