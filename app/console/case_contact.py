"""How a caller may be reached when that changes, and two cases that are one."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.api import NewContact
from app.console.case_handling import handle_case
from app.console.case_page import case_page
from app.console.errors import PageRoute
from app.console.forms import checked, stated_hours
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import (
    OtherPhone,
    confirm_caller,
    deny_caller,
    list_cases,
    mark_phone_safe,
    mark_phone_unsafe,
    merge_cases,
    replace_contact,
)
from app.errors import BadRequest, NotFound, Refusal
from app.store import Db

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)
_LONGEST_NAME = 64


class NoSuchName(BadRequest):
    """No open case has this name. Copy it from the queue."""


@router.post("/{case_id}/contact")
def replace(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Reach the caller by another phone from now on."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        wanted = checked(
            NewContact,
            {
                "number": form.get("number"),
                "methods": form.all("methods"),
                "hours": stated_hours(form),
            },
        )
        contact = OtherPhone(wanted.number, tuple(wanted.methods), wanted.hours)
        own = screen.service.settings.twilio_number
        replace_contact(db, visit.principal, case_id, contact, visit.now, own_number=own)

    return handle_case(screen, case_id, "contact", "number", do)


@router.post("/{case_id}/contact/compromised")
def compromise(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Send nothing more to this phone: it may be in the wrong hands."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "compromised",
        "compromised",
        lambda db: mark_phone_unsafe(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/contact/trusted")
def trust(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Text this phone again: it is in the right hands."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "trusted",
        "compromised",
        lambda db: mark_phone_safe(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/contact/confirmed")
def confirm(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Let what was answered after a silence count, or never."""
    visit, denied = screen.visit, screen.form.get("who") == "other"
    decide = deny_caller if denied else confirm_caller
    return handle_case(
        screen,
        case_id,
        "caller_denied" if denied else "caller_confirmed",
        "confirmed",
        lambda db: decide(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/merge")
def merge(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Put this case under another one, found by its name, and go there."""
    visit, name = screen.visit, screen.form.get("into")[:_LONGEST_NAME]
    try:
        with visit.transaction() as db:
            into = _named(db, screen, name)
            merge_cases(db, visit.principal, case_id, into, visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return case_page(screen, case_id, refusal, field="into", typed={"into": name})
    return screen.go(f"/cases/{into}?done=merged")


def _named(db: Db, screen: MemberScreen, name: str) -> UUID:
    lines, _ = list_cases(db, screen.visit.principal, reference=name or "-", limit=1)
    if not lines:
        raise NoSuchName
    return lines[0].case.id
