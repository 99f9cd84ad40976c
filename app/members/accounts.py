"""Members: letting newcomers in, changing roles and profiles, leaving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from app import audit
from app.access import ARCHIVE, DESK, ROLES, Permission, Principal
from app.crypto import SealBroken
from app.errors import BadRequest, LastKeyHolder, NotFound, StaleVersion
from app.members.enrolment import PROFILE_FIELDS, check_member_row, list_vouched_values
from app.members.profiles import check_profile
from app.models import Member, TeamWrap
from app.requests import remove_member_from_requests, withdraw_member
from app.store import Db
from app.vault import (
    RosterMember,
    hold_roster,
    open_team_keys,
    publish_members,
    publish_roster,
    read_roster,
    share_team,
)


def check_roles(roles: Iterable[str]) -> None:
    """Raise BadRequest for an unknown role or none."""
    if not roles or set(roles) - set(ROLES):
        raise BadRequest(f"Roles are: {', '.join(ROLES)}.")


# -- the next request of a colleague


def is_anyone_waiting(db: Db) -> bool:
    """Return whether a newcomer waits for the roster or for a team's key."""
    waiting = select(Member.id).where(Member.state.in_(("waiting", "joining"))).limit(1)
    return db.scalar(waiting) is not None


def admit_newcomers(db: Db, principal: Principal, now: datetime) -> None:
    """Do for newcomers what this member's keys allow: sign them in, pass team seeds on."""
    newcomers = db.scalars(
        select(Member).where(Member.state.in_(("waiting", "joining"))).with_for_update()
    ).all()
    if principal.may(Permission.MEMBERS):
        _admit(db, principal, [m for m in newcomers if m.state == "waiting"], now)
    listed = read_roster(db).by_id
    for member in newcomers:
        if member.state == "joining" and member.id in listed:
            _pass_on(db, principal, member, now)


def _admit(db: Db, principal: Principal, members: Sequence[Member], now: datetime) -> None:
    if not members:
        return
    before = hold_roster(db)
    if any(member.id in before.removed for member in members):
        raise SealBroken  # somebody wrote an old row back
    listed = [_vouched(db, member) for member in members]
    publish_members(db, principal, (*before.members, *listed), (), now)
    for member in members:
        member.state = "joining"
        audit.record(db, "member.admitted", principal.member_id, member.id, now)


def _vouched(db: Db, member: Member) -> RosterMember:
    """Return the roster's line for a newcomer whose row carries this server's MAC; SealBroken."""
    check_member_row(db, member)
    return RosterMember(
        member.id, tuple(member.roles), member.archive, member.kem_public, member.verify_key
    )


def _pass_on(db: Db, principal: Principal, member: Member, now: datetime) -> None:
    listed = read_roster(db)
    for team in (DESK, ARCHIVE):
        if listed.by_id[member.id].in_team(team) and listed.by_id[principal.member_id].in_team(
            team
        ):
            _pass_team_on(db, principal, member.id, team, now)
    held = set(
        db.execute(
            select(TeamWrap.team, TeamWrap.epoch).where(TeamWrap.member_id == member.id)
        ).all()
    )
    needed = {
        (team, current.epoch)
        for team, current in listed.teams.items()
        if listed.by_id[member.id].in_team(team)
    }
    if needed <= held:
        member.state = "active"


def _pass_team_on(db: Db, principal: Principal, member_id: UUID, team: str, now: datetime) -> None:
    wraps = db.scalars(
        select(TeamWrap).where(
            TeamWrap.team == team, TeamWrap.member_id.in_((principal.member_id, member_id))
        )
    ).all()
    theirs = {wrap.epoch for wrap in wraps if wrap.member_id == member_id}
    mine = {wrap.epoch for wrap in wraps if wrap.member_id == principal.member_id}
    for epoch in sorted(mine - theirs):
        keys = open_team_keys(db, principal, team, epoch)
        share_team(db, team, epoch, keys, [member_id], now)
    db.flush()


# -- changing and leaving


def change_profile(db: Db, member: Member, changes: Mapping[str, Any]) -> bool:
    """Replace parts of a member's operational profile; return whether that changed it.

    BadRequest.
    """
    before = db.keys.open_row("members", member)
    clean = check_profile(db, changes)
    after = {**before, **{name: clean[name] for name in PROFILE_FIELDS if name in clean}}
    if _said(after) == _said(before):
        return False
    db.keys.replace_values("members", member, after)
    member.version += 1
    return True


