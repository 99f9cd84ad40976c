"""Statistics: the calendar, asking and confirming, a release with its files; and the desk now."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.screens import MemberScreen, MemberScreenDep
from app.console.security import page_headers
from app.desk import read_overview
from app.errors import Refusal
from app.members import list_handles
from app.reports import (
    FAMILY_NAMES,
    HOW_TO_READ,
    TITLES,
    name_category,
    show_figure,
    write_grant_sentence,
    write_promise,
)
from app.statistics import (
    FAMILIES,
    MEDIA_TYPES,
    confirm_release,
    list_releases,
    read_file,
    read_record,
    request_release,
)

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/statistics")
def calendar(screen: MemberScreenDep) -> Response:
    """Show every period with what can be done about it."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        found = list_releases(db, visit.principal, visit.now)
        handles = list_handles(db)
    return screen.form_page(
        "statistics.html",
        refusal,
        "calendar",
        families=[
            (family, FAMILY_NAMES[family], [e for e in found.entries if e.family == family])
            for family in FAMILIES
        ],
        damaged=found.damaged,
        handles=handles,
        may_release=visit.principal.may(Permission.STATISTICS),
    )


@router.post("/statistics")
def request(screen: MemberScreenDep) -> Response:
    """Ask for a release."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.STATISTICS)
    try:
        with visit.transaction() as db:
            request_release(db, visit.principal, form.get("family"), form.get("period"), visit.now)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/statistics?done=release_asked")


@router.post("/statistics/{release_id}/confirm")
def confirm(release_id: UUID, screen: MemberScreenDep) -> Response:
    """Draw what another coordinator asked for."""
    visit = screen.visit
    visit.principal.require(Permission.STATISTICS)
    try:
        confirm_release(visit.service.database, visit.principal, release_id, visit.now)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go(f"/statistics/{release_id}?done=release_made")


@router.get("/statistics/{release_id}")
def show(release_id: UUID, screen: MemberScreenDep) -> Response:
    """Show a release: what may be quoted, how to read it, every figure, files."""
    visit = screen.visit
    with visit.snapshot() as db:
        record = read_record(db, visit.principal, release_id)
    return screen.page(
        "release.html",
        here="/statistics",
        record=record,
        families=FAMILY_NAMES,
        how_to_read=HOW_TO_READ,
        name_category=name_category,
        promise=write_promise(record),
        sentences=write_grant_sentence(record),
        show_figure=show_figure,
        titles=TITLES,
        formats=list(MEDIA_TYPES),
    )


@router.get("/statistics/{release_id}/files/{name}")
def file(release_id: UUID, name: str, screen: MemberScreenDep) -> Response:
    """Return a release as a file."""
    visit = screen.visit
    content = read_file(visit.service.database, visit.principal, release_id, name)
    shown = name in ("svg", "png")
    headers = {
        **page_headers(screen.service.settings),
        "Content-Disposition": f"{'inline' if shown else 'attachment'}; "
        f'filename="statistics-{release_id}.{name}"',
    }
    return Response(content, headers=headers, media_type=MEDIA_TYPES[name])


@router.get("/desk")
def desk(screen: MemberScreenDep) -> Response:
    """Show how the work stands now, in exact counts that are not for publication."""
    visit = screen.visit
    with visit.snapshot() as db:
        return screen.page("desk.html", seen=read_overview(db, visit.principal, visit.now))
