"""The operational seed on the command line: a desk member's passphrase opens it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from sqlalchemy import select

from app.crypto import KeyFiles, SealBroken, Secret, derive_passphrase_key
from app.errors import Forbidden, Unauthenticated
from app.members import make_principal, open_member_seed, spend_totp_code
from app.models import Member, MemberState
from app.store import Database
from app.vault import find_operational_seed


def open_operational_seed(
    database: Database,
    *,
    handle: str,
    passphrase: str,
    code: str | None,
    require_mfa: bool,
    now: datetime,
) -> Secret:
    """Return the operational seed, opened with a desk or archive member's passphrase.

    Raises Unauthenticated for every wrong sign-in, Forbidden for a member without a team's key.
    """
    with database.snapshot() as db:
        member = db.scalar(
            select(Member).where(
                Member.handle == handle.strip().casefold(), Member.state != MemberState.REMOVED
            )
        )
        if member is None:
            raise Unauthenticated
        key = derive_passphrase_key(passphrase, member.passphrase_salt)
        try:
            keys = open_member_seed(db, member, "seed_wrap", key)
        except SealBroken as error:
            raise Unauthenticated from error
        db.expunge(member)  # only looking: nothing of it is written
        required = require_mfa or member.totp_confirmed
        spend_totp_code(db, member, keys, code, now, required=required)
        principal = make_principal(db, member, keys, uuid4())
        seed = find_operational_seed(db, principal)
    if seed is None:
        raise Forbidden
    return seed


def store_operational_seed(files: KeyFiles, seed: Secret) -> None:
    """Write the operational seed to its file, as `file` mode has it, unless it is there."""
    with suppress(FileExistsError):
        files.store_operational_seed(seed)
