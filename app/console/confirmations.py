"""What waits for a second coordinator: in words, and the forms to confirm it or take it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import ConfirmationOut, confirmations_out
from app.console import words
from app.console.errors import PageRoute
from app.console.rendering import moment
from app.console.screens import MemberScreenDep
from app.members import (
    confirm_change,
    list_confirmations,
    list_handles,
    withdraw_confirmation,
)
from app.store import Db

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_NEXT = {
    "teams": "Confirmed. A coordinator who signs in next carries it out.",
    "second_factor": "Confirmed. Only codes of the new app count now.",
}


def describe_own_waits(db: Db, member_id: UUID, now: datetime) -> list[str]:
    """Return what waits for a member, in words for them."""
    found = confirmations_out(db, list_confirmations(db, [member_id]))
    handles = list_handles(db) if found else {}
    return [
        f"You are to {describe_aim(one)}. {describe_wait(one, handles, now, db.zone)}"
        for one in found
    ]


def describe_aim(one: ConfirmationOut) -> str:
    """Return what the member is to be or have, after "is to"."""
    if one.kind == "second_factor":
        return "get a new second factor"
    roles = " and ".join(words.of(words.ROLES, role) for role in one.roles)
    return f"be {roles}{', with the archive' if one.archive else ''}"


def describe_wait(
    one: ConfirmationOut, handles: Mapping[UUID, str], now: datetime, zone: ZoneInfo
) -> str:
    """Return which confirmation is missing, and since when it waits."""
    asked = f"Waits since {moment(one.asked_at, now, zone)}."
    if one.first_at is None or one.first_by is None:
        return f"{asked} Missing: two coordinators who confirm it, or one and then 24 hours."
    if not one.missing:
        return f"{asked} {_NEXT[one.kind]}"
    first = f"{handles[one.first_by]} is for it ({moment(one.first_at, now, zone)})."
    missing = "Missing: a second coordinator who confirms it."
    if one.due_at is None:
        alone = "It does not hold by itself: no coordinator has a phone that could be texted."
    else:
        alone = f"If nobody takes it back, it holds from {moment(one.due_at, now, zone)} on."
    return f"{asked} {first} {missing} {alone}"


@router.post("/members/confirmations/{confirmation_id}/confirm")
def confirm_waiting(confirmation_id: UUID, screen: MemberScreenDep) -> Response:
    """Confirm a change to a member."""
    visit = screen.visit
    visit.principal.require(Permission.MEMBERS)
    with visit.transaction() as db:
        confirm_change(db, screen.service.sessions, visit.principal, confirmation_id, visit.now)
    return screen.go("/members?done=change_confirmed")


@router.post("/members/confirmations/{confirmation_id}/withdraw")
def withdraw_waiting(confirmation_id: UUID, screen: MemberScreenDep) -> Response:
    """Take a change to a member back, or one to oneself."""
    visit = screen.visit
    with visit.transaction() as db:
        withdraw_confirmation(db, visit.principal, confirmation_id, visit.now)
    coordinates = visit.principal.may(Permission.MEMBERS)
    return screen.go(f"/{'members' if coordinates else 'me'}?done=withdrawn")
