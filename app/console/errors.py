"""Refusals as readable pages, with the statuses of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from fastapi.routing import APIRoute
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException

from app.api import AWAY, DAMAGED, STATUS, Service
from app.console import cookies
from app.console.forms import Form, is_ours
from app.console.screens import Screen, at_the_door, keep_door
from app.crypto import KeyMissing, SealBroken
from app.errors import NotFound, ReasonMissing, Refusal, Throttled, Unauthenticated
from app.vault import RosterRefused

log = structlog.get_logger()

_EXPECTED = (
    Refusal,
    HTTPException,
    RequestValidationError,
    SQLAlchemyError,
    OSError,
    SealBroken,
    KeyMissing,
    RosterRefused,
)
# Below these, programs ask, and get problem details.
_PROGRAMS = ("/v1", "/twilio", "/simulator", "/healthz", "/readyz", "/metrics")


class PageRoute(APIRoute):
    """A route of the console: whatever is refused is told on a page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the endpoint with its refusals turned into pages."""
        answer = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await answer(request)
            except _EXPECTED as error:
                return page_of(request, error)

        return told


def install(app: FastAPI) -> None:
    """Give browsers a page where nothing is; programs keep their answer."""
    to_programs = app.exception_handlers[HTTPException]

    async def nothing_here(request: Request, error: Exception) -> Response:
        if request.url.path.startswith(_PROGRAMS):
            answer = to_programs(request, error)
            return await answer if isinstance(answer, Awaitable) else answer
        return page_of(request, error)

    app.add_exception_handler(HTTPException, nothing_here)


def page_of(request: Request, error: Exception) -> Response:
    """Return the page that tells what went wrong.

    For an ended session it is the sign-in page; for a closed case, the one that asks why.
    """
    service: Service = request.app.state.service
    secret = cookies.read(request, service.settings, cookies.SESSION)
    screen = Screen(request, service, secret, Form())
    if isinstance(error, Unauthenticated):
        return _signed_out(screen)
    if isinstance(error, ReasonMissing):
        done = quote(request.query_params.get("done", ""))
        return screen.go(f"/cases/{request.path_params['case_id']}/break-glass?done={done}")
    status, sentence, headers = _explain(error)
    return screen.page("error.html", status, headers, number=status, sentence=sentence)


def _signed_out(screen: Screen) -> Response:
    """Ask to sign in. A text that could not be sent any more is shown, so that it is not lost."""
    request = screen.request
    if request.method != "POST":
        return screen.go(f"/sign-in?next={quote(request.url.path)}")
    form: Form = request.state.form
    unsent = form.raw("body") if is_ours(form, screen.secret) else ""
    guest = at_the_door(request, form)
    response = guest.page(
        "sign_in.html", 401, next=_above(request.url.path), unsent=unsent, ended=True, handle=""
    )
    return keep_door(guest, response)


def _above(path: str) -> str:
    """Return the page on which a form stood: that of its case, or the queue."""
    parts = path.split("/")
    return "/".join(parts[:3]) if parts[1] == "cases" and len(parts) > 3 else "/"


def _explain(error: Exception) -> tuple[int, str, dict[str, str]]:
    if isinstance(error, Throttled):
        status = 503 if error.busy else STATUS[error.slug]
        return status, error.detail, {"Retry-After": str(error.retry_after)}
    if isinstance(error, Refusal):
        return STATUS[error.slug], error.detail, {}
    if isinstance(error, RequestValidationError):  # an address with something that is no id
        return 404, NotFound().detail, {}
    if isinstance(error, HTTPException):
        sentences = {404: NotFound().detail, 413: "This is larger than can be taken."}
        sentence = sentences.get(error.status_code, f"{HTTPStatus(error.status_code).phrase}.")
        return error.status_code, sentence, dict(error.headers or {})
    if isinstance(error, (SealBroken, KeyMissing, RosterRefused)):
        log.error("record.damaged", error=type(error).__name__)
        return 503, DAMAGED, {}
    log.error("database.away", error=type(error).__name__)
    return 503, AWAY, {"Retry-After": "5"}
