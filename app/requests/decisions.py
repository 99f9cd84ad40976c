"""Answers to offers: the first yes wins, a no asks the next member, a conflict is remembered."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app import audit
from app.access import Permission, Principal
from app.cases import find_tree_ids, is_live, write_note
from app.errors import NotFound, OfferExpired, OfferTaken
from app.models import (
    SEEKING,
    Assignment,
    Case,
    Conflict,
    Member,
    Offer,
    OfferState,
    Request,
    RequestState,
)
from app.requests.assignments import find_assignment, make_assignment
from app.requests.briefs import delete_wraps, hand_brief_over
from app.requests.candidates import is_elsewhere, is_too_late
from app.requests.locks import lock_request, share_cases
from app.requests.member_texts import tell_members
from app.requests.offers import find_offer_state, list_offers, withdraw_offers
from app.requests.states import mark_offer_accepted, mark_offer_declined
from app.requests.timers import hurry_requests, plan_timer
from app.store import Db, add_jobs, new_job
from app.texts import MemberText
from app.vault import read_roster

# Rings an interpreter into a running call; its ref is their assignment.
JOIN_CALL_JOB = "join-call"
ELSEWHERE_TEXT = "You have taken on something else at that time."


# -- yes


def accept_offer(db: Db, member_id: UUID, offer_id: UUID, now: datetime) -> Assignment:
    """Give the request to a member and tell the others who were asked. Twice is like once.

    NotFound, OfferTaken, OfferExpired.
    """
    lock_member(db, member_id)
    request, offer = _locked(db, member_id, offer_id)
    assignment = find_assignment(db, request)
    if assignment is not None and assignment.member_id == member_id:
        return assignment
    if assignment is not None or request.state == RequestState.DONE:
        raise OfferTaken
    if find_offer_state(offer, now) != OfferState.PENDING or not _is_member(db, member_id):
        raise OfferExpired
    values = db.keys.read_values(request)
    if is_too_late(values, now):
        raise OfferExpired
    if is_elsewhere(db, member_id, values.window):
        raise OfferExpired(ELSEWHERE_TEXT)
    mark_offer_accepted(offer)
    others = list_offers(db, request)
    losers = [o.member_id for o in others if o.state == OfferState.PENDING and o.reply_lookup]
    withdraw_offers(db, others)
    hand_brief_over(db, request.id, member_id, now)
    assignment = make_assignment(db, request, member_id, now)
    tell_members(db, losers, MemberText.OFFER_TAKEN, request, now)
    if values.call:
        add_jobs(db, [new_job(JOIN_CALL_JOB, assignment.id, now, priority=0)])
    # They may be too busy now for other things that they were asked for: those ladders look again.
    hurry_requests(db, _asked_for(db, member_id), now)
    audit.record(db, "offer.accepted", member_id, request.case_id, now)
    return assignment


def lock_member(db: Db, member_id: UUID) -> None:
    """Let two answers of one member wait for each other: they cannot say yes twice for one hour.

    Called before any row is locked. On SQLite there is one writer anyway.
    """
    if db.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(member_id.bytes[:8], "big", signed=True)
        db.execute(select(func.pg_advisory_xact_lock(key)))


def _asked_for(db: Db, member_id: UUID) -> list[UUID]:
    theirs = (Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    return list(db.scalars(select(Offer.request_id).where(*theirs).order_by(Offer.request_id)))


def _locked(db: Db, member_id: UUID, offer_id: UUID) -> tuple[Request, Offer]:
    theirs = (Offer.id == offer_id, Offer.member_id == member_id)
    request_id = db.scalar(select(Offer.request_id).where(*theirs))
    request = lock_request(db, request_id) if request_id else None
    query = select(Offer).where(*theirs).execution_options(populate_existing=True)
    offer = db.scalar(query) if request else None
    if request is None or offer is None:
        raise NotFound
    return request, offer


def _is_member(db: Db, member_id: UUID) -> bool:
    active = select(Member).where(Member.id == member_id, Member.state == "active")
    return member_id in read_roster(db).by_id and bool(db.list_whole(active))


# -- no


def decline_offer(
    db: Db, member_id: UUID, offer_id: UUID, now: datetime, *, conflict: bool = False
) -> None:
    """Say no; the ladder asks the next member at once. Twice is like once.

    With ``conflict`` the case is hidden from the member for good. NotFound; OfferTaken where they
    have accepted.
    """
    if conflict:
        _share_tree(db, offer_id)
    request, offer = _locked(db, member_id, offer_id)
    if offer.state == OfferState.ACCEPTED:
        raise OfferTaken("You have accepted this. Report on it if you cannot go after all.")
    declined = offer.state in (OfferState.PENDING, OfferState.EXPIRED)
    if declined:
        mark_offer_declined(offer)
    others = _rule_out(db, request, member_id) if conflict else []
    db.flush()
    hurry_requests(db, others, now)
    if request.state in SEEKING:
        plan_timer(db, request, now, now)
    if declined or conflict:
        kind = "offer.conflict" if conflict else "offer.declined"
        audit.record(db, kind, member_id, request.case_id, now)


def _share_tree(db: Db, offer_id: UUID) -> None:
    of = select(Request.case_id).join(Offer, Offer.request_id == Request.id)
    case_id = db.scalar(of.where(Offer.id == offer_id))
    if case_id is not None:
        share_cases(db, find_tree_ids(db, case_id))


def _rule_out(db: Db, request: Request, member_id: UUID) -> list[UUID]:
    """Hide a case from a member for good; return the other requests for which they were asked."""
    tree = find_tree_ids(db, request.case_id)
    for case_id in tree:
        db.merge(Conflict(case_id=case_id, member_id=member_id))
    db.flush()
    delete_wraps(db, member_id, case_ids=tree)
    pending = (Offer.member_id == member_id, Offer.state == OfferState.PENDING)
    elsewhere = select(Offer).join(Request, Request.id == Offer.request_id)
    offers = db.scalars(elsewhere.where(Request.case_id.in_(tree), *pending)).all()
    for offer in offers:
        mark_offer_declined(offer)
    return [offer.request_id for offer in offers]


def explain_decline(
    db: Db, principal: Principal, offer_id: UUID, reason: str, now: datetime
) -> None:
    """Seal to the case why a member says no, before they do; the desk reads it. Twice is like once.

    NotFound; OfferExpired where the case is over, or the offer waits for no answer any more.
    """
    principal.require(Permission.OFFERS)
    asked = (Offer.id == offer_id, Offer.member_id == principal.member_id)
    query = select(Request.case_id).join(Offer, Offer.request_id == Request.id).where(*asked)
    case_id = db.scalar(query)
    case = db.get(Case, case_id, with_for_update=True, populate_existing=True) if case_id else None
    state = db.scalar(select(Offer.state).where(*asked)) if case else None
    if case is None or state is None:
        raise NotFound
    if not is_live(case) or state == OfferState.WITHDRAWN:
        raise OfferExpired
    if state not in (OfferState.PENDING, OfferState.EXPIRED):
        return
    write_note(db, case, principal.member_id, "declined", reason, now)
    db.flush()
