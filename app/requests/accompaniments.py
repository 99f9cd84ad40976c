"""Accompaniments: how many members go along to a date, who leads, and how far each of them is.

An accompaniment is a request about a date, with its assignment. The first who accepts leads; when
they cannot go after all, the next who accepted does. The desk can choose another leader. The others
look for the leader at the meeting place, and we wait for the leader's report first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, update

from app.errors import BadRequest
from app.models import Assignment, AssignmentState, Event, Member, Request, RequestState
from app.store import Db, show_rows

ACCOMPANIMENT = "accompaniment"
# The names of an accompaniment's states, by those of its request and of its assignment.
_REQUESTS = {
    RequestState.OPEN: "requested",
    RequestState.UNFILLED: "requested",
    RequestState.OFFERED: "offered",
}
_ASSIGNMENTS = {
    AssignmentState.ACTIVE: "confirmed",
    AssignmentState.ATTENDED: "attended",
    AssignmentState.NO_SHOW: "no_show",
}


@dataclass(frozen=True)
class Accompanying:
    """One accompaniment: requested, offered, confirmed, attended, no_show or cancelled."""

    request_id: UUID
    state: str
    member_id: UUID | None
    leads: bool


def list_accompaniments(db: Db, events: Collection[Event]) -> Mapping[UUID, list[Accompanying]]:
    """Return the accompaniments of dates by the date's id, the oldest request first."""
    leaders = {event.id: event.leader_id for event in events}
    newest: dict[UUID, Assignment] = {}
    mine = select(Request.id).where(Request.event_id.in_(leaders))
    taken = select(Assignment).where(Assignment.request_id.in_(mine))
    for assignment in db.list_whole(taken.order_by(Assignment.accepted_at)):
        newest[assignment.request_id] = assignment
    found: dict[UUID, list[Accompanying]] = defaultdict(list)
    query = select(Request).where(Request.event_id.in_(leaders))
    opened = show_rows(
        db,
        query.order_by(Request.opened_at, Request.id),
        lambda row: (row, db.keys.read_values(row).kind),
    )
    for request, kind in opened:
        if kind == ACCOMPANIMENT and request.event_id:
            leader = leaders[request.event_id]
            found[request.event_id].append(_going(request, newest.get(request.id), leader))
    return found


def _going(request: Request, assignment: Assignment | None, leader: UUID | None) -> Accompanying:
    if request.state in _REQUESTS:
        return Accompanying(request.id, _REQUESTS[request.state], None, False)
    if assignment is None or request.state == RequestState.CANCELLED:
        return Accompanying(request.id, "cancelled", None, False)
    # Without a report we know only that they meant to come.
    state = _ASSIGNMENTS.get(assignment.state, "confirmed")
    member_id = assignment.member_id
    return Accompanying(request.id, state, member_id, member_id == leader)


def check_room(db: Db, event: Event, more: int) -> None:
    """Raise BadRequest where ``more`` further members are too many for a date."""
    coming = ("requested", "offered", "confirmed", "attended")
    there = sum(one.state in coming for one in list_accompaniments(db, [event])[event.id])
    if there + more > event.cap:
        raise BadRequest(
            f"At most {event.cap} go along to this date, and {there} are asked for already. "
            "Let more go along first."
        )


# -- the leader


def give_lead(db: Db, request: Request, member_id: UUID) -> None:
    """Let a member who accepted lead, where nobody does yet."""
    if request.event_id is None or db.keys.read_values(request).kind != ACCOMPANIMENT:
        return
    db.execute(
        update(Event)
        .where(Event.id == request.event_id, Event.leader_id.is_(None))
        .values(leader_id=member_id, version=Event.version + 1)
    )


def pass_lead_on(db: Db, request: Request, member_id: UUID) -> None:
    """Let another member lead where the leader does not go after all."""
    event_id = request.event_id
    led = select(Event.id).where(Event.id == event_id, Event.leader_id == member_id)
    if event_id is None or db.scalar(led) is None:
        return
    db.flush()
    others = (m for m in list_going(db, event_id) if m != member_id)
    change = {"leader_id": next(others, None), "version": Event.version + 1}
    db.execute(update(Event).where(Event.id == event_id).values(**change))


def list_going(db: Db, event_id: UUID) -> list[UUID]:
    """Return the members who go to a date, in the order in which they accepted."""
    query = (
        select(Assignment, Request)
        .join(Request, Request.id == Assignment.request_id)
        .where(Request.event_id == event_id, Assignment.state == AssignmentState.ACTIVE)
        .order_by(Assignment.accepted_at, Assignment.id)
    )
    return [
        assignment.member_id
        for assignment, request in db.execute(query).all()
        if db.keys.read_values(request).kind == ACCOMPANIMENT
    ]


def choose_leader(db: Db, event: Event, leader_id: UUID) -> None:
    """Let the desk choose the leader. BadRequest for a member who does not go."""
    if leader_id not in list_going(db, event.id):
        raise BadRequest("Only somebody who goes along can lead.")
    event.leader_id = leader_id


@dataclass(frozen=True)
class Company:
    """The others who go along, by code name. ``leads``: the member themselves leads."""

    leads: bool = False
    leader: str | None = None
    others: tuple[str, ...] = ()


NO_COMPANY = Company()


def find_company(db: Db, request: Request, member_id: UUID) -> Company:
    """Return with whom a member goes to a request's date."""
    event = db.get(Event, request.event_id) if request.event_id else None
    if event is None:
        return NO_COMPANY
    ids = list_going(db, event.id)
    if member_id not in ids:
        return NO_COMPANY
    members = db.scalars(select(Member).where(Member.id.in_(ids)).order_by(Member.handle))
    handles = {member.id: member.handle for member in members}
    others = tuple(handle for other, handle in handles.items() if other != member_id)
    leader = handles.get(event.leader_id) if event.leader_id else None
    return Company(event.leader_id == member_id, leader, others)
