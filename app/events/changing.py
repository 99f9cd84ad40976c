"""Adding a date, changing it, moving it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import select

from app import accompaniments, alerts, audit, cases, outgoing, requests, sealed_values, tasks
from app.access import Permission, Principal
from app.db import Db
from app.errors import BadRequest, StaleVersion
from app.events.values import coarse_of, passed, time_of
from app.events.wanted import AWAITED, Wanted, check, check_step
from app.models import Assignment, Case, Event, Member, Request
from app.ordering import position_after
from app.outgoing import Draft

# Requests whose people have to know when their date moves.
_ASKED = ("open", "offered", "unfilled", "assigned")
# To whoever took it on; what they read of it still says the old time.
NOT_AS_SAID = "Desk: something you took on has moved or is off. Please wait until we call you."
_SEALED = ("kind", "place", "meeting_place")


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
    coarse = coarse_of(wanted)
    values = {**coarse, "reminded": {"skipped": passed(wanted.starts_at, now)}}
    sealed = {**coarse, "place": wanted.place, "meeting_place": wanted.meeting_place}
    event = Event(
        id=row_id,
        case_id=case.id,
        follows=follows,
        state=wanted.state,
        version=1,
        position=case.last_position,
        cap=wanted.cap,
        **sealed_values.seal(db, case, "events", "place", row_id, 1, sealed),
        **db.keys.new_row("events", row_id, values, now),
    )
    db.add(event)
    db.flush()
    audit.record(db, "event.added", actor, event.id, now)
    return event


def change(
    db: Db,
    principal: Principal,
    event_id: UUID,
    version: int,
    changes: Mapping[str, Any],
    now: datetime,
) -> Event:
    """Change ``kind state place meeting_place ends_at cap leader``, or move it by ``starts_at``.

    A date that moved stays as *rescheduled*, and a new one follows it. StaleVersion, BadRequest.
    """
    principal.require(Permission.CASES)
    event, case = cases.find_with(db, principal, Event, event_id)
    if event.version != version:
        raise StaleVersion(event.version)
    if event.state not in AWAITED:
        raise BadRequest("This date is over and done with. Add a new one.")
    _change_company(db, event, changes)
    keys = cases.opened(db, principal, case)
    before = sealed_values.read(db, keys, "events", "place", event)
    after = {**before, **{name: changes[name] for name in _SEALED if changes.get(name) is not None}}
    state = changes.get("state") or event.state
    starts_at = changes.get("starts_at")
    if starts_at is not None and starts_at != datetime.fromisoformat(before["starts_at"]):
        _move(db, principal, event, case, {**after, "starts_at": starts_at, "state": state}, now)
    else:
        check_step(event.state, state, datetime.fromisoformat(before["starts_at"]), now)
        ends_at = changes.get("ends_at")
        _rewrite(db, event, case, after, ends_at, now)
        event.state = state
    event.version += 1
    told = {name: after[name] for name in _SEALED} != {name: before[name] for name in _SEALED}
    if event.state not in AWAITED:
        tasks.settle(db, event.id, ("recheck", "occurred"), principal.member_id)
        _tell_who_was_asked(db, event, now)
    db.flush()
    if told or event.state not in AWAITED or changes.get("ends_at") is not None:
        requests.follow_event(db, principal, case, keys, event, now)
    audit.record(db, f"event.{_deed(event)}", principal.member_id, event.id, now)
    return event


def happened(db: Db, event_id: UUID, reporter: UUID, now: datetime) -> None:
    """Note what who went along reports: a date that was awaited and has begun has occurred."""
    query = select(Event).where(Event.id == event_id, Event.state.in_(AWAITED)).with_for_update()
    event = db.scalar(query.execution_options(populate_existing=True))
    if event is None or event.op_values is None:
        return
    if datetime.fromisoformat(db.keys.open_row("events", event)["starts_at"]) > now:
        return
    event.state = "occurred"
    event.version += 1
    tasks.settle(db, event.id, ("recheck", "occurred"), reporter)
    audit.record(db, "event.occurred", reporter, event.id, now)
    db.flush()


def _change_company(db: Db, event: Event, changes: Mapping[str, Any]) -> None:
    """Change how many go along, and who leads them."""
    if changes.get("cap") is not None:
        accompaniments.check_cap(changes["cap"])
        event.cap = changes["cap"]
        accompaniments.check_room(db, event, 0)
    if changes.get("leader") is not None:
        accompaniments.choose(db, event, changes["leader"])


def _deed(event: Event) -> str:
    return event.state if event.state not in AWAITED else "changed"


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
        after["kind"],
        after["starts_at"],
        after["place"],
        after["meeting_place"],
        state,
        cap=event.cap,
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
    ends_at = ends_at or time_of(after.get("ends_at"))
    wanted = Wanted(
        after["kind"], starts_at, after["place"], after["meeting_place"], ends_at=ends_at
    )
    # When it starts is not changed here, and may have passed.
    check(wanted, min(now, starts_at - timedelta(seconds=1)))
    coarse = coarse_of(wanted)
    sealed_values.rewrite(db, case, "events", "place", event, {**after, **coarse})
    values = db.keys.open_row("events", event)
    db.keys.replace_values("events", event, {**values, **coarse})


def _tell_who_was_asked(db: Db, event: Event, now: datetime) -> None:
    """Tell who goes there that a date moved or fell away; the desk sorts out who still can."""
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
