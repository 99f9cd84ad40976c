"""Another app or device for the codes: the passphrase asks for it, two coordinators confirm it.

From then on only the new one's codes count, and the first of them takes it over. Until then the old
one goes on working. All sessions of the member end when it holds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.crypto import (
    Context,
    MemberKeys,
    Purpose,
    SealBroken,
    derive_passphrase_key,
    lock,
    make_totp_uri,
    new_totp_secret,
    unlock,
)
from app.errors import Unauthenticated
from app.members.confirmations import add_confirmation, find_confirmed, move_confirmation
from app.members.enrolment import find_passphrase_salt, find_present_member
from app.members.member_keys import open_member_seed
from app.members.refused_codes import CodeRefused
from app.members.second_factor import SecondFactor, spend_totp_code, store_second_factor
from app.members.sign_in_throttle import SignInThrottle, SignInVisitor
from app.models import Confirmation, ConfirmationKind, ConfirmationState, Member, rounded
from app.outbox import queue_notice
from app.paging import find_reachable_phone
from app.store import Database, Db
from app.texts import MemberNotice, MemberText
from app.vault import read_roster

_KIND = ConfirmationKind.SECOND_FACTOR
# Whoever has the passphrase may ask again and again; its owner is texted once in this time.
_TOLD_AGAIN_AFTER = timedelta(hours=12)


def ask_for_second_factor(
    database: Database,
    door: SignInThrottle,
    *,
    handle: str,
    passphrase: str,
    now: datetime,
) -> str:
    """Make a new second factor that waits for two coordinators; return its URI for the app.

    It is shown once. Unauthenticated for every cause alike, Throttled.
    """
    who = SignInVisitor(handle.strip().casefold())
    door.check(who, now)
    with database.snapshot() as db:
        salt = find_passphrase_salt(db, who.name)
    with door.place():
        key = derive_passphrase_key(passphrase, salt)
    try:
        with database.transaction() as db:
            return _ask(db, who.name, key, now)
    except Unauthenticated:
        door.failed(who, now)
        raise


def _ask(db: Db, handle: str, key: bytes, now: datetime) -> str:
    member = find_present_member(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    try:
        keys = open_member_seed(db, member, "seed_wrap", key)
    except SealBroken as error:
        raise Unauthenticated from error
    secret = new_totp_secret()
    _tell_owner(db, member, now)
    confirmation_id = uuid4()
    confirmation = Confirmation(
        id=confirmation_id,
        kind=_KIND,
        member_id=member.id,
        state=ConfirmationState.ASKED,
        roles=[],
        archive=False,
        roster_version=read_roster(db).version,
        asked_at=rounded(now),
        told=0,
        totp=lock(keys.totp_key, Purpose.TOTP, 0, _context(db, confirmation_id, member.id), secret),
    )
    add_confirmation(db, confirmation, now)
    audit.record(db, f"{_KIND}.asked", member.id, member.id, now)
    return make_totp_uri(secret, member.handle)


def _context(db: Db, confirmation_id: UUID, member_id: UUID) -> Context:
    return db.keys.context("confirmations", "totp", confirmation_id, parents=(member_id,))


def _tell_owner(db: Db, member: Member, now: datetime) -> None:
    lately = select(Confirmation.id).where(
        Confirmation.kind == _KIND,
        Confirmation.member_id == member.id,
        Confirmation.asked_at > now - _TOLD_AGAIN_AFTER,
    )
    if not db.keys.is_open or db.scalar(lately.limit(1)):
        return
    phone = find_reachable_phone(db, member, 0, now)
    if phone:
        queue_notice(db, [phone], MemberNotice(MemberText.NEW_FACTOR), now)


def spend_sign_in_code(
    db: Db, member: Member, keys: MemberKeys, code: str | None, now: datetime, *, require_mfa: bool
) -> None:
    """Use up the code of a sign-in: of the new second factor, once it was confirmed.

    CodeRefused, Unauthenticated, as ``spend_totp_code``.
    """
    confirmed = find_confirmed(db, _KIND, now, member.id)
    if not confirmed:
        spend_totp_code(db, member, keys, code, now, require_mfa=require_mfa)
        return
    newest = confirmed[-1]
    try:
        context = _context(db, newest.id, member.id)
        secret = unlock(keys.totp_key, Purpose.TOTP, 0, context, newest.totp or b"")
    except SealBroken as error:
        raise Unauthenticated from error
    factor = SecondFactor(secret, confirmed=True).spend(code or "", now)
    if factor is None:
        raise CodeRefused(member.id)
    store_second_factor(db, member, keys, factor, now)
    move_confirmation(db, newest, ConfirmationState.DONE, member.id, now, "replaced")
