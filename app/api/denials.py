"""Services that were refused to callers."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.deps import IdempotencyKey, VersionDep, VisitDep, etag, fingerprint, needs
from app.cases import change_denial, make_denial, record_denial
from app.desk import read_case, read_denial
from app.models import Denial, DenialDetails, DenialState
from app.organisation import DENIAL_FIELDS, DENIAL_SECTORS, DENIED_SERVICES
from app.store import Db, do_once

router = APIRouter(prefix="/v1", tags=["complaints"])
Code = Annotated[str, Field(max_length=32)]
Name = Annotated[str, Field(max_length=200)]
Words = Annotated[str, Field(max_length=4000)]
Shared = Annotated[
    list[Code],
    Field(max_length=16, description=f"what the office may read: {', '.join(DENIAL_FIELDS)}"),
]


class NewDenial(BaseModel):
    """A refused service. Null: the caller did not say."""

    sector: Code = Field(description=", ".join(DENIAL_SECTORS))
    service: Code = Field(description=", ".join(DENIED_SERVICES))
    provider: Name = Field(description="who refused it")
    happened_on: date | None = Field(default=None, description="the day where it happened")
    place: Name = ""
    asked_status: bool | None = Field(default=None, description="they asked for papers or status")
    threatened: bool | None = Field(default=None, description="they threatened to report")
    account: Words = Field(default="", description="what happened")
    wanted: Words = Field(default="", description="what the caller wants the office to do")
    caller_name: Name = ""
    share: Shared = Field(default_factory=list)


class ChangeDenial(BaseModel):
    """What a PATCH can change; what may be unknown can be taken away with null."""

    sector: Code | None = None
    service: Code | None = None
    provider: Name | None = None
    happened_on: date | None = None
    place: Name | None = None
    asked_status: bool | None = None
    threatened: bool | None = None
    account: Words | None = None
    wanted: Words | None = None
    caller_name: Name | None = None
    share: Shared | None = None


class DenialOut(NewDenial):
    """A refused service, with everything the desk wrote down, and where its complaint stands."""

    id: UUID
    case_id: UUID
    reference: str = Field(description="what the office and we call the complaint")
    state: DenialState
    recorded_at: datetime
    state_since: datetime
    drafted_on: date | None
    language: str
    version: int


class DenialList(BaseModel):
    """The refused services of a case, the oldest first."""

    items: list[DenialOut]
    next_cursor: str | None = None


def denial_out(denial: Denial, told: DenialDetails) -> DenialOut:
    """Return a refused service as the interface shows it."""
    return DenialOut(
        id=denial.id,
        case_id=denial.case_id,
        reference=told.reference,
        state=denial.state,
        recorded_at=denial.recorded_at,
        state_since=denial.state_since,
        sector=told.sector,
        service=told.service,
        provider=told.provider,
        happened_on=told.happened_on,
        place=told.place,
        asked_status=told.asked_status,
        threatened=told.threatened,
        account=told.account,
        wanted=told.wanted,
        caller_name=told.caller_name,
        share=list(told.shared),
        drafted_on=told.drafted_on,
        language=told.language,
        version=denial.version,
    )


@router.get("/cases/{case_id}/denials")
def listed(case_id: UUID, visit: VisitDep) -> DenialList:
    """List the services refused to a caller. Stands in the audit log, as reading the case."""
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        return DenialList(items=[denial_out(*one) for one in file.denials])


@router.post("/cases/{case_id}/denials", status_code=201)
def add(
    case_id: UUID,
    body: NewDenial,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DenialOut:
    """Record a service that was refused. Nothing of it leaves before a dossier is sent."""
    with visit.transaction() as db:

        def make() -> UUID:
            told = make_denial(convert_denial(body))
            return record_denial(db, visit.principal, case_id, told, visit.now).id

        key = fingerprint(request, body)
        denial_id = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        return answer_denial(db, visit, denial_id, response)


@router.patch("/denials/{denial_id}", dependencies=[needs(Permission.CASES)])
def change(
    denial_id: UUID, body: ChangeDenial, version: VersionDep, visit: VisitDep, response: Response
) -> DenialOut:
    """Change what is known, until the complaint is out. A draft has to be made anew."""
    with visit.transaction() as db:
        change_denial(db, visit.principal, denial_id, version, convert_denial(body), visit.now)
        return answer_denial(db, visit, denial_id, response)


def convert_denial(body: NewDenial | ChangeDenial) -> dict[str, Any]:
    """Return what was given, by the sealed names; only what may be unknown is taken away."""
    given = {name: getattr(body, name) for name in body.model_fields_set}
    if given.get("share") is not None:
        given["shared"] = tuple(given["share"])
    given.pop("share", None)
    empty = ("happened_on", "asked_status", "threatened")
    return {name: value for name, value in given.items() if value is not None or name in empty}


def answer_denial(db: Db, visit: VisitDep, denial_id: UUID, response: Response) -> DenialOut:
    """Return a refused service after a change; its version goes into the answer."""
    denial, told = read_denial(db, visit.principal, denial_id, visit.now)
    etag(response, denial.version)
    return denial_out(denial, told)
