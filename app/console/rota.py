"""The rota by week: who comes when, signing up, swaps, and one's own calendar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app import rota
from app.access import Permission
from app.api import STATUS
from app.console.errors import PageRoute
from app.console.forms import Form
from app.console.recurrence import recurrence
from app.console.screens import MemberScreen, MemberScreenDep
from app.errors import BadRequest, NotFound, Refusal
from app.members import list_handles, list_members
from app.rota import (
    SHIFT_ROLES,
    Swap,
    Turn,
    close_feed,
    find_instant,
    find_lacking_turns,
    has_feed,
    join_shift,
    list_swaps,
    list_turns,
    load_rota,
    open_feed,
    show_turn,
)
from app.store import Db

router = APIRouter(prefix="/rota", include_in_schema=False, route_class=PageRoute)
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """One occurrence as the table shows it. ``occurrence`` names it in forms and links."""

    turn: Turn
    when: str
    occurrence: str
    running: bool
    mine: bool
    # What this member can do about it.
    can_join: bool
    can_swap: bool


@router.get("")
def show_rota(screen: MemberScreenDep) -> Response:
    """Show a week of the rota: this one, or the one of ``?week=``."""
    return page(screen)


def page(
    screen: MemberScreen, refusal: Refusal | None = None, field: str = "rota", url: str = ""
) -> Response:
    """Return the page of a week; with what was refused, or a calendar's new address."""
    visit, who = screen.visit, screen.visit.principal
    who.require(Permission.ROTA)
    zone = screen.service.settings.zone
    monday = _monday(screen)
    since, until = (
        find_instant(datetime.combine(day, time()), zone) for day in (monday, monday + _WEEK)
    )
    with visit.snapshot() as db:
        known = load_rota(db)
        turns = list_turns(known, since, until, cancelled=True)
        asked = list_swaps(db, who, visit.now)
        return screen.page(
            "rota.html",
            STATUS[refusal.slug] if refusal else 200,
            here="/rota",
            monday=monday,
            week=f"{monday.day} {monday:%B %Y}",
            before=monday - _WEEK,
            after=monday + _WEEK,
            rows=[_row(screen, turn, asked) for one in turns if (turn := show_turn(who, one))],
            lacking=_lacking(screen, db),
            swaps=[(swap, _when(screen, swap.turn)) for swap in asked],
            slots=[(slot, recurrence(slot)) for slot in known.slots],
            members=[m for m in list_members(db) if m.state == "active"],
            handles=list_handles(db),
            roles=SHIFT_ROLES,
            today=_today(screen),
            typed=screen.form,
            feed=has_feed(db, who),
            feed_url=url,
            errors=[(field, refusal.detail)] if refusal else (),
        )


def _lacking(screen: MemberScreen, db: Db) -> list[tuple[Turn, str]]:
    """Return the places of the next two days that nobody fills, for whoever plans the rota."""
    if not screen.visit.principal.may(Permission.ROTA_OF_ALL):
        return []
    return [(turn, _when(screen, turn)) for turn in find_lacking_turns(db, screen.visit.now)]


def _monday(screen: MemberScreen) -> date:
    """Return the first day of the week that is asked for; of this one where that makes no sense."""
    today = _today(screen)
    given = screen.form.get("week") or screen.request.query_params.get("week", "")
    try:
        day = date.fromisoformat(given)
    except ValueError:
        day = today
    if abs(day - today) > timedelta(days=3660):
        day = today
    return day - timedelta(days=day.weekday())


def _today(screen: MemberScreen) -> date:
    return screen.visit.now.astimezone(screen.service.settings.zone).date()


def _row(screen: MemberScreen, turn: Turn, asked: list[Swap]) -> Row:
    who, now = screen.visit.principal, screen.visit.now
    mine = who.member_id in turn.members
    offered = any(
        (swap.turn.slot.id, swap.turn.on, swap.member) == (turn.slot.id, turn.on, who.member_id)
        for swap in asked
    )
    return Row(
        turn,
        _when(screen, turn),
        occurrence(screen, turn),
        turn.start <= now < turn.end,
        mine,
        can_join=bool(turn.missing) and not mine and turn.slot.role in who.roles and turn.end > now,
        can_swap=mine and not offered and not turn.cancelled and turn.start > now,
    )


def occurrence(screen: MemberScreen, turn: Turn) -> str:
    """Return what names an occurrence in a form: when it begins by its rule."""
    return find_instant(turn.on, screen.service.settings.zone).isoformat()


def _when(screen: MemberScreen, turn: Turn) -> str:
    """Return ``Mon 12 Jan, 09:00–17:00`` as the organisation's clocks show it."""
    start, end = (at.astimezone(screen.service.settings.zone) for at in (turn.start, turn.end))
    days = (end.date() - start.date()).days
    return f"{start:%a} {start.day} {start:%b}, {start:%H:%M}–{end:%H:%M}" + (
        f" (+{days} d)" if days > 1 or (days == 1 and end.time() >= start.time()) else ""
    )


# -- what members do


def named(form: Form) -> tuple[UUID, datetime]:
    """Return the shift and the occurrence that a form names. BadRequest."""
    try:
        shift_id, at = UUID(form.get("shift")), datetime.fromisoformat(form.get("occurrence"))
    except ValueError as error:
        raise BadRequest("Choose a shift from the rota.") from error
    if at.tzinfo is None or not 1970 < at.year < 2500:
        raise BadRequest("Choose a shift from the rota.")
    return shift_id, at


def _asked(form: Form) -> UUID | None:
    """Return the colleague whom a form asks; None for everybody. BadRequest."""
    try:
        return UUID(form.get("to")) if form.get("to") else None
    except ValueError as error:
        raise BadRequest("Choose a colleague from the list.") from error


def done(
    screen: MemberScreen, said: str, do: Callable[[Db], object], field: str = "rota"
) -> Response:
    """Do something to the rota in one transaction and go back to it; tell a refusal there."""
    screen.visit.principal.require(Permission.ROTA)
    try:
        with screen.visit.transaction() as db:
            do(db)
    except NotFound:
        raise
    except Refusal as refusal:
        return page(screen, refusal, field)
    return screen.go(f"/rota?week={_monday(screen)}&done={said}")


@router.post("/sign-up")
def sign_up(screen: MemberScreenDep) -> Response:
    """Come once, or for good where the form says so."""
    visit, form = screen.visit, screen.form

    def join(db: Db) -> None:
        shift_id, at = named(form)
        always = form.get("always") == "yes"
        join_shift(db, visit.principal, shift_id, None if always else at, visit.now)

    return done(screen, "joined", join)


@router.post("/swap")
def offer_swap(screen: MemberScreenDep) -> Response:
    """Ask to be replaced once."""
    visit = screen.visit

    def offer(db: Db) -> None:
        shift_id, at = named(screen.form)
        rota.offer_swap(db, visit.principal, shift_id, at, visit.now, _asked(screen.form))

    return done(screen, "swap_offered", offer)


@router.post("/swaps/{swap_id}/take")
def take_swap(swap_id: UUID, screen: MemberScreenDep) -> Response:
    """Come in somebody's place."""
    visit = screen.visit
    return done(
        screen, "swap_taken", lambda db: rota.take_swap(db, visit.principal, swap_id, visit.now)
    )


@router.post("/swaps/{swap_id}/withdraw")
def withdraw_swap(swap_id: UUID, screen: MemberScreenDep) -> Response:
    """Come after all."""
    visit = screen.visit
    return done(
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
    """Let the address show nothing any more."""
    visit = screen.visit
    return done(screen, "calendar_stopped", lambda db: close_feed(db, visit.principal, visit.now))
