"""A member's own offers, as coarse facts. They show no person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from app.access import Permission
from app.api.assignments import AssignmentOut, show_assignment
from app.api.deps import VisitDep, etag, needs
from app.api.request_shapes import WindowOut, show_window
from app.requests import (
    OwnOffer,
    accept_offer,
    decline_offer,
    explain_decline,
    find_offer_state,
    list_own_offers,
    read_brief,
)

router = APIRouter(prefix="/v1/offers", tags=["offers"])


class OfferOut(BaseModel):
    """What you are asked for. ``window`` is null where it is about no date."""

    id: UUID
    kind: str
    urgency: int = Field(description="0 now, 1 today, 2 this week, 3 information")
    language: str | None
    languages: list[str]
    region: str | None
    window: WindowOut | None
    needed_by: datetime | None
    expires_at: datetime
    state: str


class OfferList(BaseModel):
    """Your offers: open ones first, then those that ended within a day."""

    items: list[OfferOut]
    next_cursor: None = None


class Decline(BaseModel):
    """Why not. ``conflict``: a conflict of interest; the case is never offered to you again."""

    reason: Annotated[str, Field(max_length=4000)] | None = None
    conflict: bool = False


@router.get("")
def mine(visit: VisitDep) -> OfferList:
    """List your own offers."""
    with visit.snapshot() as db:
        found = list_own_offers(db, visit.principal, visit.now)
        return OfferList(items=[_show_offer(one, visit.now) for one in found])


def _show_offer(one: OwnOffer, now: datetime) -> OfferOut:
    values = one.values
    return OfferOut(
        id=one.offer.id,
        kind=values.kind,
        urgency=one.urgency,
        language=next(iter(values.languages), None),
        languages=list(values.languages),
        region=values.region,
        window=show_window(values),
        needed_by=values.needed_by,
        expires_at=one.offer.expires_at,
        state=find_offer_state(one.offer, now),
    )


@router.post("/{offer_id}/accept")
def accept(offer_id: UUID, visit: VisitDep, response: Response) -> AssignmentOut:
    """Take it: the first who accepts has it, and reads the brief."""
    visit.principal.require(Permission.OFFERS)
    with visit.transaction() as db:
        taken = accept_offer(db, visit.principal.member_id, offer_id, visit.now)
        opened = read_brief(db, visit.principal, taken.id, visit.now)
        response.headers["Location"] = f"/v1/assignments/{taken.id}"
        etag(response, opened.assignment.version)
        return show_assignment(opened)


@router.post("/{offer_id}/decline", status_code=204, dependencies=[needs(Permission.OFFERS)])
def decline(offer_id: UUID, visit: VisitDep, body: Decline | None = None) -> Response:
    """Say no; the ladder asks another member at once."""
    visit.principal.require(Permission.OFFERS)
    said = body or Decline()
    with visit.transaction() as db:
        if said.reason and said.reason.strip():
            explain_decline(db, visit.principal, offer_id, said.reason, visit.now)
        me = visit.principal.member_id
        decline_offer(db, me, offer_id, visit.now, conflict=said.conflict)
    return Response(status_code=204)
