"""A case as it is answered: in the queue, whole, and after a change."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Response
from pydantic import BaseModel, BeforeValidator, Field, StringConstraints

from app.api.answers import RecordOut
from app.api.attachments import AttachmentOut
from app.api.calls import CallOut, call_out
from app.api.deadlines import DeadlineOut, deadline_out
from app.api.denials import DenialOut, denial_out
from app.api.deps import etag
from app.api.episodes import EpisodeOut, episode_out
from app.api.events import EventOut
from app.api.request_shapes import RequestOut, show_request
from app.api.tasks import TaskOut, task_out
from app.cases import spell_safe_hours
from app.desk import CaseFile, CaseLine, read_line
from app.models import Case
from app.requests import FoundRequest
from app.store import Db

SpelledHours = Annotated[
    list[str] | None,
    BeforeValidator(spell_safe_hours),
    Field(description="null: not said; `any`, alone: any time; else `18:00-21:30`, local time"),
]
StatedHours = Annotated[
    str | list[str] | None,
    Field(description="null: not said; `any`: any time; else `18:00-21:30`, in local time"),
]
Code = Annotated[str, StringConstraints(max_length=64)]


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


class Contact(RecordOut):
    """How the caller may be reached."""

    number_masked: str | None
    safe_methods: list[str]
    hours: SpelledHours
    flags: list[str]


class MessageOut(RecordOut):
    """One text."""

    id: UUID
    direction: Literal["inbound", "outbound"]
    channel: str = Field(description="sms or whatsapp")
    body: str | None = Field(description="null once the text was deleted")
    at: datetime
    status: str
    author: UUID | None = None
    media: list[str] = Field(default_factory=list)
    phone: str | None = Field(description="which phone wrote it or got it, masked")
    profile_name: str | None = Field(
        default=None, description="what the caller calls themself on WhatsApp"
    )


class InterpretationOut(RecordOut):
    """A text that the desk gave to an interpreter, with their answer; gone with the request."""

    id: UUID
    request_id: UUID
    message_id: UUID | None = Field(description="null for words of the desk's own")
    interpreter_id: UUID
    original: str
    answer: str | None = Field(description="null while there is none")


class NoteOut(RecordOut):
    """A note of the desk."""

    id: UUID
    kind: str
    author: UUID
    body: str
    at: datetime


class ConsentOut(RecordOut):
    """What the caller allowed."""

    id: UUID
    scope: str
    granted: bool
    methods: list[str]
    hours: SpelledHours
    at: datetime
    recorded_by: UUID
    override_reason: str | None = None


class HistoryOut(BaseModel):
    """One line of the audit log about this case; times are rounded to five minutes."""

    kind: str
    at: datetime
    member: UUID | None


class DamagedOut(RecordOut):
    """Something of this case that was changed or made from outside: it is not shown."""

    kind: str
    id: str


class CaseOut(CaseItem):
    """A case whole. ``opened`` is false where you hold no key: then only coarse facts are here.

    ``damaged`` names what belongs to the case, was changed from outside and is left out.
    """

    opened: bool
    outcome: str | None
    held: bool
    hold_reason: str | None
    follows: UUID | None
    merged_into: UUID | None
    contact: Contact
    messages: list[MessageOut]
    fields: dict[str, str | None]
    unconfirmed: dict[str, str] = Field(
        description="answered after a silence: counts once `/contact/confirmed` says so"
    )
    erase_at: datetime | None = Field(description="the caller wishes it erased, which happens then")
    notes: list[NoteOut]
    consents: list[ConsentOut]
    events: list[EventOut]
    tasks: list[TaskOut]
    episodes: list[EpisodeOut]
    denials: list[DenialOut]
    possible_deadlines: list[DeadlineOut]
    requests: list[RequestOut] = []
    interpretations: list[InterpretationOut]
    calls: list[CallOut]
    attachments: list[AttachmentOut]
    history: list[HistoryOut]
    damaged: list[DamagedOut]


def item(line: CaseLine) -> CaseItem:
    """Return a case as the queue shows it."""
    case, values = line.case, line.values
    return CaseItem(
        id=case.id,
        reference=values.reference or None,
        state=case.state,
        urgency=case.urgency,
        situation=values.situation,
        language=values.language,
        region=values.region,
        opened_at=values.opened_at,
        last_message_at=values.last_message_at,
        waiting_since=values.waiting_since if case.waiting else None,
        unread=case.unread,
        assigned_to=case.assigned_to,
    )


def _request(file: CaseFile, found: FoundRequest) -> RequestOut:
    """Return a request with what was reported about it."""
    reports = [one for one in file.reports if one.request_id == found.request.id]
    return show_request(found, reports)


def case_out(file: CaseFile) -> CaseOut:
    """Return a case whole, with what the reader holds a key for."""
    case = file.line.case
    return CaseOut(
        **item(file.line).model_dump(),
        opened=file.opened,
        outcome=file.line.values.outcome,
        held=case.held,
        hold_reason=file.hold_reason,
        follows=case.follows,
        merged_into=case.merged_into,
        contact=Contact.model_validate(file.contact),
        messages=[MessageOut.model_validate(one) for one in file.messages],
        fields={name: value for name, value in file.fields.items() if value is not None},
        unconfirmed=dict(file.unconfirmed),
        erase_at=file.erasure.due_at if file.erasure else None,
        notes=[NoteOut.model_validate(one) for one in file.notes],
        consents=[ConsentOut.model_validate(one) for one in file.consents],
        requests=[_request(file, found) for found in file.requests],
        interpretations=[InterpretationOut.model_validate(i) for i in file.interpretations],
        events=[EventOut.model_validate(one) for one in file.events],
        tasks=[task_out(due) for due in file.tasks],
        episodes=[episode_out(*one) for one in file.episodes],
        denials=[denial_out(*one) for one in file.denials],
        possible_deadlines=[deadline_out(one) for one in file.possible_deadlines],
        calls=[call_out(row) for row in file.calls],
        attachments=[AttachmentOut.model_validate(one) for one in file.attachments],
        history=[HistoryOut(kind=e.kind, at=e.at, member=e.actor) for e in file.history],
        damaged=[DamagedOut.model_validate(one) for one in file.damaged],
    )


def changed(db: Db, case: Case, response: Response) -> CaseItem:
    """Return a case after a change; its version goes into the answer."""
    etag(response, case.version)
    return item(read_line(db, case))
