"""Dates as people read them: whole in their case, coarse in the calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from app import accompaniments, audit, cases, sealed_values
from app.access import Permission, Principal
from app.crypto import CaseKeys
from app.db import Db
from app.events.values import time_of
from app.models import EVENT_STATES, LIVE_STATES, Case, Event


def of_cases(db: Db, keys: Mapping[UUID, Mapping[int, CaseKeys]]) -> list[dict[str, Any]]:
    """Return the dates of cases whose keys are in hand, in order of time, places and all."""
    rows = db.scalars(select(Event).where(Event.case_id.in_(keys))).all()
    going = accompaniments.of_events(db, rows)
    followers = {row.follows: row.id for row in rows if row.follows}
    found = [
        {
            **opened(db, keys[row.case_id], row),
            "followed_by": followers.get(row.id),
            "accompaniments": going.get(row.id, []),
        }
        for row in rows
    ]
    return sorted(found, key=lambda event: (event["starts_at"], event["id"]))


def opened(db: Db, keys: Mapping[int, CaseKeys], row: Event) -> dict[str, Any]:
    """Return ``id case_id kind starts_at ends_at place meeting_place state follows version``.

    Also ``cap`` and ``leader``.
    """
    value = sealed_values.read(db, keys, "events", "place", row)
    return {
        "id": row.id,
        "case_id": row.case_id,
        "state": row.state,
        "follows": row.follows,
        "version": row.version,
        "cap": row.cap,
        "leader": row.leader_id,
        "kind": value["kind"],
        "starts_at": datetime.fromisoformat(value["starts_at"]),
        "ends_at": time_of(value.get("ends_at")),
        "place": value["place"],
        "meeting_place": value["meeting_place"],
    }


def read(db: Db, principal: Principal, event_id: UUID, now: datetime) -> dict[str, Any]:
    """Open one date for the desk, and write that down as reading its case. NotFound."""
    principal.require(Permission.CASES)
    event, case = cases.find_with(db, principal, Event, event_id)
    audit.record(db, "case.read", principal.member_id, case.id, now)
    follower = db.scalar(select(Event.id).where(Event.follows == event.id))
    whole = opened(db, cases.opened(db, principal, case), event)
    going = accompaniments.of_events(db, [event])
    return {**whole, "followed_by": follower, "accompaniments": going.get(event.id, [])}


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
        .where(Case.state.in_(LIVE_STATES), Event.state.in_(states), Event.op_values.is_not(None))
    ).all()
    found = []
    for event, case in rows:
        values = db.keys.open_row("events", event)
        starts_at = datetime.fromisoformat(values["starts_at"])
        if start <= starts_at < end:
            reference = cases.coarse(db, case).get("reference")
            found.append(Entry(event, values["kind"], starts_at, reference))
    return sorted(found, key=lambda entry: (entry.starts_at, entry.event.id))
