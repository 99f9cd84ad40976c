"""Calls of a case: calling back, and what the desk does with a call that goes on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app import calls
from app.access import Permission
from app.api.deps import IdempotencyKey, VisitDep, fingerprint, needs
from app.calls import hand_call_over, start_call_back
from app.models import Call
from app.store import do_once

router = APIRouter(prefix="/v1/cases", tags=["cases"])
_desk = [needs(Permission.CASES)]
Code = Annotated[str, Field(max_length=64)]


class CallOut(BaseModel):
    """A call, with no number in it. ``at`` is rounded to five minutes."""

    id: UUID
    direction: str
    state: str = Field(description="challenge menu situation ringing calling dialing bridged …")
    at: datetime
    answered_by: UUID | None
    disposition: str | None = Field(
        description="answered voicemail missed no_answer unanswered lost; null while it goes on"
    )
    custody: bool = Field(description="a line of detention's: nobody else may be joined to it")


class HandOver(BaseModel):
    """The colleague who is to take over."""

    member: UUID


class Languages(BaseModel):
    """What the interpreter has to speak; without, the case's language."""

    languages: list[Code] = Field(default_factory=list, max_length=8)


class Custody(BaseModel):
    """Whether the call is a line of detention's."""

    custody: bool


class RequestMade(BaseModel):
    """The request by which interpreters are asked."""

    id: UUID
    state: str


def call_out(row: Call) -> CallOut:
    """Return a call as it is answered."""
    return CallOut(
        id=row.id,
        direction=row.direction,
        state=row.state,
        at=row.at,
        answered_by=row.winner,
        disposition=row.disposition,
        custody=row.custody,
    )


@router.post("/{case_id}/calls", status_code=202, dependencies=_desk)
def call_back(
    case_id: UUID, visit: VisitDep, request: Request, idempotency_key: IdempotencyKey = None
) -> CallOut:
    """Call the caller: your phone rings first, then theirs; both see the hotline's number."""
    with visit.transaction() as db:

        def make() -> UUID:
            return start_call_back(db, visit.principal, case_id, visit.now).id

        key = fingerprint(request, None)
        call_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        return call_out(db.get_one(Call, call_id))


@router.post("/{case_id}/calls/{call_id}/hand-over", status_code=202, dependencies=_desk)
def hand_over(case_id: UUID, call_id: UUID, body: HandOver, visit: VisitDep) -> CallOut:
    """Ring a colleague into a running call; with their 1 it is theirs."""
    with visit.transaction() as db:
        row = hand_call_over(db, visit.principal, case_id, call_id, body.member, visit.now)
        return call_out(row)


@router.post("/{case_id}/calls/{call_id}/interpreter", status_code=202, dependencies=_desk)
def ask_interpreter(case_id: UUID, call_id: UUID, body: Languages, visit: VisitDep) -> RequestMade:
    """Ask interpreters; who accepts is rung into the call. Refused on a line of detention."""
    with visit.transaction() as db:
        made = calls.ask_interpreter(
            db, visit.principal, case_id, call_id, body.languages, visit.now
        )
        return RequestMade(id=made.id, state=made.state)


@router.post("/{case_id}/calls/{call_id}/custody", dependencies=_desk)
def mark_custody(case_id: UUID, call_id: UUID, body: Custody, visit: VisitDep) -> CallOut:
    """Say whether a call is a line of detention's."""
    with visit.transaction() as db:
        who, now = visit.principal, visit.now
        return call_out(calls.mark_custody(db, who, case_id, call_id, body.custody, now))
