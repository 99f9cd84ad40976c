"""Dates in a case: hearings, check-ins, reviews; and what becomes of them.

The machine knows kind and time while the case is open, for reminders; the place is sealed to the
case. The sealed value holds kind and time too, so that they can leave the operational vault when
the case is closed. To add a date needs no key of the case: whoever was there can add the next one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import select

from app import alerts, audit, cases, outgoing, sealed_values, tasks
from app.access import Permission, Principal
from app.crypto import CaseKeys
from app.db import Db
from app.errors import BadRequest, NotFound, StaleVersion
from app.models import (
    EVENT_KINDS,
    EVENT_STATES,
    LIVE_STATES,
    Assignment,
    Case,
    Event,
    Member,
    Request,
)
from app.ordering import position_after
from app.outgoing import Draft

# Looked at again, and reminded of, so many days before.
DISTANCES = (7, 1)
# Dates that are still to come, or of which nobody has said what came of them.
AWAITED = ("tentative", "confirmed")
_NEXT: Mapping[str, tuple[str, ...]] = {
    "tentative": ("confirmed", "rescheduled", "occurred", "cancelled"),
    "confirmed": ("rescheduled", "occurred", "cancelled"),
}
_FURTHEST = timedelta(days=3660)
# Beyond these a time zone could carry a date out of the calendar.
_YEARS = range(1900, 2200)
# Requests whose people have to know when their date moves.
_ASKED = ("open", "offered", "unfilled", "assigned")
LONGEST_PLACE = 2000
# To whoever took it on; what they read of it still says the old time.
NOT_AS_SAID = "Desk: something you took on has moved or is off. Please wait until we call you."


@dataclass(frozen=True)
class Wanted:
    """A date to be added."""

    kind: str
    starts_at: datetime
    place: str = field(default="", repr=False)
    meeting_place: str | None = field(default=None, repr=False)
    state: str = "tentative"
    ends_at: datetime | None = None


def instant_of(at: datetime, zone: str | None) -> datetime:
    """Return an instant, its wall-clock time read in ``zone`` where it has no offset of its own.

    BadRequest for a zone that does not exist, for none at all, and for a time that the clocks
    leave out on the night they go forward.
    """
    if at.year not in _YEARS:
        raise BadRequest("This is no date within ten years, with its time zone.")
    try:
        place = ZoneInfo(zone) if zone else None
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadRequest("There is no such time zone; one is America/Toronto.") from error
    if at.tzinfo is not None:
        return at
    if place is None:
        raise BadRequest("A time needs its time zone, for example 2026-02-03T09:30:00-05:00.")
    local = at.replace(tzinfo=place)
    if local.astimezone(UTC).astimezone(place).replace(tzinfo=None) != at:
        raise BadRequest("The clocks go forward that night, and leave this time out.")
    return local


def check(wanted: Wanted, now: datetime) -> None:
    """Raise BadRequest for a date that cannot be added at ``now``."""
    if wanted.kind not in EVENT_KINDS:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_KINDS)}.")
    if wanted.state not in (*AWAITED, "occurred"):
        raise BadRequest("A new date is tentative, confirmed or has occurred.")
    if wanted.starts_at.tzinfo is None or abs(wanted.starts_at - now) > _FURTHEST:
        raise BadRequest("This is no date within ten years, with its time zone.")
    if wanted.state == "occurred" and wanted.starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")
    if wanted.state != "occurred" and wanted.starts_at <= now:
        raise BadRequest("This date is in the past. Add it as one that has occurred.")
    ends_at = wanted.ends_at
    if ends_at is not None and not wanted.starts_at < ends_at < wanted.starts_at + _FURTHEST:
        raise BadRequest("A date ends after it starts.")
    if max(len(wanted.place), len(wanted.meeting_place or "")) > LONGEST_PLACE:
        raise BadRequest(f"A place has at most {LONGEST_PLACE} characters.")


# -- adding and changing


def add(db: Db, principal: Principal, case_id: UUID, wanted: Wanted, now: datetime) -> Event:
    """Add a date to a case. BadRequest, CaseClosed, CaseErased."""
    principal.require(Permission.CASES)
    case = cases.find(db, principal, case_id, live=True)
    return put(db, case, wanted, principal.member_id, now)


def put(
    db: Db,
    case: Case,
    wanted: Wanted,
    actor: UUID | None,
    now: datetime,
    follows: UUID | None = None,
) -> Event:
    """Add a date for somebody who may not open the case: a reporter's next one. BadRequest."""
    check(wanted, now)
    row_id = uuid4()
    case.last_position = position_after(case.last_position, now)
    coarse = _coarse(wanted)
    passed = [days for days in DISTANCES if now >= wanted.starts_at - timedelta(days=days)]
    values = {**coarse, "reminded": {"skipped": passed}}
    sealed = {**coarse, "place": wanted.place, "meeting_place": wanted.meeting_place}
    event = Event(
        id=row_id,
        case_id=case.id,
        follows=follows,
        state=wanted.state,
        version=1,
        position=case.last_position,
        **sealed_values.seal(db, case, "events", "place", row_id, 1, sealed),
        **db.keys.new_row("events", row_id, values, now),
    )
    db.add(event)
    db.flush()
    audit.record(db, "event.added", actor, event.id, now)
    return event


