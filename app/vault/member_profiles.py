"""Members' profiles as the machine uses them: of those whom the roster names, and if they open."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select

from app.crypto import SealBroken
from app.errors import Sealed
from app.models import Member, MemberProfile, MemberState, OperationalRow
from app.store import Db
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
