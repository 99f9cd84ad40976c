"""The dates of all live cases, as coarse facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.access import Permission, Principal
from app.cases.case import read_case_values
from app.models import LIVE_STATES, Case, Event, EventState
from app.store import Db


@dataclass(frozen=True)
class CalendarEntry:
    """A date as the calendar shows it: no place, nobody's name."""

    event: Event
    kind: str
    starts_at: datetime
    reference: str | None


def list_calendar(
    db: Db,
    principal: Principal,
    start: datetime,
    end: datetime,
    states: Sequence[EventState] = tuple(EventState),
) -> list[CalendarEntry]:
    """Return the dates of all live cases from ``start`` to before ``end``, in order."""
    principal.require(Permission.CASES)
    rows = db.execute(
        select(Event, Case)
        .join(Case, Case.id == Event.case_id)
        .where(Case.state.in_(LIVE_STATES), Event.state.in_(states), Event.op_values.is_not(None))
    ).all()
    found = []
    for event, case in rows:
        values = db.keys.read_values(event)
        if start <= values.starts_at < end:
            reference = read_case_values(db, case).reference
            found.append(CalendarEntry(event, values.kind, values.starts_at, reference))
    return sorted(found, key=lambda entry: (entry.starts_at, entry.event.id))
