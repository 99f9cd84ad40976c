"""The board of complaints about refused services: where each stands with the city's office."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import list_complaints, take_complaint_step
from app.errors import NotFound, Refusal
from app.models import DenialState

router = APIRouter(prefix="/complaints", include_in_schema=False, route_class=PageRoute)
_PAGE = 50


@router.get("")
def board(screen: MemberScreenDep) -> Response:
    """Show the complaints of all cases, the newest first; of one state where that is asked."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, field: str = "board") -> Response:
    visit, query = screen.visit, screen.request.query_params
    wanted = query.get("state", "")[:16]
    with visit.snapshot() as db:
        found, after = list_complaints(
            db,
            visit.principal,
            state=wanted if wanted in tuple(DenialState) else None,
            cursor=query.get("cursor", "")[:200] or None,
            limit=_PAGE,
        )
    return screen.form_page(
        "complaints.html",
        refusal,
        field,
        here="/complaints",
        lines=found,
        after=after,
        state=wanted,
        may_read=visit.principal.may(Permission.CASES),
    )


@router.post("/{denial_id}")
def step(denial_id: UUID, screen: MemberScreenDep) -> Response:
    """Say what became of a complaint."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.COMPLAINTS)
    state, note = form.get("state")[:16], form.raw("note")
    try:
        with visit.transaction() as db:
            take_complaint_step(db, visit.principal, denial_id, state, note, visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(screen, refusal, f"complaint-{denial_id}")
    return screen.go("/complaints?done=changed")
