"""Letting newcomers in: with their next request, colleagues sign them in and pass keys on."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import ARCHIVE, DESK, Permission, Principal
from app.crypto import SealBroken
from app.members.member_keys import date_member_row, has_row_of_now
from app.members.states import move_member
from app.models import Member, MemberState, TeamWrap
from app.store import Db
from app.vault import (
    Roster,
    RosterMember,
    find_live_epochs,
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
    """Do for newcomers what this member's keys allow: sign them in, pass team keys on.

    Whose row, or whose keys, somebody changed from outside is left out.
    """
    newcomers = db.list_whole(select(Member).where(_NEW).with_for_update())
    if principal.may(Permission.MEMBERS):
        waiting = [member for member in newcomers if member.state == MemberState.WAITING]
        _admit(db, principal, waiting, now)
    listed = read_roster(db).by_id
    for member in newcomers:
        if member.state == MemberState.JOINING and member.id in listed:
            pass_keys_on(db, principal, member, now)


def _admit(db: Db, principal: Principal, members: Sequence[Member], now: datetime) -> None:
    """Sign newcomers into the roster, each of them once: who is or was on it never waits again."""
    if not members:
        return
    before = hold_roster(db)
    fit = [member for member in members if has_row_of_now(db, member)]
    if not fit:
        return
    lines = [
        RosterMember(
            member.id, tuple(member.roles), member.archive, member.kem_public, member.verify_key
        )
        for member in fit
    ]
    publish_members(db, principal, (*before.members, *lines), (), now)
    for member in fit:
        date_member_row(db, member)
        move_member(member, MemberState.JOINING)
        audit.record(db, "member.admitted", principal.member_id, member.id, now)


def pass_keys_on(db: Db, principal: Principal, member: Member, now: datetime) -> None:
    """Give a joining member the team keys that this member holds; with all of them they are in.

    They get the seeds of the epochs that live cases use, and no others.
    """
    roster = read_roster(db)
    theirs, mine = roster.by_id[member.id], roster.by_id[principal.member_id]
    complete = True
    for team in (DESK, ARCHIVE):
        if theirs.in_team(team):
            needed = find_live_epochs(db, team)
            if mine.in_team(team):
                _pass_team_on(db, principal, member.id, team, needed, now)
            complete &= _holds_all(db, roster, member.id, team, needed)
    if complete:
        move_member(member, MemberState.ACTIVE)


def _pass_team_on(
    db: Db, principal: Principal, member_id: UUID, team: str, needed: set[int], now: datetime
) -> None:
    held = _find_held(db, team, [principal.member_id, member_id])
    for epoch in sorted(needed & (held[principal.member_id] - held[member_id])):
        try:
            keys = open_team_keys(db, principal, team, epoch)
        except SealBroken:  # a colleague whose own is whole passes it on
            continue
        share_team(db, team, epoch, keys, [member_id], now)
    db.flush()


def _holds_all(db: Db, roster: Roster, member_id: UUID, team: str, needed: set[int]) -> bool:
    """Return whether a member holds a team's newest seed, and of the others all that anybody has.

    The last member who had an old one may have left.
    """
    colleagues = [line.id for line in roster.team(team) if line.id != member_id]
    held = _find_held(db, team, [member_id, *colleagues])
    to_be_had = {epoch for one in colleagues for epoch in held[one]} | {roster.teams[team].epoch}
    return needed & to_be_had <= held[member_id]


def _find_held(db: Db, team: str, members: Collection[UUID]) -> dict[UUID, set[int]]:
    """Return the epochs of a team whose seeds these members hold."""
    of = (TeamWrap.team == team, TeamWrap.member_id.in_(members))
    held: dict[UUID, set[int]] = {member_id: set() for member_id in members}
    for wrap in db.list_whole(select(TeamWrap).where(*of)):
        held[wrap.member_id].add(wrap.epoch)
    return held
