"""A member's seed, wrapped twice, and whether their row is the one that the roster means."""

from __future__ import annotations

from datetime import datetime

from app.crypto import Context, MemberKeys, Purpose, SealBroken, day_number, lock, unlock
from app.models import Member, MemberState
from app.store import Db
from app.vault import read_roster

# States of members whom the roster does not name.
_UNLISTED = (MemberState.WAITING, MemberState.REMOVED)
_PURPOSES = {"seed_wrap": Purpose.MEMBER_SEED, "recovery_wrap": Purpose.RECOVERY_SEED}


def wrap_member_seed(
    db: Db, member: Member, column: str, key: bytes, keys: MemberKeys, now: datetime
) -> None:
    """Wrap a seed under a passphrase's key (``seed_wrap``) or a code's (``recovery_wrap``)."""
    inner = lock(key, _PURPOSES[column], 0, _seed_context(db, member, column), keys.seed)
    store_under_layer(db, member, column, inner, now)


def store_under_layer(db: Db, member: Member, column: str, inner: bytes, now: datetime) -> None:
    """Store a blob of a member's row under today's forgetting layer."""
    setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    _rewrap_siblings(db, member, now)


def _rewrap_siblings(db: Db, member: Member, now: datetime) -> None:
    """Bring the row's other wraps to the same day, which is what ``shred_day`` promises."""
    today = day_number(now)
    if member.shred_day in (None, today):
        return
    for column in ("seed_wrap", "recovery_wrap", "totp", "op_key"):
        outer = getattr(member, column)
        if outer is not None:
            inner = db.keys.remember("members", column, member.id, outer)
            setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    member.shred_day = today


def _seed_context(db: Db, member: Member, column: str) -> Context:
    return db.keys.context("members", column, member.id)


def open_member_seed(db: Db, member: Member, column: str, key: bytes) -> MemberKeys:
    """Open a member's seed with a passphrase's or recovery code's key. SealBroken."""
    inner = db.keys.remember("members", column, member.id, getattr(member, column))
    seed = unlock(key, _PURPOSES[column], 0, _seed_context(db, member, column), inner)
    keys = MemberKeys(seed)
    check_member_row(db, member)
    if (keys.pair.public, keys.verify_key) != (member.kem_public, member.verify_key):
        raise SealBroken
    return keys


def date_member_row(db: Db, member: Member) -> None:
    """Note in a member's row which version of the roster gave them what they are now."""
    member.roster_version = read_roster(db).by_id[member.id].since


def check_member_row(db: Db, member: Member) -> None:
    """Raise SealBroken for a row of somebody who left, or from before the roster's line of them.

    The row's MAC is right in both cases: an attacker who writes to the database put back a row of
    last week.
    """
    if not has_row_of_now(db, member):
        raise SealBroken


def has_row_of_now(db: Db, member: Member) -> bool:
    """Return whether a row fits what the roster says of its member; note it if it does not."""
    roster = read_roster(db)
    line, left = roster.by_id.get(member.id), member.state == MemberState.REMOVED
    if line is None:
        fits = left or member.id not in roster.removed
    else:
        fits = member.state not in _UNLISTED and member.roster_version == line.since
    if not fits:
        db.note_damage(Member.__tablename__, (member.id,))
    return fits
