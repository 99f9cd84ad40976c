"""The desk's calendar by week or month, and what it is to look at again."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import groupby
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.cases import finish_task, list_calendar, list_tasks
from app.console.errors import PageRoute
from app.console.screens import MemberScreen, MemberScreenDep

router = APIRouter(include_in_schema=False, route_class=PageRoute)
_SPANS = {"week": timedelta(days=7), "month": timedelta(days=31)}


@router.get("/events")
def calendar(screen: MemberScreenDep) -> Response:
    """Show the dates of a week, or of a month: from today, or from ``?from=``."""
    visit, zone = screen.visit, screen.service.settings.zone
    query = screen.request.query_params
    chosen = "month" if query.get("show") == "month" else "week"
    length, first = _SPANS[chosen], _first_day(screen)
    start = datetime.combine(first, time(), zone)
    with visit.snapshot() as db:
        found = list_calendar(
            db, visit.principal, start, datetime.combine(first + length, time(), zone)
        )
        due = list_tasks(db, visit.principal)
    days = groupby(found, lambda entry: entry.starts_at.astimezone(zone).date())
    return screen.page(
        "events.html",
        here="/events",
        days=[(_named_day(day), list(entries)) for day, entries in days],
        chosen=chosen,
        first=_named_day(first),
        before=first - length,
        after=first + length,
        due=due,
    )


def _first_day(screen: MemberScreen) -> date:
    today = screen.visit.now.astimezone(screen.service.settings.zone).date()
    try:
        day = date.fromisoformat(screen.request.query_params.get("from", ""))
    except ValueError:
        return today
    return day if abs(day - today) < timedelta(days=3660) else today


def _named_day(day: date) -> str:
    return f"{day:%a} {day.day} {day:%B %Y}"


@router.post("/tasks/{task_id}/done")
def done(task_id: UUID, screen: MemberScreenDep) -> Response:
    """Say that a task is done, and go back to where it was ticked off."""
    visit = screen.visit
    case = screen.form.get("case")
    if screen.try_change(lambda db: finish_task(db, visit.principal, task_id, visit.now)):
        return screen.go("/events")  # its case was closed meanwhile, and the task with it
    return screen.go(f"/cases/{_id(case)}?done=task" if _id(case) else "/events?done=task")


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
