"""Roles and the keys that go with them: who holds a team's key, and when it is replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete

from app.access import ARCHIVE, DESK, ROLES, Principal
from app.errors import BadRequest, LastKeyHolder
from app.members.member_keys import date_member_row
from app.members.newcomers import pass_keys_on
from app.members.standings import Standing
from app.members.states import move_member
from app.models import Member, MemberState, TeamWrap
from app.requests import withdraw_member
from app.store import Db
from app.vault import RosterMember, hold_roster, publish_members, read_roster


def check_roles(roles: Collection[str]) -> None:
    """Raise BadRequest for an unknown role or none."""
    if not roles or set(roles) - set(ROLES):
        raise BadRequest(f"Roles are: {', '.join(ROLES)}.")


def find_standing_after(
    before: Standing, roles: Iterable[str] | None, archive: bool | None
) -> Standing:
    """Return what a member is after a change; None is as it is.

    Only coordinators hold the archive, and of them those who are marked for it. BadRequest.
    """
    if roles is not None:
        roles = set(roles)
        check_roles(roles)
    return Standing.of(
        before.roles if roles is None else roles,
        archive=before.archive if archive is None else archive,
    )


def change_roles(
    db: Db,
    principal: Principal,
    member: Member,
    after: Standing,
    acknowledge: str | None,
    now: datetime,
) -> None:
    """Give a member other roles (and the archive or not), and the keys that go with them.

    ``acknowledge`` is their handle, typed. Raises LastKeyHolder, as ``sign_roster`` does.
    """
    line = hold_roster(db).by_id.get(member.id)
    member.roles, member.archive = list(after.roles), after.archive
    if line is None:
        return
    changed = replace(line, roles=after.roles, archive=after.archive)
    change = LineChange(member.id, member.handle, changed, acknowledge)
    sign_roster(db, principal, change, now)
    date_member_row(db, member)
    if set(line.roles) - set(after.roles):
        withdraw_member(db, member.id, now)
    move_member(member, MemberState.JOINING)
    pass_keys_on(db, principal, member, now)


@dataclass(frozen=True)
class LineChange:
    """A member's line in the roster replaced; None takes it out.

    ``acknowledge`` is their ``name``, typed, where they are a team's last key holder.
    """

    member_id: UUID
    name: str
    line: RosterMember | None
    acknowledge: str | None


def sign_roster(db: Db, principal: Principal, change: LineChange, now: datetime) -> None:
    """Sign the roster with a member's line replaced, or without it; re-key the teams they leave.

    Raises LastKeyHolder where no coordinator would remain; also where nobody else holds the key of
    a team that they leave, unless that was acknowledged.
    """
    before, line, member_id = read_roster(db), change.line, change.member_id
    others = [other for other in before.members if other.id != member_id]
    members = [*others, line] if line else others
    if not any("coordinator" in other.roles for other in members):
        raise LastKeyHolder("Somebody has to remain a coordinator.")
    left = [
        team
        for team in (DESK, ARCHIVE)
        if before.by_id[member_id].in_team(team) and not (line and line.in_team(team))
    ]
    for team in left:
        if not any(other.in_team(team) for other in others) and change.acknowledge != change.name:
            raise LastKeyHolder
    for team in left:
        db.execute(delete(TeamWrap).where(TeamWrap.member_id == member_id, TeamWrap.team == team))
    publish_members(db, principal, members, left, now)
