"""The desk asks for people, and follows what comes of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from app import requests
from app.access import Permission
from app.api.deps import Cursor, IdempotencyKey, Limit, VisitDep, etag, fingerprint, needs
from app.api.request_shapes import RequestOut, show_request
from app.models import RUNNING, RequestState
from app.requests import (
    LONGEST_WORDS,
    MOST_TEXTS,
    PickedTexts,
    RequestFacts,
    cancel_request,
    find_request,
    list_requests,
    rank_candidates,
    send_to_interpreter,
)
from app.store import do_once

router = APIRouter(prefix="/v1", tags=["requests"])
Code = Annotated[str, StringConstraints(max_length=64)]
Codes = Annotated[list[Code], Field(max_length=20)]


AskedState = Annotated[RequestState | None, Query(description="default: those that are not over")]


class NewRequest(BaseModel):
    """A request. Without languages and region those of the case count."""

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
    minor: bool = Field(default=False, description="about a minor: two people go together")


class WriteBrief(BaseModel):
    """Which fields the brief shows; without it, the same as before."""

    share: Annotated[list[Code], Field(max_length=64)] | None = None


class PickTexts(BaseModel):
    """Texts of the case for its interpreter to translate, and words of yours to be said."""

    messages: Annotated[list[UUID], Field(max_length=MOST_TEXTS)] = []
    words: Annotated[str, Field(max_length=LONGEST_WORDS)] = ""


class RequestList(BaseModel):
    """A page of requests."""

    items: list[RequestOut]
    next_cursor: str | None


class CandidateOut(BaseModel):
    """A member whom the ladder could ask, and how they fit."""

    member: UUID
    handle: str
    rank: int
    reasons: list[str]


class CandidateLeftOut(BaseModel):
    """A member of the right role whom the ladder does not ask, and why."""

    member: UUID
    handle: str
    reason: str


class CandidateList(BaseModel):
    """The members whom the ladder could ask, best first."""

    items: list[CandidateOut]
    left_out: list[CandidateLeftOut]
    next_cursor: None = None


@router.post("/cases/{case_id}/requests", status_code=201)
def raise_request(
    case_id: UUID,
    body: NewRequest,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RequestOut:
    """Ask for a person. Offers start at once. For an accompaniment of a minor it asks for two."""
    asked = RequestFacts(**body.model_dump())
    with visit.transaction() as db:

        def make() -> UUID:
            return requests.raise_request(db, visit.principal, case_id, asked, visit.now).id

        key = fingerprint(request, body)
        made = do_once(db, visit.principal, idempotency_key, key, visit.now, make)
        found = find_request(db, visit.principal, made)
        response.headers["Location"] = f"/v1/requests/{made}"
        etag(response, found.request.version)
        return show_request(found)


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
        return RequestList(items=[show_request(one) for one in found], next_cursor=after)


@router.get("/requests/{request_id}")
def read(request_id: UUID, visit: VisitDep, response: Response) -> RequestOut:
    """Read one request, with its offers and its assignment."""
    with visit.snapshot() as db:
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return show_request(found)


@router.post("/requests/{request_id}/cancel")
def cancel(request_id: UUID, visit: VisitDep, response: Response) -> RequestOut:
    """End a request; the members whom it concerns are told."""
    with visit.transaction() as db:
        cancel_request(db, visit.principal, request_id, visit.now)
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return show_request(found)


@router.post("/requests/{request_id}/brief", dependencies=[needs(Permission.CASES)])
def write_brief(
    request_id: UUID, visit: VisitDep, response: Response, body: WriteBrief | None = None
) -> RequestOut:
    """Write the brief of a request that has none, or write it anew with other fields."""
    with visit.transaction() as db:
        share = body.share if body else None
        requests.write_brief(db, visit.principal, request_id, visit.now, share)
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return show_request(found)


@router.post("/requests/{request_id}/texts", dependencies=[needs(Permission.CASES)])
def send_texts(
    request_id: UUID,
    body: PickTexts,
    visit: VisitDep,
    request: Request,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> RequestOut:
    """Give texts to the interpreter who has this request; they see nothing else of the case."""
    picked = PickedTexts(body.messages, body.words)
    with visit.transaction() as db:

        def send() -> UUID:
            return send_to_interpreter(db, visit.principal, request_id, picked, visit.now).id

        do_once(db, visit.principal, idempotency_key, fingerprint(request, body), visit.now, send)
        found = find_request(db, visit.principal, request_id)
        etag(response, found.request.version)
        return show_request(found)


@router.get("/requests/{request_id}/candidates")
def candidates(request_id: UUID, visit: VisitDep) -> CandidateList:
    """List whom the ladder could ask, best first and why, and why it asks no others."""
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
            CandidateLeftOut(
                member=person.candidate.member_id, handle=person.candidate.handle, reason=reason
            )
            for person, reason in ranking.left_out
        ],
    )
