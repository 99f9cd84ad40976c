"""How a case's caller may be reached."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from app.api.casefile import CaseItem, StatedHours, item
from app.api.deps import ServiceDep, VisitDep, etag
from app.desk import (
    OtherPhone,
    confirm_caller,
    deny_caller,
    mark_phone_safe,
    mark_phone_unsafe,
    read_line,
    replace_contact,
)
from app.models import Case
from app.store import Db

router = APIRouter(prefix="/v1/cases/{case_id}/contact", tags=["cases"])


class NewContact(BaseModel):
    """Another safe way to the caller, and what they agreed to for it."""

    number: str = Field(max_length=64, description="+1…")
    methods: list[Annotated[str, StringConstraints(max_length=64)]] = Field(
        min_length=1, max_length=8
    )
    hours: StatedHours = None


@router.put("")
def replace(
    case_id: UUID, body: NewContact, visit: VisitDep, service: ServiceDep, response: Response
) -> CaseItem:
    """Reach the caller by another phone. This is what a case whose phone is unsafe needs.

    Members' phones and the hotline's own number are refused.
    """
    own = service.settings.twilio_number
    contact = OtherPhone(body.number, tuple(body.methods), body.hours)
    with visit.transaction() as db:
        case = replace_contact(db, visit.principal, case_id, contact, visit.now, own_number=own)
        return _changed(db, case, response)


@router.post("/compromised")
def compromise(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Say that the phone may be in the wrong hands.

    Every text that waits for it is dropped, and none goes to it any more but the fixed texts that
    every phone is answered, since silence would betray it. The case's flags hold
    `phone_compromised` until another contact is recorded or this is taken back.
    """
    with visit.transaction() as db:
        case = mark_phone_unsafe(db, visit.principal, case_id, visit.now)
        return _changed(db, case, response)


@router.delete("/compromised")
def trust(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Say that the phone is in the right hands again."""
    with visit.transaction() as db:
        return _changed(db, mark_phone_safe(db, visit.principal, case_id, visit.now), response)


@router.post("/confirmed")
def confirm(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Say that a person has made sure that it is the caller who writes.

    What was answered since a silence (`unconfirmed`) counts from now on, and a phone that was
    silent for 90 days (`perhaps_another_owner`) may be answered with facts again.
    """
    with visit.transaction() as db:
        return _changed(db, confirm_caller(db, visit.principal, case_id, visit.now), response)


@router.delete("/confirmed")
def deny(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Say that somebody else writes: what was answered since a silence never counts."""
    with visit.transaction() as db:
        return _changed(db, deny_caller(db, visit.principal, case_id, visit.now), response)


def _changed(db: Db, case: Case, response: Response) -> CaseItem:
    etag(response, case.version)
    return item(read_line(db, case))
