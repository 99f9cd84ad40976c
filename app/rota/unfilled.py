"""What nobody fills: told two days ahead. And what is over: put away."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from app.models import Shift
from app.rota.exceptions import forget_old_exceptions
from app.rota.handover import forget_old_handovers
from app.rota.rota import Turn, find_unfilled
from app.rota.rules import show_wall_time
from app.rota.shifts import load_rota
from app.rota.swaps import expire_swaps
from app.store import Db

WARNED_AHEAD = timedelta(hours=48)
_KEPT = timedelta(days=62)


def find_lacking_turns(db: Db, now: datetime) -> list[Turn]:
    """Return the turns of the next 48 hours, the running ones too, that lack somebody."""
    return find_unfilled(load_rota(db), now, now + WARNED_AHEAD)


def find_untold_turns(db: Db, now: datetime) -> list[Turn]:
    """Return those of them that the coordinators were not told of since the shift was changed."""
    told = {row.id: db.keys.open_row("shifts", row)["warned_until"] for row in _rows(db)}
    return [
        turn
        for turn in find_lacking_turns(db, now)
        if turn.on.isoformat() > (told[turn.slot.id] or "")
    ]


def note_told(db: Db, told: Iterable[Turn]) -> None:
    """Remember up to when the coordinators were told."""
    latest = {turn.slot.id: turn.on.isoformat() for turn in sorted(told, key=lambda turn: turn.on)}
    for row in _rows(db):
        if row.id in latest:
            values = db.keys.open_row("shifts", row)
            db.keys.replace_values("shifts", row, {**values, "warned_until": latest[row.id]})
    db.flush()


def _rows(db: Db) -> list[Shift]:
    return list(db.scalars(select(Shift).order_by(Shift.id).with_for_update()))


def put_away_old(db: Db, now: datetime) -> None:
    """End swaps whose shift has begun; delete old exceptions, swaps and hand-over notes."""
    expire_swaps(db, now)
    forget_old_exceptions(db, show_wall_time(now, db.zone) - _KEPT)
    forget_old_handovers(db, now)


def describe_lacking(turns: list[Turn]) -> str:
    """Return the neutral text to coordinators about turns that lack somebody."""
    count = len(turns)
    return (
        f"Desk: {count} {'place' if count == 1 else 'places'} within 2 days to fill. See the rota."
    )
