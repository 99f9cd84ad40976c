"""A surge: many requests look for members at once, so one plan is made for all of them.

Each ladder alone asks the best member for its own request; on a raid day these are the same few
people. So while many look, a plan for everything at once (``assign_all``, in a process of its own)
says whom each request asks next. It is advice: the ladder passes over members who cannot be asked
any more when their turn comes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from app.models import SEEKING, Request, RequestState
from app.requests.candidates import find_conflicts, find_people, make_need
from app.requests.locks import lock_request
from app.requests.routing.facts import Need
from app.requests.routing.surge import SurgePlan, assign_all
from app.requests.timers import plan_timer
from app.store import Database, Db

SURGE_SIZE = 10


def plan_surge(database: Database, now: datetime) -> SurgePlan | None:
    """Plan for all requests that look for a member, and note it; None where they are few."""
    with database.snapshot() as db:
        if not db.keys.is_open or _looking(db) < SURGE_SIZE:
            return None
        requests = db.scalars(select(Request).where(Request.state.in_(SEEKING))).all()
        conflicts = find_conflicts(db, {request.case_id for request in requests})
        wanted = [_wanted(db, one, conflicts[one.case_id]) for one in requests]
        tier = min(request.urgency for request in requests)
        people = find_people(db, tier, now)
    # Outside of any transaction, so that nobody waits for the solver.
    plan = assign_all(wanted, [person.candidate for person in people.values()])
    for chosen in plan.chosen:
        with database.transaction() as db:
            _advise(db, chosen.request_id, chosen.member_id, now)
    return plan


def _looking(db: Db) -> int:
    query = select(func.count()).select_from(Request).where(Request.state.in_(SEEKING))
    return db.scalars(query).one()


def _wanted(db: Db, request: Request, conflicted: Collection[UUID]) -> Need:
    values = db.keys.read_values(request)
    return replace(make_need(db, request, values, conflicted), companion=values.companion)


def _advise(db: Db, request_id: UUID, member_id: UUID, now: datetime) -> None:
    """Note whom a request asks next; let its ladder look at once where no offer is pending."""
    request = lock_request(db, request_id)
    if request is None or request.state not in SEEKING:
        return
    values = db.keys.read_values(request)
    if values.planned == member_id:
        return
    db.keys.write_values(request, replace(values, planned=member_id))
    if request.state != RequestState.OFFERED:
        plan_timer(db, request, now, now)
