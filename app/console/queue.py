"""The first page: the queue for the desk, an own page for everybody else."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.forms import Form
from app.console.health import warnings
from app.console.own_offers import offers_page
from app.console.screens import MemberScreen, MemberScreenDep
from app.console.waiting import wait
from app.desk import find_unsaid_hours, list_cases
from app.members import list_handles
from app.models import LIVE_STATES

router = APIRouter(include_in_schema=False, route_class=PageRoute)
PAGE = 50
_STATES = (*LIVE_STATES, "closed")


@router.get("/")
def first_page(screen: MemberScreenDep) -> Response:
    """Show the queue, or what concerns somebody who has no part in it."""
    who = screen.visit.principal
    query = Form({name: (value,) for name, value in screen.request.query_params.items()})
    looks_back = query.get("state") == "closed" and who.may(Permission.ARCHIVE)
    if who.may(Permission.CASES) or looks_back:
        return _queue(screen, query)
    if who.may(Permission.OFFERS):
        return offers_page(screen)
    with screen.visit.snapshot() as db:
        return screen.page("own_page.html", warnings=warnings(db, who, screen.visit.now))


def _queue(screen: MemberScreen, query: Form) -> Response:
    visit = screen.visit
    state = query.get("state") if query.get("state") in _STATES else ""
    tier = query.number("urgency")
    tier = tier if tier in range(4) else None
    filters = {
        "state": state,
        "urgency": "" if tier is None else str(tier),
        "assigned": "me" if query.get("assigned") == "me" else "",
        "reference": query.get("reference")[:64],
    }
    with visit.snapshot() as db:
        lines, after = list_cases(
            db,
            visit.principal,
            states=(state,) if state else LIVE_STATES,
            urgency=tier,
            mine=bool(filters["assigned"]),
            reference=filters["reference"] or None,
            cursor=query.get("cursor")[:200] or None,
            limit=PAGE,
        )
        unsaid = find_unsaid_hours(db, lines)
        rows = [(line, wait(line, visit.now)) for line in lines]
        return screen.page(
            "queue.html",
            rows=rows,
            unsaid=unsaid,
            overdue=sum(1 for _, waits in rows if waits and waits.overdue),
            handles=list_handles(db),
            filters=filters,
            states=_STATES,
            later=_link(filters, after) if after else None,
            first=_link(filters) if query.get("cursor") else None,
            again=_link(filters, query.get("cursor")[:200] or None),
            warnings=warnings(db, visit.principal, visit.now),
        )


def _link(filters: dict[str, str], cursor: str | None = None) -> str:
    kept = {name: value for name, value in filters.items() if value}
    return "/?" + urlencode({**kept, **({"cursor": cursor} if cursor else {})})
