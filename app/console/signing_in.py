"""Signing in, signing out, and leaving at once."""

from __future__ import annotations

import re

import structlog
from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from app import members
from app.api import STATUS, enter, remember_device, sign_in
from app.console import cookies
from app.console.errors import PageRoute
from app.console.forms import is_ours
from app.console.screens import AnyScreenDep, GuestScreenDep, MemberScreenDep, Screen, keep_door
from app.console.security import EXIT_URL, page_headers
from app.errors import Refusal, Throttled, Unauthenticated

log = structlog.get_logger()
router = APIRouter(include_in_schema=False, route_class=PageRoute)
# Only pages of ours: no host, no query, no backslash that a browser would turn into a slash.
_OURS = re.compile(r"/(?:[A-Za-z0-9_-]+/?)*")
_LONGEST = 1024


@router.get("/sign-in")
def ask(screen: GuestScreenDep) -> Response:
    """Show the form; a visitor who is signed in already goes on."""
    onward = _onward(screen.request.query_params.get("next", ""))
    token = cookies.read(screen.request, screen.service.settings, cookies.SESSION)
    try:
        enter(screen.service, token)
    except Unauthenticated:
        return _form(screen, onward)
    return screen.go(onward)


@router.post("/sign-in")
def enter_with_passphrase(screen: GuestScreenDep) -> Response:
    """Start a session; its token goes into the cookie and nowhere else."""
    form, service = screen.form, screen.service
    onward, handle = _onward(form.get("next")), form.get("handle")[:_LONGEST]
    try:
        signed_in = sign_in(
            service,
            screen.request,
            handle,
            form.raw("passphrase")[:_LONGEST],
            form.get("code")[:16] or None,
        )
    except (Unauthenticated, Throttled) as refusal:
        return _refused(screen, onward, handle, refusal)
    response = screen.go(f"{onward}?done=refused" if signed_in.refused_codes.count else onward)
    cookies.write(response, service.settings, cookies.SESSION, signed_in.token)
    cookies.forget(response, service.settings, cookies.DOOR)
    remember_device(service, response, signed_in)
    return response


def _refused(screen: Screen, onward: str, handle: str, refusal: Refusal) -> Response:
    status, headers = STATUS[refusal.slug], {}
    if isinstance(refusal, Throttled):
        status, headers = (
            (503 if refusal.busy else status),
            {"Retry-After": str(refusal.retry_after)},
        )
    errors = [("handle", refusal.detail)]
    return _form(screen, onward, handle, status=status, headers=headers, errors=errors)


def _form(
    screen: Screen,
    onward: str,
    handle: str = "",
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    errors: list[tuple[str, str]] | None = None,
) -> Response:
    page = screen.page(
        "sign_in.html",
        status,
        headers,
        next=onward,
        handle=handle,
        unsent="",
        ended=onward != "/" and not errors,
        errors=errors or (),
    )
    return keep_door(screen, page)


def _onward(path: str) -> str:
    return path if _OURS.fullmatch(path) else "/"


@router.post("/sign-out")
def sign_out(screen: MemberScreenDep) -> Response:
    """End the session."""
    with screen.visit.transaction() as db:
        members.sign_out(db, screen.service.sessions, screen.visit.principal, screen.visit.now)
    response = screen.go("/sign-in")
    cookies.forget(response, screen.service.settings, cookies.SESSION)
    return response


@router.post("/leave")
def leave(screen: AnyScreenDep) -> Response:
    """Sign out and show something harmless. This never refuses: a stranger may be at the door.

    Without the form's token the session stays, as another site could have sent the form.
    """
    settings = screen.service.settings
    response = RedirectResponse(EXIT_URL, 303, page_headers(settings))
    if is_ours(screen.form, screen.secret):
        _end(screen)
        cookies.forget(response, settings, cookies.SESSION)
    return response


def _end(screen: Screen) -> None:
    service = screen.service
    try:
        visit = enter(service, screen.secret)
        with visit.transaction() as db:
            members.sign_out(db, service.sessions, visit.principal, visit.now)
    except (Refusal, SQLAlchemyError, OSError) as error:
        # The token is gone from the browser all the same, and the session ends by itself.
        log.warning("leave.unfinished", error=type(error).__name__)
