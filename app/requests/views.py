"""Requests as the desk sees them: offers, assignments, and whom the ladder could still ask."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_

from app.access import Permission, Principal
from app.errors import NotFound
from app.models import (
    RUNNING,
    Assignment,
    AssignmentState,
    Brief,
    Offer,
    Request,
    RequestState,
    RequestValues,
)
from app.requests.candidates import AskablePerson, find_people, make_need
from app.requests.routing.exclusions import find_exclusion
from app.requests.routing.facts import RankedPerson
from app.requests.routing.ranking import rank_people
from app.requests.routing.steps import LadderStep
from app.store import Db, RowDamaged, decode_cursor, encode_cursor, show_each


@dataclass(frozen=True)
class FoundRequest:
    """A request with its offers and its newest assignment: no brief, no name."""

    request: Request
    values: RequestValues = field(repr=False)
    offers: Sequence[Offer] = ()
    assignment: Assignment | None = None
    has_brief: bool = False

    @property
    def has_interpreter(self) -> bool:
        """Whether somebody who interprets has it, and can open what they are given."""
        going = self.assignment is not None and self.assignment.state == AssignmentState.ACTIVE
        return going and self.values.kind == "interpreter" and self.has_brief


def find_request(db: Db, principal: Principal, request_id: UUID) -> FoundRequest:
    """Return a request as the desk sees it. NotFound."""
    principal.require(Permission.CASES)
    request = db.get(Request, request_id)
    if request is None:
        raise NotFound
    found = _found(db, [request])
    if not found:
        raise RowDamaged(Request.__tablename__)
    return found[0]


def list_requests(
    db: Db,
    principal: Principal,
    *,
    states: Sequence[RequestState] = RUNNING,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[FoundRequest], str | None]:
    """Return requests by tier, and the cursor of the next page. BadRequest."""
    principal.require(Permission.CASES)
    query = select(Request).where(Request.state.in_(states))
    if cursor:
        after = decode_cursor(cursor, range(4), UUID)
        query = query.where(tuple_(Request.urgency, Request.id) > tuple_(*after))
    query = query.order_by(Request.urgency, Request.id).limit(limit + 1)
    rows = db.scalars(query).all()
    last = rows[limit - 1] if len(rows) > limit else None
    return _found(db, rows[:limit]), encode_cursor(last.urgency, last.id) if last else None


def list_requests_of_cases(db: Db, case_ids: Iterable[UUID]) -> list[FoundRequest]:
    """Return all requests of some cases, the newest first."""
    query = select(Request).where(Request.case_id.in_(list(case_ids)))
    ordered = query.order_by(Request.opened_at.desc(), Request.id)
    return _found(db, db.list_whole(ordered))


def _found(db: Db, requests: Sequence[Request]) -> list[FoundRequest]:
    ids = [request.id for request in requests]
    made = select(Offer).where(Offer.request_id.in_(ids)).order_by(Offer.made_at, Offer.id)
    by_request: dict[UUID, list[Offer]] = {}
    for offer in db.list_whole(made):
        by_request.setdefault(offer.request_id, []).append(offer)
    newest = select(Assignment).where(Assignment.request_id.in_(ids))
    assigned: dict[UUID, Assignment] = {}
    ordered = newest.order_by(Assignment.accepted_at, Assignment.version)
    for one in db.list_whole(ordered):
        known = assigned.get(one.request_id)
        if known is None or known.state != AssignmentState.ACTIVE:
            assigned[one.request_id] = one
    briefed = set(db.scalars(select(Brief.request_id).where(Brief.request_id.in_(ids))))

    def found(one: Request) -> FoundRequest:
        offers = tuple(by_request.get(one.id, ()))
        values = db.keys.read_values(one)
        return FoundRequest(one, values, offers, assigned.get(one.id), one.id in briefed)

    return show_each(db, [(one,) for one in requests], found)


@dataclass(frozen=True)
class CandidateRanking:
    """The members whom the ladder could ask, best first, and why it does not ask the others."""

    ranked: Sequence[tuple[AskablePerson, RankedPerson]]
    left_out: Sequence[tuple[AskablePerson, str]]


def rank_candidates(
    db: Db, principal: Principal, request_id: UUID, now: datetime
) -> CandidateRanking:
    """Return all members whom the ladder may still ask before the desk. NotFound."""
    found = find_request(db, principal, request_id)
    wanted = make_need(db, found.request, found.values)
    people = find_people(db, found.request.urgency, now)
    everybody = [person.candidate for person in people.values()]
    last = LadderStep.ANYONE
    ranked = rank_people(wanted, everybody, last)
    reasons = (
        (people[one.member_id], reason)
        for one in everybody
        if (reason := find_exclusion(wanted, one, last)) and wanted.role in one.roles
    )
    return CandidateRanking([(people[one.member_id], one) for one in ranked], list(reasons))
