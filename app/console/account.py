"""One's own page: profile, second factor, and where one is signed in."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.api import ChangeMe, Code, member_out
from app.console.confirmations import describe_aim, describe_wait
from app.console.errors import PageRoute
from app.console.forms import checked
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import NotFound, Refusal
from app.members import (
    change_own_profile,
    confirm_totp,
    end_own_session,
    find_refused_codes,
    list_handles,
    list_own_sessions,
)
from app.models import Member
from app.organisation import read_settings
from app.outbox import find_phone_troubles

router = APIRouter(include_in_schema=False, route_class=PageRoute)


@router.get("/me")
def me(screen: MemberScreenDep) -> Response:
    """Show oneself."""
    return _page(screen)


def _page(screen: MemberScreen, refusal: Refusal | None = None, field: str = "") -> Response:
    visit = screen.visit
    with visit.snapshot() as db:
        own = db.get_one(Member, visit.principal.member_id)
        member = member_out(db, own, find_phone_troubles(db, visit.now))
        refused = find_refused_codes(db, member.id, visit.now)
        stored = list_own_sessions(db, screen.service.sessions, visit.principal, visit.now)
        settings = read_settings(db)
        handles = list_handles(db)
        waits = [
            (one, describe_aim(one), describe_wait(one, handles, visit.now, db.zone))
            for one in member.waits_for
        ]
    return screen.form_page(
        "me.html",
        refusal,
        field,
        here="/me",
        member=member,
        sessions=stored,
        refused=refused,
        waits=waits,
        current=visit.principal.session_id,
        regions=settings.regions,
    )


@router.post("/me")
def change(screen: MemberScreenDep) -> Response:
    """Change one's own name, phone, languages, regions, weekly cap or quiet hours."""
    visit, form = screen.visit, screen.form
    try:
        version = form.version()
        wanted = checked(
            ChangeMe,
            {
                "name": form.get("name") or None,
                "phone": form.get("phone") or None,
                "languages": form.codes("languages"),
                "regions": form.all("regions"),
                "weekly_cap": form.get("weekly_cap") or None,
                "quiet_hours": [h.strip() for h in form.get("quiet_hours").split(",") if h.strip()],
            },
        )
        with visit.transaction() as db:
            change_own_profile(db, visit.principal, version, wanted.profile, visit.now)
    except Refusal as refusal:
        return _page(screen, refusal, "name")
    return screen.go("/me?done=changed")


@router.post("/me/totp")
def confirm_second_factor(screen: MemberScreenDep) -> Response:
    """Confirm the authenticator app; from now on every sign-in needs a code."""
    visit = screen.visit
    try:
        code = checked(Code, {"code": screen.form.get("code")}).code
        with visit.transaction() as db:
            confirm_totp(db, visit.principal, code, visit.now)
    except Refusal as refusal:
        return _page(screen, refusal, "code")
    return screen.go("/me?done=confirmed")


@router.post("/me/sessions/{session_id}/end")
def end_session(session_id: UUID, screen: MemberScreenDep) -> Response:
    """End one of one's own sessions, for example on a lost phone."""
    visit = screen.visit
    try:
        with visit.transaction() as db:
            end_own_session(db, screen.service.sessions, visit.principal, session_id, visit.now)
    except NotFound:
        return screen.go("/me")  # it has ended already, as they wanted
    return screen.go("/me?done=ended")
