"""Becoming a member and proving to be one: keys, passphrase, second factor, recovery."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import Principal
from app.crypto import (
    MIN_PASSPHRASE,
    Context,
    MemberKeys,
    Purpose,
    SealBroken,
    day_number,
    find_accepted_step,
    lock,
    make_totp_uri,
    new_recovery_code,
    new_salt,
    new_seed,
    new_totp_secret,
    passphrase_key,
    recovery_key,
    unlock,
)
from app.errors import BadRequest, Unauthenticated
from app.models import Member, rounded
from app.store import Db

HANDLE_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
PROFILE_FIELDS = (
    "name",
    "phone",
    "languages",
    "regions",
    "skills",
    "weekly_cap",
    "vetted_on",
    "quiet_hours",
)
_PURPOSES = {"seed_wrap": Purpose.MEMBER_SEED, "recovery_wrap": Purpose.RECOVERY_SEED}


class HandleTaken(BadRequest):
    """Somebody already uses this name. Please choose another."""


class HandleRefused(BadRequest):
    """A name has 1 to 40 small letters, digits, dots or dashes. Choose a pseudonym."""


class PassphraseTooShort(BadRequest):
    """A passphrase has at least 12 characters; several words are easier to remember."""


@dataclass(frozen=True)
class NewcomerSecrets:
    """A newcomer's keys before anything is stored; made outside any transaction, for it is slow."""

    keys: MemberKeys
    salt: bytes
    passphrase_key: bytes
    recovery_code: str
    totp_secret: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass(frozen=True)
class EnrolledMember:
    """A new member with what is shown once."""

    member: Member
    recovery_code: str
    totp_uri: str

    def __repr__(self) -> str:
        return "Enrolled(…)"


def clean_handle(handle: str) -> str:
    """Return a handle as it is stored; HandleRefused."""
    name = handle.strip().casefold()
    if not HANDLE_PATTERN.fullmatch(name):
        raise HandleRefused
    return name


def find_present_member(db: Db, handle: str, *, lock_row: bool = False) -> Member | None:
    """Return the member of that name, however it was typed; None where there is none."""
    name = handle.strip().casefold()
    if not HANDLE_PATTERN.fullmatch(name):  # a database refuses some texts that are no name
        return None
    query = select(Member).where(Member.handle == name, Member.state != "removed")
    return db.scalar(query.with_for_update() if lock_row else query)


def check_passphrase(passphrase: str) -> None:
    """Raise PassphraseTooShort."""
    if len(passphrase.strip()) < MIN_PASSPHRASE:
        raise PassphraseTooShort


def make_secrets(passphrase: str) -> NewcomerSecrets:
    """Make a newcomer's keys; about a quarter of a second. PassphraseTooShort."""
    check_passphrase(passphrase)
    salt = new_salt()
    key = passphrase_key(passphrase, salt)
    return NewcomerSecrets(
        MemberKeys(new_seed()), salt, key, new_recovery_code(), new_totp_secret()
    )


def enrol_member(
    db: Db,
    secrets: NewcomerSecrets,
    *,
    handle: str,
    roles: Sequence[str],
    state: str,
    profile: Mapping[str, Any],
    now: datetime,
) -> EnrolledMember:
    """Store a new member with their wrapped seed. HandleRefused, HandleTaken."""
    handle = clean_handle(handle)
    if db.scalar(select(Member.id).where(Member.handle == handle)):
        raise HandleTaken
    member_id, keys = uuid4(), secrets.keys
    member = Member(
        id=member_id,
        handle=handle,
        roles=sorted(set(roles)),
        state=state,
        archive="coordinator" in roles,
        joined_at=rounded(now),
        version=1,
        kem_public=keys.pair.public,
        verify_key=keys.verify_key,
        passphrase_salt=secrets.salt,
        totp_version=0,
        totp_confirmed=False,
        **db.keys.new_row("members", member_id, _profile(profile), now),
    )
    member.keys_mac = db.keys.public_key_mac("members", member_id, 0, list_vouched_values(member))
    _wrap_seed(db, member, "seed_wrap", secrets.passphrase_key, keys, now)
    _wrap_seed(db, member, "recovery_wrap", recovery_key(secrets.recovery_code), keys, now)
    _store_totp(db, member, keys, secrets.totp_secret, 0)
    db.add(member)
    db.flush()
    uri = make_totp_uri(secrets.totp_secret, handle)
    return EnrolledMember(member, secrets.recovery_code, uri)


def _profile(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in PROFILE_FIELDS}


# -- seeds


