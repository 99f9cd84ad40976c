"""Refused services on the page of a case, and the dossiers about them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.api import ChangeDenial, NewDenial, convert_denial, make_dossier
from app.cases import change_denial, make_denial, record_denial
from app.console.case_handling import handle_case
from app.console.case_page import case_page
from app.console.errors import PageRoute
from app.console.forms import Form, checked, once_key
from app.console.screens import MemberScreenDep
from app.console.security import page_headers
from app.desk import draft_dossier
from app.errors import BadRequest, ConsentMissing
from app.store import Db, do_once

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)
_TYPED = ("sector", "service", "provider", "place", "account", "wanted", "caller_name")
_ANSWERS = {"yes": True, "no": False}


@router.post("/{case_id}/denials")
def add_denial(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Record a service that was refused."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        told = make_denial(convert_denial(checked(NewDenial, _read(form))))

        def make() -> UUID:
            return record_denial(db, visit.principal, case_id, told, visit.now).id

        do_once(db, visit.principal, once_key(form), f"denial {case_id}".encode(), visit.now, make)

    return handle_case(screen, case_id, "denied", "denied_by", do)


@router.post("/{case_id}/denials/{denial_id}")
def change(case_id: UUID, denial_id: UUID, screen: MemberScreenDep) -> Response:
    """Change what is known of it, and what the caller shares."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        version = form.number("version") or 0
        changes = convert_denial(checked(ChangeDenial, _read(form)))
        change_denial(db, visit.principal, denial_id, version, changes, visit.now)

    return handle_case(screen, case_id, "changed", f"denial-{denial_id}", do)


def _read(form: Form) -> dict[str, Any]:
    return {
        **{name: form.raw(name).strip() for name in _TYPED},
        "happened_on": form.get("happened_on") or None,
        "asked_status": _ANSWERS.get(form.get("asked_status")),
        "threatened": _ANSWERS.get(form.get("threatened")),
        "share": form.all("share"),
    }


@router.post("/{case_id}/denials/{denial_id}/dossier")
def draft(case_id: UUID, denial_id: UUID, screen: MemberScreenDep) -> Response:
    """Draft the dossier from what the caller shares."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        draft_dossier(db, visit.principal, denial_id, form.get("language"), visit.now)

    return handle_case(screen, case_id, "drafted", f"denial-{denial_id}", do)


@router.get("/{case_id}/denials/{denial_id}/dossier")
def dossier(case_id: UUID, denial_id: UUID, screen: MemberScreenDep) -> Response:
    """Return the dossier as a PDF."""
    try:
        paper = make_dossier(screen.visit, denial_id)
    except (BadRequest, ConsentMissing) as refusal:
        return case_page(screen, case_id, refusal, field=f"denial-{denial_id}")
    paper.headers.update(page_headers(screen.service.settings))
    return paper
