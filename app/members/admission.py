"""Joining with an invitation, and coming back with a recovery code.

The slow work on a passphrase happens in the queue of the sign-in and outside any transaction.
"""

from __future__ import annotations

from datetime import datetime

from app import audit
from app.crypto import (
    SealBroken,
    derive_passphrase_key,
    derive_recovery_key,
    new_recovery_code,
    new_salt,
)
from app.errors import Unauthenticated
from app.members.enrolment import (
    EnrolledMember,
    clean_handle,
    find_present_member,
    make_secrets,
)
from app.members.invitations import redeem_invitation
from app.members.member_keys import open_member_seed, wrap_member_seed
from app.members.passphrase_rules import check_passphrase
from app.members.session_stores import SessionStore
from app.members.sign_in_throttle import SignInThrottle, SignInVisitor
from app.models import Member
from app.store import Database, Db


def join_with_invitation(
    database: Database,
    door: SignInThrottle,
    *,
    code: str,
    handle: str,
    passphrase: str,
    name: str | None,
    phone: str | None,
    now: datetime,
) -> EnrolledMember:
    """Turn an invitation into a member who waits for the roster.

    Raises InvitationRefused, HandleRefused, HandleTaken, PassphraseRefused, Throttled.
    """
    clean_handle(handle)
    with door.place():
        secrets = make_secrets(passphrase, handle)
    with database.transaction() as db:
        return redeem_invitation(
            db, secrets, code=code, handle=handle, name=name, phone=phone, now=now
        )


def recover_with_code(
    database: Database,
    store: SessionStore,
    door: SignInThrottle,
    *,
    handle: str,
    recovery_code: str,
    passphrase: str,
    now: datetime,
) -> str:
    """Set a new passphrase, end all the member's sessions, and return the next recovery code.

    Raises Unauthenticated for every cause alike, PassphraseRefused, Throttled.
    """
    who = SignInVisitor(handle.strip().casefold())
    door.check(who, now)
    check_passphrase(passphrase, who.name)
    salt = new_salt()
    with door.place():
        key = derive_passphrase_key(passphrase, salt)
    try:
        with database.transaction() as db:
            member = _find_for_recovery(db, who.name)
            next_code = _spend_recovery_code(db, member, recovery_code, key, now)
            member.passphrase_salt = salt
            store.drop(db, member_id=member.id)
    except Unauthenticated:
        door.failed(who, now)
        raise
    return next_code


def _find_for_recovery(db: Db, handle: str) -> Member:
    member = find_present_member(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    return member


def _spend_recovery_code(
    db: Db, member: Member, recovery_code: str, key: bytes, now: datetime
) -> str:
    """Wrap a member's seed under a new passphrase's ``key``; return the next recovery code."""
    try:
        keys = open_member_seed(db, member, "recovery_wrap", derive_recovery_key(recovery_code))
    except SealBroken as error:
        raise Unauthenticated from error
    next_code = new_recovery_code()
    wrap_member_seed(db, member, "seed_wrap", key, keys, now)
    wrap_member_seed(db, member, "recovery_wrap", derive_recovery_key(next_code), keys, now)
    audit.record(db, "member.recovered", member.id, member.id, now)
    return next_code
