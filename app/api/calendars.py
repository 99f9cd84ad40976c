"""Members' own calendars: an address that their phone subscribes to."""

from __future__ import annotations

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app import rota
from app.api.deps import ServiceDep, VisitDep
from app.rota import read_feed

router = APIRouter(tags=["shifts"])


class Feed(BaseModel):
    """Shown once. Everybody who has it sees code names and times of your shifts."""

    url: str


@router.post("/v1/shifts/feed", status_code=201)
def open_feed(visit: VisitDep) -> Feed:
    """Make an address for your calendar; an earlier one stops working."""
    with visit.transaction() as db:
        token = rota.open_feed(db, visit.principal, visit.now)
    return Feed(url=f"{visit.service.settings.url}/calendar/{token}.ics")


@router.delete("/v1/shifts/feed", status_code=204)
def close_feed(visit: VisitDep) -> Response:
    """Let your calendar's address show nothing any more."""
    with visit.transaction() as db:
        rota.close_feed(db, visit.principal, visit.now)
    return Response(status_code=204)


# A program that subscribes cannot sign in: the token is all it has.
@router.get("/calendar/{token}.ics", include_in_schema=False)
def calendar(token: str, service: ServiceDep) -> Response:
    """Return the calendar whose address this is."""
    with service.database.snapshot() as db:
        content = read_feed(db, token, service.clock())
    return Response(content, media_type="text/calendar; charset=utf-8")
