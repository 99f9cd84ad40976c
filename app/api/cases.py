"""The desk's cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints, field_validator

from app import break_glass, casefile, cases, endings, replies
from app.api.deadlines import DeadlineOut, deadline_out
from app.api.deps import (
    Cursor,
    IdempotencyKey,
    Limit,
    VersionDep,
    VisitDep,
    etag,
    fingerprint,
)
from app.api.episodes import EpisodeOut, episode_out
from app.api.events import EventOut, TaskOut, event_out, task_out
from app.api.requests import RequestOut
from app.api.requests import out as request_out
from app.casefile import CaseFile, Line
from app.db import Db
from app.errors import BadRequest
from app.idempotency import once
from app.models import LIVE_STATES, Case, Consent, Message, Note
from app.requests import Found
from app.telephony.numbers import clean_number

router = APIRouter(prefix="/v1/cases", tags=["cases"])
Text = Annotated[str, Field(max_length=20_000)]
Code = Annotated[str, StringConstraints(max_length=64)]
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
State = Literal["new", "open", "waiting", "closed", "erased"]
FieldValues = dict[
    Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=4000)] | None
]


class CaseItem(BaseModel):
    """A case in the queue: coarse facts only."""

    id: UUID
    reference: str | None
    state: str
    urgency: int = Field(description="0 now, 1 today, 2 this week, 3 information")
    situation: str | None
    language: str | None
    region: str | None
    opened_at: datetime
    last_message_at: datetime | None
    waiting_since: datetime | None
    unread: int
    assigned_to: UUID | None


class CaseList(BaseModel):
    """A page of the queue."""

    items: list[CaseItem]
    next_cursor: str | None


class Contact(BaseModel):
    """How the caller may be reached."""

    number_masked: str | None
    safe_methods: list[str]
    hours: list[str]
    flags: list[str]


class MessageOut(BaseModel):
    """One text."""

    id: UUID
    direction: Literal["inbound", "outbound"]
    channel: str
    body: str | None = Field(description="null once the text was deleted")
    at: datetime
    status: str
    author: UUID | None = None
    media: list[str] = []


class NoteOut(BaseModel):
    """A note of the desk."""

    id: UUID
    kind: str
    author: UUID
    body: str
    at: datetime


class ConsentOut(BaseModel):
    """What the caller allowed."""

    id: UUID
    scope: str
    granted: bool
    methods: list[str]
    hours: list[str]
    at: datetime
    recorded_by: UUID
    override_reason: str | None = None


class HistoryOut(BaseModel):
    """One line of the audit log about this case; times are rounded to five minutes."""

    kind: str
    at: datetime
    member: UUID | None


class CaseOut(CaseItem):
    """A case whole. ``opened`` is false where you hold no key: then only coarse facts are here."""

    opened: bool
    outcome: str | None
    held: bool
    hold_reason: str | None
    follows: UUID | None
    merged_into: UUID | None
    contact: Contact
    messages: list[MessageOut]
    fields: dict[str, str | None]
    notes: list[NoteOut]
    consents: list[ConsentOut]
    events: list[EventOut]
    tasks: list[TaskOut]
    episodes: list[EpisodeOut]
    possible_deadlines: list[DeadlineOut]
    requests: list[RequestOut] = []
    attachments: list[Any] = []
    history: list[HistoryOut]


class NewCase(BaseModel):
    """A case from a walk-in or a call taken elsewhere."""

    channel: Literal["manual"]
    contact: str | None = Field(default=None, max_length=64, description="a phone number, +1…")
    situation: Code
    urgency: int = Field(ge=0, le=3)
    language: LanguageCode | None = None
    region: Code | None = None
    fields: FieldValues = Field(default_factory=dict, max_length=64)

    @field_validator("contact", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        """Take ``{"number": …}`` too."""
        return value.get("number") if isinstance(value, dict) else value


class ChangeCase(BaseModel):
    """What a PATCH can change."""

    urgency: int | None = Field(default=None, ge=0, le=3)
    situation: Code | None = None
    language: LanguageCode | None = None
    region: Code | None = None
    fields: FieldValues | None = Field(default=None, max_length=64)


class Body(BaseModel):
    """A text or note."""

    body: Text


class Sent(BaseModel):
    """A queued text; its status follows in the case."""

    id: UUID
    status: str


class Assign(BaseModel):
    """To whom."""

    member: UUID


class Release(BaseModel):
    """The hand-over note."""

    handover: Annotated[str, Field(max_length=20_000)] = ""


class GiveConsent(BaseModel):
    """What the caller said."""

    scope: Code
    granted: bool
    methods: list[Code] = Field(default_factory=list, max_length=8)
    hours: str | list[str] | None = Field(default=None, description="18:00-21:30, in local time")
    override_reason: Annotated[str, Field(max_length=4000)] | None = None


class Close(BaseModel):
    """How it ended."""

    outcome: Code


class Hold(BaseModel):
    """Why it must not be erased."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class BreakGlass(BaseModel):
    """Why it has to be opened now."""

    reason: Annotated[str, Field(min_length=1, max_length=4000)]


