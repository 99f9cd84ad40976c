"""What endpoints ask for: the service, the signed-in member, versions, pages."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Header, Query, Request, Response, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import AfterValidator, AwareDatetime, BaseModel

from app.access import Permission, readable_cases
from app.api.entrance import enter
from app.api.state import Service, Visit
from app.errors import NotFound, VersionRequired
from app.models import Case
from app.store import AnyVersion, OneOfVersions, ReadVersion

_bearer = HTTPBearer(auto_error=False, description="The token of POST /v1/sessions")


def _service(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


ServiceDep = Annotated[Service, Depends(_service)]


def _visit(
    service: ServiceDep,
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Visit:
    visit = enter(service, credentials.credentials if credentials else None)
    if "case_id" in request.path_params:
        _know_of_case(visit, request.path_params["case_id"], request.url.path)
    return visit


def _know_of_case(visit: Visit, case_id: str, path: str) -> None:
    """Answer alike whatever is asked about a case that somebody may not know of. NotFound."""
    who = visit.principal
    holding = path.endswith("/hold") and who.may(Permission.HOLD)  # known by its id, unread
    if who.may(Permission.CASES) or holding:
        return
    try:
        query = readable_cases(who).where(Case.id == UUID(case_id))
    except ValueError as error:
        raise NotFound from error
    with visit.snapshot() as db:
        if db.scalar(query) is None:
            raise NotFound


VisitDep = Annotated[Visit, Depends(_visit)]


def needs(permission: Permission) -> Any:
    """Refuse who lacks a permission before their body is looked at. Forbidden."""

    async def check(visit: VisitDep) -> None:
        visit.principal.require(permission)

    return Depends(check)


def _version(
    if_match: Annotated[str | None, Header(description="the ETag you read")] = None,
) -> ReadVersion:
    """Return what an ``If-Match`` names (RFC 9110, 13.1.1): any of its tags will do.

    A tag that is none of ours fits nothing, so that the answer is 412 with the current version.
    """
    if if_match is None:
        raise VersionRequired
    if if_match.strip() == "*":
        return AnyVersion()
    tags = (tag.strip().removeprefix("W/").strip('"') for tag in if_match.split(","))
    ours = (int(tag) for tag in tags if tag.isascii() and tag.isdigit() and len(tag) < 10)
    return OneOfVersions(frozenset(ours))


VersionDep = Annotated[ReadVersion, Depends(_version)]


def _optional_version(
    if_match: Annotated[str | None, Header(description="only if it is as you read it")] = None,
) -> ReadVersion:
    return AnyVersion() if if_match is None else _version(if_match)


OptionalVersionDep = Annotated[ReadVersion, Depends(_optional_version)]
IdempotencyKey = Annotated[
    str | None,
    Header(max_length=200, description="repeat a request safely: the same key does it once"),
]
Limit = Annotated[int, Query(ge=1, le=200)]
Cursor = Annotated[str | None, Query(max_length=200, description="from the page before")]


def _within_reach(at: datetime) -> datetime:
    if not 1900 <= at.year < 2200:
        raise ValueError("between 1900 and 2199")
    return at


# A time with its offset, at which no conversion leaves the calendar.
Instant = Annotated[AwareDatetime, AfterValidator(_within_reach)]


def etag(response: Response, version: int) -> None:
    """Put a resource's version into the answer."""
    response.headers["ETag"] = f'"{version}"'


def fingerprint(request: Request, body: BaseModel | None) -> bytes:
    """Return what makes two requests the same: method, path and body."""
    content: Any = body.model_dump(mode="json") if body else None
    return f"{request.method} {request.url.path} {json.dumps(content, sort_keys=True)}".encode()
