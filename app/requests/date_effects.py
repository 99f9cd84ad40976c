"""What requests do when their date changes: they follow it, tell their holder, or end.

A member who said yes to one time has not said yes to another, so an assignment never moves by
itself. Members who have not answered yet are asked anew, for the new time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from app import audit
from app.access import Principal
from app.crypto import CaseKeys
from app.models import RUNNING, SEEKING, Brief, Case, Event, Request, RequestState, RequestValues
from app.requests.assignments import extend_assignment, find_assignment
from app.requests.brief_writer import seal_brief
from app.requests.lifecycle import end_request, start_seeking
from app.requests.locks import lock_request
from app.requests.member_texts import tell_members
from app.requests.offers import list_offers, withdraw_offers
from app.requests.request_facts import read_event_times
from app.store import Db
from app.texts import MemberText


def follow_date_change(
    db: Db,
    principal: Principal,
    case: Case,
    keys: Mapping[int, CaseKeys],
    event: Event,
    now: datetime,
) -> None:
    """Let the requests for a date follow its change, which is flushed already."""
    for request in _of(db, event):
        if event.state == "cancelled" and request.state in SEEKING:
            _end(db, principal, request, now)
        elif event.state == "rescheduled" and request.state in SEEKING:
            _move(db, case, keys, request, event, now)
        elif event.state in ("tentative", "confirmed"):
            _renew(db, case, keys, request, event, now)


def _of(db: Db, event: Event) -> list[Request]:
    """Lock the requests for a date that are not over."""
    running = Request.state.in_(RUNNING)
    query = select(Request.id).where(Request.event_id == event.id, running).order_by(Request.id)
    found = (lock_request(db, request_id) for request_id in db.scalars(query).all())
    return [request for request in found if request and request.case_id == event.case_id]


def _end(db: Db, principal: Principal, request: Request, now: datetime) -> None:
    tell_members(
        db,
        end_request(db, request, RequestState.CANCELLED, now),
        MemberText.OFFER_OVER,
        request,
        now,
    )
    audit.record(db, "request.cancelled", principal.member_id, request.case_id, now)


def _move(
    db: Db,
    case: Case,
    keys: Mapping[int, CaseKeys],
    request: Request,
    event: Event,
    now: datetime,
) -> None:
    """Begin asking for the date to which this one moved."""
    follower = db.scalars(select(Event).where(Event.follows == event.id)).one()
    asked = withdraw_offers(db, list_offers(db, request))
    tell_members(db, asked, MemberText.OFFER_OVER, request, now)
    db.keys.move_values(request, _retimed(db, request, follower), now, event_id=follower.id)
    start_seeking(db, request, now)
    seal_brief(db, case, keys, request, now)


def _renew(
    db: Db,
    case: Case,
    keys: Mapping[int, CaseKeys],
    request: Request,
    event: Event,
    now: datetime,
) -> None:
    """Write the brief anew, and tell the holder, who may have read the old one."""
    db.keys.write_values(request, _retimed(db, request, event))
    assignment = find_assignment(db, request)
    if assignment is not None:
        extend_assignment(db, request, assignment)
    if db.scalar(select(Brief.id).where(Brief.request_id == request.id)) is None:
        return  # the desk has still to write it, and will write it as things are then
    seal_brief(db, case, keys, request, now)
    if assignment is not None:
        tell_members(db, [assignment.member_id], MemberText.DATE_CHANGED, request, now)


def _retimed(db: Db, request: Request, event: Event) -> RequestValues:
    """Return a request's values with the times of a date."""
    times, values = read_event_times(db, event), db.keys.read_values(request)
    return replace(values, starts_at=times.starts_at, ends_at=times.ends_at)
