"""Members: their profiles, their roles, their second factor, their leaving."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field

from app import members
from app.access import Permission
from app.api.confirmations import ConfirmationOut, confirmations_out
from app.api.deps import VersionDep, VisitDep, etag, needs
from app.members import (
    MemberChanges,
    change_own_profile,
    find_member,
    find_standing,
    list_confirmations,
    list_damaged_members,
    list_members,
)
from app.models import Member, MemberProfile
from app.outbox import PhoneTrouble, find_phone_troubles
from app.store import Db

router = APIRouter(prefix="/v1", tags=["members"])
Codes = tuple[Annotated[str, Field(max_length=64)], ...]


class MemberOut(BaseModel):
    """A member, as coordinators and the member see them."""

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
    phone_trouble: str | None = Field(
        description="why their phone gets no texts: blocked, compromised, stop, locked, unreached"
    )
    waits_for: list[ConfirmationOut] = Field(
        description="what waits for coordinators' confirmation, and since when"
    )
    version: int


class DamagedMemberOut(BaseModel):
    """A member whose record somebody changed from outside: nothing of it is used."""

    id: UUID
    roles: list[str] = Field(description="what the signed list of members says")
    archive: bool


class MemberList(BaseModel):
    """All members."""

    items: list[MemberOut]
    damaged: list[DamagedMemberOut]
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


def member_out(
    db: Db, member: Member, troubles: Mapping[UUID, PhoneTrouble] = MappingProxyType({})
) -> MemberOut:
    """Return a member with their operational profile, and what they wait for."""
    standing = find_standing(db, member)
    return MemberOut(
        id=member.id,
        handle=member.handle,
        roles=list(standing.roles),
        state=member.state,
        archive=standing.archive,
        second_factor=member.totp_confirmed,
        phone_trouble=troubles.get(member.id),
        waits_for=confirmations_out(db, list_confirmations(db, [member.id])),
        version=member.version,
        **vars(db.keys.read_values(member)),
    )


def damaged_out(db: Db, whole: Collection[Member]) -> list[DamagedMemberOut]:
    """Return the members who are not among the whole ones."""
    return [
        DamagedMemberOut(id=one.id, roles=list(one.standing.roles), archive=one.standing.archive)
        for one in list_damaged_members(db, whole)
    ]


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
        return member_out(db, member, find_phone_troubles(db, visit.now))


@router.patch("/members/me")
def change_me(
    body: ChangeMe, version: VersionDep, visit: VisitDep, response: Response
) -> MemberOut:
    """Change your own name, phone, languages, regions or weekly cap."""
    with visit.transaction() as db:
        member = change_own_profile(db, visit.principal, version, body.profile, visit.now)
        etag(response, member.version)
        return member_out(db, member, find_phone_troubles(db, visit.now))


@router.get("/members")
def list_all(visit: VisitDep) -> MemberList:
    """List all members; apart those whose record somebody changed from outside."""
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        whole = list_members(db)
        troubles = find_phone_troubles(db, visit.now)
        return MemberList(
            items=[member_out(db, member, troubles) for member in whole],
            damaged=damaged_out(db, whole),
        )


@router.get("/members/{member_id}")
def member(member_id: UUID, visit: VisitDep, response: Response) -> MemberOut:
    """Return one member."""
    visit.principal.require(Permission.MEMBERS)
    with visit.snapshot() as db:
        found = find_member(db, member_id)
        etag(response, found.version)
        return member_out(db, found, find_phone_troubles(db, visit.now))


@router.patch("/members/{member_id}", dependencies=[needs(Permission.MEMBERS)])
def change_member(
    member_id: UUID,
    body: ChangeMember,
    version: VersionDep,
    visit: VisitDep,
    response: Response,
) -> MemberOut:
    """Change roles and profile. A team that the member leaves gets a new key.

    A change that gains a team (dispatcher, archive) or makes a coordinator waits for a second
    coordinator, or for 24 hours: see ``waits_for`` and ``/v1/confirmations``. The rest is so at
    once. Only coordinators who are marked for it hold the archive.
    """
    with visit.transaction() as db:
        changed = members.change_member(
            db, visit.principal, member_id, version, body.changes(), visit.now
        )
        etag(response, changed.version)
        return member_out(db, changed, find_phone_troubles(db, visit.now))


@router.delete("/members/{member_id}", status_code=204)
def remove_member(
    member_id: UUID,
    visit: VisitDep,
    acknowledge: Annotated[
        str | None,
        Query(max_length=64, description="the last key holder's handle, typed (damaged: their id)"),
    ] = None,
) -> Response:
    """Take a member out at once: sessions and keys end, their teams get new keys."""
    with visit.transaction() as db:
        sessions = visit.service.sessions
        members.remove_member(db, sessions, visit.principal, member_id, acknowledge, visit.now)
    return Response(status_code=204)
