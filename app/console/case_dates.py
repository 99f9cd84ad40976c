"""Dates and detentions on the page of a case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.cases import (
    DateFacts,
    add_date,
    add_detention,
    change_detention,
    find_case,
    read_case_values,
    read_event_state,
    read_instant,
)
from app.console.case_handling import handle_case
from app.console.errors import PageRoute
from app.console.forms import Form, once_key
from app.console.screens import MemberScreenDep
from app.desk import change_date
from app.errors import BadRequest
from app.models import DetentionDetails
from app.organisation import find_zone
from app.store import Db, do_once

router = APIRouter(prefix="/cases", include_in_schema=False, route_class=PageRoute)
_LONGEST = 2000


def local(form: Form, name: str, zone: str) -> datetime | None:
    """Return what was typed as a local date and time, as an instant; None for nothing. BadRequest.

    ``zone`` is that of the case's region: dates are told as the clock there shows them.
    """
    if not form.get(name):
        return None
    try:
        at = datetime.fromisoformat(form.get(name)[:32])
    except ValueError as error:
        raise BadRequest("A date and time look like 2026-02-03T09:30.") from error
    return read_instant(at, zone)


def zone_of_case(db: Db, screen: MemberScreenDep, case_id: UUID) -> str:
    """Return the name of the time zone in which a case's dates are told. NotFound."""
    case = find_case(db, screen.visit.principal, case_id, lock_row=False)
    return find_zone(db, read_case_values(db, case).region).key


@router.post("/{case_id}/events")
def add_event(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Add a date."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        starts_at = local(form, "starts_at", zone_of_case(db, screen, case_id))
        if starts_at is None:
            raise BadRequest("Say when it is.")
        wanted = DateFacts(
            form.get("kind"),
            starts_at,
            form.get("place"),
            form.get("meeting_place") or None,
            read_event_state(form.get("state") or "tentative"),
        )

        def make() -> UUID:
            return add_date(db, visit.principal, case_id, wanted, visit.now).id

        do_once(db, visit.principal, once_key(form), f"date {case_id}".encode(), visit.now, make)

    return handle_case(screen, case_id, "dated", "starts_at", do)


@router.post("/{case_id}/events/{event_id}")
def change_event(case_id: UUID, event_id: UUID, screen: MemberScreenDep) -> Response:
    """Say what becomes of a date, or move it."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        changes: dict[str, Any] = {
            name: form.get(name) for name in ("state", "place", "meeting_place") if form.get(name)
        }
        if form.get("cap"):
            changes["cap"] = form.number("cap") or 0
        if form.get("leader"):
            changes["leader"] = _member(form)
        moved = local(form, "starts_at", zone_of_case(db, screen, case_id))
        if moved is not None:
            changes["starts_at"] = moved
        version = form.number("version") or 0
        change_date(db, visit.principal, event_id, version, changes, visit.now)

    return handle_case(screen, case_id, "changed", f"date-{event_id}", do)


def _member(form: Form) -> UUID:
    try:
        return UUID(form.get("leader"))
    except ValueError as error:
        raise BadRequest("Choose who leads from the list.") from error


@router.post("/{case_id}/episodes")
def add_episode(case_id: UUID, screen: MemberScreenDep) -> Response:
    """Record where somebody is held."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        since = _day(form, "since")
        if since is None:
            raise BadRequest("Say since which day.")
        stay = DetentionDetails(
            place=form.get("held_place")[:200],
            since=since,
            next_review=local(form, "next_review", zone_of_case(db, screen, case_id)),
            notes=form.raw("stay_notes")[:_LONGEST],
        )

        def make() -> UUID:
            return add_detention(db, visit.principal, case_id, stay, visit.now).id

        do_once(db, visit.principal, once_key(form), f"stay {case_id}".encode(), visit.now, make)

    return handle_case(screen, case_id, "held_at", "held_place", do)


@router.post("/{case_id}/episodes/{episode_id}")
def change_episode(case_id: UUID, episode_id: UUID, screen: MemberScreenDep) -> Response:
    """Say when a detention ended, or when it is reviewed next."""
    visit, form = screen.visit, screen.form

    def do(db: Db) -> None:
        changes: dict[str, Any] = {}
        if until := _day(form, "until"):
            changes["until"] = until
        review = local(form, "next_review", zone_of_case(db, screen, case_id))
        if review is not None:
            changes["next_review"] = review
        version = form.number("version") or 0
        change_detention(db, visit.principal, episode_id, version, changes, visit.now)

    return handle_case(screen, case_id, "changed", f"stay-{episode_id}", do)


def _day(form: Form, name: str) -> date | None:
    if not form.get(name):
        return None
    try:
        return date.fromisoformat(form.get(name)[:10])
    except ValueError as error:
        raise BadRequest("A day looks like 2026-02-03.") from error
