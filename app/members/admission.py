"""Joining with an invitation, and coming back with a recovery code: the slow part, then the fast.

The passphrase is worked on in the doorkeeper's queue and outside any transaction.
"""

from __future__ import annotations

from datetime import datetime

from app.crypto import new_salt, passphrase_key
from app.errors import Unauthenticated
from app.members.enrolment import (
    EnrolledMember,
    check_passphrase,
    clean_handle,
    make_secrets,
    recover_member,
)
from app.members.invitations import redeem_invitation
from app.members.session_stores import SessionStore
from app.members.sign_in_throttle import SignInThrottle, SignInVisitor
from app.store import Database


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

    Raises InvitationRefused, HandleRefused, HandleTaken, PassphraseTooShort, Throttled.
    """
    clean_handle(handle)
    with door.place():
        secrets = make_secrets(passphrase)
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

    Raises Unauthenticated for every cause alike, PassphraseTooShort, Throttled.
    """
    who = SignInVisitor(handle.strip().casefold())
    door.check(who, now)
    check_passphrase(passphrase)
    salt = new_salt()
    with door.place():
        key = passphrase_key(passphrase, salt)
    try:
        with database.transaction() as db:
            member, _, next_code = recover_member(
                db, handle=who.name, recovery_code=recovery_code, salt=salt, key=key, now=now
            )
            store.drop(db, member_id=member.id)
    except Unauthenticated:
        door.failed(who, now)
        raise
    return next_code
