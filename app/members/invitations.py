"""Invitations: one code for one newcomer, and the member it turns into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.crypto import hash_invitation, new_invitation_code
from app.errors import BadRequest
from app.members.enrolment import EnrolledMember, NewcomerSecrets, enrol_member
from app.members.profiles import clean_profile
from app.members.roles import check_roles
from app.members.standings import Standing
from app.members.team_gains import ask_for_teams
from app.models import ROUNDING, Invitation, InvitationValues, MemberProfile, MemberState, rounded
from app.store import Db
from app.vault import read_roster

INVITATION_LIFE = timedelta(hours=72)


class InvitationRefused(BadRequest):
    """This invitation does not exist, was used, or is older than 72 hours. Ask for a new one."""


def make_invitation(
    db: Db,
    principal: Principal,
    roles: Sequence[str],
    languages: Sequence[str],
    regions: Sequence[str],
    now: datetime,
    *,
    archive: bool = False,
) -> tuple[str, datetime]:
    """Make a one-time code; return it with its last instant. BadRequest.

    ``archive`` marks a coordinator for it.
    """
    principal.require(Permission.INVITATIONS)
    check_roles(roles)
    profile = MemberProfile(languages=tuple(languages), regions=tuple(regions))
    code, invitation_id, expires_at = new_invitation_code(), uuid4(), now + INVITATION_LIFE
    lookup = hash_invitation(code)
    offered = InvitationValues(
        code=lookup.hex(),
        expires_at=expires_at,
        roles=tuple(sorted(set(roles))),
        archive=archive,
        invited_by=principal.member_id,
        profile=clean_profile(db, profile),
    )
    db.add(
        Invitation(
            id=invitation_id,
            code_lookup=lookup,
            invited_by=principal.member_id,
            expires_at=rounded(expires_at) + ROUNDING,
            **db.keys.new_values(Invitation, invitation_id, offered, now),
        )
    )
    audit.record(db, "invitation.made", principal.member_id, invitation_id, now)
    return code, expires_at


def redeem_invitation(
    db: Db,
    secrets: NewcomerSecrets,
    *,
    code: str,
    handle: str,
    name: str | None,
    phone: str | None,
    now: datetime,
) -> EnrolledMember:
    """Turn an invitation into a member who waits for the roster. InvitationRefused, BadRequest.

    Roles that open a team wait for a second coordinator.
    """
    lookup = hash_invitation(code)
    query = select(Invitation).where(Invitation.code_lookup == lookup)
    invitation = db.scalar(query.with_for_update())
    if invitation is None or invitation.redeemed_by:
        raise InvitationRefused
    offered = db.keys.read_values(invitation)
    if offered.code != lookup.hex() or offered.expires_at <= now:
        raise InvitationRefused
    profile = replace(offered.profile, name=name, phone=phone)
    wanted = Standing.of(offered.roles, archive=offered.archive)
    enrolled = enrol_member(
        db,
        secrets,
        handle=handle,
        standing=Standing().without_gains(wanted),
        state=MemberState.WAITING,
        profile=clean_profile(db, profile, offered.profile),
        roster_version=read_roster(db).version,
        now=now,
    )
    invitation.redeemed_by = enrolled.member.id
    invitation.op_key = invitation.op_values = None
    audit.record(db, "invitation.redeemed", enrolled.member.id, invitation.id, now)
    if Standing().gains(wanted):
        ask_for_teams(db, enrolled.member, wanted, offered.invited_by, now)
    return enrolled
