"""Requests for people, as the desk makes and follows them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from app import requests
from app.access import Permission
from app.api.deps import Cursor, IdempotencyKey, Limit, VisitDep, etag, fingerprint, needs
from app.models import RUNNING, Assignment, Offer, RequestState, RequestValues
from app.requests import (
    FoundRequest,
    OpenedReport,
    RequestFacts,
    cancel_request,
    find_request,
    list_requests,
    rank_candidates,
)
from app.store import do_once

router = APIRouter(prefix="/v1", tags=["requests"])
Code = Annotated[str, StringConstraints(max_length=64)]
Codes = Annotated[list[Code], Field(max_length=20)]


AskedState = Annotated[RequestState | None, Query(description="default: those that are not over")]


class Window(BaseModel):
    """When it is."""

    starts_at: datetime
    ends_at: datetime


class NewRequest(BaseModel):
    """Who is needed. Without languages and region those of the case count."""

    kind: Code = Field(description="accompaniment, legal, interpreter")
    event_id: UUID | None = None
    languages: Codes = Field(default=[], description="for an interpreter the pair of them")
    region: Code | None = None
    skills: Codes = []
    wishes: Codes = Field(default=[], description="the caller's: a skill, or `not` and a skill")
    needed_by: AwareDatetime | None = None
    share: Annotated[list[Code], Field(max_length=64)] = Field(
        default=[], description="fields of the case to be shown, as far as this kind may see them"
    )
    minor: bool = Field(default=False, description="about a minor: nobody is sent alone")


class WriteBrief(BaseModel):
    """Which fields are shown; without it, those that were asked for before."""

    share: Annotated[list[Code], Field(max_length=64)] | None = None


class OfferMade(BaseModel):
    """Somebody who was asked."""

    id: UUID
    member: UUID
    state: str
    step: int
    made_at: datetime
    expires_at: datetime


class Assigned(BaseModel):
    """Who took it."""

    id: UUID
    member: UUID
    state: str
    accepted_at: datetime
    ended_at: datetime | None


class AssignmentReportOut(BaseModel):
    """What came of it, opened with the keys of the case."""

    id: UUID
    author: UUID
    outcome: str
    notes: str
    next: datetime | None
    at: datetime


class RequestOut(BaseModel):
    """A request as the desk sees it."""

    id: UUID
    case_id: UUID
    kind: str
    state: str
    urgency: int
    event_id: UUID | None
    window: Window | None
    languages: list[str]
    region: str | None
    skills: list[str]
    wishes: list[str]
    needed_by: datetime | None
    minor: bool
    companion: UUID | None = Field(description="the other of two, where nobody is to go alone")
    shares: list[str] = Field(description="the fields that its brief copies")
    has_brief: bool
    step: int = Field(description="how far it has been relaxed, from 0")
    opened_at: datetime
    opened_by: UUID | None = Field(description="null where the machine, or a report, asked")
    offers: list[OfferMade]
    assignment: Assigned | None
    reports: list[AssignmentReportOut] = Field(
        default=[], description="only where the case is read"
    )


class RequestList(BaseModel):
    """A page of requests."""

    items: list[RequestOut]
    next_cursor: str | None


class CandidateOut(BaseModel):
    """Somebody who could be asked, and what speaks for them."""

    member: UUID
    handle: str
    rank: int
    reasons: list[str]


class LeftOut(BaseModel):
    """Somebody of the right role who is not asked, and why."""

    member: UUID
    handle: str
    reason: str


class CandidateList(BaseModel):
    """Who could be asked, best first."""

    items: list[CandidateOut]
    left_out: list[LeftOut]
    next_cursor: None = None


def window_out(values: RequestValues) -> Window | None:
    """Return when it is; None where it is about no date."""
    if values.window is None:
        return None
    starts_at, ends_at = values.window
    return Window(starts_at=starts_at, ends_at=ends_at)


def out(found: FoundRequest, reports: Iterable[OpenedReport] = ()) -> RequestOut:
    """Return a request as the desk sees it."""
    row, values = found.request, found.values
    return RequestOut(
        id=row.id,
        case_id=row.case_id,
        kind=values.kind,
        state=row.state,
        urgency=row.urgency,
        event_id=row.event_id,
        window=window_out(values),
        languages=list(values.languages),
        region=values.region,
        skills=list(values.skills),
        wishes=list(values.wishes),
        needed_by=values.needed_by,
        minor=values.minor,
        companion=values.companion,
        shares=list(values.shares),
        has_brief=found.has_brief,
        step=row.step,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        offers=[_offer_out(offer) for offer in found.offers],
        assignment=_assignment_out(found.assignment) if found.assignment else None,
        reports=[_report_out(report) for report in reports],
    )


def _offer_out(offer: Offer) -> OfferMade:
    return OfferMade(
        id=offer.id,
        member=offer.member_id,
        state=offer.state,
        step=offer.step,
        made_at=offer.made_at,
        expires_at=offer.expires_at,
    )


def _assignment_out(assignment: Assignment) -> Assigned:
    return Assigned(
        id=assignment.id,
        member=assignment.member_id,
        state=assignment.state,
        accepted_at=assignment.accepted_at,
        ended_at=assignment.ended_at,
    )


def _report_out(report: OpenedReport) -> AssignmentReportOut:
    return AssignmentReportOut(
        id=report.id,
        author=report.author_id,
        outcome=report.body.outcome,
        notes=report.body.notes,
        next=report.body.next,
        at=report.body.at,
    )


@router.post("/cases/{case_id}/requests", status_code=201)
def raise_request(
    case_id: UUID,
    body: NewRequest,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RequestOut:
    """Ask for somebody. Offers start at once; for a minor's accompaniment two are asked for."""
    asked = RequestFacts(**body.model_dump())
    with visit.transaction() as db:

        def make() -> UUID:
            return requests.raise_request(db, visit.principal, case_id, asked, visit.now).id

        key = fingerprint(request, body)
        made = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        found = find_request(db, visit.principal, made)
        response.headers["Location"] = f"/v1/requests/{made}"
        etag(response, found.request.version)
        return out(found)