class Merge(BaseModel):
    """Under which case."""

    into: UUID


def item(line: Line) -> CaseItem:
    """Return a case as the queue shows it."""
    case, values = line.case, line.coarse
    return CaseItem(
        id=case.id,
        reference=values.get("reference"),
        state=case.state,
        urgency=case.urgency,
        situation=values.get("situation"),
        language=values.get("language"),
        region=values.get("region"),
        opened_at=values.get("opened_at") or case.opened_at,
        last_message_at=values.get("last_message_at"),
        waiting_since=values.get("waiting_since") if case.waiting else None,
        unread=case.unread,
        assigned_to=case.assigned_to,
    )


def _request(file: CaseFile, found: Found) -> RequestOut:
    """Return a request with what was reported about it."""
    reports = [one for one in file.reports if one["request"] == found.request.id]
    return request_out(found, reports)


def _out(db: Db, file: CaseFile) -> CaseOut:
    case = file.line.case
    return CaseOut(
        **item(file.line).model_dump(),
        opened=file.opened,
        outcome=file.line.coarse.get("outcome"),
        held=case.held,
        hold_reason=file.hold_reason,
        follows=case.follows,
        merged_into=case.merged_into,
        contact=Contact(**casefile.safe_contact(db, file)),
        messages=[MessageOut(**message) for message in file.messages],
        fields={name: value for name, value in file.fields.items() if value is not None},
        notes=[NoteOut(**note) for note in file.notes],
        consents=[ConsentOut(**consent) for consent in file.consents],
        requests=[_request(file, found) for found in file.requests],
        events=[event_out(event) for event in file.events],
        tasks=[task_out(due) for due in file.tasks],
        episodes=[episode_out(*one) for one in file.episodes],
        possible_deadlines=[deadline_out(one) for one in file.possible_deadlines],
        history=[HistoryOut(kind=e.kind, at=e.at, member=e.actor) for e in file.history],
    )


def _changed(db: Db, case: Case, response: Response) -> CaseItem:
    etag(response, case.version)
    return item(Line(case, cases.coarse(db, case)))


# -- reading