def _coarse(wanted: Wanted) -> dict[str, Any]:
    return {
        "kind": wanted.kind,
        "starts_at": wanted.starts_at.astimezone(UTC).isoformat(),
        "ends_at": wanted.ends_at.astimezone(UTC).isoformat() if wanted.ends_at else None,
    }


def change(
    db: Db,
    principal: Principal,
    event_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> Event:
    """Change ``kind state place meeting_place ends_at``; another ``starts_at`` moves the date.

    A date that moved stays as *rescheduled*, and a new one follows it. StaleVersion, BadRequest.
    """
    principal.require(Permission.CASES)
    event, case = _found(db, principal, event_id)
    if event.version != version:
        raise StaleVersion(event.version)
    if event.state not in AWAITED:
        raise BadRequest("This date is over and done with. Add a new one.")
    keys = cases.opened(db, principal, case)
    before = sealed_values.read(db, keys, "events", "place", event)
    after = {**before, **{name: changes[name] for name in _SEALED if changes.get(name) is not None}}
    state = changes.get("state") or event.state
    starts_at = changes.get("starts_at")
    if starts_at is not None and starts_at != datetime.fromisoformat(before["starts_at"]):
        _move(db, principal, event, case, {**after, "starts_at": starts_at, "state": state}, now)
    else:
        _check_step(event.state, state, datetime.fromisoformat(before["starts_at"]), now)
        ends_at = changes.get("ends_at")
        _rewrite(db, event, case, after, ends_at, now)
        event.state = state
    event.version += 1
    if event.state not in AWAITED:
        tasks.settle(db, event.id, ("recheck", "occurred"), principal.member_id)
        _tell_who_was_asked(db, event, now)
    db.flush()
    audit.record(db, f"event.{_deed(event)}", principal.member_id, event.id, now)
    return event


_SEALED = ("kind", "place", "meeting_place")


def _deed(event: Event) -> str:
    return event.state if event.state not in AWAITED else "changed"


def _found(db: Db, principal: Principal, event_id: UUID) -> tuple[Event, Case]:
    """Return a date and its case, both locked, in the order in which all lock them."""
    case_id = db.scalar(select(Event.case_id).where(Event.id == event_id))
    if case_id is None:
        raise NotFound
    case = cases.find(db, principal, case_id, live=True)
    event = db.get(Event, event_id, with_for_update=True, populate_existing=True)
    if event is None:
        raise NotFound
    return event, case


def _check_step(before: str, after: str, starts_at: datetime, now: datetime) -> None:
    if after not in EVENT_STATES:
        raise BadRequest(f"A date is one of: {', '.join(EVENT_STATES)}.")
    if after == "rescheduled":
        raise BadRequest("Say when it is now: give its new time.")
    if after != before and after not in _NEXT[before]:
        raise BadRequest(f"A date that is {before} does not become {after}.")
    if after == "occurred" and starts_at > now:
        raise BadRequest("This date is still to come, so it has not occurred.")


def _move(
    db: Db,
    principal: Principal,
    event: Event,
    case: Case,
    after: Mapping[str, Any],
    now: datetime,
) -> None:
    state = after["state"] if after["state"] in AWAITED else "tentative"
    wanted = Wanted(
        after["kind"], after["starts_at"], after["place"], after["meeting_place"], state
    )
    put(db, case, wanted, principal.member_id, now, follows=event.id)
    event.state = "rescheduled"


def _rewrite(
    db: Db,
    event: Event,
    case: Case,
    after: Mapping[str, Any],
    ends_at: datetime | None,
    now: datetime,
) -> None:
    starts_at = datetime.fromisoformat(after["starts_at"])
    ends_at = ends_at or _time(after.get("ends_at"))
    wanted = Wanted(
        after["kind"], starts_at, after["place"], after["meeting_place"], ends_at=ends_at
    )
    # When it starts is not changed here, and may have passed.
    check(wanted, min(now, starts_at - timedelta(seconds=1)))
    coarse = _coarse(wanted)
    sealed_values.rewrite(db, case, "events", "place", event, {**after, **coarse})
    values = db.keys.open_row("events", event)
    db.keys.replace_values("events", event, {**values, **coarse})


def _time(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None


def _tell_who_was_asked(db: Db, event: Event, now: datetime) -> None:
    """Tell who goes there that a date moved or fell away; the desk sorts out who still can.

    Somebody who said yes to one time has not said yes to another, so no request follows by itself.
    """
    if event.state == "occurred":
        return
    asked = select(Request.id).where(Request.event_id == event.id, Request.state.in_(_ASKED))
    if db.scalar(asked.limit(1)) is None:
        return
    tasks.put(db, event.case_id, "moved", event.id, now, now)
    going = db.scalars(
        select(Member)
        .join(Assignment, Assignment.member_id == Member.id)
        .where(Assignment.request_id.in_(asked), Assignment.state == "active")
    )
    numbers = [alerts.reachable(db, member, 0, now) for member in going]
    drafts = [Draft(number, NOT_AS_SAID, None, None, "alert", 1) for number in numbers if number]
    outgoing.queue(db, drafts, now)


# -- reading


def of_cases(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[dict[str, Any]]:
    """Return the dates of cases whose keys are in hand, in order of time, places and all."""
    rows = db.scalars(select(Event).where(Event.case_id.in_(keys))).all()
    followers = {row.follows: row.id for row in rows if row.follows}
    found = [
        {**opened(db, keys[row.case_id], row), "followed_by": followers.get(row.id)} for row in rows
    ]
    return sorted(found, key=lambda event: (event["starts_at"], event["id"]))


def opened(db: Db, keys: Mapping[int, CaseKeys], row: Event) -> dict[str, Any]:
    """Return ``id case_id kind starts_at ends_at place meeting_place state follows version``."""
    value = sealed_values.read(db, keys, "events", "place", row)
    return {
        "id": row.id,
        "case_id": row.case_id,
        "state": row.state,
        "follows": row.follows,
        "version": row.version,
        "kind": value["kind"],
        "starts_at": datetime.fromisoformat(value["starts_at"]),
        "ends_at": _time(value.get("ends_at")),
        "place": value["place"],
        "meeting_place": value["meeting_place"],
    }


def read(db: Db, principal: Principal, event_id: UUID, now: datetime) -> dict[str, Any]:
    """Open one date for the desk, and write that down as reading its case. NotFound."""
    principal.require(Permission.CASES)
    event, case = _found(db, principal, event_id)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    follower = db.scalar(select(Event.id).where(Event.follows == event.id))
    return {**opened(db, cases.opened(db, principal, case), event), "followed_by": follower}


@dataclass(frozen=True)
class Entry:
    """A date as the calendar shows it: no place, nobody's name."""

    event: Event
    kind: str
    starts_at: datetime
    reference: str | None


def calendar(
    db: Db,
    principal: Principal,
    start: datetime,
    end: datetime,
    states: Sequence[str] = EVENT_STATES,
) -> list[Entry]:
    """Return the dates of all live cases from ``start`` to before ``end``, in order."""
    principal.require(Permission.CASES)
    rows = db.execute(
        select(Event, Case)
        .join(Case, Case.id == Event.case_id)
        .where(Case.state.in_(LIVE_STATES), Event.state.in_(states))
    ).all()
    found = []
    for event, case in rows:
        values = db.keys.open_row("events", event)
        starts_at = datetime.fromisoformat(values["starts_at"])
        if start <= starts_at < end:
            reference = cases.coarse(db, case).get("reference")
            found.append(Entry(event, values["kind"], starts_at, reference))
    return sorted(found, key=lambda entry: (entry.starts_at, entry.event.id))


# -- when a case ends, and begins again


def archive(db: Db, case: Case) -> None:
    """Take a closed case's times out of the operational vault; its key holders keep them."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        event.op_key = event.op_values = event.shred_day = None


def restore(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the times of a reopened case again."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        sealed = sealed_values.read(db, keys, "events", "place", event)
        starts_at = datetime.fromisoformat(sealed["starts_at"])
        passed = [days for days in DISTANCES if now >= starts_at - timedelta(days=days)]
        values = {name: sealed.get(name) for name in ("kind", "starts_at", "ends_at")}
        values["reminded"] = {"skipped": passed}
        for column, value in db.keys.new_row("events", event.id, values, now).items():
            setattr(event, column, value)
