"""The desk's cases: the queue, opening, changing, handing over."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, StringConstraints, field_validator

from app.access import Permission
from app.api.casefile import CaseItem, CaseList, CaseOut, Code, case_out, changed, item
from app.api.deps import (
    Cursor,
    IdempotencyKey,
    Limit,
    ServiceDep,
    VersionDep,
    VisitDep,
    etag,
    fingerprint,
    needs,
)
from app.cases import add_note, find_case, open_case_keys
from app.desk import (
    CaseOpening,
    assign_case,
    change_case,
    claim_case,
    list_cases,
    open_case_by_hand,
    read_case,
    release_case,
)
from app.models import LIVE_STATES
from app.store import do_once
from app.telephony import read_number
from app.vault import CASE_FIELDS, read_sheet

router = APIRouter(prefix="/v1/cases", tags=["cases"])
LanguageCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$")]
State = Literal["new", "open", "waiting", "closed", "erased"]
FieldValues = dict[
    Annotated[str, Field(max_length=64)], Annotated[str, Field(max_length=4000)] | None
]


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


class ChangedCase(CaseItem):
    """A case after a change."""

    fields: dict[str, str] | None = Field(
        default=None, description="what the desk wrote down, where some of it was changed"
    )


class Assign(BaseModel):
    """To whom."""

    member: UUID


class Release(BaseModel):
    """The hand-over note."""

    handover: Annotated[str, Field(max_length=20_000)] = ""


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
        lines, after = list_cases(
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
    """Open a case. This is written into the audit log.

    The archive opens a closed one with a reason: until one is given at `/break-glass`, 409
    `case-closed`.
    """
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        etag(response, file.line.case.version)
        return case_out(file)


@router.post("", status_code=201, dependencies=[needs(Permission.CASES)])
def open_case(
    body: NewCase,
    visit: VisitDep,
    service: ServiceDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CaseItem:
    """Open a case by hand. Members' phones and the hotline's own number are refused."""
    own = service.settings.twilio_number
    number = read_number(body.contact) if body.contact else None
    opening = CaseOpening(
        number, body.situation, body.urgency, body.language, body.region, body.fields
    )
    with visit.transaction() as db:

        def make() -> UUID:
            return open_case_by_hand(db, visit.principal, opening, visit.now, own_number=own).id

        key = fingerprint(request, body)
        case_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        response.headers["Location"] = f"/v1/cases/{case_id}"
        return changed(db, find_case(db, visit.principal, case_id), response)


@router.patch("/{case_id}")
def change(
    case_id: UUID, body: ChangeCase, version: VersionDep, visit: VisitDep, response: Response
) -> ChangedCase:
    """Change tier, situation, language, region or fields."""
    with visit.transaction() as db:
        changes = body.model_dump(exclude_unset=True)
        case = change_case(db, visit.principal, case_id, version, changes, visit.now)
        answer = ChangedCase(**changed(db, case, response).model_dump())
        if changes.get("fields"):
            keys = open_case_keys(db, visit.principal, case)
            written = read_sheet(db, CASE_FIELDS, case, keys) or {}
            answer.fields = {name: value for name, value in written.items() if value is not None}
        return answer


@router.post("/{case_id}/claim")
def claim(case_id: UUID, visit: VisitDep, response: Response) -> CaseItem:
    """Take a case."""
    with visit.transaction() as db:
        return changed(db, claim_case(db, visit.principal, case_id, visit.now), response)


@router.post("/{case_id}/assign")
def assign(case_id: UUID, body: Assign, visit: VisitDep, response: Response) -> CaseItem:
    """Give a case to a dispatcher."""
    with visit.transaction() as db:
        case = assign_case(db, visit.principal, case_id, body.member, visit.now)
        return changed(db, case, response)


@router.post("/{case_id}/release")
def release(
    case_id: UUID, visit: VisitDep, response: Response, body: Release | None = None
) -> CaseItem:
    """Give a case back, with a note for whoever takes it next."""
    with visit.transaction() as db:
        if body and body.handover.strip():
            add_note(db, visit.principal, case_id, body.handover, visit.now, "handover")
        return changed(db, release_case(db, visit.principal, case_id, visit.now), response)
