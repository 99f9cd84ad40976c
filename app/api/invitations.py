"""Invitations: a coordinator makes one, a newcomer redeems it."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field, SecretStr

from app.access import Permission
from app.api.deps import ServiceDep, VisitDep, needs
from app.api.members import Codes, MemberOut, member_out
from app.members import join_with_invitation, make_invitation

router = APIRouter(prefix="/v1/invitations", tags=["members"])


class Invite(BaseModel):
    """The roles and the profile that the newcomer begins with."""

    roles: Codes = Field(
        min_length=1,
        max_length=6,
        description="dispatcher and coordinator count once a second coordinator confirmed it, or "
        "after 24 hours",
    )
    archive: bool = Field(default=False, description="marked for the archive: coordinators only")
    languages: Codes = Field(default=(), max_length=32)
    regions: Codes = Field(default=(), max_length=64)


class Invited(BaseModel):
    """A one-time code; pass it on by a safe way."""

    code: str
    expires_at: datetime


class Redeem(BaseModel):
    """The code, with the name and passphrase that the newcomer chooses."""

    code: str = Field(min_length=1, max_length=100)
    handle: str = Field(min_length=1, max_length=64)
    passphrase: SecretStr = Field(min_length=1, max_length=1024)
    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=32)


class Redeemed(BaseModel):
    """Shown once."""

    member: MemberOut
    recovery_code: str
    totp_uri: str


@router.post("", status_code=201, dependencies=[needs(Permission.INVITATIONS)])
def invite(body: Invite, visit: VisitDep) -> Invited:
    """Make a one-time code for a newcomer, good for 72 hours."""
    with visit.transaction() as db:
        code, expires_at = make_invitation(
            db,
            visit.principal,
            body.roles,
            body.languages,
            body.regions,
            visit.now,
            archive=body.archive,
        )
    return Invited(code=code, expires_at=expires_at)


@router.post("/redeem", status_code=201)
def redeem(body: Redeem, service: ServiceDep) -> Redeemed:
    """Join with a code. The recovery code is shown now and never again."""
    enrolled = join_with_invitation(
        service.database,
        service.door,
        code=body.code,
        handle=body.handle,
        passphrase=body.passphrase.get_secret_value(),
        name=body.name,
        phone=body.phone,
        now=service.clock(),
    )
    with service.database.snapshot() as db:
        member = member_out(db, enrolled.member)
    return Redeemed(member=member, recovery_code=enrolled.recovery_code, totp_uri=enrolled.totp_uri)
