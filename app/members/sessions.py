"""Signing in, staying signed in, signing out.

The passphrase opens the member's seed once. Then the seed lies wrapped under the key of the session
token, which only the client holds. Signing in never needs the operational key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app import audit
from app.access import Principal
from app.crypto import (
    Context,
    MemberKeys,
    Purpose,
    SealBroken,
    derive_passphrase_key,
    derive_token_keys,
    lock,
    new_token,
    unlock,
)
from app.errors import NotFound, Unauthenticated
from app.members.enrolment import find_passphrase_salt, find_present_member
from app.members.member_keys import check_member_row, open_member_seed
from app.members.refused_codes import (
    CodeRefused,
    RefusedCodes,
    find_refused_since_sign_in,
    note_refused_code,
)
from app.members.second_factor_reset import spend_sign_in_code
from app.members.session_stores import SessionStore, StoredSession
from app.members.sign_in_throttle import SignInThrottle, identify_visitor
from app.models import Member, MemberState
from app.store import Database, Db
from app.vault import (
    OpeningPermit,
    is_permit_good,
    read_roster,
    take_permit,
    unseal_server,
)

SESSION_LIFE = timedelta(hours=12)
# The last use is stored to the minute; anything finer would be a write for each request.
_TOUCH = timedelta(minutes=1)
_NONE_REFUSED = RefusedCodes()


@dataclass(frozen=True)
class SignedIn:
    """A new session: the token goes to the client, and the server does not keep it."""

    token: str
    expires_at: datetime
    principal: Principal
    # Since they signed in before: somebody may have their passphrase.
    refused_codes: RefusedCodes = _NONE_REFUSED

    def __repr__(self) -> str:
        return "SignedIn(…)"


def sign_in(  # noqa: PLR0913  # what a sign-in is made of, each by its name
    database: Database,
    store: SessionStore,
    door: SignInThrottle,
    *,
    handle: str,
    passphrase: str,
    code: str | None,
    require_mfa: bool,
    now: datetime,
    device: str | None = None,
) -> SignedIn:
    """Open a member's seed and start a session. ``device`` is the cookie of an earlier one.

    Raises Unauthenticated for every cause alike, and Throttled. The slow work on the passphrase
    happens outside any transaction. It happens for unknown names too, so that neither time nor
    answer tells which names exist.
    """
    with database.snapshot() as db:
        permit = take_permit(db.keys)
        who = identify_visitor(db.keys, handle, device)
        door.check(who, now)
        salt = find_passphrase_salt(db, who.name)
    with door.place(known=who.device is not None):
        key = derive_passphrase_key(passphrase, salt)
    try:
        with database.transaction() as db:
            signed_in = _open_session(
                db, store, permit, who.name, key, code, require_mfa=require_mfa, now=now
            )
    except Unauthenticated as refused:
        door.failed(who, now)
        if isinstance(refused, CodeRefused):
            note_refused_code(database, refused, now)
        raise
    door.succeeded(who)
    _check_for_alarm(database, store, permit, signed_in)
    return signed_in


def _check_for_alarm(
    database: Database, store: SessionStore, permit: OpeningPermit, signed_in: SignedIn
) -> None:
    """End a session whose sign-in began before an alarm. Unauthenticated."""
    with database.snapshot() as db:
        good = is_permit_good(db.keys, permit)
    if not good:
        with database.transaction() as db:
            store.drop(db, session_id=signed_in.principal.session_id)
        raise Unauthenticated


def _open_session(  # as above
    db: Db,
    store: SessionStore,
    permit: OpeningPermit,
    handle: str,
    key: bytes,
    code: str | None,
    *,
    require_mfa: bool,
    now: datetime,
) -> SignedIn:
    # With a lock, so that of two sign-ins with one code only the first succeeds.
    member = find_present_member(db, handle, lock_row=True)
    if member is None:
        raise Unauthenticated
    try:
        keys = open_member_seed(db, member, "seed_wrap", key)
    except SealBroken as error:
        raise Unauthenticated from error
    spend_sign_in_code(db, member, keys, code, now, require_mfa=require_mfa)
    refused = find_refused_since_sign_in(db, member.id)
    signed_in = replace(start_session(db, store, member, keys, now), refused_codes=refused)
    unseal_server(db, signed_in.principal, permit, now)
    audit.record(db, "session.started", member.id, member.id, now)
    return signed_in


def start_session(
    db: Db, store: SessionStore, member: Member, keys: MemberKeys, now: datetime
) -> SignedIn:
    """Start a session for a member whose seed is open."""
    token = new_token()
    derived, session_id = derive_token_keys(token), uuid4()
    session = StoredSession(
        session_id,
        derived.lookup,
        member.id,
        lock(derived.key, Purpose.SESSION, 0, _context(db, session_id, member.id), keys.seed),
        now,
        now,
        now + SESSION_LIFE,
    )
    store.put(db, session)
    return SignedIn(token, session.expires_at, make_principal(db, member, keys, session.id))


def _context(db: Db, session_id: UUID, member_id: UUID) -> Context:
    return db.keys.context("sessions", "seed", session_id, parents=(member_id,))


def resume_session(database: Database, store: SessionStore, token: str, now: datetime) -> Principal:
    """Return the member of a token. Unauthenticated where it is unknown, expired or revoked."""
    derived = derive_token_keys(token)
    with database.snapshot() as db:
        session = store.get(db, derived.lookup)
        if session is None or not session.alive(now):
            raise Unauthenticated
        member = db.get(Member, session.member_id)
        if member is None or member.state == MemberState.REMOVED:
            raise Unauthenticated
        context = _context(db, session.id, session.member_id)
        try:
            seed = unlock(derived.key, Purpose.SESSION, 0, context, session.seed)
        except SealBroken as error:
            raise Unauthenticated from error
        principal = make_principal(db, member, MemberKeys(seed), session.id)
    if now - session.used_at > _TOUCH:
        store.touch(database, session, now)
    return principal


def make_principal(db: Db, member: Member, keys: MemberKeys, session_id: UUID) -> Principal:
    """Return a member with their open keys and the roles that the roster gives them.

    Unauthenticated where the keys are not the member's: an attacker who writes to the database can
    make a session with any member's name in it, but not with their keys.
    """
    listed = read_roster(db).by_id.get(member.id)
    if keys.verify_key != (listed.verify_key if listed else _own_verify_key(db, member)):
        raise Unauthenticated
    return Principal(
        member.id,
        member.handle,
        frozenset(listed.roles if listed else ()),
        bool(listed and listed.archive),
        session_id,
        keys,
    )


def _own_verify_key(db: Db, member: Member) -> bytes:
    try:
        check_member_row(db, member)
    except SealBroken as error:
        raise Unauthenticated from error
    return member.verify_key


def sign_out(db: Db, store: SessionStore, principal: Principal, now: datetime) -> None:
    """End the current session."""
    store.drop(db, session_id=principal.session_id)
    audit.record(db, "session.ended", principal.member_id, principal.member_id, now)


def list_own_sessions(
    db: Db, store: SessionStore, principal: Principal, now: datetime
) -> list[StoredSession]:
    """Return a member's own sessions, newest first."""
    alive = [s for s in store.of_member(db, principal.member_id) if s.alive(now)]
    return sorted(alive, key=lambda session: session.created_at, reverse=True)


def end_own_session(
    db: Db, store: SessionStore, principal: Principal, session_id: UUID, now: datetime
) -> None:
    """End one of a member's sessions, for example on a lost phone. NotFound."""
    if session_id not in {s.id for s in store.of_member(db, principal.member_id)}:
        raise NotFound
    store.drop(db, session_id=session_id)
    audit.record(db, "session.ended", principal.member_id, principal.member_id, now)
