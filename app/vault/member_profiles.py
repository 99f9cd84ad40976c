"""Members' profiles as the machine uses them: of those whom the roster names, and if they open."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select

from app.crypto import SealBroken
from app.errors import Sealed
from app.models import Member, MemberProfile, MemberState, OperationalRow
from app.store import Db
from app.telephony import clean_number
from app.vault.roster import read_roster

V = TypeVar("V")
_IN = (MemberState.JOINING, MemberState.ACTIVE)


def find_profile(
    db: Db, member_id: UUID, states: Collection[MemberState] = _IN
) -> MemberProfile | None:
    """Return a member's profile; None for those who are not in, or whose row is damaged. Sealed."""
    if member_id not in read_roster(db).by_id:
        return None
    found = db.list_whole(select(Member).where(Member.id == member_id, Member.state.in_(states)))
    return read_whole_values(db, found[0]) if found else None


def make_phone_columns(db: Db, profile: MemberProfile) -> dict[str, Any]:
    """Return the plain columns that say whose phone it is; of a new phone no error is known."""
    number = clean_number(profile.phone or "")
    return {
        "number_lookup": db.keys.number_lookup(number) if number else None,
        "phone_error": None,
    }


def write_profile(db: Db, member: Member, profile: MemberProfile) -> None:
    """Replace a member's profile, and with their phone what is known of it. Sealed."""
    before = db.keys.read_values(member)
    db.keys.write_values(member, profile)
    if before.phone != profile.phone:
        for name, value in make_phone_columns(db, profile).items():
            setattr(member, name, value)


def find_phone_owners(db: Db, lookups: Collection[bytes]) -> dict[bytes, list[UUID]]:
    """Return the members whose phone each of these numbers is now. Sealed.

    Only those whom the roster names, and whose profile says so too: whoever writes to the database
    makes nobody a member.
    """
    if not lookups:
        return {}
    theirs = (Member.number_lookup.in_(lookups), Member.state.in_(_IN))
    found: dict[bytes, list[UUID]] = {}
    for member in db.list_whole(select(Member).where(*theirs).order_by(Member.id)):
        profile = read_whole_values(db, member) if member.id in read_roster(db).by_id else None
        number = clean_number(profile.phone or "") if profile else None
        lookup = db.keys.number_lookup(number) if number else None
        if lookup is not None and lookup in lookups:
            found.setdefault(lookup, []).append(member.id)
    return found


def read_whole_values(db: Db, row: OperationalRow[V]) -> V | None:
    """Return a row's values; None where they were taken away, or changed from outside. Sealed.

    What was changed is noted, so that coordinators are told.
    """
    try:
        return db.keys.find_values(row)
    except (SealBroken, Sealed):
        if not db.keys.is_open:
            raise
        db.note_damage(row.__tablename__, (row.id,))
        return None
