"""Signing in and out."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, SecretStr

from app import members
from app.api import entrance
from app.api.deps import ServiceDep, VisitDep
from app.members import (
    ask_for_second_factor,
    end_own_session,
    list_own_sessions,
    recover_with_code,
)

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])


class SignIn(BaseModel):
    """A name, a passphrase, and the code of the second factor."""

    handle: str = Field(min_length=1, max_length=64)
    passphrase: SecretStr = Field(min_length=1, max_length=1024)
    code: str | None = Field(default=None, max_length=16, description="from the authenticator app")


class SignedInMemberOut(BaseModel):
    """The member that signed in."""

    id: UUID
    handle: str
    roles: list[str]


class SignedInOut(BaseModel):
    """A session; you see the token here and nowhere else."""

    token: str
    expires_at: datetime
    member: SignedInMemberOut
    refused_codes: int = Field(
        description="how often, since you last signed in, somebody gave your passphrase and a "
        "wrong code: if that was not you, set a new passphrase"
    )


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


class NewSecondFactor(BaseModel):
    """The name and passphrase of a member who has another app or device for the codes."""

    handle: str = Field(min_length=1, max_length=64)
    passphrase: SecretStr = Field(min_length=1, max_length=1024)


class NewSecondFactorOut(BaseModel):
    """The new second factor, shown once. It counts when two coordinators have confirmed it."""

    totp_uri: str


@router.post("", status_code=201)
def sign_in(body: SignIn, service: ServiceDep, request: Request, response: Response) -> SignedInOut:
    """Sign in. One answer for every cause of failure.

    The cookie that comes along opens nothing: a device that sends it back has its own place in
    the queue, whatever others try under the same name.
    """
    passphrase = body.passphrase.get_secret_value()
    signed_in = entrance.sign_in(service, request, body.handle, passphrase, body.code)
    entrance.remember_device(service, response, signed_in)
    who = signed_in.principal
    member = SignedInMemberOut(id=who.member_id, handle=who.handle, roles=sorted(who.roles))
    return SignedInOut(
        token=signed_in.token,
        expires_at=signed_in.expires_at,
        member=member,
        refused_codes=signed_in.refused_codes.count,
    )


@router.get("")
def own_sessions(visit: VisitDep) -> SessionList:
    """List where you are signed in."""
    with visit.snapshot() as db:
        alive = list_own_sessions(db, visit.service.sessions, visit.principal, visit.now)
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
        members.sign_out(db, visit.service.sessions, visit.principal, visit.now)
    return Response(status_code=204)


@router.delete("/{session_id}", status_code=204)
def end_session(session_id: UUID, visit: VisitDep) -> Response:
    """Sign out one of your other sessions, for example on a lost phone."""
    with visit.transaction() as db:
        end_own_session(db, visit.service.sessions, visit.principal, session_id, visit.now)
    return Response(status_code=204)


@router.post("/second-factor", status_code=201)
def new_second_factor(body: NewSecondFactor, service: ServiceDep) -> NewSecondFactorOut:
    """Ask for a new second factor: the app or its device was lost, or is another one.

    Two coordinators confirm it, or one does and 24 hours go by. Then all your sessions end, and
    the first code of the new app signs you in. Until then the old one counts.
    """
    uri = ask_for_second_factor(
        service.database,
        service.door,
        handle=body.handle,
        passphrase=body.passphrase.get_secret_value(),
        now=service.clock(),
    )
    return NewSecondFactorOut(totp_uri=uri)


@router.post("/recover")
def recover(body: Recovery, service: ServiceDep) -> Recovered:
    """Set a new passphrase with the recovery code; ends all your sessions."""
    code = recover_with_code(
        service.database,
        service.sessions,
        service.door,
        handle=body.handle,
        recovery_code=body.recovery_code.get_secret_value(),
        passphrase=body.new_passphrase.get_secret_value(),
        now=service.clock(),
    )
    return Recovered(recovery_code=code)
