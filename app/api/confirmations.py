"""What one coordinator alone cannot do: gaining a team, a new second factor."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from app import members
from app.access import Permission
from app.api.deps import VisitDep, needs
from app.members import (
    confirm_change,
    find_due_at,
    list_confirmations,
    list_handles,
)
from app.models import Confirmation, ConfirmationState
from app.store import Db

router = APIRouter(prefix="/v1/confirmations", tags=["members"])


class ConfirmationOut(BaseModel):
    """A change to a member that waits for confirmation, and what it still needs."""

    id: UUID
    kind: str = Field(description="teams, second_factor")
    member_id: UUID
    handle: str
    roles: list[str] = Field(description="the roles that the member is to have")
    archive: bool
    state: str = Field(
        description="asked (no coordinator confirmed it yet), waiting (for a second coordinator), "
        "confirmed (carried out by the next sign-in that can), done, withdrawn"
    )
    asked_at: datetime
    first_by: UUID | None
    first_at: datetime | None
    second_by: UUID | None
    due_at: datetime | None = Field(
        description="when it holds without a second coordinator; null where it never does"
    )
    missing: int = Field(description="how many coordinators have still to confirm it")


class ConfirmationList(BaseModel):
    """All that waits, oldest first."""

    items: list[ConfirmationOut]
    next_cursor: str | None = None


_MISSING = {ConfirmationState.ASKED: 2, ConfirmationState.WAITING: 1}


def confirmation_out(one: Confirmation, handle: str) -> ConfirmationOut:
    """Return a confirmation with what it still needs."""
    waits = one.state == ConfirmationState.WAITING
    return ConfirmationOut(
        id=one.id,
        kind=one.kind,
        member_id=one.member_id,
        handle=handle,
        roles=sorted(one.roles),
        archive=one.archive,
        state=one.state,
        asked_at=one.asked_at,
        first_by=one.first_by,
        first_at=one.first_at,
        second_by=one.second_by,
        due_at=find_due_at(one) if waits else None,
        missing=_MISSING.get(one.state, 0),
    )


def confirmations_out(db: Db, found: list[Confirmation]) -> list[ConfirmationOut]:
    """Return several of them."""
    handles = list_handles(db) if found else {}
    return [confirmation_out(one, handles[one.member_id]) for one in found]


@router.get("", dependencies=[needs(Permission.MEMBERS)])
def waiting(visit: VisitDep) -> ConfirmationList:
    """List what waits for a coordinator's confirmation, or to be carried out."""
    with visit.snapshot() as db:
        return ConfirmationList(items=confirmations_out(db, list_confirmations(db)))


@router.post("/{confirmation_id}/confirm", dependencies=[needs(Permission.MEMBERS)])
def confirm(confirmation_id: UUID, visit: VisitDep) -> ConfirmationOut:
    """Confirm a change to a member. One coordinator alone is not enough.

    A change of teams has its first coordinator in who asked for it. For a second factor two
    coordinators confirm. 24 hours after the first one, and a text to all, the second is not needed.
    """
    sessions = visit.service.sessions
    with visit.transaction() as db:
        changed = confirm_change(db, sessions, visit.principal, confirmation_id, visit.now)
        return confirmations_out(db, [changed])[0]


@router.post("/{confirmation_id}/withdraw")
def withdraw(confirmation_id: UUID, visit: VisitDep) -> ConfirmationOut:
    """Take a change back before it is carried out: any coordinator may, and whom it is about."""
    with visit.transaction() as db:
        changed = members.withdraw_confirmation(db, visit.principal, confirmation_id, visit.now)
        return confirmations_out(db, [changed])[0]
