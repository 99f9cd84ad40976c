"""Complaints about refused services: dossiers for the city's office, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.denials import Code, DenialOut, Words, answer_denial
from app.api.deps import Cursor, Limit, VisitDep, etag, needs
from app.api.state import Visit
from app.desk import (
    FATES,
    ComplaintLine,
    draft_dossier,
    list_complaints,
    open_dossier,
    show_lines,
    take_complaint_step,
)
from app.errors import NotFound
from app.models import DenialState
from app.organisation import DOSSIER_LANGUAGES
from app.reports import print_dossier

router = APIRouter(prefix="/v1/denials", tags=["complaints"])
PDF = "application/pdf"


class ComplaintOut(BaseModel):
    """A complaint as coordinators follow it; nothing of it says who the caller is."""

    id: UUID
    reference: str
    sector: str
    service: str
    state: DenialState
    recorded_at: datetime
    state_since: datetime
    consented: bool = Field(description="false: nothing may go out; take back what is out")
    version: int


class ComplaintList(BaseModel):
    """A page of complaints, the newest first."""

    items: list[ComplaintOut]
    next_cursor: str | None


class NewDossier(BaseModel):
    """The language of the dossier."""

    language: Code = Field(default="en", description=", ".join(DOSSIER_LANGUAGES))


class ComplaintStep(BaseModel):
    """What became of a complaint; the note is sealed to its case."""

    state: Code = Field(description=", ".join(FATES))
    note: Words = ""


@router.post("/{denial_id}/dossier", dependencies=[needs(Permission.CASES)])
def draft(denial_id: UUID, body: NewDossier, visit: VisitDep, response: Response) -> DenialOut:
    """Draft the dossier from what is shared. Needs the caller's consent `complaint`."""
    with visit.transaction() as db:
        draft_dossier(db, visit.principal, denial_id, body.language, visit.now)
        return answer_denial(db, visit, denial_id, response)


@router.get(
    "/{denial_id}/dossier",
    response_class=Response,
    responses={200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}}},
)
def dossier(denial_id: UUID, visit: VisitDep) -> Response:
    """Return the dossier as a PDF with what the caller shares, and nothing else.

    Stands in the audit log. A closed case needs the archive, and a reason given before.
    """
    return make_dossier(visit, denial_id)


def make_dossier(visit: Visit, denial_id: UUID) -> Response:
    """Return the file. Nobody's writing waits while it is printed."""
    with visit.transaction() as db:
        opened = open_dossier(db, visit.principal, denial_id, visit.now)
    headers = {"Content-Disposition": 'attachment; filename="dossier.pdf"'}
    return Response(print_dossier(opened), media_type=PDF, headers=headers)


@router.get("", dependencies=[needs(Permission.COMPLAINTS)])
def board(
    visit: VisitDep,
    state: Annotated[str | None, Query(max_length=16, description=", ".join(DenialState))] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ComplaintList:
    """List the complaints of all cases, for those who follow them; not for publication."""
    with visit.snapshot() as db:
        found, after = list_complaints(db, visit.principal, state=state, cursor=cursor, limit=limit)
        return ComplaintList(items=[_complaint(line) for line in found], next_cursor=after)


@router.post("/{denial_id}/steps", dependencies=[needs(Permission.COMPLAINTS)])
def step(denial_id: UUID, body: ComplaintStep, visit: VisitDep, response: Response) -> ComplaintOut:
    """Say what became of a complaint. `sent` needs the caller's consent `complaint`."""
    with visit.transaction() as db:
        denial = take_complaint_step(
            db, visit.principal, denial_id, body.state, body.note, visit.now
        )
        etag(response, denial.version)
        lines = show_lines(db, [denial])
        if not lines:
            raise NotFound
        return _complaint(lines[0])


def _complaint(line: ComplaintLine) -> ComplaintOut:
    denial, values = line.denial, line.values
    return ComplaintOut(
        id=denial.id,
        reference=values.reference,
        sector=values.sector,
        service=values.service,
        state=denial.state,
        recorded_at=denial.recorded_at,
        state_since=denial.state_since,
        consented=line.consented,
        version=denial.version,
    )
