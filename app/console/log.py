"""The audit log: who did what, newest first."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from app import audit
from app.access import Permission
from app.console.errors import PageRoute
from app.console.screens import MemberScreenDep
from app.members import list_handles

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 100


@router.get("/audit")
def log(screen: MemberScreenDep) -> Response:
    """Show a page of the log: ids and kinds only."""
    visit = screen.visit
    visit.principal.require(Permission.AUDIT)
    given = screen.request.query_params.get("before", "")
    before = int(given) if given.isascii() and given.isdigit() and len(given) < 18 else None
    with visit.snapshot() as db:
        page = audit.read_page(db, before, PAGE)
        handles = list_handles(db)
    return screen.page(
        "audit.html",
        log=page,
        handles=handles,
        first_page=before is None,
    )
