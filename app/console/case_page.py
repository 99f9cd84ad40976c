"""One case: the conversation, what is known, and answering."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import DESK, Permission
from app.api import ReplyBody
from app.cases import add_note
from app.console.errors import PageRoute
from app.console.forms import checked, once_key
from app.console.preview import alphabet, preview
from app.console.quick_replies import is_quick_reply, quick_replies, with_quick_reply
from app.console.screens import MemberScreen, MemberScreenDep
from app.console.waiting import wait
from app.desk import CaseFile, read_case, send_reply
from app.errors import Refusal
from app.members import list_handles
from app.models import LIVE_STATES
from app.organisation import ANSWERS, find_zone, read_settings
from app.outbox import is_window_open
from app.store import Db, do_once
from app.vault import read_roster

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)


@router.get("/{case_id}")
def read(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Open a case. This is written into the audit log."""
    return case_page(screen, case_id)


def case_page(
    screen: MemberScreen, case_id: UUID, refusal: Refusal | None = None, **context: Any
) -> Response:
    """Return the page of a case; after a refusal with its sentence and what was typed.

    ``field`` names the form field that the refusal is about, ``typed`` holds what was in the form.
    """
    visit = screen.visit
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
        shown = _shown(db, screen, file)
    field = context.pop("field", "reply")
    return screen.form_page(
        "case.html",
        refusal,
        field,
        here=f"/cases/{case_id}",
        **{"typed": {}, "previewed": None, **shown, **context},
    )


def _shown(db: Db, screen: MemberScreen, file: CaseFile) -> dict[str, Any]:
    settings = read_settings(db)
    handles = list_handles(db)
    who, case = screen.visit.principal, file.line.case
    return {
        "file": file,
        "case": case,
        "values": file.line.values,
        "contact": file.contact,
        "wait": wait(file.line, screen.visit.now),
        "live": case.state in LIVE_STATES,
        "may_work": who.may(Permission.CASES),
        "may_reopen": who.may(Permission.ARCHIVE),
        "may_hold": who.may(Permission.HOLD),
        "may_lift_hold": who.may(Permission.LIFT_HOLD),
        "handles": handles,
        "desk": sorted((handles[m.id], m.id) for m in read_roster(db).team(DESK)),
        "answers": {
            name: value
            for name, value in file.fields.items()
            if name in ANSWERS and value is not None and not name.endswith("_text")
        },
        "field_names": settings.fields,
        "regions": settings.regions,
        "detention_places": settings.detention_places,
        # Dates are told, and typed, as the clock shows them where the caller is.
        "case_zone": find_zone(db, file.line.values.region),
        "has_template": bool(screen.service.settings.twilio_whatsapp_template),
        "window_open": is_window_open(file.line.values, screen.visit.now),
        "quick_replies": quick_replies(file.line.values.language),
        "alphabet": alphabet(),
    }


@router.post("/{case_id}/reply")
def reply(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Send a text, or show what it would cost, or put a quick reply into the box."""
    form, visit = screen.form, screen.visit
    body = form.raw("body")
    if form.get("quick"):
        return _quick_reply(screen, case_id, body)
    if form.get("action") == "preview":
        return case_page(
            screen,
            case_id,
            typed={"body": body, "channel": form.get("channel")},
            previewed=preview(body) if body.strip() else None,
        )
    chosen = form.get("channel") or None
    try:
        channel = checked(ReplyBody, {"body": body, "channel": chosen}).channel
        with visit.transaction() as db:
            do_once(
                db,
                visit.principal,
                once_key(form),
                f"console reply {case_id}".encode(),
                visit.now,
                lambda: (
                    send_reply(
                        db,
                        visit.principal,
                        case_id,
                        body,
                        visit.now,
                        channel,
                        ready=is_quick_reply(body),
                    ).id
                ),
            )
    except Refusal as refusal:
        return case_page(screen, case_id, refusal, typed={"body": body, "channel": chosen})
    return screen.go(f"/cases/{case_id}?done=replied#conversation")


def _quick_reply(screen: MemberScreen, case_id: UUID, body: str) -> Response:
    visit = screen.visit
    with visit.transaction() as db:
        file = read_case(db, visit.principal, case_id, visit.now)
    draft = with_quick_reply(body, screen.form.get("quick"), file.line.values.language)
    return case_page(screen, case_id, typed={"body": draft}, previewed=preview(draft))


@router.post("/{case_id}/notes")
def note(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Write a note for the desk."""
    form, visit = screen.form, screen.visit
    try:
        with visit.transaction() as db:
            do_once(
                db,
                visit.principal,
                once_key(form),
                f"console note {case_id}".encode(),
                visit.now,
                lambda: add_note(db, visit.principal, case_id, form.raw("body"), visit.now).id,
            )
    except Refusal as refusal:
        return case_page(screen, case_id, refusal, field="note", typed={"note": form.raw("body")})
    return screen.go(f"/cases/{case_id}?done=noted#notes")
