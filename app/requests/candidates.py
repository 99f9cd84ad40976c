"""Candidates: requests and members as ``app.requests.routing`` knows them, read from their rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from app.cases import TREE_ROOT, is_within_windows
from app.models import (
    Assignment,
    AssignmentState,
    Case,
    Conflict,
    Member,
    MemberProfile,
    Offer,
    OfferState,
    Request,
    RequestValues,
)
from app.outbox import MemberPhone, PhoneTrouble, find_phone_troubles, make_member_phone
from app.requests.routing.facts import Candidate, Need, Window, do_overlap
from app.rota import find_duty, load_rota
from app.store import Db
from app.vault import read_roster, read_whole_values

# These assignments count for a week's cap.
_COUNTS = (
    AssignmentState.ACTIVE,
    AssignmentState.ATTENDED,
    AssignmentState.NO_SHOW,
    AssignmentState.DONE,
)
_TAKEN = (OfferState.PENDING, OfferState.ACCEPTED)
# Coordinators read no case, so we do not ask them: we tell them that nobody was found.
_ASKED = frozenset(("accompanier", "dispatcher", "interpreter", "legal"))


@dataclass(frozen=True)
class AskablePerson:
    """A member whom the ladder can ask, with the phone for texts.

    ``trouble``: why that phone gets none; nobody waits for their answer.
    """

    candidate: Candidate
    phone: MemberPhone | None = field(repr=False)
    trouble: PhoneTrouble | None = None


def make_need(
    db: Db,
    request: Request,
    values: RequestValues,
    conflicted: Collection[UUID] | None = None,
) -> Need:
    """Return a request as routing knows it.

    ``conflicted``: the members with a conflict of interest in its case, if the caller has them.
    """
    if conflicted is None:
        conflicted = find_conflicts(db, [request.case_id])[request.case_id]
    return Need(
        request_id=request.id,
        kind=values.kind,
        tier=request.urgency,
        languages=values.languages,
        region=values.region,
        skills=frozenset(values.skills),
        window=values.window,
        wishes=frozenset(values.wishes),
        conflicted=_companions(db, values).union(conflicted),
        minor=values.minor,
    )


def find_needed_at(values: RequestValues) -> datetime | None:
    """Return when a member has to be found: before the date, or by what the desk said."""
    known = (values.starts_at, values.needed_by)
    return min((at for at in known if at is not None), default=None)


def is_too_late(values: RequestValues, now: datetime) -> bool:
    """Return whether it is too late: after the date, or after ``needed_by``.

    A lawyer can still help after the time by which the desk wanted one.
    """
    if values.window is not None:
        return values.window[1] <= now
    by = values.needed_by
    return by is not None and values.kind != "legal" and by <= now


def is_elsewhere(db: Db, member_id: UUID, window: Window | None) -> bool:
    """Return whether a member has taken on something else at this time."""
    if window is None:
        return False
    active = (Assignment.member_id == member_id, Assignment.state == AssignmentState.ACTIVE)
    taken = (db.keys.read_values(a).window for a in db.scalars(select(Assignment).where(*active)))
    return any(other is not None and do_overlap(window, other) for other in taken)


def find_conflicts(db: Db, case_ids: Collection[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the members with a conflict of interest in the tree of each of these cases."""
    trees = db.scalars(select(Case).where(Case.id.in_(case_ids)))
    roots = {case.id: case.merged_into or case.id for case in trees}
    said = select(Case, Conflict).join(Conflict, Case.id == Conflict.case_id)
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for case, conflict in db.execute(said.where(TREE_ROOT.in_(set(roots.values())))):
        found[case.merged_into or case.id].add(conflict.member_id)
    return {case_id: frozenset(found[root]) for case_id, root in roots.items()}


def _companions(db: Db, values: RequestValues) -> frozenset[UUID]:
    """Return the members who are asked for, or have, the other of two requests for one date."""
    if values.companion is None:
        return frozenset()
    theirs = (Offer.request_id == values.companion, Offer.state.in_(_TAKEN))
    return frozenset(db.scalars(select(Offer.member_id).where(*theirs)))


def find_people(db: Db, tier: int, now: datetime) -> dict[UUID, AskablePerson]:
    """Return all members whom the ladder can ask now, by id."""
    members = db.list_whole(select(Member).where(Member.state == "active").order_by(Member.id))
    listed = read_roster(db).by_id
    load, busy = _this_week(db, now)
    on_duty, troubles = _on_duty(db, now), find_phone_troubles(db, now)
    found = {}
    for member in members:
        roles = _ASKED.intersection(listed[member.id].roles) if member.id in listed else frozenset()
        if roles and (profile := read_whole_values(db, member)):
            found[member.id] = AskablePerson(
                Candidate(
                    member_id=member.id,
                    handle=member.handle,
                    roles=roles,
                    languages=frozenset(profile.languages),
                    regions=frozenset(profile.regions),
                    skills=frozenset(profile.skills),
                    weekly_cap=profile.weekly_cap,
                    load=load.get(member.id, 0),
                    on_duty=on_duty is None or member.id in on_duty,
                    busy=tuple(busy.get(member.id, ())),
                    # Requests of tier 0 wake members, as alerts do.
                    away=tier > 0 and _is_resting(db, profile, now),
                    vetted=profile.vetted_on is not None,
                ),
                make_member_phone(member.id, profile),
                troubles.get(member.id),
            )
    return found


def _is_resting(db: Db, profile: MemberProfile, now: datetime) -> bool:
    quiet = profile.quiet_hours
    return bool(quiet) and is_within_windows(quiet, now, db.zone)


def _on_duty(db: Db, now: datetime) -> frozenset[UUID] | None:
    """Return the members on duty; None without a rota, so that we prefer none."""
    rota = load_rota(db)
    return frozenset(find_duty(rota, now).members()) if rota.slots else None


def _this_week(db: Db, now: datetime) -> tuple[dict[UUID, int], dict[UUID, list[Window]]]:
    """Return how many requests each member took on since Monday, and when they are busy."""
    local = now.astimezone(db.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    monday = midnight - timedelta(days=local.weekday())
    query = select(Assignment).where(
        or_(Assignment.state == AssignmentState.ACTIVE, Assignment.accepted_at >= monday),
        Assignment.state.in_(_COUNTS),
    )
    load: dict[UUID, int] = defaultdict(int)
    busy: dict[UUID, list[Window]] = defaultdict(list)
    for assignment in db.scalars(query):
        if assignment.accepted_at >= monday:
            load[assignment.member_id] += 1
        if assignment.state == AssignmentState.ACTIVE:
            at = db.keys.read_values(assignment).window
            if at is not None:
                busy[assignment.member_id].append(at)
    return load, busy
