"""A member's own offers and assignments; the pages are made for a phone."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import STATUS
from app.cases import LONGEST_PLACE, DateFacts
from app.console.case_dates import local
from app.console.errors import PageRoute
from app.console.forms import Form
from app.console.health import warnings
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import NotFound, Refusal
from app.models import AssignmentState, OfferState
from app.requests import (
    ReportFacts,
    accept_offer,
    decline_offer,
    explain_decline,
    file_report,
    find_offer_state,
    list_own_assignments,
    list_own_offers,
    read_brief,
)

router = APIRouter(prefix="/offers", include_in_schema=False, route_class=PageRoute)
_LONGEST_OUTCOME = 64


@router.get("")
def mine(screen: MemberScreenDep) -> Response:
    """Show my offers and assignments."""
    return offers_page(screen)


def offers_page(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    """Return the page of a member's own offers and assignments."""
    visit = screen.visit
    with visit.snapshot() as db:
        asked = list_own_offers(db, visit.principal, visit.now)
        taken = list_own_assignments(db, visit.principal)
        needs = warnings(db, visit.principal, visit.now)
    states = [(one, find_offer_state(one.offer, visit.now)) for one in asked]
    return screen.page(
        "offers.html",
        STATUS[refusal.slug] if refusal else 200,
        here="/offers",
        pending=[one for one, state in states if state == OfferState.PENDING],
        over=[(one, state) for one, state in states if state != OfferState.PENDING],
        active=[one for one in taken if one.assignment.state == AssignmentState.ACTIVE],
        past=[one for one in taken if one.assignment.state != AssignmentState.ACTIVE],
        warnings=needs,
        errors=[("asked", refusal.detail)] if refusal else (),
    )


@router.post("/{offer_id}/accept")
def accept(offer_id: UUID, screen: MemberScreenDep) -> Response:
    """Take it, and read the brief."""
    visit = screen.visit
    visit.principal.require(Permission.OFFERS)
    try:
        with visit.transaction() as db:
            taken = accept_offer(db, visit.principal.member_id, offer_id, visit.now).id
    except NotFound:
        raise
    except Refusal as refusal:
        return offers_page(screen, refusal)
    return screen.go(f"/offers/taken/{taken}?done=accepted")


@router.post("/{offer_id}/decline")
def decline(offer_id: UUID, screen: MemberScreenDep) -> Response:
    """Say no."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.OFFERS)
    with visit.transaction() as db:
        if form.get("reason"):
            reason = form.get("reason")[:4000]
            explain_decline(db, visit.principal, offer_id, reason, visit.now)
        conflict = form.get("conflict") == "yes"
        decline_offer(db, visit.principal.member_id, offer_id, visit.now, conflict=conflict)
    return screen.go("/offers?done=declined")


@router.get("/taken/{assignment_id}")
def taken(assignment_id: UUID, screen: MemberScreenDep) -> Response:
    """Read the brief of what I took on. This is written into the audit log."""
    return taken_page(screen, assignment_id)


def taken_page(
    screen: MemberScreen,
    assignment_id: UUID,
    refusal: Refusal | None = None,
    field: str = "outcome",
) -> Response:
    """Return the page of what a member took on; a refusal is told at its field."""
    visit = screen.visit
    with visit.transaction() as db:
        opened = read_brief(db, visit.principal, assignment_id, visit.now)
    return screen.page(
        "assignment.html",
        STATUS[refusal.slug] if refusal else 200,
        here=f"/offers/taken/{assignment_id}",
        opened=opened,
        typed=screen.form,
        errors=[(field, refusal.detail)] if refusal else (),
    )


@router.post("/taken/{assignment_id}/report")
def report(assignment_id: UUID, screen: MemberScreenDep) -> Response:
    """Tell how it went, and the next date if one was set."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.OFFERS)
    try:
        told = ReportFacts(
            form.get("outcome")[:_LONGEST_OUTCOME] or "attended",
            form.raw("notes"),
            _next(form, screen.service.settings.zone.key),
        )
        with visit.transaction() as db:
            file_report(db, visit.principal, assignment_id, told, visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return taken_page(screen, assignment_id, refusal)
    return screen.go("/offers?done=told")


def _next(form: Form, zone: str) -> DateFacts | None:
    starts_at = local(form, "next_at", zone)
    if starts_at is None:
        return None
    return DateFacts(
        form.get("next_kind") or "hearing", starts_at, form.get("next_place")[:LONGEST_PLACE]
    )
