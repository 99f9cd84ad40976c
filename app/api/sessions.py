"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, SecretStr

from app import audit, people, sessions
from app.api.deps import ServiceDep, VisitDep
from app.crypto.passphrases import new_salt, passphrase_key
from app.errors import NotFound, Throttled, Unauthenticated

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


class SignIn(BaseModel):
    """Who, with what."""

    handle: str = Field(min_length=1, max_length=64)
    passphrase: SecretStr = Field(min_length=1, max_length=1024)
    code: str | None = Field(default=None, max_length=16, description="from the authenticator app")


class MemberOut(BaseModel):
    """The member that signed in."""

    id: UUID
    handle: str
    roles: list[str]


class SignedIn(BaseModel):
    """A session; the token is shown here and nowhere else."""

    token: str
    expires_at: datetime
    member: MemberOut


class SessionOut(BaseModel):
    """One of the member's own sessions."""

    id: UUID
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool


class SessionList(BaseModel):
    """All own sessions, newest first."""

    items: list[SessionOut]
    next_cursor: str | None = None


class Recovery(BaseModel):
    """The printed recovery code, and a new passphrase."""

    handle: str = Field(min_length=1, max_length=64)
    recovery_code: SecretStr = Field(min_length=1, max_length=200)
    new_passphrase: SecretStr = Field(min_length=1, max_length=1024)


class Recovered(BaseModel):
    """The next recovery code, since the old one is used up."""

    recovery_code: str


@router.post("", status_code=201)
def sign_in(body: SignIn, service: ServiceDep) -> SignedIn:
    """Sign in. One answer for every cause of failure."""
    try:
        signed_in = sessions.sign_in(
            service.database,
            service.sessions,
            service.door,
            handle=body.handle,
            passphrase=body.passphrase.get_secret_value(),
            code=body.code,
            require_mfa=service.settings.require_mfa,
            now=service.clock(),
        )
    except (Unauthenticated, Throttled) as error:
        service.metrics.sign_ins.labels(error.slug).inc()
        raise
    service.metrics.sign_ins.labels("ok").inc()
    who = signed_in.principal
    member = MemberOut(id=who.member_id, handle=who.handle, roles=sorted(who.roles))
    return SignedIn(token=signed_in.token, expires_at=signed_in.expires_at, member=member)


@router.get("")
def own_sessions(visit: VisitDep) -> SessionList:
    """List where you are signed in."""
    with visit.snapshot() as db:
        stored = visit.service.sessions.of_member(db, visit.principal.member_id)
    alive = [session for session in stored if session.alive(visit.now)]
    alive.sort(key=lambda session: session.created_at, reverse=True)
    return SessionList(
        items=[
            SessionOut(
                id=session.id,
                created_at=session.created_at,
                last_used_at=session.used_at,
                expires_at=session.expires_at,
                current=session.id == visit.principal.session_id,
            )
            for session in alive
        ]
    )


@router.delete("/current", status_code=204)
def sign_out(visit: VisitDep) -> Response:
    """Sign out."""
    with visit.transaction() as db:
        sessions.sign_out(db, visit.service.sessions, visit.principal, visit.now)
    return Response(status_code=204)


@router.delete("/{session_id}", status_code=204)
def end_session(session_id: UUID, visit: VisitDep) -> Response:
    """Sign out one of your other sessions, for example on a lost phone."""
    member_id = visit.principal.member_id
    with visit.transaction() as db:
        stored = visit.service.sessions.of_member(db, member_id)
        if session_id not in {session.id for session in stored}:
            raise NotFound
        visit.service.sessions.drop(db, session_id=session_id)
        audit.record(db, "session.ended", member_id, member_id, visit.now)
    return Response(status_code=204)


@router.post("/recover")
def recover(body: Recovery, service: ServiceDep) -> Recovered:
    """Set a new passphrase with the recovery code; ends all your sessions."""
    passphrase = body.new_passphrase.get_secret_value()
    name, now = body.handle.strip().casefold(), service.clock()
    service.door.check(name, now)
    people.check_passphrase(passphrase)
    salt = new_salt()
    with service.door.place():
        key = passphrase_key(passphrase, salt)
    try:
        with service.database.transaction() as db:
            member, _, code = people.recover(
                db,
                handle=name,
                recovery_code=body.recovery_code.get_secret_value(),
                salt=salt,
                key=key,
                now=now,
            )
            service.sessions.drop(db, member_id=member.id)
    except Unauthenticated:
        service.door.failed(name, now)
        raise
    return Recovered(recovery_code=code)
