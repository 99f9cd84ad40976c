"""Confirmations: what one coordinator alone cannot do, and what it still waits for.

A second coordinator confirms it, or it holds after 24 hours in which every coordinator with a phone
had a text and nobody took it back. Rows that do not verify are left out: who writes to the database
confirms nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select

from app import audit
from app.access import Permission, Principal
from app.errors import BadRequest, Forbidden, NotFound
from app.models import (
    CONFIRMATION_TRANSITIONS,
    ROUNDING,
    Confirmation,
    ConfirmationKind,
    ConfirmationState,
    check_step,
    rounded,
)
from app.paging import tell_coordinators
from app.store import Db
from app.texts import MemberNotice, MemberText
from app.vault import read_roster

ALONE_AFTER = timedelta(hours=24)
# What was not carried out by then has to be asked for anew; what is over is forgotten later.
CONFIRMATION_LIFE, _KEPT = timedelta(days=7), timedelta(days=30)
PENDING = (ConfirmationState.ASKED, ConfirmationState.WAITING, ConfirmationState.CONFIRMED)
CONFIRM_TEXTS = {
    ConfirmationKind.TEAMS: MemberText.CONFIRM_TEAMS,
    ConfirmationKind.SECOND_FACTOR: MemberText.CONFIRM_FACTOR,
}


class ConfirmationOver(BadRequest):
    """This was confirmed, taken back or replaced already. Look at the members' page again."""


class ConfirmOwn(Forbidden):
    """Another coordinator has to confirm this: one alone is not enough."""


def add_confirmation(db: Db, confirmation: Confirmation, now: datetime) -> None:
    """Keep one that was just asked for; it takes the place of what waits for the same member."""
    for earlier in find_pending(db, confirmation.kind, confirmation.member_id):
        move_confirmation(db, earlier, ConfirmationState.WITHDRAWN, None, now)
    if confirmation.state == ConfirmationState.WAITING:
        _tell_all(db, confirmation, now)
    db.add(confirmation)
    db.flush()


def _tell_all(db: Db, confirmation: Confirmation, now: datetime) -> None:
    """Text every coordinator who has a phone, whoever asked: it may have been in their name."""
    notice = MemberNotice(CONFIRM_TEXTS[confirmation.kind])
    everybody = len(read_roster(db).members)
    confirmation.told = tell_coordinators(db, notice, now, at_most=everybody)


def confirm_first(db: Db, confirmation: Confirmation, by: UUID, now: datetime) -> None:
    """Note the first coordinator, and tell all; from now on it waits for another, or a day."""
    confirmation.first_by, confirmation.first_at = by, rounded(now)
    _tell_all(db, confirmation, now)
    move_confirmation(db, confirmation, ConfirmationState.WAITING, by, now, "confirmed")


def confirm_second(db: Db, confirmation: Confirmation, by: UUID | None, now: datetime) -> None:
    """Note that it holds: the second coordinator is for it, or (None) the day is over."""
    confirmation.second_by = by
    deed = "confirmed" if by else "waited"
    move_confirmation(db, confirmation, ConfirmationState.CONFIRMED, by, now, deed)


def move_confirmation(
    db: Db,
    confirmation: Confirmation,
    after: ConfirmationState,
    by: UUID | None,
    now: datetime,
    deed: str = "withdrawn",
) -> None:
    """Bring one into another state and record the deed. WrongStep."""
    check_step(CONFIRMATION_TRANSITIONS, confirmation.state, after)
    confirmation.state = after
    if after in (ConfirmationState.DONE, ConfirmationState.WITHDRAWN):
        confirmation.totp = None
    audit.record(db, f"{confirmation.kind}.{deed}", by, confirmation.member_id, now)


def withdraw_confirmation(
    db: Db, principal: Principal, confirmation_id: UUID, now: datetime
) -> Confirmation:
    """Take one back: any coordinator may, and whom it is about. NotFound, ConfirmationOver."""
    confirmation = find_confirmation(db, principal, confirmation_id)
    if confirmation.state not in PENDING:
        raise ConfirmationOver
    by = principal.member_id
    move_confirmation(db, confirmation, ConfirmationState.WITHDRAWN, by, now)
    return confirmation


def find_confirmation(db: Db, principal: Principal, confirmation_id: UUID) -> Confirmation:
    """Return one that the member may see, held until the transaction ends. NotFound, RowDamaged."""
    confirmation = db.get(Confirmation, confirmation_id, with_for_update=True)
    if confirmation is None:
        raise NotFound
    mine = confirmation.member_id == principal.member_id
    if not (mine or principal.may(Permission.MEMBERS)):
        raise NotFound
    return confirmation


def list_confirmations(db: Db, members: Collection[UUID] | None = None) -> list[Confirmation]:
    """Return what waits, of all members or of some, oldest first."""
    query = select(Confirmation).where(Confirmation.state.in_(PENDING))
    if members is not None:
        query = query.where(Confirmation.member_id.in_(members))
    return list(db.list_whole(query.order_by(Confirmation.asked_at, Confirmation.id)))


def find_pending(db: Db, kind: ConfirmationKind, member_id: UUID) -> list[Confirmation]:
    """Return what of one kind waits for a member, held until the transaction ends."""
    mine = (Confirmation.kind == kind, Confirmation.member_id == member_id)
    query = select(Confirmation).where(*mine, Confirmation.state.in_(PENDING)).with_for_update()
    return list(db.list_whole(query))


def find_confirmed(
    db: Db, kind: ConfirmationKind, now: datetime, member_id: UUID | None = None
) -> list[Confirmation]:
    """Return what holds and has still to be carried out, oldest first."""
    query = select(Confirmation).where(
        Confirmation.kind == kind,
        Confirmation.state == ConfirmationState.CONFIRMED,
        Confirmation.asked_at > now - CONFIRMATION_LIFE,
    )
    if member_id is not None:
        query = query.where(Confirmation.member_id == member_id)
    return list(db.list_whole(query.order_by(Confirmation.asked_at).with_for_update()))


def withdraw_about(
    db: Db,
    member_id: UUID,
    by: UUID | None,
    now: datetime,
    kinds: Iterable[ConfirmationKind] = ConfirmationKind,
) -> bool:
    """Take back what waits for a member, who leaves or whose roles change otherwise.

    Return whether there was any.
    """
    found = [one for kind in kinds for one in find_pending(db, kind, member_id)]
    for confirmation in found:
        move_confirmation(db, confirmation, ConfirmationState.WITHDRAWN, by, now)
    return bool(found)


def forget_old_confirmations(db: Db, now: datetime) -> None:
    """Withdraw what nobody carried out in time, and forget what is long over."""
    late = (Confirmation.state.in_(PENDING), Confirmation.asked_at <= now - CONFIRMATION_LIFE)
    for confirmation in db.list_whole(select(Confirmation).where(*late).with_for_update()):
        move_confirmation(db, confirmation, ConfirmationState.WITHDRAWN, None, now)
    db.execute(delete(Confirmation).where(Confirmation.asked_at <= now - _KEPT))


# -- whose word counts


def is_coordinator(db: Db, member_id: UUID | None) -> bool:
    """Return whether the roster names somebody as a coordinator now."""
    line = read_roster(db).by_id.get(member_id) if member_id else None
    return line is not None and "coordinator" in line.roles


def find_due_at(confirmation: Confirmation) -> datetime | None:
    """Return when one coordinator's word is enough; None where it never is.

    It is not where no coordinator could be texted: then nobody could have stopped it.
    """
    if confirmation.first_at is None or not confirmation.told:
        return None
    return confirmation.first_at + ALONE_AFTER + ROUNDING
