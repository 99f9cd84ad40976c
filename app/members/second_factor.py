"""A member's second factor: the secret of their authenticator app, and the codes it shows."""

from __future__ import annotations

from datetime import datetime

from app import audit
from app.access import Principal
from app.crypto import MemberKeys, Purpose, find_accepted_step, lock, unlock
from app.errors import BadRequest, Unauthenticated
from app.models import Member
from app.store import Db


def store_totp_secret(
    db: Db, member: Member, keys: MemberKeys, secret: bytes, last_step: int = 0
) -> None:
    """Seal a secret to its member, with the last time step whose code they used."""
    member.totp_version += 1
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = last_step.to_bytes(8, "big") + secret
    member.totp = lock(keys.totp_key, Purpose.TOTP, 0, context, plaintext)


def open_totp_secret(db: Db, member: Member, keys: MemberKeys) -> tuple[bytes, int]:
    """Return a member's secret and the last time step whose code they used."""
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = unlock(keys.totp_key, Purpose.TOTP, 0, context, member.totp or b"")
    return plaintext[8:], int.from_bytes(plaintext[:8], "big")


def spend_totp_code(
    db: Db, member: Member, keys: MemberKeys, code: str | None, now: datetime, *, required: bool
) -> None:
    """Use up a code. Unauthenticated where it is wrong, was used before, or is missing."""
    if not code and not required:
        return
    if not _spend(db, member, keys, code or "", now):
        raise Unauthenticated


def confirm_totp(db: Db, principal: Principal, code: str, now: datetime) -> None:
    """Note that a member's app shows the right codes; from then on every sign-in needs one.

    BadRequest.
    """
    member = db.get_one(Member, principal.member_id)
    if not _spend(db, member, principal.keys, code, now):
        raise BadRequest("This code is not right. Check the clock of the phone, and try the next.")
    member.totp_confirmed = True
    audit.record(db, "totp.confirmed", member.id, member.id, now)


def _spend(db: Db, member: Member, keys: MemberKeys, code: str, now: datetime) -> bool:
    secret, last_step = open_totp_secret(db, member, keys)
    step = find_accepted_step(secret, code, now, last_step)
    if step is None:
        return False
    store_totp_secret(db, member, keys, secret, step)
    return True
