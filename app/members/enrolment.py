"""Becoming a member: the name, the passphrase, the keys, and what the newcomer sees once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from app.crypto import (
    SALT_BYTES,
    MemberKeys,
    derive_passphrase_key,
    derive_recovery_key,
    keyed_hash,
    make_totp_uri,
    new_recovery_code,
    new_salt,
    new_seed,
    new_totp_secret,
)
from app.errors import BadRequest
from app.members.member_keys import wrap_member_seed
from app.members.passphrase_rules import check_passphrase
from app.members.second_factor import SecondFactor, store_second_factor
from app.members.standings import Standing
from app.models import Member, MemberProfile, MemberState, rounded
from app.store import Db
from app.vault import make_phone_columns

HANDLE_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")


class HandleTaken(BadRequest):
    """Somebody already uses this name. Please choose another."""


class HandleRefused(BadRequest):
    """A name has 1 to 40 small letters, digits, dots or dashes. Choose a pseudonym."""


@dataclass(frozen=True)
class NewcomerSecrets:
    """A newcomer's keys before they are stored; made outside any transaction, for it is slow."""

    keys: MemberKeys
    salt: bytes
    passphrase_key: bytes
    recovery_code: str
    totp_secret: bytes

    def __repr__(self) -> str:
        return "Secrets(…)"


@dataclass(frozen=True)
class EnrolledMember:
    """A new member, with the recovery code and the second factor that are shown once."""

    member: Member
    recovery_code: str
    totp_uri: str

    def __repr__(self) -> str:
        return "Enrolled(…)"


def clean_handle(handle: str) -> str:
    """Return a handle as it is stored. HandleRefused."""
    name = handle.strip().casefold()
    if not HANDLE_PATTERN.fullmatch(name):
        raise HandleRefused
    return name


def find_present_member(db: Db, handle: str, *, lock_row: bool = False) -> Member | None:
    """Return the member of that name, in whatever case it was typed; None where there is none."""
    name = handle.strip().casefold()
    if not HANDLE_PATTERN.fullmatch(name):  # a database refuses some texts that are no name
        return None
    query = select(Member).where(Member.handle == name, Member.state != MemberState.REMOVED)
    return db.scalar(query.with_for_update() if lock_row else query)


def find_passphrase_salt(db: Db, handle: str) -> bytes:
    """Return the salt of a member's passphrase; an invented one, always the same, for no member.

    So the work on a passphrase does not tell which names exist.
    """
    member = find_present_member(db, handle)
    if member is not None:
        return member.passphrase_salt
    name = handle.encode("utf-8", "surrogatepass")
    return keyed_hash(db.keys.integrity, "decoy", name)[:SALT_BYTES]


def make_secrets(passphrase: str, handle: str) -> NewcomerSecrets:
    """Make the keys of the newcomer ``handle``; a quarter of a second. PassphraseRefused."""
    check_passphrase(passphrase, handle)
    salt = new_salt()
    key = derive_passphrase_key(passphrase, salt)
    return NewcomerSecrets(
        MemberKeys(new_seed()), salt, key, new_recovery_code(), new_totp_secret()
    )


def _find_free_handle(db: Db, handle: str) -> str:
    name = clean_handle(handle)
    if db.scalar(select(Member.id).where(Member.handle == name)):
        raise HandleTaken
    return name


def enrol_member(  # what a member is made of, each by its name
    db: Db,
    secrets: NewcomerSecrets,
    *,
    handle: str,
    standing: Standing,
    state: MemberState,
    profile: MemberProfile,
    roster_version: int,
    now: datetime,
) -> EnrolledMember:
    """Store a new member with their wrapped seed. HandleRefused, HandleTaken."""
    handle = _find_free_handle(db, handle)
    member_id, keys = uuid4(), secrets.keys
    member = Member(
        id=member_id,
        handle=handle,
        roles=list(standing.roles),
        state=state,
        archive=standing.archive,
        joined_at=rounded(now),
        version=1,
        kem_public=keys.pair.public,
        verify_key=keys.verify_key,
        roster_version=roster_version,
        passphrase_salt=secrets.salt,
        totp_version=0,
        totp_confirmed=False,
        **make_phone_columns(db, profile),
        **db.keys.new_values(Member, member_id, profile, now),
    )
    wrap_member_seed(db, member, "seed_wrap", secrets.passphrase_key, keys, now)
    wrap_member_seed(
        db, member, "recovery_wrap", derive_recovery_key(secrets.recovery_code), keys, now
    )
    store_second_factor(db, member, keys, SecondFactor(secrets.totp_secret), now)
    db.add(member)
    db.flush()
    return EnrolledMember(member, secrets.recovery_code, make_totp_uri(secrets.totp_secret, handle))