@router.get("")
def queue(
    visit: VisitDep,
    state: Annotated[State | None, Query(description="default: new, open and waiting")] = None,
    urgency: Annotated[int | None, Query(ge=0, le=3)] = None,
    assigned: Annotated[Literal["me"] | None, Query()] = None,
    reference: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> CaseList:
    """List cases by tier, then longest waiting."""
    with visit.snapshot() as db:
        lines, after = casefile.page(
            db,
            visit.principal,
            states=(state,) if state else LIVE_STATES,
            urgency=urgency,
            mine=assigned == "me",
            reference=reference,
            cursor=cursor,
            limit=limit,
        )
        return CaseList(items=[item(line) for line in lines], next_cursor=after)


@router.get("/{case_id}")
def read(case_id: UUID, visit: VisitDep, response: Response) -> CaseOut:
    """Open a case. This is written into the audit log."""
    with visit.transaction() as db:
        file = casefile.read(db, visit.principal, case_id, visit.now)
        etag(response, file.line.case.version)
        return _out(db, file)


@router.post("/{case_id}/break-glass")
def open_in_emergency(
    case_id: UUID, body: BreakGlass, visit: VisitDep, response: Response
) -> CaseOut:
    """Open a closed case with a reason; the coordinators are told at once. Needs the archive."""
    with visit.transaction() as db:
        file = break_glass.break_glass(db, visit.principal, case_id, body.reason, visit.now)
        etag(response, file.line.case.version)
        return _out(db, file)


# -- opening and changing


@router.post("", status_code=201)
def open_case(
    body: NewCase,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CaseItem:
    """Open a case by hand."""
    number = clean_number(body.contact) if body.contact else None
    if body.contact and number is None:
        raise BadRequest("Write the phone number with its country code, for example +1 514 …")
    opening = cases.Opening(
        number, body.situation, body.urgency, body.language, body.region, body.fields
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return cases.open_by_hand(db, visit.principal, opening, visit.now).id

        key = fingerprint(request, body)
        case_id = once(db, visit.principal, idempotency_key, key, visit.now, make)
        response.headers["Location"] = f"/v1/cases/{case_id}"
        return _changed(db, cases.find(db, visit.principal, case_id), response)


@router.patch("/{case_id}")
def change(
    case_id: UUID, body: ChangeCase, version: VersionDep, visit: VisitDep, response: Response
) -> CaseItem:
    """Change tier, situation, language, region or fields."""
    with visit.transaction() as db:
        changes = body.model_dump(exclude_unset=True)
        case = cases.change(db, visit.principal, case_id, version, changes, visit.now)
        return _changed(db, case, response)


@router.post("/{case_id}/claim")
def claim(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Take a case."""
    with visit.transaction() as db:
        return _changed(db, cases.claim(db, visit.principal, case_id, visit.now), response)


@router.post("/{case_id}/assign")
def assign(case_id: UUID, body: Assign, visit: VisitDep, response: Response) -> CaseItem:
    """Give a case to a dispatcher."""
    with visit.transaction() as db:
        case = cases.assign(db, visit.principal, case_id, body.member, visit.now)
        return _changed(db, case, response)


@router.post("/{case_id}/release")
def release(
    case_id: UUID, visit: VisitDep, response: Response, body: Release | None = None
) -> CaseItem:
    """Give a case back, with a note for whoever takes it next."""
    with visit.transaction() as db:
        if body and body.handover.strip():
            replies.note(db, visit.principal, case_id, body.handover, visit.now, "handover")
        return _changed(db, cases.release(db, visit.principal, case_id, visit.now), response)


@router.post("/{case_id}/messages", status_code=202)
def reply(
    case_id: UUID,
    body: Body,
    visit: VisitDep,
    request: Request,
    idempotency_key: IdempotencyKey = None,
) -> Sent:
    """Answer the caller. The text is queued; its status follows the carrier's callbacks."""
    with visit.transaction() as db:
        message_id = once(
            db,
            visit.principal,
            idempotency_key,
            fingerprint(request, body),
            visit.now,
            lambda: replies.reply(db, visit.principal, case_id, body.body, visit.now).id,
        )
        cases.find(db, visit.principal, case_id)
        message = db.get(Message, message_id)
        return Sent(id=message_id, status=message.status if message else "queued")


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
        note_id = once(
            db,
            visit.principal,
            idempotency_key,
            fingerprint(request, body),
            visit.now,
            lambda: replies.note(db, visit.principal, case_id, body.body, visit.now).id,
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
    said = replies.Said(
        body.scope, body.granted, tuple(body.methods), body.hours, body.override_reason
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return replies.record_consent(db, visit.principal, case_id, said, visit.now).id

        key = fingerprint(request, body)
        row = db.get_one(Consent, once(db, visit.principal, idempotency_key, key, visit.now, make))
        return ConsentOut(
            id=row.id,
            recorded_by=row.recorded_by,
            override_reason=body.override_reason,
            **db.keys.open_row("consents", row),
        )


# -- ending


@router.post("/{case_id}/close")
def close(case_id: UUID, body: Close, visit: VisitDep, response: Response) -> CaseItem:
    """Close a case: from now on only the archive can open it."""
    with visit.transaction() as db:
        case = endings.close(db, visit.principal, case_id, body.outcome, visit.now)
        return _changed(db, case, response)


@router.post("/{case_id}/reopen")
def reopen(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Reopen a closed case; needs the archive."""
    with visit.transaction() as db:
        return _changed(db, endings.reopen(db, visit.principal, case_id, visit.now), response)


@router.post("/{case_id}/erase", status_code=204)
def erase(case_id: UUID, visit: VisitDep) -> Response:
    """Erase a case for good. Copies of the database follow within a week."""
    with visit.transaction() as db:
        endings.erase(db, visit.principal, case_id, visit.now)
    return Response(status_code=204)


@router.post("/{case_id}/hold", status_code=204)
def hold(case_id: UUID, body: Hold, visit: VisitDep) -> Response:
    """Keep a case from being erased."""
    with visit.transaction() as db:
        endings.hold(db, visit.principal, case_id, body.reason, visit.now)
    return Response(status_code=204)


@router.delete("/{case_id}/hold", status_code=204)
def lift_hold(case_id: UUID, visit: VisitDep) -> Response:
    """Let a case be erased again."""
    with visit.transaction() as db:
        endings.lift_hold(db, visit.principal, case_id, visit.now)
    return Response(status_code=204)


@router.post("/{case_id}/merge")
def merge(case_id: UUID, body: Merge, visit: VisitDep, response: Response) -> CaseItem:
    """Put this case under another; its conversation is read there."""
    with visit.transaction() as db:
        case = endings.merge(db, visit.principal, case_id, body.into, visit.now)
        return _changed(db, case, response)
