"""One page as one browser sees it: who looks, the form they sent, and how pages are written."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app.access import Permission
from app.api import STATUS, Service, Visit, enter
from app.console import cookies
from app.console.forms import ForeignForm, Form, form_token, is_ours, read_form
from app.console.rendering import render
from app.console.security import EXIT_URL, page_headers
from app.errors import NotFound, Refusal
from app.members import IDLE_LIFE
from app.store import Db

_NAVIGATION = (
    ("/", "Queue", (Permission.CASES, Permission.ARCHIVE)),
    ("/cases/new", "New case", (Permission.CASES,)),
    ("/events", "Dates", (Permission.CASES,)),
    ("/requests", "Requests", (Permission.CASES,)),
    ("/complaints", "Complaints", (Permission.COMPLAINTS,)),
    ("/raids", "Seen", (Permission.RAIDS,)),
    ("/offers", "Offers", (Permission.OFFERS,)),
    ("/rota", "Rota", (Permission.ROTA,)),
    ("/directory", "Directory", (Permission.DIRECTORY,)),
    ("/cards", "Cards", (Permission.DIRECTORY,)),
    ("/members", "Members", (Permission.MEMBERS,)),
    ("/texts", "Texts", (Permission.TEXTS,)),
    ("/rules", "Rules", (Permission.RULES,)),
    ("/blocks", "Blocks", (Permission.BLOCKS,)),
    ("/settings", "Settings", (Permission.SETTINGS,)),
    ("/desk", "Now", (Permission.CASES, Permission.SETTINGS)),
    ("/statistics", "Statistics", (Permission.STATISTICS_READ,)),
    ("/audit", "Log", (Permission.AUDIT,)),
    ("/health", "Health", (Permission.CASES, Permission.SETTINGS)),
    ("/me", "You", (Permission.SELF,)),
)


@dataclass(frozen=True)
class Screen:
    """A request of a browser, signed in or not."""

    request: Request = field(repr=False)
    service: Service = field(repr=False)
    secret: str | None = field(repr=False)
    form: Form = field(repr=False)
    member: Visit | None = field(default=None, repr=False)

    def page(
        self,
        template: str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **context: Any,
    ) -> Response:
        """Return a page of the console."""
        html = render(template, {**self._frame(), **context})
        return HTMLResponse(
            html, status, {**page_headers(self.service.settings), **(headers or {})}
        )

    def form_page(
        self, template: str, refusal: Refusal | None, field: str, /, **context: Any
    ) -> Response:
        """Return a page with forms; after a refusal with its status, and its words at ``field``."""
        status = STATUS[refusal.slug] if refusal else 200
        errors = [(field, refusal.detail)] if refusal else ()
        return self.page(template, status, errors=errors, **context)

    def go(self, path: str) -> Response:
        """Send the browser on to a page of ours, as after every form that was taken."""
        return RedirectResponse(path, 303, page_headers(self.service.settings))

    def _frame(self) -> dict[str, Any]:
        """Return what the frame around every page needs; nothing here asks the database."""
        return {
            "secret": self.secret,
            "form_token": form_token,
            "me": self.member.principal if self.member else None,
            "navigation": self._navigation(),
            "here": self.request.url.path,
            "lock_after_s": int(IDLE_LIFE.total_seconds()) if self.member else None,
            "lock_minutes": int(IDLE_LIFE.total_seconds()) // 60,
            "zone": self.service.settings.zone,
            "now": self.member.now if self.member else self.service.clock(),
            "exit_url": EXIT_URL,
            "errors": (),
            "done": self.request.query_params.get("done", ""),
        }

    def _navigation(self) -> list[tuple[str, str]]:
        if self.member is None:
            return []
        who = self.member.principal
        return [(path, name) for path, name, needs in _NAVIGATION if any(who.may(p) for p in needs)]


@dataclass(frozen=True)
class MemberScreen(Screen):
    """A request of a signed-in member; a form of theirs is known to come from a page of ours."""

    visit: Visit = field(kw_only=True, repr=False)

    def try_change(self, do: Callable[[Db], object]) -> Refusal | None:
        """Change something in one transaction; return the refusal that a page has to tell.

        NotFound is for no page of its own: it passes.
        """
        try:
            with self.visit.transaction() as db:
                do(db)
        except NotFound:
            raise
        except Refusal as refusal:
            return refusal
        return None


FormDep = Annotated[Form, Depends(read_form)]


def _member_screen(request: Request, form: FormDep) -> MemberScreen:
    service: Service = request.app.state.service
    request.state.form = form  # for the page that says that the session has ended
    secret = cookies.read(request, service.settings, cookies.SESSION)
    visit = enter(service, secret)
    if request.method == "POST" and not is_ours(form, secret):
        raise ForeignForm
    return MemberScreen(request, service, secret, form, visit, visit=visit)


def _guest_screen(request: Request, form: FormDep) -> Screen:
    service: Service = request.app.state.service
    secret = cookies.read(request, service.settings, cookies.DOOR)
    if request.method == "POST" and not is_ours(form, secret):
        raise ForeignForm(
            "This page was open for too long, or the browser keeps no cookies. "
            "Nothing was changed; please try again."
        )
    return at_the_door(request, form)


def at_the_door(request: Request, form: Form) -> Screen:
    """Return the screen of a visitor; their forms are bound to a secret of their own."""
    service: Service = request.app.state.service
    secret = cookies.read(request, service.settings, cookies.DOOR)
    return Screen(request, service, secret or secrets.token_urlsafe(32), form)


def _any_screen(request: Request, form: FormDep) -> Screen:
    service: Service = request.app.state.service
    secret = cookies.read(request, service.settings, cookies.SESSION)
    return Screen(request, service, secret, form)


MemberScreenDep = Annotated[MemberScreen, Depends(_member_screen)]
# A visitor who is not signed in; a form of theirs is bound to the cookie of the door.
GuestScreenDep = Annotated[Screen, Depends(_guest_screen)]
# Anybody; forms are not checked.
AnyScreenDep = Annotated[Screen, Depends(_any_screen)]


def keep_door(screen: Screen, response: Response) -> Response:
    """Let the browser keep what a visitor's forms are bound to."""
    if screen.secret:
        cookies.write(response, screen.service.settings, cookies.DOOR, screen.secret)
    return response
