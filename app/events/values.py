"""What the machine knows of a date while its case is open, and what is left of it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from app import sealed_values
from app.crypto import CaseKeys
from app.db import Db
from app.events.wanted import AWAITED, Wanted
from app.models import Case, Event

# Looked at again, and reminded of, so many days before.
DISTANCES = (7, 1)
# For so long the calendar shows what is over.
_KEPT = timedelta(days=31)


def passed(starts_at: datetime, now: datetime) -> list[int]:
    """Return the distances that lie behind a date already."""
    return [days for days in DISTANCES if now >= starts_at - timedelta(days=days)]


def coarse_of(wanted: Wanted) -> dict[str, Any]:
    """Return a date's ``kind starts_at ends_at`` as they are kept, in UTC."""
    return {
        "kind": wanted.kind,
        "starts_at": wanted.starts_at.astimezone(UTC).isoformat(),
        "ends_at": wanted.ends_at.astimezone(UTC).isoformat() if wanted.ends_at else None,
    }


def time_of(value: str | None) -> datetime | None:
    """Return a time as it is kept, or None."""
    return datetime.fromisoformat(value) if value else None


def archive(db: Db, case: Case) -> None:
    """Take a closed case's times out of the operational vault; its key holders keep them."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        event.op_key = event.op_values = event.shred_day = None


def forget_over(db: Db, now: datetime) -> None:
    """Take the times of dates that have been dealt with, and are long past, out of the vault."""
    query = select(Event).where(Event.state.not_in(AWAITED), Event.op_values.is_not(None))
    for event in db.scalars(query.with_for_update(skip_locked=True)):
        starts_at = datetime.fromisoformat(db.keys.open_row("events", event)["starts_at"])
        if starts_at < now - _KEPT:
            event.op_key = event.op_values = event.shred_day = None


def restore(db: Db, case: Case, keys: Mapping[int, CaseKeys], now: datetime) -> None:
    """Let the machine know the times of a reopened case again."""
    for event in db.scalars(select(Event).where(Event.case_id == case.id)):
        sealed = sealed_values.read(db, keys, "events", "place", event)
        starts_at = datetime.fromisoformat(sealed["starts_at"])
        values = {name: sealed.get(name) for name in ("kind", "starts_at", "ends_at")}
        values["reminded"] = {"skipped": passed(starts_at, now)}
        for column, value in db.keys.new_row("events", event.id, values, now).items():
            setattr(event, column, value)
