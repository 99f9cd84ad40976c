"""Accepting and declining: one winner, the others told, conflicts remembered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import func, select

from app import audit
from app.access import Permission, Principal
from app.cases import find_tree_ids
from app.errors import NotFound, OfferExpired, OfferTaken
from app.models import (
    SEEKING,
    Assignment,
    AssignmentState,
    AssignmentValues,
    Case,
    Conflict,
    Member,
    Offer,
    OfferState,
    Request,
    RequestState,
    RequestValues,
    rounded,
)
from app.requests.accompaniments import give_lead
from app.requests.briefs import delete_wraps, hand_brief_over
from app.requests.candidates import is_elsewhere, is_too_late
from app.requests.lifecycle import (
    drop_timers,
    find_assignment,
    hurry_requests,
    list_offers,
    lock_request,
    plan_timer,
    share_cases,
    withdraw_offers,
)
from app.requests.member_texts import TAKEN_TEXT, tell_members
from app.requests.states import (
    mark_offer_accepted,
    mark_offer_declined,
    mark_request_assigned,
)
from app.store import Db, add_jobs, new_job
from app.vault import read_roster

# Its ref is the assignment of somebody who accepted to come into a running call.
JOIN_CALL_JOB = "join-call"
# How long after its end an offer is still shown, and knows its code, to tell a late answer so.
OFFER_MEMORY = timedelta(hours=24)
ELSEWHERE_TEXT = "You have taken on something else at that time."
# After the event: until then an accompanier may still need to look something up.
ACCESS_AFTER = timedelta(hours=24)
# What is about no date ends at last by itself.
LONGEST_ASSIGNMENT = {
    "accompaniment": timedelta(days=7),
    "interpreter": timedelta(days=1),
    "legal": timedelta(days=30),
}


@dataclass(frozen=True)
class OwnOffer:
    """An offer as the member who was asked sees it: coarse facts, no person."""

    offer: Offer
    urgency: int
    values: RequestValues


def list_own_offers(db: Db, principal: Principal, now: datetime) -> list[OwnOffer]:
    """Return a member's offers, open ones first, then those that ended within a day."""
    principal.require(Permission.OFFERS)
    query = (
        select(Offer, Request)
        .join(Request, Request.id == Offer.request_id)
        .where(Offer.member_id == principal.member_id, Offer.expires_at > now - OFFER_MEMORY)
        .order_by(Offer.expires_at.desc(), Offer.id)
    )
    found = [
        OwnOffer(offer, request.urgency, db.keys.read_values(request))
        for offer, request in db.execute(query).all()
    ]
    return sorted(found, key=lambda one: find_offer_state(one.offer, now) != OfferState.PENDING)


def find_offer_state(offer: Offer, now: datetime) -> OfferState:
    """Return an offer's state; one whose time is over has expired, whether noted yet or not."""
    over = offer.state == OfferState.PENDING and offer.expires_at <= now
    return OfferState.EXPIRED if over else offer.state


# -- yes


def accept_offer(db: Db, member_id: UUID, offer_id: UUID, now: datetime) -> Assignment:
    """Give the request to a member; accepting twice is accepting once.

    NotFound, OfferTaken, OfferExpired. The others who were asked are told.
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
    assignment = _assign(db, request, member_id, now)
    tell_members(db, losers, TAKEN_TEXT, request, now)
    if values.call:
        add_jobs(db, [new_job(JOIN_CALL_JOB, assignment.id, now, priority=0)])
    # What else they were asked for may not be theirs any more: each ladder looks for itself.
    hurry_requests(db, _asked_for(db, member_id), now)
    audit.record(db, "offer.accepted", member_id, request.case_id, now)
    return assignment


def lock_member(db: Db, member_id: UUID) -> None:
    """Let one answer of a member wait for the other, so that no two are given for one hour.

    Before any row is locked. On SQLite there is one writer anyway.
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
    asked = db.get(Request, request_id) if request_id else None
    if asked is not None and db.keys.read_values(asked).call:
        # Who accepts is rung into the call, whose case is changed: it is locked before the request.
        db.execute(select(Case.id).where(Case.id == asked.case_id).with_for_update())
    request = lock_request(db, request_id) if request_id else None
    query = select(Offer).where(*theirs).execution_options(populate_existing=True)
    offer = db.scalar(query) if request else None
    if request is None or offer is None:
        raise NotFound
    return request, offer


def _is_member(db: Db, member_id: UUID) -> bool:
    active = select(Member.id).where(Member.id == member_id, Member.state == "active")
    return db.scalar(active) is not None and member_id in read_roster(db).by_id


def _assign(db: Db, request: Request, member_id: UUID, now: datetime) -> Assignment:
    assignment_id, kept = uuid4(), _make_values(db.keys.read_values(request), now)
    assignment = Assignment(
        id=assignment_id,
        request_id=request.id,
        case_id=request.case_id,
        member_id=member_id,
        state=AssignmentState.ACTIVE,
        version=1,
        accepted_at=rounded(now),
        **db.keys.new_values(Assignment, assignment_id, kept, now),
    )
    db.add(assignment)
    mark_request_assigned(request)
    drop_timers(db, [request.id])
    db.flush()
    give_lead(db, request, member_id)
    return assignment


def extend_assignment(db: Db, request: Request, assignment: Assignment) -> None:
    """Let an assignment last for as long as its request's date does now."""
    values = _make_values(db.keys.read_values(request), assignment.accepted_at)
    db.keys.write_values(assignment, values)


def _make_values(values: RequestValues, since: datetime) -> AssignmentValues:
    """Return what the machine knows of an assignment that a member accepted at ``since``."""
    until = find_access_end(values, since)
    return AssignmentValues(starts_at=values.starts_at, ends_at=values.ends_at, until=until)


def find_access_end(values: RequestValues, since: datetime) -> datetime:
    """Return until when at the latest a member who accepted at ``since`` may open the brief."""
    longest = since + LONGEST_ASSIGNMENT[values.kind]
    if values.window is None:
        return longest
    after = values.window[1] + ACCESS_AFTER
    return max(after, longest) if values.kind == "legal" else after


# -- no


def decline_offer(
    db: Db, member_id: UUID, offer_id: UUID, now: datetime, *, conflict: bool = False
) -> None:
    """Say no; the next person is asked at once. Saying it twice, or late, changes nothing.

    With ``conflict`` the case is hidden from them for good. NotFound; OfferTaken for who has it.
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
    """Hide a case from a member for good; return which other requests they were asked for."""
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
