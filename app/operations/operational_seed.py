"""The operational seed on the command line: a desk member's passphrase opens it."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import uuid4

from app.access import Principal
from app.crypto import KeyFiles, SealBroken, Secret, derive_passphrase_key
from app.errors import Forbidden, Unauthenticated
from app.members import (
    CodeRefused,
    find_present_member,
    make_principal,
    note_refused_code,
    open_member_seed,
    spend_sign_in_code,
)
from app.store import Database, Db
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

    The code is used up, as by any other sign-in. Raises Unauthenticated for every wrong sign-in,
    Forbidden for a member without a team's key.
    """
    with database.snapshot() as db:
        member = find_present_member(db, handle)
        if member is None:
            raise Unauthenticated
    key = derive_passphrase_key(passphrase, member.passphrase_salt)
    try:
        with database.transaction() as db:
            principal = _sign_in(db, handle, key, code, require_mfa=require_mfa, now=now)
            seed = find_operational_seed(db, principal)
    except CodeRefused as refused:
        note_refused_code(database, refused, now)
        raise
    if seed is None:
        raise Forbidden
    return seed


def _sign_in(
    db: Db, handle: str, key: Secret, code: str | None, *, require_mfa: bool, now: datetime
) -> Principal:
    member = find_present_member(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    try:
        keys = open_member_seed(db, member, "seed_wrap", key)
    except SealBroken as error:
        raise Unauthenticated from error
    spend_sign_in_code(db, member, keys, code, now, require_mfa=require_mfa)
    return make_principal(db, member, keys, uuid4())


def store_operational_seed(files: KeyFiles, seed: Secret) -> None:
    """Write the operational seed to its file, as `file` mode has it, unless it is there."""
    with suppress(FileExistsError):
        files.store_operational_seed(seed)
