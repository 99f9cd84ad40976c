"""Members who leave or get other roles: others are asked for what they had."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, update

from app import audit
from app.models import (
    RUNNING,
    SEEKING,
    Assignment,
    AssignmentState,
    BriefWrap,
    Offer,
    OfferState,
    Request,
)
from app.requests.assignments import find_assignment
from app.requests.briefs import delete_wraps
from app.requests.lifecycle import reopen_request
from app.requests.locks import lock_requests_where, share_cases
from app.requests.offers import list_offers, withdraw_offers
from app.requests.timers import plan_timer
from app.store import Db
from app.vault import read_roster


def withdraw_member(db: Db, member_id: UUID, now: datetime) -> None:
    """Take back a member's pending offers, since they have other roles now."""
    for request in _lock_requests_of_member(db, member_id):
        theirs = [offer for offer in list_offers(db, request) if offer.member_id == member_id]
        if withdraw_offers(db, theirs) and request.state in SEEKING:
            plan_timer(db, request, now, now)
    delete_wraps(db, member_id, pending=True)


def remove_member_from_requests(db: Db, member_id: UUID, now: datetime) -> None:
    """Take all offers, assignments and wraps back from a member. Others are asked instead."""
    for request in _lock_requests_of_member(db, member_id):
        if request.state not in RUNNING:
            continue
        theirs = [o for o in list_offers(db, request) if o.member_id == member_id]
        pending = withdraw_offers(db, theirs)
        assignment = find_assignment(db, request)
        if assignment is not None and assignment.member_id == member_id:
            audit.record(db, "assignment.revoked", None, request.case_id, now)
            reopen_request(db, request, AssignmentState.REVOKED, now)
        elif pending:
            plan_timer(db, request, now, now)
    delete_wraps(db, member_id)
    db.execute(update(Offer).where(Offer.member_id == member_id).values(reply_lookup=None))
    late = (Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    withdraw_offers(db, db.scalars(select(Offer).where(*late)).all())


def remove_strangers(db: Db, now: datetime) -> None:
    """Take back offers that members got at the same moment at which they were removed."""
    for member_id in read_roster(db).removed:
        if db.scalar(select(Request.id).where(_is_of_member(member_id)).limit(1)) is not None:
            remove_member_from_requests(db, member_id, now)


def _lock_requests_of_member(db: Db, member_id: UUID) -> list[Request]:
    which = _is_of_member(member_id)
    db.flush()
    share_cases(db, select(Request.case_id).where(which))
    return lock_requests_where(db, which)


def _is_of_member(member_id: UUID) -> ColumnElement[bool]:
    """Select the requests in which a member has an offer, the assignment or a wrap."""
    offered = select(Offer.request_id).where(
        Offer.member_id == member_id, Offer.state == OfferState.PENDING
    )
    assigned = select(Assignment.request_id).where(
        Assignment.member_id == member_id, Assignment.state == AssignmentState.ACTIVE
    )
    holding = select(BriefWrap.request_id).where(BriefWrap.member_id == member_id)
    return or_(Request.id.in_(offered), Request.id.in_(assigned), Request.id.in_(holding))
