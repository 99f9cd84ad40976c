"""Invitations and members."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, SecretStr

from app import members
from app.access import Permission
from app.api.deps import ServiceDep, VersionDep, VisitDep, etag, needs
from app.members import (
    MemberChanges,
    change_own_profile,
    find_member,
    join_with_invitation,
    list_members,
    make_invitation,
)
from app.models import Member, MemberProfile
from app.store import Db

router = APIRouter(prefix="/v1", tags=["members"])
Codes = tuple[Annotated[str, Field(max_length=64)], ...]


class Invite(BaseModel):
    """What the newcomer will be."""

    roles: Codes = Field(min_length=1, max_length=6)
    languages: Codes = Field(default=(), max_length=32)
    regions: Codes = Field(default=(), max_length=64)


class Invited(BaseModel):
    """A one-time code; pass it on by a safe way."""

    code: str
    expires_at: datetime


class Redeem(BaseModel):
    """The code, and what the newcomer chooses."""

    code: str = Field(min_length=1, max_length=100)
    handle: str = Field(min_length=1, max_length=64)
    passphrase: SecretStr = Field(min_length=1, max_length=1024)
    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=32)


class MemberOut(BaseModel):
    """A member as coordinators see them, and everybody sees themselves."""

    id: UUID
    handle: str
    roles: list[str]
    state: str = Field(description="waiting, joining (for a colleague's key), active")
    archive: bool
    name: str | None
    phone: str | None
    languages: tuple[str, ...]
    regions: tuple[str, ...]
    skills: tuple[str, ...]
    weekly_cap: int | None
    quiet_hours: tuple[str, ...]
    vetted_on: date | None
    second_factor: bool
    version: int


class Redeemed(BaseModel):
    """Shown once."""

    member: MemberOut
    recovery_code: str
    totp_uri: str


class MemberList(BaseModel):
    """All members."""

    items: list[MemberOut]
    next_cursor: str | None = None


class Code(BaseModel):
    """A code of the authenticator app."""

    code: str = Field(min_length=1, max_length=16)


class ChangeMe(BaseModel):
    """What members change about themselves."""

    name: str | None = Field(default=None, max_length=200)
    phone: str | None = Field(default=None, max_length=32)
    languages: Codes | None = Field(default=None, max_length=32)
    regions: Codes | None = Field(default=None, max_length=64)
    weekly_cap: int | None = Field(default=None, ge=0, le=168)
    quiet_hours: Codes | None = Field(
        default=None, max_length=8, description="22:00-07:00; no pages then but for tier 0"
    )

    def profile(self, before: MemberProfile) -> MemberProfile:
        """Return a profile with the given parts replaced."""
        return replace(before, **self.model_dump(exclude_unset=True))


class ChangeMember(BaseModel):
    """What coordinators change."""

    roles: Codes | None = Field(default=None, min_length=1, max_length=6)
    archive: bool | None = None
    languages: Codes | None = Field(default=None, max_length=32)
    regions: Codes | None = Field(default=None, max_length=64)
    skills: Codes | None = Field(default=None, max_length=64)
    weekly_cap: int | None = Field(default=None, ge=0, le=168)
    vetted_on: date | None = None
    acknowledge: str | None = Field(
        default=None, max_length=64, description="the handle, typed, to lose the last key holder"
    )

    def changes(self) -> MemberChanges:
        """Return what to change, as the domain takes it."""
        return MemberChanges(self._profile, self.roles, self.archive, self.acknowledge)

    def _profile(self, before: MemberProfile) -> MemberProfile:
        others = {"roles", "archive", "acknowledge"}
        return replace(before, **self.model_dump(exclude_unset=True, exclude=others))


def member_out(db: Db, member: Member) -> MemberOut:
    """Return a member with their operational profile."""
    return MemberOut(
        id=member.id,
        handle=member.handle,
        roles=sorted(member.roles),
        state=member.state,
        archive=member.archive,
        second_factor=member.totp_confirmed,
        version=member.version,
        **vars(db.keys.read_values(member)),
    )


@router.post("/invitations", status_code=201, dependencies=[needs(Permission.INVITATIONS)])
def invite(body: Invite, visit: VisitDep) -> Invited:
    """Make a one-time code for a newcomer, good for 72 hours."""
    with visit.transaction() as db:
        code, expires_at = make_invitation(
            db, visit.principal, body.roles, body.languages, body.regions, visit.now
        )
    return Invited(code=code, expires_at=expires_at)


@router.post("/invitations/redeem", status_code=201)
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


@router.post("/members/me/totp", status_code=204)
def confirm_totp(body: Code, visit: VisitDep) -> Response:
    """Confirm the authenticator app; from now on every sign-in needs a code."""
    with visit.transaction() as db:
        members.confirm_totp(db, visit.principal, body.code, visit.now)
    return Response(status_code=204)


@router.get("/members/me")
def me(visit: VisitDep, response: Response) -> MemberOut:
    """Return yourself."""
    with visit.snapshot() as db:
        member = db.get_one(Member, visit.principal.member_id)
        etag(response, member.version)
        return member_out(db, member)


@router.patch("/members/me")
def change_me(
    body: ChangeMe, version: VersionDep, visit: VisitDep, response: Response
) -> MemberOut:
    """Change your own name, phone, languages, regions or weekly cap."""
    with visit.transaction() as db:
        member = change_own_profile(db, visit.principal, version, body.profile, visit.now)
        etag(response, member.version)
        return member_out(db, member)


@router.get("/members")
def list_all(visit: VisitDep) -> MemberList:
    """List all members."""
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        return MemberList(items=[member_out(db, member) for member in list_members(db)])


@router.get("/members/{member_id}")
def member(member_id: UUID, visit: VisitDep, response: Response) -> MemberOut:
    """Return one member."""
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        found = find_member(db, member_id)
        etag(response, found.version)
        return member_out(db, found)


@router.patch("/members/{member_id}", dependencies=[needs(Permission.MEMBERS)])
def change_member(
    member_id: UUID,
    body: ChangeMember,
    version: VersionDep,
    visit: VisitDep,
    response: Response,
) -> MemberOut:
    """Change roles and profile. Who leaves a team loses its key: it gets a new one."""
    with visit.transaction() as db:
        changed = members.change_member(
            db, visit.principal, member_id, version, body.changes(), visit.now
        )
        etag(response, changed.version)
        return member_out(db, changed)


@router.delete("/members/{member_id}", status_code=204)
def remove_member(
    member_id: UUID,
    visit: VisitDep,
    acknowledge: Annotated[
        str | None, Query(max_length=64, description="the handle, typed, for the last key holder")
    ] = None,
) -> Response:
    """Take somebody out at once: sessions, keys, and new keys for what they shared."""
    with visit.transaction() as db:
        sessions = visit.service.sessions
        members.remove_member(db, sessions, visit.principal, member_id, acknowledge, visit.now)
    return Response(status_code=204)