@router.get("/requests")
def listed(
    visit: VisitDep,
    state: Annotated[
        RequestState | None, Query(description="default: those that are not over")
    ] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> RequestList:
    """List requests by tier."""
    with visit.snapshot() as db:
        states = (state,) if state else RUNNING
        found, after = list_requests(db, visit.principal, states=states, cursor=cursor, limit=limit)
        return RequestList(items=[out(one) for one in found], next_cursor=after)


@router.get("/requests/{request_id}")
def read(request_id: UUID, visit: VisitDep, response: Response) -> RequestOut:
    """Read one request: who was asked, who took it."""
    with visit.snapshot() as db:
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return out(found)


@router.post("/requests/{request_id}/cancel")
def cancel(request_id: UUID, visit: VisitDep, response: Response) -> RequestOut:
    """End a request; whoever had it is told."""
    with visit.transaction() as db:
        cancel_request(db, visit.principal, request_id, visit.now)
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return out(found)


@router.post("/requests/{request_id}/brief", dependencies=[needs(Permission.CASES)])
def write_brief(
    request_id: UUID, visit: VisitDep, response: Response, body: WriteBrief | None = None
) -> RequestOut:
    """Write a request's brief anew: for one that has none, or to show other fields."""
    with visit.transaction() as db:
        share = body.share if body else None
        requests.write_brief(db, visit.principal, request_id, visit.now, share)
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return out(found)


@router.get("/requests/{request_id}/candidates")
def candidates(request_id: UUID, visit: VisitDep) -> CandidateList:
    """Say who could be asked, best first and why, and why the others are not."""
    with visit.snapshot() as db:
        ranking = rank_candidates(db, visit.principal, request_id, visit.now)
    return CandidateList(
        items=[
            CandidateOut(
                member=one.member_id,
                handle=person.candidate.handle,
                rank=one.rank,
                reasons=list(one.reasons),
            )
            for person, one in ranking.ranked
        ],
        left_out=[
            LeftOut(
                member=person.candidate.member_id, handle=person.candidate.handle, reason=reason
            )
            for person, reason in ranking.left_out
        ],
    )
