"""Who can be rung now, at which number, and when somebody is there again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from app import access
from app.calls.courses import PhonesOnDuty
from app.calls.twiml import NextHours
from app.models import CallLeg, LegState, MemberState
from app.outbox import find_member_phone
from app.paging import DESK_ROLES, find_desk_on_duty
from app.rota import list_turns, load_rota
from app.store import Db
from app.vault import find_profile, read_roster

_AHEAD = timedelta(days=8)
_ACTIVE = (MemberState.ACTIVE,)


def find_phones_on_duty(db: Db, now: datetime) -> PhonesOnDuty:
    """Return who of the desk is on duty or stands by, has a phone, and is on no call."""
    able = {member.id for member in read_roster(db).team(access.DESK)}
    on_duty = find_desk_on_duty(db, able, now)
    first, fallback = on_duty.first, on_duty.fallback
    reachable = [one for one in dict.fromkeys((*first, *fallback)) if find_phone(db, one)]
    return PhonesOnDuty(
        tuple(one for one in first if one in reachable),
        tuple(one for one in fallback if one in reachable),
        frozenset(reachable) - find_busy_members(db, reachable),
    )


def find_busy_members(db: Db, members: Sequence[UUID]) -> set[UUID]:
    """Return those whose phone rings, or who talk, already."""
    running = (CallLeg.member_id.in_(members), CallLeg.state != LegState.OVER)
    return {one for one in db.scalars(select(CallLeg.member_id).where(*running)) if one}


def find_phone(db: Db, member_id: UUID) -> str | None:
    """Return an active member's number in E.164; None where they have none, or left."""
    phone = find_member_phone(db, member_id, _ACTIVE)
    return phone.number if phone else None


def find_call_language(db: Db, member_id: UUID | None) -> str:
    """Return the language in which a member is spoken to."""
    profile = find_profile(db, member_id, _ACTIVE) if member_id else None
    return profile.languages[0] if profile and profile.languages else "en"


def find_next_hours(db: Db, now: datetime) -> NextHours:
    """Return when the next shift of the desk begins, by the clock of the organisation's zone.

    None while one goes on: somebody may answer the next call.
    """
    for turn in list_turns(load_rota(db), now, now + _AHEAD):
        ours = turn.slot.role in DESK_ROLES and not turn.slot.fallback
        if ours and turn.members:
            local = turn.start.astimezone(db.zone)
            return None if turn.start <= now else (local.weekday(), f"{local:%H:%M}")
    return None
