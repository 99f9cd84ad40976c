"""Hand-over notes of shifts, for the desk."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.deps import IdempotencyKey, VisitDep, fingerprint, needs
from app.rota import read_handovers, write_handover
from app.store import do_once

router = APIRouter(prefix="/v1/shifts", tags=["shifts"])


class NewHandover(BaseModel):
    """A hand-over note."""

    body: str = Field(min_length=1, max_length=20_000)


class HandoverOut(BaseModel):
    """A hand-over note; it is deleted after a fortnight."""

    id: UUID
    author: UUID
    at: datetime
    body: str


class HandoverList(BaseModel):
    """The newest hand-over notes of a shift, newest first."""

    items: list[HandoverOut]
    next_cursor: str | None = None


@router.get("/{shift_id}/hand-over")
def notes(shift_id: UUID, visit: VisitDep) -> HandoverList:
    """Open the hand-over notes of a shift. This is written into the audit log."""
    with visit.transaction() as db:
        found = read_handovers(db, visit.principal, shift_id, visit.now)
    return HandoverList(
        items=[HandoverOut(id=n.id, author=n.author, at=n.at, body=n.body) for n in found]
    )


@router.post("/{shift_id}/hand-over", status_code=201, dependencies=[needs(Permission.CASES)])
def hand_over(
    shift_id: UUID,
    body: NewHandover,
    visit: VisitDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> HandoverOut:
    """Leave a note for the desk's next shift, sealed as notes of cases are."""
    with visit.transaction() as db:

        def make() -> UUID:
            return write_handover(db, visit.principal, shift_id, body.body, visit.now)

        key = fingerprint(request, body)
        note_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
    return HandoverOut(id=note_id, author=visit.principal.member_id, at=visit.now, body=body.body)
