"""A member's seed, wrapped twice, and the MAC that vouches for their row."""

from __future__ import annotations

import json
from datetime import datetime

from app.crypto import Context, MemberKeys, Purpose, SealBroken, day_number, lock, unlock
from app.models import Member
from app.store import Db

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


def vouch_for_member(db: Db, member: Member) -> None:
    """Put this server's MAC on the keys and roles of a member's row."""
    member.keys_mac = db.keys.public_key_mac("members", member.id, 0, _vouched_values(member))


def check_member_row(db: Db, member: Member) -> None:
    """Raise SealBroken unless this server vouched for the row's keys and roles.

    Otherwise an attacker who writes to the database could invite themselves to the desk.
    """
    db.keys.check_public_key("members", member.id, 0, _vouched_values(member), member.keys_mac)


def _vouched_values(member: Member) -> bytes:
    roles = json.dumps([sorted(member.roles), member.archive]).encode()
    return member.kem_public + member.verify_key + roles
