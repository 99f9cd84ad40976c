"""The page of one week of the rota, and what every form on it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from fastapi.responses import Response

from app.access import Permission
from app.console.forms import Form
from app.console.recurrence import recurrence
from app.console.screens import MemberScreen
from app.errors import BadRequest, Refusal
from app.members import list_handles, list_members
from app.models import Member, MemberState
from app.outbox import find_phone_troubles
from app.rota import (
    SHIFT_ROLES,
    ShiftTurn,
    Swap,
    find_instant,
    find_lacking_turns,
    has_feed,
    list_swaps,
    list_turns,
    load_rota,
    show_turn,
)
from app.store import Db

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Row:
    """One occurrence as the table shows it. ``occurrence`` names it in forms and links."""

    turn: ShiftTurn
    when: str
    occurrence: str
    running: bool
    mine: bool
    # What this member can do about it.
    can_join: bool
    can_swap: bool


def page(
    screen: MemberScreen, refusal: Refusal | None = None, field: str = "rota", url: str = ""
) -> Response:
    """Return the page of a week; with a refusal, or with a calendar's new address."""
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
        return screen.form_page(
            "rota.html",
            refusal,
            field,
            here="/rota",
            monday=monday,
            week=f"{monday.day} {monday:%B %Y}",
            before=monday - _WEEK,
            after=monday + _WEEK,
            rows=[_row(screen, turn, asked) for one in turns if (turn := show_turn(who, one))],
            lacking=_lacking(screen, db),
            swaps=[(swap, _when(screen, swap.turn)) for swap in asked],
            slots=[(slot, recurrence(slot)) for slot in known.slots],
            members=list_active(db),
            handles=list_handles(db),
            troubles=find_phone_troubles(db, visit.now),
            roles=SHIFT_ROLES,
            today=_today(screen),
            typed=screen.form,
            feed=has_feed(db, who),
            feed_url=url,
        )


def _lacking(screen: MemberScreen, db: Db) -> list[tuple[ShiftTurn, str]]:
    """Return the turns of the next two days that lack people, for members who plan the rota."""
    if not screen.visit.principal.may(Permission.ROTA_OF_ALL):
        return []
    return [(turn, _when(screen, turn)) for turn in find_lacking_turns(db, screen.visit.now)]


def _monday(screen: MemberScreen) -> date:
    """Return the Monday of the week that the visitor asks for; of this week where they do not."""
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


def _row(screen: MemberScreen, turn: ShiftTurn, asked: list[Swap]) -> Row:
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


def occurrence(screen: MemberScreen, turn: ShiftTurn) -> str:
    """Return the name of an occurrence in forms: the instant at which its rule begins it."""
    return find_instant(turn.on, screen.service.settings.zone).isoformat()


def _when(screen: MemberScreen, turn: ShiftTurn) -> str:
    """Return ``Mon 12 Jan, 09:00–17:00`` as the organisation's clocks show it."""
    start, end = (at.astimezone(screen.service.settings.zone) for at in (turn.start, turn.end))
    days = (end.date() - start.date()).days
    return f"{start:%a} {start.day} {start:%b}, {start:%H:%M}–{end:%H:%M}" + (
        f" (+{days} d)" if days > 1 or (days == 1 and end.time() >= start.time()) else ""
    )


def list_active(db: Db) -> list[Member]:
    """Return the members who can do a shift, by handle."""
    return [member for member in list_members(db) if member.state == MemberState.ACTIVE]


def named(form: Form) -> tuple[UUID, datetime]:
    """Return the shift and the occurrence that a form names. BadRequest."""
    try:
        shift_id, at = UUID(form.get("shift")), datetime.fromisoformat(form.get("occurrence"))
    except ValueError as error:
        raise BadRequest("Choose a shift from the rota.") from error
    if at.tzinfo is None or not 1970 < at.year < 2500:
        raise BadRequest("Choose a shift from the rota.")
    return shift_id, at


def change_rota(
    screen: MemberScreen, said: str, do: Callable[[Db], object], field: str = "rota"
) -> Response:
    """Change the rota in one transaction and go back to its page, which tells a refusal."""
    screen.visit.principal.require(Permission.ROTA)
    refusal = screen.try_change(do)
    if refusal is not None:
        return page(screen, refusal, field)
    return screen.go(f"/rota?week={_monday(screen)}&done={said}")
