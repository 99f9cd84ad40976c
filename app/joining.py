"""Joining with an invitation, and coming back with a recovery code: the slow part, then the fast.

The passphrase is worked on in the doorkeeper's queue and outside any transaction.
"""

from __future__ import annotations

from datetime import datetime

from app import enrolment, invitations
from app.crypto.passphrases import new_salt, passphrase_key
from app.db import Database
from app.doorkeeper import Doorkeeper, Visitor
from app.enrolment import Enrolled
from app.errors import Unauthenticated
from app.session_stores import SessionStore


def join(
    database: Database,
    door: Doorkeeper,
    *,
    code: str,
    handle: str,
    passphrase: str,
    name: str | None,
    phone: str | None,
    now: datetime,
) -> Enrolled:
    """Turn an invitation into a member who waits for the roster.

    Raises InvitationRefused, HandleRefused, HandleTaken, PassphraseTooShort, Throttled.
    """
    enrolment.clean_handle(handle)
    with door.place():
        secrets = enrolment.make_secrets(passphrase)
    with database.transaction() as db:
        return invitations.redeem(
            db, secrets, code=code, handle=handle, name=name, phone=phone, now=now
        )


def recover(
    database: Database,
    store: SessionStore,
    door: Doorkeeper,
    *,
    handle: str,
    recovery_code: str,
    passphrase: str,
    now: datetime,
) -> str:
    """Set a new passphrase, end all the member's sessions, and return the next recovery code.

    Raises Unauthenticated for every cause alike, PassphraseTooShort, Throttled.
    """
    who = Visitor(handle.strip().casefold())
    door.check(who, now)
    enrolment.check_passphrase(passphrase)
    salt = new_salt()
    with door.place():
        key = passphrase_key(passphrase, salt)
    try:
        with database.transaction() as db:
            member, _, next_code = enrolment.recover(
                db, handle=who.name, recovery_code=recovery_code, salt=salt, key=key, now=now
            )
            store.drop(db, member_id=member.id)
    except Unauthenticated:
        door.failed(who, now)
        raise
    return next_code
