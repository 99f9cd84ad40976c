"""Sightings: reports by event, what confirms them, and what proved false."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import STATUS
from app.console.errors import PageRoute
from app.console.forms import once_key
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import BadRequest, NotFound, Refusal
from app.knowledge import (
    SIGHTING_FIELDS,
    SightingChanges,
    add_sighting,
    change_sighting,
    group_sightings,
    list_sightings,
)
from app.members import list_handles
from app.models import SightingState
from app.store import do_once

router = APIRouter(prefix="/raids", include_in_schema=False, route_class=PageRoute)


@router.get("")
def board(screen: MemberScreenDep) -> Response:
    """Show all reports. This is written into the audit log."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, field: str = "size") -> Response:
    visit = screen.visit
    with visit.transaction() as db:
        seen = {one.report.id: one for one in list_sightings(db, visit.principal, visit.now)}
        handles = list_handles(db)
    together = group_sightings(one.report for one in seen.values())
    return screen.page(
        "raids.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/raids",
        groups=[[seen[report.id] for report in reports] for reports in together.values()],
        numbers={report_id: number for number, report_id in enumerate(seen, start=1)},
        handles=handles,
        fields_of_raids=SIGHTING_FIELDS,
        typed=screen.form,
        errors=[(field, refusal.detail)] if refusal else (),
    )


@router.post("")
def add(screen: MemberScreenDep) -> Response:
    """Record a sighting."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.RAIDS)
    facts = {name: form.get(name) for name in SIGHTING_FIELDS}
    try:
        with visit.transaction() as db:

            def make() -> UUID:
                return add_sighting(db, visit.principal, facts, visit.now).id

            do_once(db, visit.principal, once_key(form), b"console raid", visit.now, make)
    except Refusal as refusal:
        return _page(screen, refusal)
    return screen.go("/raids?done=reported")


@router.post("/{report_id}")
def change(report_id: UUID, screen: MemberScreenDep) -> Response:
    """Put a report beside another of the same event, or say what it proved to be."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.RAIDS)
    try:
        with visit.transaction() as db:
            version = form.number("version") or 0
            change_sighting(db, visit.principal, report_id, version, _changes(screen), visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _page(screen, refusal, f"report-{report_id}")
    return screen.go("/raids?done=changed")


def _changes(screen: MemberScreen) -> SightingChanges:
    form, proved = screen.form, screen.form.get("proved")
    if proved in ("report", "person"):
        return SightingChanges(state=SightingState.CORROBORATED, confirmed_by=proved)
    if proved == "false":
        return SightingChanges(state=SightingState.FALSE)
    try:
        return SightingChanges(same_as=UUID(form.get("same_as")))
    except ValueError as error:
        raise BadRequest("Choose the other report of the same event.") from error
