"""Closing, reopening, holding, and erasing a case."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app import desk
from app.access import Permission
from app.api import Hold
from app.cases import find_case, read_case_values
from app.console.case_handling import handle_case
from app.console.errors import PageRoute
from app.console.forms import NotConfirmed, checked, confirm
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import break_glass, close_case, erase_case, hold_case, reopen_case, stop_wish
from app.errors import BadRequest, CaseHeld, NotFound, Refusal

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)


@router.post("/{case_id}/close")
def close(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Close a case: from now on only the archive can open it."""
    visit, outcome = screen.visit, screen.form.get("outcome")
    return handle_case(
        screen,
        case_id,
        "closed",
        "outcome",
        lambda db: close_case(db, visit.principal, case_id, outcome, visit.now),
    )


@router.post("/{case_id}/reopen")
def reopen(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Reopen a closed case; needs the archive."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "reopened",
        "reopen",
        lambda db: reopen_case(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/erasure/stop")
def stop_erasure(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Keep a case whose caller asked for it to be erased."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "erasure_stopped",
        "erasure",
        lambda db: stop_wish(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/hold")
def hold(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Keep a case from being erased."""
    visit, form = screen.visit, screen.form
    return handle_case(
        screen,
        case_id,
        "held",
        "hold_reason",
        lambda db: hold_case(
            db,
            visit.principal,
            case_id,
            checked(Hold, {"reason": form.get("reason")}).reason,
            visit.now,
        ),
    )


@router.post("/{case_id}/hold/lift")
def lift_hold(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Let a case be erased again."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "lifted",
        "hold_reason",
        lambda db: desk.lift_hold(db, visit.principal, case_id, visit.now),
    )


@router.get("/{case_id}/erase")
def ask_erase(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Say what erasing means, and ask for the case's name."""
    return _erase_page(screen, case_id)


@router.post("/{case_id}/erase")
def erase(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Erase a case for good, once its name is typed."""
    visit = screen.visit
    try:
        with visit.transaction() as db:
            visit.principal.require(Permission.CASES)
            case = find_case(db, visit.principal, case_id)
            reference = read_case_values(db, case).reference
            confirm(screen.form.get("confirmation"), reference)
            erase_case(db, visit.principal, case_id, visit.now)
    except (NotConfirmed, CaseHeld) as refusal:
        return _erase_page(screen, case_id, refusal)
    return screen.go("/?done=erased")


@router.get("/{case_id}/break-glass")
def ask_break_glass(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Ask why a case is to be opened in an emergency."""
    _require_archive(screen)
    return _glass_page(screen, case_id)


@router.post("/{case_id}/break-glass")
def break_the_glass(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Open a case in an emergency: the coordinators are told at once."""
    visit = screen.visit
    _require_archive(screen)
    try:
        with visit.transaction() as db:
            reason = screen.form.raw("reason")
            break_glass(db, visit.principal, case_id, reason, visit.now)
    except BadRequest as refusal:
        return _glass_page(screen, case_id, refusal)
    return screen.go(f"/cases/{case_id}?done=glass_broken")


def _require_archive(screen: MemberScreen) -> None:
    """Raise NotFound for whoever holds no archive: there is nothing they could open here."""
    if not screen.visit.principal.may(Permission.ARCHIVE):
        raise NotFound


def _glass_page(screen: MemberScreen, case_id: UUID, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        case = find_case(db, visit.principal, case_id, lock_row=False)
        reference = read_case_values(db, case).reference
    return screen.form_page(
        "break_glass.html",
        refusal,
        "reason",
        here=f"/cases/{case_id}",
        case=case,
        reference=reference,
        typed=screen.form,
    )


def _erase_page(screen: MemberScreen, case_id: UUID, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        visit.principal.require(Permission.CASES)
        case = find_case(db, visit.principal, case_id, lock_row=False)
        reference = read_case_values(db, case).reference
    return screen.form_page(
        "erase.html",
        refusal,
        "confirmation",
        here=f"/cases/{case_id}",
        case=case,
        reference=reference,
    )
