"""The rota by week: who comes when, signing up, swaps, and one's own calendar."""

from __future__ import annotations

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app import rota
from app.console.errors import PageRoute
from app.console.forms import Form
from app.console.rota_page import change_rota, named, page
from app.console.screens import MemberScreenDep
from app.errors import BadRequest
from app.rota import close_feed, join_shift, open_feed
from app.store import Db

router = APIRouter(prefix="/rota", include_in_schema=False, route_class=PageRoute)


@router.get("")
def show_rota(screen: MemberScreenDep) -> Response:
    """Show a week of the rota: this one, or the one of ``?week=``."""
    return page(screen)


def _asked(form: Form) -> UUID | None:
    """Return the one colleague whom a form asks; None asks all of them. BadRequest."""
    try:
        return UUID(form.get("to")) if form.get("to") else None
    except ValueError as error:
        raise BadRequest("Choose a colleague from the list.") from error


@router.post("/sign-up")
def sign_up(screen: MemberScreenDep) -> Response:
    """Come once, or for good where the form says so."""
    visit, form = screen.visit, screen.form

    def join(db: Db) -> None:
        shift_id, at = named(form)
        always = form.get("always") == "yes"
        join_shift(db, visit.principal, shift_id, None if always else at, visit.now)

    return change_rota(screen, "joined", join)


@router.post("/swap")
def offer_swap(screen: MemberScreenDep) -> Response:
    """Ask to be replaced once."""
    visit = screen.visit

    def offer(db: Db) -> None:
        shift_id, at = named(screen.form)
        rota.offer_swap(db, visit.principal, shift_id, at, visit.now, _asked(screen.form))

    return change_rota(screen, "swap_offered", offer)


@router.post("/swaps/{swap_id}/take")
def take_swap(swap_id: UUID, screen: MemberScreenDep) -> Response:
    """Come in a colleague's place."""
    visit = screen.visit
    return change_rota(
        screen, "swap_taken", lambda db: rota.take_swap(db, visit.principal, swap_id, visit.now)
    )


@router.post("/swaps/{swap_id}/withdraw")
def withdraw_swap(swap_id: UUID, screen: MemberScreenDep) -> Response:
    """Come after all."""
    visit = screen.visit
    return change_rota(
        screen,
        "swap_withdrawn",
        lambda db: rota.withdraw_swap(db, visit.principal, swap_id, visit.now),
    )


@router.post("/calendar")
def open_calendar(screen: MemberScreenDep) -> Response:
    """Make an address for one's calendar, and show it once."""
    visit = screen.visit
    with visit.transaction() as db:
        token = open_feed(db, visit.principal, visit.now)
    return page(screen, url=f"{screen.service.settings.url}/calendar/{token}.ics")


@router.post("/calendar/stop")
def close_calendar(screen: MemberScreenDep) -> Response:
    """End one's calendar: its address shows nothing any more."""
    visit = screen.visit
    return change_rota(
        screen, "calendar_stopped", lambda db: close_feed(db, visit.principal, visit.now)
    )
