"""Dates as people read them: whole in their case, coarse in the calendar."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    AWAITED,
    DateFacts,
    add_task,
    check_cap,
    check_date,
    check_date_step,
    find_row_with_case,
    make_date_place,
    make_date_values,
    open_case_keys,
    open_date,
    settle_tasks,
    write_date,
)
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import Assignment, Case, DatePlace, Event, Member, Request
from app.outbox import TextDraft, queue_texts
from app.paging import find_reachable_number
from app.requests import check_room, choose_leader, follow_date_change, list_accompaniments
from app.store import Db, ReadVersion, check_version
from app.vault import EVENT_PLACE, read_field, rewrite_field

# Requests whose people have to know when their date moves.
_ASKED = ("open", "offered", "unfilled", "assigned")
# To whoever took it on; what they read of it still says the old time.
DATE_MOVED_TEXT = "Desk: something you took on has moved or is off. Please wait until we call you."
_SEALED = ("kind", "place", "meeting_place")


def change_date(
    db: Db,
    principal: Principal,
    event_id: UUID,
    version: ReadVersion,
    changes: Mapping[str, Any],
    now: datetime,
) -> Event:
    """Change ``kind state place meeting_place ends_at cap leader``, or move it by ``starts_at``.

    A date that moved stays as *rescheduled*, and a new one follows it. StaleVersion, BadRequest.
    """
    principal.require(Permission.CASES)
    event, case = find_row_with_case(db, principal, Event, event_id)
    check_version(event.version, version)
    if event.state not in AWAITED:
        raise BadRequest("This date is over and done with. Add a new one.")
    _change_company(db, event, changes)
    keys = open_case_keys(db, principal, case)
    before = read_field(db, EVENT_PLACE, event, keys)
    given = {name: changes[name] for name in _SEALED if changes.get(name) is not None}
    after = replace(before, **given)
    state = changes.get("state") or event.state
    starts_at = changes.get("starts_at")
    if starts_at is not None and starts_at != before.starts_at:
        _move(db, principal, event, case, replace(after, starts_at=starts_at), state, now)
    else:
        check_date_step(event.state, state, before.starts_at, now)
        ends_at = changes.get("ends_at")
        _rewrite(db, event, case, after, ends_at, now)
        event.state = state
    event.version += 1
    told = after != before
    if event.state not in AWAITED:
        settle_tasks(db, event.id, ("recheck", "occurred"), principal.member_id)
        _tell_who_was_asked(db, event, now)
    db.flush()
    if told or event.state not in AWAITED or changes.get("ends_at") is not None:
        follow_date_change(db, principal, case, keys, event, now)
    audit.record(db, f"event.{_deed(event)}", principal.member_id, event.id, now)
    return event


def _change_company(db: Db, event: Event, changes: Mapping[str, Any]) -> None:
    """Change how many go along, and who leads them."""
    if changes.get("cap") is not None:
        check_cap(changes["cap"])
        event.cap = changes["cap"]
        check_room(db, event, 0)
    if changes.get("leader") is not None:
        choose_leader(db, event, changes["leader"])


def _deed(event: Event) -> str:
    return event.state if event.state not in AWAITED else "changed"


def _move(
    db: Db,
    principal: Principal,
    event: Event,
    case: Case,
    after: DatePlace,
    state: str,
    now: datetime,
) -> None:
    wanted = DateFacts(
        after.kind,
        after.starts_at,
        after.place,
        after.meeting_place,
        state if state in AWAITED else "tentative",
        cap=event.cap,
    )
    write_date(db, case, wanted, principal.member_id, now, follows=event.id)
    event.state = "rescheduled"


def _rewrite(
    db: Db,
    event: Event,
    case: Case,
    after: DatePlace,
    ends_at: datetime | None,
    now: datetime,
) -> None:
    wanted = DateFacts(
        after.kind,
        after.starts_at,
        after.place,
        after.meeting_place,
        ends_at=ends_at or after.ends_at,
    )
    # When it starts is not changed here, and may have passed.
    check_date(wanted, min(now, after.starts_at - timedelta(seconds=1)))
    rewrite_field(db, EVENT_PLACE, case, event, make_date_place(wanted))
    values = db.keys.open_row("events", event)
    db.keys.replace_values("events", event, {**values, **make_date_values(wanted)})


def _tell_who_was_asked(db: Db, event: Event, now: datetime) -> None:
    """Tell who goes there that a date moved or fell away; the desk sorts out who still can."""
    if event.state == "occurred":
        return
    asked = select(Request.id).where(Request.event_id == event.id, Request.state.in_(_ASKED))
    if db.scalar(asked.limit(1)) is None:
        return
    add_task(db, event.case_id, "moved", event.id, now, now)
    going = db.scalars(
        select(Member)
        .join(Assignment, Assignment.member_id == Member.id)
        .where(Assignment.request_id.in_(asked), Assignment.state == "active")
    )
    numbers = [find_reachable_number(db, member, 0, now) for member in going]
    drafts = [
        TextDraft(number, DATE_MOVED_TEXT, None, None, "alert", 1) for number in numbers if number
    ]
    queue_texts(db, drafts, now)


def list_dates(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[dict[str, Any]]:
    """Return the dates of cases whose keys are in hand, in order of time, places and all."""
    rows = db.scalars(select(Event).where(Event.case_id.in_(keys))).all()
    going = list_accompaniments(db, rows)
    followers = {row.follows: row.id for row in rows if row.follows}
    found = [
        {
            **open_date(db, keys[row.case_id], row),
            "followed_by": followers.get(row.id),
            "accompaniments": going.get(row.id, []),
        }
        for row in rows
    ]
    return sorted(found, key=lambda event: (event["starts_at"], event["id"]))


def read_date(db: Db, principal: Principal, event_id: UUID, now: datetime) -> dict[str, Any]:
    """Open one date for the desk, and write that down as reading its case. NotFound."""
    principal.require(Permission.CASES)
    event, case = find_row_with_case(db, principal, Event, event_id)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    follower = db.scalar(select(Event.id).where(Event.follows == event.id))
    whole = open_date(db, open_case_keys(db, principal, case), event)
    going = list_accompaniments(db, [event])
    return {**whole, "followed_by": follower, "accompaniments": going.get(event.id, [])}
