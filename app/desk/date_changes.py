"""Dates as people read them: whole in their case, coarse in the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import audit
from app.access import Permission, Principal
from app.cases import (
    DateFacts,
    OpenedDate,
    add_task,
    check_cap,
    check_date,
    check_date_step,
    find_row_with_case,
    make_date_place,
    mark_date,
    open_case_keys,
    open_date,
    read_event_state,
    rewrite_date_values,
    settle_tasks,
    write_date,
)
from app.crypto import CaseKeys
from app.errors import BadRequest
from app.models import AWAITED, Assignment, Case, DatePlace, Event, EventState, Member, Request
from app.outbox import queue_notice
from app.paging import find_reachable_phone
from app.requests import (
    Accompanying,
    check_room,
    choose_leader,
    follow_date_change,
    list_accompaniments,
)
from app.store import Db, ReadVersion, check_version, show_rows
from app.texts import MemberNotice, MemberText
from app.vault import EVENT_PLACE, read_field, rewrite_field

# Requests whose people have to know when their date moves.
_ASKED = ("open", "offered", "unfilled", "assigned")
# To whoever took it on; what they read of it still says the old time.
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
    after = replace(before, **{n: changes[n] for n in _SEALED if changes.get(n) is not None})
    state = read_event_state(changes["state"]) if changes.get("state") else event.state
    starts_at = changes.get("starts_at") or before.starts_at
    if starts_at != before.starts_at:
        _move(db, principal, event, case, replace(after, starts_at=starts_at), state, now)
    else:
        check_date_step(event.state, state, before.starts_at, now)
        _rewrite(db, event, case, after, changes.get("ends_at"), now)
        mark_date(event, state)
    event.version += 1
    is_over = event.state not in AWAITED
    if is_over:
        settle_tasks(db, event.id, ("recheck", "occurred"), principal.member_id)
        _tell_who_was_asked(db, event, now)
    db.flush()
    if after != before or is_over or changes.get("ends_at") is not None:
        follow_date_change(db, principal, case, keys, event, now)
    deed = event.state if is_over else "changed"
    audit.record(db, f"event.{deed}", principal.member_id, event.id, now)
    return event


def _change_company(db: Db, event: Event, changes: Mapping[str, Any]) -> None:
    """Change how many go along, and who leads them."""
    if changes.get("cap") is not None:
        check_cap(changes["cap"])
        event.cap = changes["cap"]
        check_room(db, event, 0)
    if changes.get("leader") is not None:
        choose_leader(db, event, changes["leader"])


def _move(
    db: Db,
    principal: Principal,
    event: Event,
    case: Case,
    after: DatePlace,
    state: EventState,
    now: datetime,
) -> None:
    wanted = DateFacts(
        after.kind,
        after.starts_at,
        after.place,
        after.meeting_place,
        state if state in AWAITED else EventState.TENTATIVE,
        cap=event.cap,
    )
    write_date(db, case, wanted, principal.member_id, now, follows=event.id)
    mark_date(event, EventState.RESCHEDULED)


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
    db.keys.write_values(event, rewrite_date_values(db.keys.read_values(event), wanted))


def _tell_who_was_asked(db: Db, event: Event, now: datetime) -> None:
    """Tell who goes there that a date moved or fell away; the desk sorts out who still can."""
    if event.state == EventState.OCCURRED:
        return
    asked = select(Request.id).where(Request.event_id == event.id, Request.state.in_(_ASKED))
    if db.scalar(asked.limit(1)) is None:
        return
    add_task(db, event.case_id, "moved", event.id, now, now)
    going = db.list_whole(
        select(Member)
        .join(Assignment, Assignment.member_id == Member.id)
        .where(Assignment.request_id.in_(asked), Assignment.state == "active")
    )
    phones = [phone for one in going if (phone := find_reachable_phone(db, one, 0, now))]
    queue_notice(db, phones, MemberNotice(MemberText.DATE_MOVED), now)


@dataclass(frozen=True)
class WholeDate(OpenedDate):
    """A date with where it moved to, and who goes along."""

    followed_by: UUID | None = None
    accompaniments: Sequence[Accompanying] = ()


def list_dates(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[WholeDate]:
    """Return the dates of cases whose keys are in hand, in order of time, places and all."""
    query = select(Event).where(Event.case_id.in_(keys))
    opened = show_rows(db, query, lambda row: (row, open_date(db, keys[row.case_id], row)))
    followers = {row.follows: row.id for row, _ in opened if row.follows}
    going = list_accompaniments(db, [row for row, _ in opened])
    found = [_complete(date, followers.get(row.id), going.get(row.id)) for row, date in opened]
    return sorted(found, key=lambda date: (date.starts_at, date.id))


def read_date(db: Db, principal: Principal, event_id: UUID, now: datetime) -> WholeDate:
    """Open one date for the desk, and write that down as reading its case. NotFound."""
    principal.require(Permission.CASES)
    event, case = find_row_with_case(db, principal, Event, event_id)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    follower = db.scalar(select(Event.id).where(Event.follows == event.id))
    opened = open_date(db, open_case_keys(db, principal, case), event)
    return _complete(opened, follower, list_accompaniments(db, [event]).get(event.id))


def _complete(
    date: OpenedDate, follower: UUID | None, going: Sequence[Accompanying] | None
) -> WholeDate:
    return WholeDate(**vars(date), followed_by=follower, accompaniments=going or ())
