"""Whom the desk's texts go to: people on duty, those who stand by, coordinators; and when."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select

from app import access
from app.cases import is_within_windows
from app.models import Member, MemberProfile, MemberState
from app.outbox import MemberPhone, find_phone_troubles, make_member_phone, queue_notice
from app.rota import find_duty, load_rota
from app.store import Db
from app.texts import MemberNotice
from app.vault import read_roster, read_whole_values

log = structlog.get_logger()

# In shifts that ask for one of these roles people look after callers.
DESK_ROLES = ("dispatcher", "coordinator")


@dataclass(frozen=True)
class DeskOnDuty:
    """The members who look after callers now, and those who stand by.

    ``planned``: the rota has a shift for the desk at all.
    """

    first: Sequence[UUID] = ()
    fallback: Sequence[UUID] = ()
    planned: bool = True


def find_desk_on_duty(db: Db, able: Collection[UUID], now: datetime) -> DeskOnDuty:
    """Return who of ``able`` is on duty: a member who lost the role since cannot take a case."""
    rota = load_rota(db)
    duty = find_duty(rota, now)
    first, fallback = (
        [member for member in duty.members(DESK_ROLES, fallback=standing_by) if member in able]
        for standing_by in (False, True)
    )
    planned = any(slot.role in DESK_ROLES and not slot.fallback for slot in rota.slots)
    return DeskOnDuty(first, fallback, planned)


def choose_recipients(
    on_duty: DeskOnDuty, desk: Sequence[UUID], coordinators: Sequence[UUID], step_number: int
) -> set[UUID]:
    """Return who is paged at a step: on duty, then the fallback too, then the coordinators too.

    Where nobody is on duty, the next group that has anybody is paged at once. Without a rota the
    whole desk is on duty.
    """
    first = on_duty.first if on_duty.planned else desk
    chosen = {*(first or on_duty.fallback or coordinators)}
    for group in (on_duty.fallback, coordinators, desk)[:step_number]:
        chosen.update(group)
    return chosen


def find_recipients(db: Db, step_number: int, now: datetime) -> list[Member]:
    """Return the members who are paged at a step."""
    listed = read_roster(db)
    desk = [member.id for member in listed.team(access.DESK)]
    coordinators = [member.id for member in listed.members if "coordinator" in member.roles]
    able = {member.id: member for member in _active(db, {*desk, *coordinators})}
    chosen = _choose(db, able, desk, coordinators, step_number, now)
    # Nobody waits for a phone that gets no texts: whoever is next is paged as well.
    troubles = find_phone_troubles(db, now)
    if not chosen.isdisjoint(troubles):
        reachable = [one for one in able if one not in troubles]
        chosen |= _choose(db, reachable, desk, coordinators, step_number, now)
    return [able[one] for one in sorted(chosen)]


def _choose(
    db: Db,
    able: Collection[UUID],
    desk: Sequence[UUID],
    coordinators: Sequence[UUID],
    step_number: int,
    now: datetime,
) -> set[UUID]:
    on_duty = find_desk_on_duty(db, able, now)
    desk, coordinators = ([one for one in group if one in able] for group in (desk, coordinators))
    return choose_recipients(on_duty, desk, coordinators, step_number)


def _active(db: Db, ids: Collection[UUID]) -> Sequence[Member]:
    """Return the active ones of these members; whose row is damaged is left out."""
    active = (Member.id.in_(ids), Member.state == MemberState.ACTIVE)
    return db.list_whole(select(Member).where(*active).order_by(Member.id))


def find_reachable_phone(db: Db, member: Member, urgency: int, now: datetime) -> MemberPhone | None:
    """Return the member's phone, if they may be texted now; quiet hours never hold back tier 0."""
    profile = read_whole_values(db, member) or MemberProfile()
    quiet = profile.quiet_hours
    if urgency > 0 and quiet and is_within_windows(quiet, now, db.zone):
        return None
    return make_member_phone(member.id, profile)


def tell_coordinators(
    db: Db,
    notice: MemberNotice,
    now: datetime,
    *,
    but: UUID | None = None,
    at_most: int = 2,
    urgency: int = 0,
) -> int:
    """Text some coordinators about something other than a case; return how many.

    Quiet hours hold it back unless it is of tier 0.
    """
    listed = [m.id for m in read_roster(db).members if "coordinator" in m.roles and m.id != but]
    troubles = find_phone_troubles(db, now)
    active = sorted(_active(db, listed), key=lambda member: member.id in troubles)
    found = (find_reachable_phone(db, member, urgency, now) for member in active)
    phones = [phone for phone in found if phone][:at_most]
    if not phones and urgency == 0:
        log.error("alert.nobody", step=0, tier=urgency)
    queue_notice(db, phones, notice, now)
    return len(phones)
