"""Members' accounts: finding them, changing roles and profiles, leaving."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import NotFound
from app.members.confirmations import withdraw_about
from app.members.member_keys import check_member_row, has_row_of_now
from app.members.profiles import ProfileChange, change_profile
from app.members.roles import LineChange, change_roles, find_standing_after, sign_roster
from app.members.session_stores import SessionStore
from app.members.standings import Standing, find_standing
from app.members.states import move_member
from app.members.team_gains import ask_for_teams, find_asked
from app.models import ConfirmationKind, Member, MemberState, table
from app.requests import remove_member_from_requests
from app.store import Db, ReadVersion, RowDamaged, check_version, overwrite_row
from app.vault import hold_roster, publish_roster, read_roster, read_whole_values


@dataclass(frozen=True)
class MemberChanges:
    """What a coordinator changes about a member; None leaves roles and archive as they are.

    ``acknowledge`` is the member's handle where they are a team's last key holder.
    """

    profile: ProfileChange
    roles: Collection[str] | None = None
    archive: bool | None = None
    acknowledge: str | None = None


@dataclass(frozen=True)
class DamagedMember:
    """A member whose row somebody changed from outside, and what the roster says of them.

    It says nothing of those who waited for it.
    """

    id: UUID
    standing: Standing


def find_member(db: Db, member_id: UUID) -> Member:
    """Return a present member, held until the transaction ends. NotFound."""
    # Rows that name the member, such as offers, may still be written meanwhile.
    member = db.get(Member, member_id, with_for_update={"key_share": True})
    if member is None or member.state == MemberState.REMOVED:
        raise NotFound
    return member


def list_members(db: Db) -> list[Member]:
    """Return all present members by handle, but for those that ``list_damaged_members`` names."""
    present = select(Member).where(Member.state != MemberState.REMOVED).order_by(Member.handle)
    return [
        member
        for member in db.list_whole(present)
        if has_row_of_now(db, member) and read_whole_values(db, member) is not None
    ]


def list_damaged_members(db: Db, whole: Collection[Member]) -> list[DamagedMember]:
    """Return those who are not in ``list_members``: whose row was changed, moved or deleted."""
    listed = read_roster(db).by_id
    noted = {key[0] for name, key in db.damaged if name == Member.__tablename__}
    ids = {*listed, *noted} - {member.id for member in whole}
    return [DamagedMember(one, Standing.listed(listed.get(one))) for one in sorted(ids)]


def list_handles(db: Db) -> dict[UUID, str]:
    """Return the handles of all members, removed ones too: the log still names them."""
    return dict(db.execute(select(Member.id, Member.handle)).all())


def change_own_profile(
    db: Db, principal: Principal, version: ReadVersion, change: ProfileChange, now: datetime
) -> Member:
    """Change one's own profile. StaleVersion, BadRequest."""
    member = _find_version(db, principal.member_id, version)
    if change_profile(db, member, change):
        audit.record(db, "member.changed", member.id, member.id, now)
    return member


def change_member(
    db: Db,
    principal: Principal,
    member_id: UUID,
    version: ReadVersion,
    changes: MemberChanges,
    now: datetime,
) -> Member:
    """Change a member's roles and profile. StaleVersion, LastKeyHolder, BadRequest.

    What gains a team waits for a second coordinator, or for 24 hours; the rest is so at once.
    """
    principal.require(Permission.MEMBERS)
    member = _find_version(db, member_id, version)
    check_member_row(db, member)
    changed = change_profile(db, member, changes.profile)
    if _change_standing(db, principal, member, changes, now):
        member.version += not changed
        changed = True
    if changed:
        audit.record(db, "member.changed", principal.member_id, member.id, now)
    return member


def _change_standing(
    db: Db, principal: Principal, member: Member, changes: MemberChanges, now: datetime
) -> bool:
    """Change roles and archive, as far as one coordinator can; return whether anything differs."""
    before = find_standing(db, member)
    after = find_standing_after(before, changes.roles, changes.archive)
    if (changes.roles, changes.archive) == (None, None) or after == find_asked(db, member):
        return False
    teams = [ConfirmationKind.TEAMS]
    withdrawn = withdraw_about(db, member.id, principal.member_id, now, teams)
    if after == before:
        return withdrawn
    at_once = before.without_gains(after)
    if at_once != before:
        change_roles(db, principal, member, at_once, changes.acknowledge, now)
    if before.gains(after):
        ask_for_teams(db, member, after, principal.member_id, now)
    return True


def _find_version(db: Db, member_id: UUID, version: ReadVersion) -> Member:
    member = find_member(db, member_id)
    check_version(member.version, version)
    return member


def find_name_to_type(db: Db, member_id: UUID) -> str:
    """Return what a coordinator types to take a member out. NotFound.

    It is the handle; the id where the row that names it is damaged or gone.
    """
    try:
        return find_member(db, member_id).handle
    except RowDamaged:
        return str(member_id)
    except NotFound:
        if member_id not in read_roster(db).by_id:
            raise
        return str(member_id)


def remove_member(
    db: Db,
    sessions: SessionStore,
    principal: Principal,
    member_id: UUID,
    acknowledge: str | None,
    now: datetime,
) -> None:
    """Take a member out: sessions and keys end at once, their teams and live cases get new keys.

    ``acknowledge`` must be what ``find_name_to_type`` returns, where they are a team's last key
    holder. Somebody whose row is damaged can be taken out, too. NotFound, LastKeyHolder.
    """
    principal.require(Permission.MEMBERS)
    before = hold_roster(db)
    name = find_name_to_type(db, member_id)
    if member_id in before.by_id:
        sign_roster(db, principal, LineChange(member_id, name, None, acknowledge), now)
    else:
        publish_roster(db, principal, replace(before, removed=(*before.removed, member_id)))
    _empty_row(db, member_id)
    withdraw_about(db, member_id, principal.member_id, now)
    remove_member_from_requests(db, member_id, now)
    sessions.drop(db, member_id=member_id)
    audit.record(db, "member.removed", principal.member_id, member_id, now)


def _empty_row(db: Db, member_id: UUID) -> None:
    gone = dict.fromkeys(("seed_wrap", "recovery_wrap", "totp", "op_key", "op_values"))
    gone |= dict.fromkeys(("number_lookup", "phone_error"))
    try:
        member = find_member(db, member_id)
    except (RowDamaged, NotFound):
        state = {"state": MemberState.REMOVED, "roles": [], "archive": False}
        overwrite_row(db, table(Member), member_id, {**gone, **state, "totp_confirmed": False})
        return
    move_member(member, MemberState.REMOVED)
    for column, nothing in gone.items():
        setattr(member, column, nothing)
    member.version += 1
