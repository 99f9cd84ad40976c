"""From a refusal to an answer: RFC 9457 problem details, one table of statuses."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.routing import iter_route_contexts
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from app.crypto import KeyMissing, SealBroken
from app.errors import Refusal, StaleVersion, Throttled
from app.vault import RosterRefused

log = structlog.get_logger()

STATUS = {
    "bad-request": 400,
    "unauthenticated": 401,
    "forbidden": 403,
    "unsafe-method": 403,
    "outside-safe-hours": 403,
    "consent-missing": 403,
    "number-suppressed": 403,
    "not-found": 404,
    "offer-taken": 409,
    "offer-expired": 409,
    "case-closed": 409,
    "last-key-holder": 409,
    "budget-spent": 409,
    "not-releasable": 409,
    "idempotency-mismatch": 409,
    "case-erased": 410,
    "stale-version": 412,
    "payload-too-large": 413,
    "version-required": 428,
    "throttled": 429,
    "carrier-unavailable": 502,
    "sealed": 503,
}
_BY_STATUS = {400: "bad-request", 404: "not-found", 405: "bad-request", 413: "payload-too-large"}
AWAY = "The server cannot reach its records right now. Nothing was changed; please try again."
DAMAGED = "This record does not open: it is damaged or was moved. Please tell a coordinator."


# Every operation of the reference may be refused like this.
PROBLEM: dict[str, Any] = {
    "description": "A refusal: problem details, RFC 9457.",
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "required": ["type", "title", "status", "detail"],
                "properties": {
                    "type": {"enum": sorted(f"urn:kith:{slug}" for slug in STATUS)},
                    "title": {"type": "string"},
                    "status": {"type": "integer"},
                    "detail": {"type": "string", "description": "a sentence for people"},
                },
            }
        }
    },
}


def problem(
    slug: str, detail: str, status: int | None = None, headers: dict[str, str] | None = None
) -> JSONResponse:
    """Return a problem answer; ``status`` only where it differs from the slug's."""
    code = status or STATUS[slug]
    return JSONResponse(
        {
            "type": f"urn:kith:{slug}",
            "title": slug.replace("-", " ").capitalize(),
            "status": code,
            "detail": detail,
        },
        code,
        {"Cache-Control": "no-store", **(headers or {})},
        "application/problem+json",
    )


def install(app: FastAPI) -> None:
    """Answer every exception with a problem; input is never echoed."""
    app.add_exception_handler(Refusal, _refusal)  # type: ignore[arg-type]  # not generic
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]  # not generic
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]  # not generic
    app.add_exception_handler(SQLAlchemyError, _away)
    app.add_exception_handler(OSError, _away)
    app.add_exception_handler(Exception, _unforeseen)
    app.add_exception_handler(SealBroken, _damaged)
    app.add_exception_handler(KeyMissing, _damaged)
    app.add_exception_handler(RosterRefused, _damaged)


def _refusal(_request: Request, error: Refusal) -> Response:
    headers: dict[str, str] = {}
    status = None
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after)
        status = 503 if error.busy else None
    if isinstance(error, StaleVersion):
        headers["ETag"] = f'"{error.version}"'
    if error.slug == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    return problem(error.slug, error.detail, status, headers)


def _invalid(_request: Request, error: RequestValidationError) -> Response:
    places = sorted({_place(item["loc"]) for item in error.errors()})
    return problem("bad-request", f"Missing or not understood: {', '.join(places)}.")


def _place(location: tuple[int | str, ...]) -> str:
    """Return where something is wrong; names of our own fields only, never what was sent."""
    names = [str(part) for part in location[1:] if isinstance(part, str) and part.isidentifier()]
    return ".".join(names[:2]) or str(location[0])


def _http(request: Request, error: HTTPException) -> Response:
    slug = _BY_STATUS.get(error.status_code, "bad-request")
    sentence = {
        400: "The request is not understood: is it JSON?",
        404: "There is nothing here.",
        405: "This cannot be done here.",
        413: "This is larger than can be taken.",
    }.get(error.status_code, HTTPStatus(error.status_code).phrase + ".")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        headers["Allow"] = ", ".join(sorted(_allowed(request)))
    return problem(slug, sentence, error.status_code, headers)


def _allowed(request: Request) -> set[str]:
    """Return what may be asked of a path; each of its methods is a route of its own."""
    found: set[str] = set()
    for route in iter_route_contexts(request.app.routes):
        pattern = compile_path(str(route.path))[0]
        if route.methods and pattern.match(request.url.path):
            found |= set(route.methods)
    return found | ({"HEAD"} if "GET" in found else set())


def _away(_request: Request, error: Exception) -> Response:
    log.error("database.away", error=type(error).__name__)
    return problem("sealed", AWAY, headers={"Retry-After": "5"})


def _unforeseen(_request: Request, error: Exception) -> Response:
    """Answer like a server that is away; what happened is in the log, without its words."""
    log.error("request.crashed", error=type(error).__name__)
    return problem("sealed", AWAY, headers={"Retry-After": "30"})


def _damaged(_request: Request, error: Exception) -> Response:
    log.error("record.damaged", error=type(error).__name__)
    return problem("sealed", DAMAGED)