def _wrap_seed(
    db: Db, member: Member, column: str, key: bytes, keys: MemberKeys, now: datetime
) -> None:
    inner = lock(key, _PURPOSES[column], 0, _seed_context(db, member, column), keys.seed)
    setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    _rewrap_siblings(db, member, now)


def _rewrap_siblings(db: Db, member: Member, now: datetime) -> None:
    """Bring the row's other wraps to the same day, which is what ``shred_day`` promises."""
    today = day_number(now)
    if member.shred_day in (None, today):
        return
    for column in ("seed_wrap", "recovery_wrap", "op_key"):
        outer = getattr(member, column)
        if outer is not None:
            inner = db.keys.remember("members", column, member.id, outer)
            setattr(member, column, db.keys.forget("members", column, member.id, inner, now))
    member.shred_day = today


def _seed_context(db: Db, member: Member, column: str) -> Context:
    return db.keys.context("members", column, member.id)


def open_member_seed(db: Db, member: Member, column: str, key: bytes) -> MemberKeys:
    """Open a member's seed with a passphrase's or recovery code's key; SealBroken."""
    inner = db.keys.remember("members", column, member.id, getattr(member, column))
    seed = unlock(key, _PURPOSES[column], 0, _seed_context(db, member, column), inner)
    keys = MemberKeys(seed)
    check_member_row(db, member)
    if (keys.pair.public, keys.verify_key) != (member.kem_public, member.verify_key):
        raise SealBroken
    return keys


def check_member_row(db: Db, member: Member) -> None:
    """Raise SealBroken unless this server vouched for the row's keys and roles.

    Whoever can write to the database could else invite themselves to the desk.
    """
    db.keys.check_public_key("members", member.id, 0, list_vouched_values(member), member.keys_mac)


def list_vouched_values(member: Member) -> bytes:
    """Return what of a member's row this server puts its MAC on."""
    roles = json.dumps([sorted(member.roles), member.archive]).encode()
    return member.kem_public + member.verify_key + roles


# -- second factor


def _store_totp(db: Db, member: Member, keys: MemberKeys, secret: bytes, last_step: int) -> None:
    member.totp_version += 1
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = last_step.to_bytes(8, "big") + secret
    member.totp = lock(keys.totp_key, Purpose.TOTP, 0, context, plaintext)


def open_totp_secret(db: Db, member: Member, keys: MemberKeys) -> tuple[bytes, int]:
    """Return a member's second-factor secret and the last step used."""
    context = db.keys.context("members", "totp", member.id, member.totp_version)
    plaintext = unlock(keys.totp_key, Purpose.TOTP, 0, context, member.totp or b"")
    return plaintext[8:], int.from_bytes(plaintext[:8], "big")


def spend_totp_code(
    db: Db, member: Member, keys: MemberKeys, code: str | None, now: datetime, *, required: bool
) -> None:
    """Use up a second-factor code; Unauthenticated where it is wrong, used, or missing."""
    if not code and not required:
        return
    secret, last_step = open_totp_secret(db, member, keys)
    step = find_accepted_step(secret, code or "", now, last_step)
    if step is None:
        raise Unauthenticated
    _store_totp(db, member, keys, secret, step)


def confirm_totp(db: Db, principal: Principal, code: str, now: datetime) -> None:
    """Note that the member's app shows the right codes; from then on every sign-in needs one."""
    member = db.get_one(Member, principal.member_id)
    secret, last_step = open_totp_secret(db, member, principal.keys)
    step = find_accepted_step(secret, code, now, last_step)
    if step is None:
        raise BadRequest("This code is not right. Check the clock of the phone, and try the next.")
    _store_totp(db, member, principal.keys, secret, step)
    member.totp_confirmed = True
    audit.record(db, "totp.confirmed", member.id, member.id, now)


# -- recovery


def recover_member(
    db: Db, *, handle: str, recovery_code: str, salt: bytes, key: bytes, now: datetime
) -> tuple[Member, MemberKeys, str]:
    """Open a seed with its recovery code and wrap it under a new passphrase's key.

    The code is used up: return the member, their keys, and the next code. Unauthenticated.
    """
    member = find_present_member(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    try:
        keys = open_member_seed(db, member, "recovery_wrap", recovery_key(recovery_code))
    except SealBroken as error:
        raise Unauthenticated from error
    member.passphrase_salt = salt
    next_code = new_recovery_code()
    _wrap_seed(db, member, "seed_wrap", key, keys, now)
    _wrap_seed(db, member, "recovery_wrap", recovery_key(next_code), keys, now)
    audit.record(db, "member.recovered", member.id, member.id, now)
    return member, keys, next_code
