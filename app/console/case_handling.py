"""Who has a case, what is known of it, and what the caller allowed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app import desk
from app.api import STATUS, ChangeCase, GiveConsent
from app.cases import add_note
from app.console.case_page import case_page
from app.console.errors import PageRoute
from app.console.forms import Form, checked, once_key, stated_hours
from app.console.screens import MemberScreen, MemberScreenDep
from app.desk import StatedConsent, assign_case, change_case, claim_case, read_case, release_case
from app.errors import BadRequest, NotFound, Refusal, StaleVersion
from app.organisation import read_settings
from app.store import Db, do_once

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)
_FIELD = "field."


def handle_case(
    screen: MemberScreen, case_id: UUID, done: str, field: str, do: Callable[[Db], object]
) -> Response:
    """Do something to a case in one transaction and go back to it; tell a refusal on its page."""
    refusal = screen.try_change(do)
    if refusal is not None:
        return case_page(screen, case_id, refusal, field=field)
    return screen.go(f"/cases/{case_id}?done={done}")


@router.post("/{case_id}/claim")
def claim(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Take a case."""
    visit = screen.visit
    return handle_case(
        screen,
        case_id,
        "claimed",
        "claim",
        lambda db: claim_case(db, visit.principal, case_id, visit.now),
    )


@router.post("/{case_id}/release")
def release(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Give a case back, with a note for whoever takes it next."""
    visit, handover = screen.visit, screen.form.raw("handover")

    def give_back(db: Db) -> None:
        if handover.strip():
            add_note(db, visit.principal, case_id, handover, visit.now, "handover")
        release_case(db, visit.principal, case_id, visit.now)

    return handle_case(screen, case_id, "released", "handover", give_back)


@router.post("/{case_id}/assign")
def assign(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Give a case to a colleague, with a note for them."""
    visit, handover = screen.visit, screen.form.raw("handover")

    def give(db: Db) -> None:
        try:
            colleague = UUID(screen.form.get("member"))
        except ValueError as error:
            raise BadRequest("Choose the colleague who takes the case.") from error
        if handover.strip():
            add_note(db, visit.principal, case_id, handover, visit.now, "handover")
        assign_case(db, visit.principal, case_id, colleague, visit.now)

    return handle_case(screen, case_id, "assigned", "member", give)


@router.post("/{case_id}/consents")
def record_consent(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Record what the caller allowed or withdrew."""
    visit, form = screen.visit, screen.form

    def record(db: Db) -> None:
        said = _said(form)

        def make() -> UUID:
            return desk.record_consent(db, visit.principal, case_id, said, visit.now).id

        request = f"console consent {case_id}".encode()
        do_once(db, visit.principal, once_key(form), request, visit.now, make)

    return handle_case(screen, case_id, "consented", "consent_scope", record)


def _said(form: Form) -> StatedConsent:
    given = checked(
        GiveConsent,
        {
            "scope": form.get("scope"),
            "granted": {"yes": True, "no": False}.get(form.get("granted")),
            "methods": form.all("methods"),
            "hours": stated_hours(form),
            "override_reason": form.get("override_reason") or None,
        },
    )
    return StatedConsent(
        given.scope, given.granted, given.methods, given.hours, given.override_reason
    )


@router.post("/{case_id}/change")
def change(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Change tier, situation, language, region and fields; a page to decide where it is stale."""
    visit, form = screen.visit, screen.form
    try:
        version = form.version()
        with visit.transaction() as db:
            changes = _changes(form)
            change_case(db, visit.principal, case_id, version, changes, visit.now)
    except StaleVersion as refusal:
        return _conflict(screen, case_id, refusal)
    except NotFound:
        raise
    except Refusal as refusal:
        return case_page(screen, case_id, refusal, field="urgency", typed=_typed(form))
    return screen.go(f"/cases/{case_id}?done=changed")


def _changes(form: Form) -> dict[str, Any]:
    """Return what the form would change: what it does not hold stays as it is."""
    values: dict[str, Any] = {
        name: form.get(name) or None for name in ("language", "region") if name in form.values
    }
    if form.get("urgency"):
        values["urgency"] = form.get("urgency")
    if form.get("situation"):
        values["situation"] = form.get("situation")
    fields = {
        name.removeprefix(_FIELD): form.get(name) or None
        for name in form.values
        if name.startswith(_FIELD)
    }
    if fields:
        values["fields"] = fields
    return checked(ChangeCase, values).model_dump(exclude_unset=True)


def _typed(form: Form) -> dict[str, str]:
    return {name: form.raw(name) for name in form.values}


def _conflict(screen: MemberScreen, case_id: UUID, refusal: StaleVersion) -> Response:
    """Show what stands there now beside what was typed; the person decides."""
    visit, form = screen.visit, screen.form
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        settings = read_settings(db)
    case, values = file.line.case, file.line.values
    now: dict[str, str] = {"urgency": str(case.urgency)}
    now |= {name: getattr(values, name) or "" for name in ("situation", "language", "region")}
    now |= {_FIELD + name: file.fields.get(name) or "" for name in settings.fields}
    mine = {name: form.get(name) for name in now if name in form.values}
    return screen.page(
        "conflict.html",
        STATUS[refusal.slug],
        here=f"/cases/{case_id}",
        case=case,
        sentence=refusal.detail,
        current=now,
        mine=mine,
        different=[name for name, value in mine.items() if value != now[name]],
    )
