"""The desk asks for people: the board of all requests, and the page of one case."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.api import STATUS
from app.console.case_dates import local, zone_of_case
from app.console.errors import PageRoute
from app.console.forms import Form, once_key
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import read_case, read_line
from app.errors import BadRequest, NotFound, Refusal
from app.members import list_handles
from app.models import AWAITED, LIVE_STATES, SEEKING, Case
from app.organisation import REQUEST_KINDS, read_settings
from app.requests import (
    ALLOWED_FIELDS,
    RequestFacts,
    cancel_request,
    find_request,
    list_requests,
    raise_request,
    rank_candidates,
    write_brief,
)
from app.store import do_once

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/requests")
def board(screen: MemberScreenDep) -> Response:
    """Show the requests that are not over, by tier."""
    visit = screen.visit
    cursor = screen.request.query_params.get("cursor", "")[:200] or None
    with visit.snapshot() as db:
        found, after = list_requests(db, visit.principal, cursor=cursor)
        names = {
            one.request.case_id: read_line(
                db, db.get_one(Case, one.request.case_id)
            ).values.reference
            for one in found
        }
        handles = list_handles(db)
    return screen.page(
        "requests.html",
        here="/requests",
        rows=found,
        names=names,
        handles=handles,
        after=after,
    )


@router.get("/cases/{case_id}/route")
def route(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Show a case's requests, who could come and why, and the form to ask for a person."""
    return _route(screen, case_id)


def _route(
    screen: MemberScreen, case_id: UUID, refusal: Refusal | None = None, field: str = "kind"
) -> Response:
    visit = screen.visit
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        settings = read_settings(db)
        rankings = {
            one.request.id: rank_candidates(db, visit.principal, one.request.id, visit.now)
            for one in file.requests
            if one.request.state in SEEKING
        }
        handles = list_handles(db)
    case = file.line.case
    return screen.page(
        "route.html",
        STATUS[refusal.slug] if refusal else 200,
        here=f"/cases/{case_id}/route",
        case=case,
        values=file.line.values,
        live=case.state in LIVE_STATES,
        rows=file.requests,
        rankings=rankings,
        reports=file.reports,
        dates=[event for event in file.events if event.state in AWAITED],
        kinds=REQUEST_KINDS,
        shareable=[
            name
            for name in settings.fields
            if any(allowed is None or name in allowed for allowed in ALLOWED_FIELDS.values())
        ],
        regions=settings.regions,
        handles=handles,
        typed=screen.form,
        errors=[(field, refusal.detail)] if refusal else (),
    )


@router.post("/cases/{case_id}/route")
def ask(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Ask for a person; the ladder begins at once."""
    visit, form = screen.visit, screen.form
    try:
        with visit.transaction() as db:
            needed_by = local(form, "needed_by", zone_of_case(db, screen, case_id))
            asked = RequestFacts(needed_by=needed_by, **_values(form))

            def make() -> UUID:
                return raise_request(db, visit.principal, case_id, asked, visit.now).id

            key = f"console request {case_id}".encode()
            do_once(db, visit.principal, once_key(form), key, visit.now, make)
    except NotFound:
        raise
    except Refusal as refusal:
        return _route(screen, case_id, refusal)
    return screen.go(f"/cases/{case_id}/route?done=asked")


def _values(form: Form) -> dict[str, Any]:
    try:
        event_id = UUID(form.get("event")) if form.get("event") else None
    except ValueError as error:
        raise BadRequest("Choose one of the dates of this case.") from error
    return {
        "kind": form.get("kind"),
        "event_id": event_id,
        "languages": form.all("languages"),
        "region": form.get("region") or None,
        "skills": _words(form.get("skills")),
        "wishes": _words(form.get("wishes")),
        "share": form.all("share"),
        "minor": form.get("minor") == "yes",
    }


def _words(text: str) -> list[str]:
    return [word.strip()[:64] for word in text.split(",") if word.strip()][:20]


@router.post("/requests/{request_id}/brief")
def write(request_id: UUID, screen: MemberScreenDep) -> Response:
    """Write the brief of a request that has none yet."""
    visit = screen.visit
    with visit.snapshot() as db:
        case_id = find_request(db, visit.principal, request_id).request.case_id
    try:
        with visit.transaction() as db:
            write_brief(db, visit.principal, request_id, visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _route(screen, case_id, refusal, f"request-{request_id}")
    return screen.go(f"/cases/{case_id}/route?done=briefed")


@router.post("/requests/{request_id}/cancel")
def cancel(request_id: UUID, screen: MemberScreenDep) -> Response:
    """End a request."""
    visit = screen.visit
    try:
        with visit.transaction() as db:
            cancel_request(db, visit.principal, request_id, visit.now)
    except NotFound:
        raise
    except Refusal:
        return screen.go("/requests")  # it is over already, which is what was wanted
    return screen.go("/requests?done=unasked")
