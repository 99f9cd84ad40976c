"""What callers are told, to read; unreviewed languages are marked."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.screens import MemberScreenDep

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/texts")
def texts(screen: MemberScreenDep) -> Response:
    """List every text by language."""
    screen.visit.principal.require(Permission.TEXTS)
    known = screen.service.desk.script.texts
    return screen.page("texts.html", languages=(known.everyone, *known.languages.values()))
