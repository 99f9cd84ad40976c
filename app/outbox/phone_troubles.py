"""Members' phones that get no texts: who has one, and since when the machine knows.

A phone that said STOP, is blocked or in the wrong hands has a suppression. One that the carrier
does not reach has the carrier's number of the reason in its member's row, until a text arrives.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select

from app.models import Member
from app.outbox.member_phones import PRESENT
from app.outbox.suppressions import find_suppressions
from app.store import Db


class PhoneTrouble(StrEnum):
    """Why a member's phone gets no texts. The first of several is shown."""

    BLOCKED = "blocked"
    """A coordinator blocked its number."""
    COMPROMISED = "compromised"
    """It is in the wrong hands."""
    STOP = "stop"
    """It said STOP."""
    LOCKED = "locked"
    """It said that it is the wrong number."""
    UNREACHED = "unreached"
    """The carrier could not bring it the last text."""


def find_phone_troubles(db: Db, now: datetime) -> Mapping[UUID, PhoneTrouble]:
    """Return the members whose phones get no texts; also while sealed."""
    with_phone = (Member.state.in_(PRESENT), Member.number_lookup.is_not(None))
    members = db.list_whole(select(Member).where(*with_phone))
    lookups = {member.number_lookup for member in members if member.number_lookup}
    in_force = find_suppressions(db, lookups, now) if lookups else {}
    found = {}
    for member in members:
        kinds = set(in_force.get(member.number_lookup or b"", ()))
        if member.phone_error is not None:
            kinds.add(PhoneTrouble.UNREACHED)
        trouble = next((one for one in PhoneTrouble if one in kinds), None)
        if trouble is not None:
            found[member.id] = trouble
    return found
