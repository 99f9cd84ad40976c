"""What the desk writes into a case: texts to the caller, notes, consents."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from app.api.casefile import Code, ConsentOut, NoteOut, StatedHours
from app.api.deps import IdempotencyKey, VisitDep, fingerprint
from app.cases import add_note, find_case
from app.desk import StatedConsent, record_consent, send_reply, show_consent
from app.models import Consent, Message, Note
from app.store import do_once
from app.telephony import Channel

router = APIRouter(prefix="/v1/cases", tags=["cases"])
Text = Annotated[str, Field(max_length=20_000)]


class Body(BaseModel):
    """A text or note."""

    body: Text


class ReplyBody(Body):
    """A text to the caller."""

    channel: Channel | None = Field(
        default=None, description="the one that the caller wrote on last, where nothing is said"
    )


class QueuedTextOut(BaseModel):
    """A queued text; its status follows in the case."""

    id: UUID
    status: str


class GiveConsent(BaseModel):
    """What the caller said."""

    scope: Code
    granted: bool
    methods: list[Code] = Field(default_factory=list, max_length=8)
    hours: StatedHours = None
    override_reason: Annotated[str, Field(max_length=4000)] | None = None


@router.post("/{case_id}/messages", status_code=202)
def reply(
    case_id: UUID,
    body: ReplyBody,
    visit: VisitDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> QueuedTextOut:
    """Answer the caller. The text is queued; its status follows the carrier's callbacks."""
    with visit.transaction() as db:
        message_id = do_once(
            db,
            visit.principal,
            idempotency_key,
            fingerprint(request, body),
            visit.now,
            lambda: send_reply(db, visit.principal, case_id, body.body, visit.now, body.channel).id,
        )
        find_case(db, visit.principal, case_id)
        message = db.get(Message, message_id)
        return QueuedTextOut(id=message_id, status=message.status if message else "queued")


@router.post("/{case_id}/notes", status_code=201)
def note(
    case_id: UUID,
    body: Body,
    visit: VisitDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> NoteOut:
    """Write a note for the desk."""
    with visit.transaction() as db:
        note_id = do_once(
            db,
            visit.principal,
            idempotency_key,
            fingerprint(request, body),
            visit.now,
            lambda: add_note(db, visit.principal, case_id, body.body, visit.now).id,
        )
        row = db.get_one(Note, note_id)
        return NoteOut(
            id=note_id, kind=row.kind, author=row.author_id, body=body.body, at=visit.now
        )


@router.post("/{case_id}/consents", status_code=201)
def consent(
    case_id: UUID,
    body: GiveConsent,
    visit: VisitDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> ConsentOut:
    """Record what the caller allowed or withdrew."""
    said = StatedConsent(
        body.scope, body.granted, tuple(body.methods), body.hours, body.override_reason
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return record_consent(db, visit.principal, case_id, said, visit.now).id

        key = fingerprint(request, body)
        row = db.get_one(
            Consent, do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        )
        values = db.keys.read_values(row)
        return ConsentOut.model_validate(show_consent(row, values, body.override_reason))
