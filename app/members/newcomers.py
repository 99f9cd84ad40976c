"""Letting newcomers in: with their next request, colleagues sign them in and pass keys on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import ARCHIVE, DESK, Permission, Principal
from app.crypto import SealBroken
from app.members.member_keys import check_member_row
from app.members.states import move_member
from app.models import Member, MemberState, TeamWrap
from app.store import Db
from app.vault import (
    RosterMember,
    hold_roster,
    open_team_keys,
    publish_members,
    read_roster,
    share_team,
)

_NEW = Member.state.in_((MemberState.WAITING, MemberState.JOINING))


def is_anyone_waiting(db: Db) -> bool:
    """Return whether a newcomer waits for the roster or for a team's key."""
    return db.scalar(select(Member.id).where(_NEW).limit(1)) is not None


def admit_newcomers(db: Db, principal: Principal, now: datetime) -> None:
    """Do for newcomers what this member's keys allow: sign them in, pass team keys on."""
    newcomers = db.scalars(select(Member).where(_NEW).with_for_update()).all()
    if principal.may(Permission.MEMBERS):
        waiting = [member for member in newcomers if member.state == MemberState.WAITING]
        _admit(db, principal, waiting, now)
    listed = read_roster(db).by_id
    for member in newcomers:
        if member.state == MemberState.JOINING and member.id in listed:
            pass_keys_on(db, principal, member, now)


def _admit(db: Db, principal: Principal, members: Sequence[Member], now: datetime) -> None:
    if not members:
        return
    before = hold_roster(db)
    if any(member.id in before.removed for member in members):
        raise SealBroken  # an attacker wrote the row of a removed member back
    listed = [_vouched(db, member) for member in members]
    publish_members(db, principal, (*before.members, *listed), (), now)
    for member in members:
        move_member(member, MemberState.JOINING)
        audit.record(db, "member.admitted", principal.member_id, member.id, now)


def _vouched(db: Db, member: Member) -> RosterMember:
    """Return the roster's line for a newcomer whose row carries this server's MAC. SealBroken."""
    check_member_row(db, member)
    return RosterMember(
        member.id, tuple(member.roles), member.archive, member.kem_public, member.verify_key
    )


def pass_keys_on(db: Db, principal: Principal, member: Member, now: datetime) -> None:
    """Give a joining member the team keys that this member holds; with all of them they are in."""
    roster = read_roster(db)
    theirs, mine = roster.by_id[member.id], roster.by_id[principal.member_id]
    for team in (DESK, ARCHIVE):
        if theirs.in_team(team) and mine.in_team(team):
            _pass_team_on(db, principal, member.id, team, now)
    held = db.execute(
        select(TeamWrap.team, TeamWrap.epoch).where(TeamWrap.member_id == member.id)
    ).all()
    needed = {(team, now.epoch) for team, now in roster.teams.items() if theirs.in_team(team)}
    if needed <= set(held):
        move_member(member, MemberState.ACTIVE)


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
