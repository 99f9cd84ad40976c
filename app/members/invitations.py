"""Invitations: one code for one newcomer, and what it turns into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.crypto import invitation_lookup, new_invitation_code
from app.errors import BadRequest
from app.members.accounts import check_roles
from app.members.enrolment import EnrolledMember, NewcomerSecrets, enrol_member
from app.members.profiles import check_profile
from app.models import ROUNDING, Invitation, rounded
from app.store import Db

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
) -> tuple[str, datetime]:
    """Make a one-time code; return it with its last instant. BadRequest."""
    principal.require(Permission.INVITATIONS)
    check_roles(roles)
    wanted = check_profile(db, {"languages": languages, "regions": regions})
    code, invitation_id, expires_at = new_invitation_code(), uuid4(), now + INVITATION_LIFE
    lookup = invitation_lookup(code)
    # Code and end stand in the sealed values too: plain columns are not to be trusted with them.
    values = {
        "code": lookup.hex(),
        "expires_at": expires_at.isoformat(),
        "roles": sorted(set(roles)),
        **wanted,
    }
    db.add(
        Invitation(
            id=invitation_id,
            code_lookup=lookup,
            invited_by=principal.member_id,
            expires_at=rounded(expires_at) + ROUNDING,
            **db.keys.new_row("invitations", invitation_id, values, now),
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
    """Turn an invitation into a member who waits for the roster. InvitationRefused, BadRequest."""
    lookup = invitation_lookup(code)
    invitation = db.scalar(
        select(Invitation).where(Invitation.code_lookup == lookup).with_for_update()
    )
    if invitation is None or invitation.redeemed_by:
        raise InvitationRefused
    offered = db.keys.open_row("invitations", invitation)
    if offered.get("code") != lookup.hex() or datetime.fromisoformat(offered["expires_at"]) <= now:
        raise InvitationRefused
    enrolled = enrol_member(
        db,
        secrets,
        handle=handle,
        roles=offered["roles"],
        state="waiting",
        profile={**offered, **check_profile(db, {"name": name, "phone": phone})},
        now=now,
    )
    invitation.redeemed_by = enrolled.member.id
    invitation.op_key = invitation.op_values = None
    audit.record(db, "invitation.redeemed", enrolled.member.id, invitation.id, now)
    return enrolled
