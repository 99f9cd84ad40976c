"""Opening a case by hand: a walk-in, or a call taken elsewhere."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.api import NewCase
from app.console.errors import PageRoute
from app.console.forms import Form, checked, once_key
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import CaseOpening, NumberIsNoCallers, open_case_by_hand
from app.errors import Refusal
from app.organisation import read_settings
from app.store import do_once
from app.telephony import NumberNotUnderstood, read_number

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)


@router.get("/new")
def ask(screen: MemberScreenDep) -> Response:
    """Show the form."""
    screen.visit.principal.require(Permission.CASES)
    return _form(screen)


@router.post("/new")
def open_case(screen: MemberScreenDep) -> Response:
    """Open a case and go to it."""
    visit, form = screen.visit, screen.form
    own = screen.service.settings.twilio_number
    visit.principal.require(Permission.CASES)
    try:
        opening = _opening(form)
        with visit.transaction() as db:

            def make() -> UUID:
                return open_case_by_hand(db, visit.principal, opening, visit.now, own_number=own).id

            key = once_key(form)
            case_id = do_once(db, visit.principal, key, b"console new case", visit.now, make)
    except Refusal as refusal:
        return _form(screen, refusal)
    return screen.go(f"/cases/{case_id}?done=opened")


def _opening(form: Form) -> CaseOpening:
    wanted = checked(NewCase, _values(form))
    return CaseOpening(
        number=read_number(wanted.contact) if wanted.contact else None,
        situation=wanted.situation,
        urgency=wanted.urgency,
        language=wanted.language,
        region=wanted.region,
        fields=wanted.fields,
    )


def _values(form: Form) -> dict[str, Any]:
    fields = {
        name.removeprefix("field."): form.get(name)
        for name in form.values
        if name.startswith("field.") and form.get(name)
    }
    return {
        "channel": "manual",
        "contact": form.get("contact") or None,
        "situation": form.get("situation"),
        "urgency": form.get("urgency"),
        "language": form.get("language") or None,
        "region": form.get("region") or None,
        "fields": fields,
    }


def _form(screen: MemberScreen, refusal: Refusal | None = None) -> Response:
    with screen.visit.snapshot() as db:
        settings = read_settings(db)
    of_number = isinstance(refusal, NumberNotUnderstood | NumberIsNoCallers)
    field = "contact" if of_number else "urgency"
    return screen.form_page(
        "new_case.html",
        refusal,
        field,
        typed={name: screen.form.raw(name) for name in screen.form.values},
        field_names=settings.fields,
        regions=settings.regions,
    )
