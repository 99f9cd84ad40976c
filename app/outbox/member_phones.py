"""Members' phones as the carrier meets them: texts that arrive there, and those that do not."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app.models import Member, MemberState
from app.store import Db, add_jobs, new_job
from app.telephony import clean_number, is_same_phone

# The job that tells of a phone and lets nobody wait for it; its ref is the member.
PHONE_TROUBLE_JOB = "phone"
# The handset is off or away; it blocks us; nobody knows it; it is a landline.
# Source: https://www.twilio.com/docs/api/errors/30003 and the three after it.
NOT_RECEIVED = frozenset({30003, 30004, 30005, 30006})
OPTED_OUT = 21610
PRESENT = (MemberState.JOINING, MemberState.ACTIVE)


def is_our_number(db: Db, number: str, own_number: str) -> bool:
    """Return whether a number is the hotline's, ``own_number``, or a member's phone. Sealed."""
    hotlines = is_same_phone(number, clean_number(own_number))
    return hotlines or bool(_find_owners(db, {db.keys.number_lookup(number)}))


def note_unreached_phone(db: Db, number: str, error: int, now: datetime) -> None:
    """Note that the carrier does not reach a phone, if it is a member's. Nothing while sealed."""
    for member in _find_owners(db, _look_up(db, [number])):
        if member.phone_error is None:
            plan_to_tell(db, member.id, now)
        member.phone_error = error


def note_reached_phones(db: Db, numbers: Collection[str]) -> None:
    """Note that texts arrived: whatever kept them from these phones is over."""
    for member in _find_owners(db, _look_up(db, numbers)):
        member.phone_error = None


def note_suppressed_phone(db: Db, lookup: bytes, now: datetime) -> None:
    """Have it told that a number may not be texted any more, if it is a member's."""
    for member in _find_owners(db, {lookup}):
        plan_to_tell(db, member.id, now)


def plan_to_tell(db: Db, member_id: UUID, now: datetime) -> None:
    """Plan the job that tells of a member's phone."""
    add_jobs(db, [new_job(PHONE_TROUBLE_JOB, member_id, now, priority=0)])


def _look_up(db: Db, numbers: Collection[str]) -> set[bytes]:
    return {db.keys.number_lookup(one) for one in numbers if one} if db.keys.is_open else set()


def _find_owners(db: Db, lookups: Collection[bytes]) -> list[Member]:
    if not lookups:
        return []
    theirs = (Member.number_lookup.in_(lookups), Member.state.in_(PRESENT))
    return list(db.list_whole(select(Member).where(*theirs).order_by(Member.id)))