def _said(profile: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a profile tells: an empty list tells no more than none."""
    return {name: value for name, value in profile.items() if value not in (None, [])}


def change_own_profile(
    db: Db, principal: Principal, version: int, changes: Mapping[str, Any], now: datetime
) -> Member:
    """Change one's own profile. StaleVersion, BadRequest."""
    member = find_member(db, principal.member_id)
    if member.version != version:
        raise StaleVersion(member.version)
    if change_profile(db, member, changes):
        audit.record(db, "member.changed", member.id, member.id, now)
    return member


def find_member(db: Db, member_id: UUID) -> Member:
    """Return a present member; NotFound."""
    # Rows that name the member, such as offers, may still be written meanwhile.
    member = db.get(Member, member_id, with_for_update={"key_share": True})
    if member is None or member.state == "removed":
        raise NotFound
    return member


def change_member(
    db: Db,
    principal: Principal,
    member_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    acknowledge: str | None,
    now: datetime,
) -> Member:
    """Change a member's roles and profile. StaleVersion, LastKeyHolder, BadRequest."""
    principal.require(Permission.MEMBERS)
    member = find_member(db, member_id)
    if member.version != version:
        raise StaleVersion(member.version)
    if changes.keys() & {"roles", "archive"}:
        check_member_row(
            db, member
        )  # also where nothing would change: the row may be what was changed
    changed = change_profile(db, member, changes)
    roles, archive = _roles_after(member, changes)
    if (roles, archive) != (sorted(member.roles), member.archive):
        _change_roles(db, principal, member, roles, archive, acknowledge, now)
        member.version += not changed
        changed = True
    if changed:
        audit.record(db, "member.changed", principal.member_id, member.id, now)
    return member


def _roles_after(member: Member, changes: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Return roles, and whether the archive is held, after a change. BadRequest."""
    roles, archive = changes.get("roles"), changes.get("archive")
    if roles is None and archive is None:
        return sorted(member.roles), member.archive
    after = sorted(set(member.roles if roles is None else roles))
    check_roles(after)
    if archive is None:
        archive = member.archive or "coordinator" not in member.roles
    return after, archive and "coordinator" in after


def _change_roles(
    db: Db,
    principal: Principal,
    member: Member,
    roles: Sequence[str],
    archive: bool,
    acknowledge: str | None,
    now: datetime,
) -> None:
    before = hold_roster(db)
    loses = set(member.roles) - set(roles)
    member.roles, member.archive = list(roles), archive
    member.keys_mac = db.keys.public_key_mac("members", member.id, 0, list_vouched_values(member))
    if member.id not in before.by_id:
        return
    line = replace(before.by_id[member.id], roles=tuple(roles), archive=archive)
    _republish(db, principal, member, line, acknowledge, now)
    if loses:
        withdraw_member(db, member.id, now)
    member.state = "joining"
    _pass_on(db, principal, member, now)


def remove_member(
    db: Db, principal: Principal, member_id: UUID, acknowledge: str | None, now: datetime
) -> Member:
    """Take a member out: wraps go at once, their teams and live cases get new keys.

    ``acknowledge`` must be the member's handle where they are a team's last key holder.
    """
    principal.require(Permission.MEMBERS)
    before = hold_roster(db)
    member = find_member(db, member_id)
    if member.id in before.by_id:
        _republish(db, principal, member, None, acknowledge, now)
    else:
        publish_roster(db, principal, replace(before, removed=(*before.removed, member.id)))
    member.state = "removed"
    member.seed_wrap = member.recovery_wrap = member.totp = None
    member.op_key = member.op_values = None
    member.version += 1
    remove_member_from_requests(db, member.id, now)
    audit.record(db, "member.removed", principal.member_id, member.id, now)
    return member


def _republish(
    db: Db,
    principal: Principal,
    member: Member,
    line: RosterMember | None,
    acknowledge: str | None,
    now: datetime,
) -> None:
    """Sign the list with a member's line replaced (or dropped) and re-key the teams they left."""
    before = read_roster(db)
    others = [other for other in before.members if other.id != member.id]
    members = [*others, line] if line else others
    if not any("coordinator" in other.roles for other in members):
        raise LastKeyHolder("Somebody has to remain a coordinator.")
    left = [
        team
        for team in (DESK, ARCHIVE)
        if before.by_id[member.id].in_team(team) and not (line and line.in_team(team))
    ]
    for team in left:
        if not any(other.in_team(team) for other in others) and acknowledge != member.handle:
            raise LastKeyHolder
    for team in left:
        db.execute(delete(TeamWrap).where(TeamWrap.member_id == member.id, TeamWrap.team == team))
    publish_members(db, principal, members, left, now)


# -- finding


def list_members(db: Db) -> list[Member]:
    """Return all present members by handle."""
    return list(db.scalars(select(Member).where(Member.state != "removed").order_by(Member.handle)))


def list_handles(db: Db) -> dict[UUID, str]:
    """Return the handles of all members, removed ones too: the log still names them."""
    return dict(db.execute(select(Member.id, Member.handle)).all())
