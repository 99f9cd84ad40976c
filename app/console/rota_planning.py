"""Planning the rota: new shifts by simple choices, one occurrence changed, and hand-over notes."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from app.access import Permission
from app.console.errors import PageRoute
from app.console.forms import Form, once_key
from app.console.recurrence import recurrence
from app.console.rota_page import change_rota, list_active, named, occurrence
from app.console.screens import MemberScreen, MemberScreenDep
from app.console.words import DAYS
from app.errors import BadRequest, NotFound, Refusal
from app.members import find_standing, list_handles
from app.rota import (
    ChangedTurn,
    ShiftFacts,
    ShiftTurn,
    add_shift,
    list_turns,
    load_rota,
    override_turn,
    read_handovers,
    remove_shift,
    restore_turn,
    write_handover,
)
from app.store import Db, do_once

router = APIRouter(prefix="/rota/shifts", include_in_schema=False, route_class=PageRoute)
_SHOWN = 12


@router.post("")
def add(screen: MemberScreenDep) -> Response:
    """Put a shift into the rota: on some days of each week, or once."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.ROTA_OF_ALL)

    def make(db: Db) -> UUID:
        wanted = _wanted(form)

        def put() -> UUID:
            return add_shift(db, visit.principal, wanted, visit.now)

        return do_once(db, visit.principal, once_key(form), b"console shift", visit.now, put)

    return change_rota(screen, "shift_made", make, "days_MO")


def _wanted(form: Form) -> ShiftFacts:
    try:
        begin = datetime.combine(
            date.fromisoformat(form.get("from")), time.fromisoformat(form.get("at"))
        )
        until = form.get("until") and f";UNTIL={date.fromisoformat(form.get('until')):%Y%m%d}"
        length = timedelta(hours=float(form.get("hours")))
    except (ValueError, OverflowError) as error:
        raise BadRequest("Choose a date, a time and how many hours it lasts.") from error
    if begin.tzinfo is not None or set(form.all("days")) - set(DAYS):
        raise BadRequest("Choose days of the week, a date and a time.")
    days = ",".join(day for day in DAYS if day in form.all("days"))
    rule = f"FREQ=WEEKLY;BYDAY={days}{until}" if days else "FREQ=DAILY;COUNT=1"
    return ShiftFacts(
        rule,
        begin,
        length,
        _members(form, "members"),
        form.number("people"),
        form.get("fallback") == "yes",
        form.get("role") or None,
    )


def _members(form: Form, name: str) -> list[UUID]:
    try:
        return [UUID(value) for value in form.all(name)]
    except ValueError as error:
        raise BadRequest("Choose members from the list.") from error


@router.post("/{shift_id}/remove")
def remove(shift_id: UUID, screen: MemberScreenDep) -> Response:
    """Take a shift out of the rota."""
    visit = screen.visit
    visit.principal.require(Permission.ROTA_OF_ALL)
    return change_rota(
        screen, "shift_removed", lambda db: remove_shift(db, visit.principal, shift_id, visit.now)
    )


# -- once different


@router.get("/{shift_id}")
def shift(shift_id: UUID, screen: MemberScreenDep) -> Response:
    """Show a shift with its next occurrences, to change one of them."""
    return _shift(screen, shift_id)


def _shift(screen: MemberScreen, shift_id: UUID, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    visit.principal.require(Permission.ROTA_OF_ALL)
    with visit.snapshot() as db:
        known = load_rota(db)
        slot = known.slot(shift_id)
        if slot is None:
            raise NotFound
        coming = list_turns(known, visit.now, visit.now + timedelta(days=62), cancelled=True)
        turns = [turn for turn in coming if turn.slot.id == shift_id][:_SHOWN]
        handles = list_handles(db)
        able = [one for one in list_active(db) if slot.role in find_standing(db, one).roles]
        return screen.form_page(
            "shift.html",
            refusal,
            "occurrence",
            here="/rota",
            slot=slot,
            rule=recurrence(slot),
            occurrences=[(occurrence(screen, turn), turn) for turn in turns],
            chosen=_chosen(screen, turns),
            able=able,
            handles=handles,
        )


def _chosen(screen: MemberScreen, turns: list[ShiftTurn]) -> str:
    """Return the occurrence that the visitor came to change, if it is among these."""
    given = screen.form.get("occurrence") or screen.request.query_params.get("occurrence", "")
    known = [occurrence(screen, turn) for turn in turns]
    return given.replace(" ", "+") if given.replace(" ", "+") in known else ""


@router.post("/{shift_id}/override")
def override(shift_id: UUID, screen: MemberScreenDep) -> Response:
    """Cancel one occurrence, choose its members, or let it be as the rule has it."""
    visit, form = screen.visit, screen.form
    visit.principal.require(Permission.ROTA_OF_ALL)
    try:
        with visit.transaction() as db:
            _, at = named(form)
            if form.get("what") == "restore":
                restore_turn(db, visit.principal, shift_id, at, visit.now)
            else:
                different = _different(db, shift_id, form)
                override_turn(db, visit.principal, shift_id, at, different, visit.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return _shift(screen, shift_id, refusal)
    return screen.go(f"/rota/shifts/{shift_id}?done=changed")


def _different(db: Db, shift_id: UUID, form: Form) -> ChangedTurn:
    if form.get("what") == "cancel":
        return ChangedTurn(cancelled=True)
    slot = load_rota(db).slot(shift_id)
    coming = set(_members(form, "members"))
    usual = set(slot.members) if slot else set()
    return ChangedTurn(away=sorted(usual - coming), extra=sorted(coming - usual))


# -- handing over


@router.get("/{shift_id}/hand-over")
def notes(shift_id: UUID, screen: MemberScreenDep) -> Response:
    """Open the notes that earlier shifts have left."""
    return _notes(screen, shift_id)


def _notes(screen: MemberScreen, shift_id: UUID, refusal: Refusal | None = None) -> Response:
    visit = screen.visit
    with visit.transaction() as db:
        found = read_handovers(db, visit.principal, shift_id, visit.now)
        return screen.form_page(
            "hand_over.html",
            refusal,
            "body",
            here="/rota",
            shift_id=shift_id,
            notes=found,
            handles=list_handles(db),
            typed=screen.form.raw("body"),
        )


@router.post("/{shift_id}/hand-over")
def hand_over(shift_id: UUID, screen: MemberScreenDep) -> Response:
    """Leave a note for the next shift."""
    visit, form = screen.visit, screen.form
    try:
        with visit.transaction() as db:

            def write() -> UUID:
                return write_handover(db, visit.principal, shift_id, form.raw("body"), visit.now)

            request = f"console hand-over {shift_id}".encode()
            do_once(db, visit.principal, once_key(form), request, visit.now, write)
    except BadRequest as refusal:
        return _notes(screen, shift_id, refusal)
    return screen.go(f"/rota/shifts/{shift_id}/hand-over?done=noted")
