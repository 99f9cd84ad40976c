"""Calls and attachments on the page of a case: call back, hand on, ask for an interpreter, hear."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.api import clean_upload, ranged, small
from app.calls import ask_interpreter, hand_call_over, mark_custody, start_call_back
from app.cases import add_attachment
from app.console.case_handling import handle_case
from app.console.case_page import case_page
from app.console.errors import PageRoute
from app.console.forms import once_key
from app.console.screens import MemberScreenDep
from app.errors import BadRequest, Refusal
from app.store import Db, do_once

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)


@router.post("/{case_id}/call")
def call_back(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Ring the member's phone, then the caller's."""
    visit, key = screen.visit, once_key(screen.form)

    def call(db: Db) -> None:
        def make() -> UUID:
            return start_call_back(db, visit.principal, case_id, visit.now).id

        do_once(db, visit.principal, key, f"console call {case_id}".encode(), visit.now, make)

    return handle_case(screen, case_id, "calling", "call", call)


@router.post("/{case_id}/calls/{call_id}/hand-over")
def hand_over(case_id: UUID, call_id: UUID, screen: MemberScreenDep) -> Response:
    """Ring a colleague into the running call."""
    visit, chosen = screen.visit, screen.form.get("colleague")

    def ask(db: Db) -> None:
        try:
            colleague = UUID(chosen)
        except ValueError as error:
            raise BadRequest("Choose the colleague who takes the call.") from error
        hand_call_over(db, visit.principal, case_id, call_id, colleague, visit.now)

    return handle_case(screen, case_id, "ringing", "colleague", ask)


@router.post("/{case_id}/calls/{call_id}/interpreter")
def interpreter(case_id: UUID, call_id: UUID, screen: MemberScreenDep) -> Response:
    """Ask for an interpreter, who is rung into the call."""
    visit, languages = screen.visit, screen.form.codes("call_languages")

    def ask(db: Db) -> None:
        ask_interpreter(db, visit.principal, case_id, call_id, languages, visit.now)

    return handle_case(screen, case_id, "asked", "call_languages", ask)


@router.post("/{case_id}/calls/{call_id}/custody")
def custody(case_id: UUID, call_id: UUID, screen: MemberScreenDep) -> Response:
    """Say whether a call is a line of detention's."""
    visit, marked = screen.visit, screen.form.get("custody") == "yes"
    return handle_case(
        screen,
        case_id,
        "changed",
        "call",
        lambda db: mark_custody(db, visit.principal, case_id, call_id, marked, visit.now),
    )


@router.post("/{case_id}/attachments")
def attach(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Add a file, written anew, to a case."""
    visit = screen.visit
    try:
        file = clean_upload(screen.form.file)
    except Refusal as refusal:
        return case_page(screen, case_id, refusal, field="file")
    return handle_case(
        screen,
        case_id,
        "attached",
        "file",
        lambda db: add_attachment(db, visit.principal, case_id, file, visit.now),
    )


@router.get("/{case_id}/attachments/{attachment_id}/thumbnail")
def thumbnail(case_id: UUID, attachment_id: UUID, screen: MemberScreenDep) -> Response:
    """Show a picture, small; written into the audit log."""
    return small(screen.visit, case_id, attachment_id)


@router.get("/{case_id}/attachments/{attachment_id}")
def attachment(case_id: UUID, attachment_id: UUID, screen: MemberScreenDep) -> Response:
    """Play, show or save what is attached; written into the audit log."""
    return ranged(screen.visit, case_id, attachment_id, screen.request.headers.get("range"))
