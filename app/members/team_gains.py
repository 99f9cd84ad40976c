"""Gaining a team: asked for by one coordinator, confirmed by another, carried out by any.

The roster needs a coordinator's signature, so what holds after 24 hours is carried out with the
next request of a coordinator.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.errors import Refusal
from app.members.confirmations import (
    CONFIRMATION_LIFE,
    ConfirmationOver,
    ConfirmOwn,
    add_confirmation,
    confirm_first,
    confirm_second,
    find_confirmation,
    find_confirmed,
    find_due_at,
    find_pending,
    is_coordinator,
    move_confirmation,
)
from app.members.member_keys import has_row_of_now
from app.members.roles import change_roles
from app.members.session_stores import SessionStore
from app.members.standings import Standing
from app.models import (
    Confirmation,
    ConfirmationKind,
    ConfirmationState,
    Member,
    MemberState,
    rounded,
)
from app.store import Db
from app.vault import RosterMember, is_unchanged_since, read_roster

_WAITING, _ASKED = ConfirmationState.WAITING, ConfirmationState.ASKED


def ask_for_teams(db: Db, member: Member, after: Standing, by: UUID, now: datetime) -> None:
    """Have a change that gains a team wait for a second coordinator, or for 24 hours."""
    confirmation = Confirmation(
        id=uuid4(),
        kind=ConfirmationKind.TEAMS,
        member_id=member.id,
        state=_WAITING,
        roles=list(after.roles),
        archive=after.archive,
        roster_version=read_roster(db).version,
        asked_at=rounded(now),
        first_by=by,
        first_at=rounded(now),
        told=0,
    )
    add_confirmation(db, confirmation, now)
    audit.record(db, "teams.asked", by, member.id, now)


def find_asked(db: Db, member: Member) -> Standing | None:
    """Return what a member is to be once it is confirmed; None where nothing waits."""
    asked = find_pending(db, ConfirmationKind.TEAMS, member.id)
    return Standing.of(asked[-1].roles, archive=asked[-1].archive) if asked else None


def confirm_change(
    db: Db, sessions: SessionStore, principal: Principal, confirmation_id: UUID, now: datetime
) -> Confirmation:
    """Confirm a change to a member as a coordinator; with the second one it holds.

    Forbidden, ConfirmOwn, NotFound, ConfirmationOver.
    """
    principal.require(Permission.MEMBERS)
    confirmation, by = find_confirmation(db, principal, confirmation_id), principal.member_id
    if confirmation.state not in (_ASKED, _WAITING):
        raise ConfirmationOver
    own_factor = confirmation.kind == ConfirmationKind.SECOND_FACTOR
    if by == confirmation.first_by or (own_factor and by == confirmation.member_id):
        raise ConfirmOwn
    if not is_coordinator(db, confirmation.first_by):  # nobody yet, or somebody who left
        confirm_first(db, confirmation, by, now)
        return confirmation
    _make_good(db, sessions, confirmation, by, now)
    give_confirmed_teams(db, principal, now)
    return confirmation


def _make_good(
    db: Db, sessions: SessionStore, confirmation: Confirmation, by: UUID | None, now: datetime
) -> None:
    confirm_second(db, confirmation, by, now)
    if confirmation.kind == ConfirmationKind.SECOND_FACTOR:
        sessions.drop(db, member_id=confirmation.member_id)


def let_day_go_by(db: Db, sessions: SessionStore, now: datetime) -> None:
    """Make good what waited for 24 hours since a coordinator, who still is one, was for it."""
    waiting = select(Confirmation).where(Confirmation.state == _WAITING).with_for_update()
    for confirmation in db.list_whole(waiting):
        due_at = find_due_at(confirmation)
        if due_at is None or due_at > now:
            continue
        if is_coordinator(db, confirmation.first_by):
            _make_good(db, sessions, confirmation, None, now)


def is_any_team_confirmed(db: Db, now: datetime) -> bool:
    """Return whether a change of somebody's teams seems confirmed and not yet carried out."""
    query = select(Confirmation.id).where(
        Confirmation.kind == ConfirmationKind.TEAMS,
        Confirmation.state == ConfirmationState.CONFIRMED,
        Confirmation.asked_at > now - CONFIRMATION_LIFE,
    )
    return db.scalar(query.limit(1)) is not None


def give_confirmed_teams(db: Db, principal: Principal, now: datetime) -> None:
    """Carry out what was confirmed, if this member is a coordinator.

    What is about a member whose row somebody changed from outside waits until it is whole again.
    """
    if principal.may(Permission.MEMBERS):
        for confirmation in find_confirmed(db, ConfirmationKind.TEAMS, now):
            _give(db, principal, confirmation, now)


def _give(db: Db, principal: Principal, confirmation: Confirmation, now: datetime) -> None:
    row = select(Member).where(Member.id == confirmation.member_id).with_for_update()
    whole = [one for one in db.list_whole(row) if has_row_of_now(db, one)]
    if not whole:
        return
    member, since = whole[0], confirmation.roster_version
    fresh = is_unchanged_since(db, member.id, since, _read_guarded)
    if member.state == MemberState.REMOVED or not fresh or not _still_counts(db, confirmation):
        move_confirmation(db, confirmation, ConfirmationState.WITHDRAWN, None, now)
        return
    after = Standing.of(confirmation.roles, archive=confirmation.archive)
    try:
        with db.attempt():
            change_roles(db, principal, member, after, None, now)
    except Refusal:  # it would leave a team without its last member: that needs its own order
        move_confirmation(db, confirmation, ConfirmationState.WITHDRAWN, None, now)
        return
    member.version += 1
    move_confirmation(db, confirmation, ConfirmationState.DONE, principal.member_id, now, "given")


def _read_guarded(line: RosterMember | None) -> Standing:
    return Standing.listed(line).guarded


def _still_counts(db: Db, confirmation: Confirmation) -> bool:
    """Return whether those who were for it are coordinators still."""
    second = confirmation.second_by
    return is_coordinator(db, confirmation.first_by) and (
        second is None or is_coordinator(db, second)
    )


def give_demo_teams(db: Db, principal: Principal, now: datetime) -> None:
    """Carry out at once what waits for a second coordinator: only the demo, and tests, do that."""
    waiting = (Confirmation.kind == ConfirmationKind.TEAMS, Confirmation.state == _WAITING)
    for confirmation in db.scalars(select(Confirmation).where(*waiting)):
        confirm_second(db, confirmation, None, now)
    give_confirmed_teams(db, principal, now)
